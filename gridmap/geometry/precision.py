"""Every tolerance of the geometry, by name, with the reason for its value. Nothing here is tuned to a file."""

from __future__ import annotations

from typing import Final

#: Coordinates are whole millimetres: finer than any boundary survey (±20 mm at best), coarse enough that the
#: whole of China's width fits 31 bits, so that cancellation compares integers and never asks "how near is equal".
MILLIMETRES_PER_METRE: Final = 1000
SQUARE_MILLIMETRES_PER_SQUARE_METRE: Final = MILLIMETRES_PER_METRE**2

#: Largest width or height of one audit, in millimetres: two packed coordinates share one 64-bit word, and twice an
#: area still fits a signed 64-bit integer. 2,147 km, more than any province.
LARGEST_EXTENT_MM: Final = 2**31 - 1

#: A face thinner than this (twice its area over its perimeter, in millimetres) is not ground but the rounding of a
#: crossing point: doubles resolve 2e-8 mm at 100 km. The thinnest real faces lie between two edges that differ by one
#: millimetre at one end; they are wider than this over all but the last millimetres of a 10 km edge.
NOISE_WIDTH_MM: Final = 1e-5

#: How far beyond a border we look to see who covers the other side, in millimetres: a hundred times
#: :data:`NOISE_WIDTH_MM`, a thousandth of the lattice.
LOOK_BEYOND_MM: Final = 1e-3

#: Second attempt when floating-point noding fails or its ledger does not balance: snap-rounding to this grid
#: (millimetres). Moves no border by more than a tenth of a micrometre.
FALLBACK_GRID_MM: Final = 1e-4

#: The ledger may be off by this much, in m²: crossing points are rounded to about 2e-8 mm, which over 100,000 km of
#: damaged border adds up to 2e-3 m². A lost or doubled face of the smallest parcel is 10,000 times larger.
LEDGER_FLOOR_M2: Final = 2e-3

#: … plus this share of the ground: sums of areas in doubles are good to about 1e-15 each, and there are many.
LEDGER_SHARE: Final = 1e-13

#: Pieces narrower than this are slivers, in metres (width of the largest inscribed circle). Boundary points in
#: 1:500 to 1:2,000 cadastral mapping carry errors of 0.1 to 0.5 m: a narrower strip is two drawings of one border,
#: no ground that a person could be responsible for. Slivers are marked and counted, never dropped.
SLIVER_WIDTH_M: Final = 0.5
