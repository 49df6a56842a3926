"""Cancellation: every directed edge meets its opposite, and only what has none remains.

Walk every ring with its ground to the left, the jurisdiction's with its ground to the right. The edges then add up to
the boundary of f = (units that cover a place) - (1 inside the jurisdiction). Where two neighbours share an edge it is
walked both ways and cancels; what remains bounds exactly the places where f is not the same on both sides. Clean ground
disappears without any geometry being computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.geometry.topology.ground import Ground, Indices, Integers

Words = NDArray[np.uint64]

#: Vertices hashed at a time: the temporary arrays stay in the processor's cache.
STRIDE = 1 << 16

# Odd multipliers of the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
# 2014).
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Remnant:
    """Edges without an opposite, each once. ``start`` and ``end``: steps from the origin, shape (edges, 2)."""

    start: Integers
    end: Integers

    def __len__(self) -> int:
        return len(self.start)


def cancel(ground: Ground) -> Remnant:
    """Return the edges that remain after all opposite edges have cancelled.

    Every edge adds a 64-bit signature to one slot of a table, its opposite takes the same signature away from the same
    slot. Slots that end at zero hold only edges that cancelled (up to a chance of 2**-64 each, guarded by the ledger);
    the few edges of the other slots are then matched exactly. Cost: a few dozen word operations per edge, no sorting.
    """
    suspects = _suspects(ground)
    return _match(ground, suspects)


def _suspects(ground: Ground) -> Indices:
    """First vertices of the edges whose slot did not end at zero."""
    vertices = len(ground.x)
    if vertices < 2:
        return np.empty(0, dtype=np.intp)
    bits = max(10, int(vertices).bit_length() - 2)
    shift = np.uint64(64 - bits)
    slots = 1 << bits
    table = np.zeros(slots + 1, dtype=np.uint64)
    slot = np.empty(vertices - 1, dtype=np.uint32)
    turn = _turn_per_vertex(ground)
    for first in range(0, vertices - 1, STRIDE):
        last = min(first + STRIDE, vertices - 1)
        h = _mixed(ground.x[first : last + 1], ground.y[first : last + 1])
        g = (h << np.uint64(23)) | (h >> np.uint64(41))
        # Antisymmetric in its two ends, so that the opposite edge is its negative.
        signature = h[:-1] * g[1:] - h[1:] * g[:-1]
        step = turn[first:last]
        np.negative(signature, out=signature, where=step < 0)
        here = ((h[:-1] + h[1:]) * _GOLDEN) >> shift
        here[step == 0] = slots
        signature[step == 0] = 0
        np.add.at(table, here, signature)
        slot[first:last] = here
    open_slots = table != 0
    found = [first + np.flatnonzero(open_slots[slot[first : first + STRIDE]]) for first in range(0, len(slot), STRIDE)]
    return np.concatenate(found)


def _turn_per_vertex(ground: Ground) -> NDArray[np.int8]:
    """Direction in which the edge that starts at each vertex counts: +1, -1, or 0 at the last vertex of a ring."""
    direction = ground.turn
    if ground.jurisdiction is not None:
        direction = np.where(ground.unit == ground.jurisdiction, -direction, direction).astype(np.int8)
    turn = np.repeat(direction, np.diff(ground.starts))
    turn[ground.starts[1:] - 1] = 0
    return turn


def _mixed(x: Integers, y: Integers) -> Words:
    """Hash vertices."""
    # Plus one, because zero mixes to zero and would take no part in any signature.
    h: Words = x.view(np.uint64) * _GOLDEN + y.view(np.uint64) * _MIX_2 + np.uint64(1)
    h ^= h >> np.uint64(30)
    h *= _MIX_1
    h ^= h >> np.uint64(27)
    h *= _MIX_2
    h ^= h >> np.uint64(31)
    return h


def _match(ground: Ground, suspects: Indices) -> Remnant:
    """Exact cancellation among a few edges."""
    ring = np.searchsorted(ground.starts, suspects, side="right") - 1
    turn = ground.turn[ring].astype(np.int64)
    if ground.jurisdiction is not None:
        turn[ground.unit[ring] == ground.jurisdiction] *= -1
    low, high, net = distinct(ground, suspects, turn)
    return Remnant(low[net != 0], high[net != 0])


def distinct(ground: Ground, edges: Indices, turn: Integers) -> tuple[Integers, Integers, Integers]:
    """Merge equal edges, given by their first vertices: lower end, upper end, and the sum of their directions.

    ``turn``: +1 or -1 per edge. Edges without length are left out.
    """
    x0, y0, x1, y1 = ground.x[edges], ground.y[edges], ground.x[edges + 1], ground.y[edges + 1]
    swap = (x0 > x1) | ((x0 == x1) & (y0 > y1))
    ends = np.where(swap, [x1, y1, x0, y0], [x0, y0, x1, y1])
    turn = np.where(swap, -turn, turn)
    order = np.lexsort(ends[::-1])
    ends, turn = ends[:, order], turn[order]
    new = np.ones(len(turn), dtype=bool)
    new[1:] = (ends[:, 1:] != ends[:, :-1]).any(axis=0)
    first = np.flatnonzero(new)
    net = np.add.reduceat(turn, first) if len(first) else turn
    ends = ends[:, first]
    long = (ends[:2] != ends[2:]).any(axis=0)
    return ends[:2, long].T, ends[2:, long].T, net[long]
