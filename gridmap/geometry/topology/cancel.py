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
    """Edges without an opposite, each once. ``start`` and ``end`` are packed vertices; shape (edges,)."""

    start: Words
    end: Words

    def __len__(self) -> int:
        return len(self.start)


def pack(x: NDArray[np.int32], y: NDArray[np.int32]) -> Words:
    """Two coordinates (31 bits each) in one 64-bit word."""
    packed: Words = (x.astype(np.uint64) << np.uint64(32)) | y.astype(np.uint64)
    return packed


def unpack(packed: Words) -> Integers:
    """Coordinates of packed vertices, shape (…, 2)."""
    return np.stack([packed >> np.uint64(32), packed & np.uint64(0xFFFFFFFF)], axis=-1).astype(np.int64)


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
        h = _mixed(pack(ground.x[first : last + 1], ground.y[first : last + 1]))
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


def _mixed(packed: Words) -> Words:
    # Plus one, because zero mixes to zero and would take no part in any signature.
    h = (packed + np.uint64(1)) * _GOLDEN
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
    a = pack(ground.x[suspects], ground.y[suspects])
    b = pack(ground.x[suspects + 1], ground.y[suspects + 1])
    low, high = np.minimum(a, b), np.maximum(a, b)
    turn[a > b] *= -1
    turn[a == b] = 0
    order = np.lexsort((high, low))
    low, high, turn = low[order], high[order], turn[order]
    if not len(low):
        return Remnant(low, high)
    new = np.ones(len(low), dtype=bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first = np.flatnonzero(new)
    open_edges = first[np.add.reduceat(turn, first) != 0]
    return Remnant(low[open_edges], high[open_edges])
