"""Every tolerance of the geometry, by name, with the reason for its value. Nothing here is tuned to a file."""

from __future__ import annotations

from typing import Final

#: The stored lattice: whole millimetres, finer than any boundary survey (±20 mm at best). On a lattice cancellation
#: compares integers and never asks "how near is equal".
MILLIMETRES_PER_METRE: Final = 1000

#: The lattice for files that were not made on ours: a hundredth of a millimetre. Rounding a file's vertices to whole
#: millimetres moves its borders by up to half of one, which along 3 km is more than a square metre of gap or overlap
#: that is not in the file; on this lattice it is a hundredth of that. Whole millimetres lie on it unchanged.
FILE_STEPS_PER_METRE: Final = 100 * MILLIMETRES_PER_METRE

#: Largest width or height of one audit, in steps of its lattice: doubles hold such whole numbers exactly.
LARGEST_EXTENT_STEPS: Final = 2**52

#: A face thinner than this (twice its area over its perimeter, in metres) is not ground but the rounding of a crossing
#: point: doubles resolve 2e-11 m at 100 km.
NOISE_WIDTH_M: Final = 1e-8

#: How far beyond a border we look to see who covers the other side, in metres: a hundred times
#: :data:`NOISE_WIDTH_M`, a thousandth of the stored lattice.
LOOK_BEYOND_M: Final = 1e-6

#: Second attempt when floating-point noding fails or its ledger does not balance: snap-rounding to this grid, in
#: metres. Moves no border by more than a tenth of a micrometre.
FALLBACK_GRID_M: Final = 1e-7

#: The ledger may be off by this much, in m²: crossing points are rounded to about 2e-11 m, which over 100,000 km of
#: damaged border adds up to 2e-3 m². A lost or doubled face of the smallest parcel is 10,000 times larger.
LEDGER_FLOOR_M2: Final = 2e-3

#: … plus this share of the ground: sums of areas in doubles are good to about 1e-15 each, and there are many.
LEDGER_SHARE: Final = 1e-13

#: Pieces narrower than this are slivers, in metres (width of the largest inscribed circle). Boundary points in
#: 1:500 to 1:2,000 cadastral mapping carry errors of 0.1 to 0.5 m: a narrower strip is two drawings of one border,
#: no ground that a person could be responsible for. Slivers are marked and counted, never dropped.
SLIVER_WIDTH_M: Final = 0.5

#: Rounding a file's vertices to :data:`FILE_STEPS_PER_METRE` moves one that lies on another unit's edge off it by up to
#: half a step's diagonal, 0.71 steps, which leaves a triangle whose area is 0.36 steps × half its perimeter. Thinner
#: faces along the jurisdiction are that rounding, not the file's ground. (Stored coordinates are not rounded.)
FILE_NOISE_WIDTH_M: Final = 0.36 / FILE_STEPS_PER_METRE

#: Gaps, overlaps and spill narrower than this are closed in one batch, without asking, in metres. Points of 1:500
#: cadastral surveys are good to ±5 cm: a strip as narrow as the survey's own error is one border drawn twice, and
#: nobody lives in it. A tenth of :data:`SLIVER_WIDTH_M`, because here ground changes hands without a person.
HAIRLINE_WIDTH_M: Final = 0.05
