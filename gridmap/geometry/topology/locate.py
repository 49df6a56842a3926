"""Who covers a point, and which edges come near a box: exact questions to the rings of a :class:`Ground`.

Both go through the same sieve: boxes of rings in a tree, then boxes of short runs of edges, then the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.geometry.topology.ground import Ground, Indices, Integers, Numbers

#: Edges per run. Long rings are looked through run by run instead of edge by edge.
RUN = 32

#: Pairs of point (or box) and edge handled at a time.
PAIRS = 4_000_000

#: From this many rings on, a coarse raster rules out most of them before a tree is built; its cells hold about a ring.
RASTER_FROM = 20_000


@dataclass(frozen=True)
class Windings:
    """Which units wind around which points: parallel arrays ``point``, ``unit``, ``times`` (never 0), sorted."""

    point: Indices
    unit: Indices
    times: Integers

    def total(self, points: int, weight: Integers) -> Integers:
        """Sum of ``times * weight[unit]`` for each of ``points``."""
        summed = np.zeros(points, dtype=np.int64)
        np.add.at(summed, self.point, self.times * weight[self.unit])
        return summed


def windings(ground: Ground, points: Numbers) -> Windings:
    """Count how often each unit (the jurisdiction too) winds around each point; points in mm from the origin.

    A ray to the right with half-open edges: a point on an edge that two neighbours share belongs to exactly one of
    them, because both sides compute the same crossing from the same ends.
    """
    boxes = np.concatenate([points, points], axis=1)
    asked, ring = _near_rings(ground, boxes)
    portions = _portions(ground.starts[ring + 1] - ground.starts[ring])
    parts = [_crossings(ground, points, asked[some], ring[some]) for some in portions]
    if not parts:
        none = np.empty(0, dtype=np.intp)
        return Windings(none, none, none.astype(np.int64))
    point = np.concatenate([part[0] for part in parts])
    unit = np.concatenate([part[1] for part in parts])
    times = np.concatenate([part[2] for part in parts])
    return _grouped(point, unit, times, len(ground.double_area))


def edges_near(ground: Ground, boxes: Numbers) -> Indices:
    """First vertices of all edges whose box meets one of ``boxes`` (xmin, ymin, xmax, ymax; mm from the origin)."""
    asked, ring = _near_rings(ground, boxes)
    near = np.zeros(len(ground.x), dtype=bool)
    for some in _portions(ground.starts[ring + 1] - ground.starts[ring]):
        pair, first, last = _runs(ground, ring[some])
        box = boxes[asked[some][pair]]
        run_box = _run_boxes(ground, first, last)
        hit = _meet(run_box, box)
        pair, first, last = pair[hit], first[hit], last[hit]
        owner, start = _expand(first, last)
        box = boxes[asked[some][pair]][owner]
        x0, x1 = ground.x[start], ground.x[start + 1]
        y0, y1 = ground.y[start], ground.y[start + 1]
        hit = (np.minimum(x0, x1) <= box[:, 2]) & (np.maximum(x0, x1) >= box[:, 0])
        hit &= (np.minimum(y0, y1) <= box[:, 3]) & (np.maximum(y0, y1) >= box[:, 1])
        near[start[hit]] = True
    return np.flatnonzero(near)


def _near_rings(ground: Ground, boxes: Numbers) -> tuple[Indices, Indices]:
    """Pairs of box and ring whose boxes meet, sorted by box then ring."""
    none = np.empty(0, dtype=np.intp)
    if not len(boxes) or not len(ground.unit):
        return none, none
    kept = np.arange(len(ground.unit))
    if len(kept) >= RASTER_FROM:
        kept = kept[_raster_filter(ground.ring_boxes, boxes)]
    if not len(kept):
        return none, none
    tree = shapely.STRtree(shapely.box(*ground.ring_boxes[kept].T.astype(float)))
    asked, found = tree.query(shapely.box(*boxes.T))
    ring = kept[found]
    order = np.lexsort((ring, asked))
    return asked[order], ring[order]


def _raster_filter(ring_boxes: Integers, boxes: Numbers) -> NDArray[np.bool_]:
    """Rings whose box meets a raster cell that a box meets: summed-area table, four look-ups a ring."""
    low = ring_boxes[:, :2].min(axis=0)
    side = int(np.sqrt(len(ring_boxes)))
    size = (ring_boxes[:, 2:].max(axis=0) - low + 1) / side
    marks = np.zeros((side + 1, side + 1), dtype=np.int64)
    cells = np.clip(((boxes - np.tile(low, 2)) / np.tile(size, 2)).astype(np.int64), 0, side - 1)
    # difference array: +1/-1 at the corners of each box, summed twice gives "how many boxes meet this cell"
    np.add.at(marks, (cells[:, 0], cells[:, 1]), 1)
    np.add.at(marks, (cells[:, 2] + 1, cells[:, 1]), -1)
    np.add.at(marks, (cells[:, 0], cells[:, 3] + 1), -1)
    np.add.at(marks, (cells[:, 2] + 1, cells[:, 3] + 1), 1)
    met = marks.cumsum(axis=0).cumsum(axis=1)[:side, :side] > 0
    table = np.zeros((side + 1, side + 1), dtype=np.int64)
    table[1:, 1:] = met.cumsum(axis=0).cumsum(axis=1)
    ring = np.clip(((ring_boxes - np.tile(low, 2)) / np.tile(size, 2)).astype(np.int64), 0, side - 1)
    x0, y0, x1, y1 = ring[:, 0], ring[:, 1], ring[:, 2] + 1, ring[:, 3] + 1
    hit: NDArray[np.bool_] = table[x1, y1] - table[x0, y1] - table[x1, y0] + table[x0, y0] > 0
    return hit


def _portions(work: Indices) -> list[slice]:
    """Cut pairs (``work``: edges of each, at worst) into slices of about :data:`PAIRS` edges."""
    if not len(work):
        return []
    cuts = np.flatnonzero(np.diff(np.cumsum(work) // PAIRS)) + 1
    edges = [0, *cuts.tolist(), len(work)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _runs(ground: Ground, ring: Indices) -> tuple[Indices, Indices, Indices]:
    """Cut rings into runs of edges: pair, first vertex, last vertex (its edge excluded) of each run."""
    start, end = ground.starts[ring], ground.starts[ring + 1] - 1
    count = -(-(end - start) // RUN)
    pair, k = _expand(np.zeros_like(count), count)
    first = start[pair] + k * RUN
    return pair, first, np.minimum(first + RUN, end[pair])


def _expand(first: Indices, last: Indices) -> tuple[Indices, Indices]:
    """Flatten ranges [first, last): which range, and each number in it."""
    size = last - first
    owner = np.repeat(np.arange(len(size)), size)
    offset = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
    return owner, first[owner] + offset


def _run_boxes(ground: Ground, first: Indices, last: Indices) -> Numbers:
    """Bounding boxes of runs, both end vertices included."""
    if not len(first):
        return np.empty((0, 4))
    distinct, back = np.unique(first, return_inverse=True)
    end = np.empty_like(distinct)
    end[back] = last
    owner, vertex = _expand(distinct, end + 1)
    at = np.flatnonzero(np.diff(owner, prepend=-1))
    x, y = ground.x[vertex], ground.y[vertex]
    low_high = [np.minimum.reduceat(x, at), np.minimum.reduceat(y, at)]
    low_high += [np.maximum.reduceat(x, at), np.maximum.reduceat(y, at)]
    boxes: Numbers = np.stack(low_high, axis=1)[back].astype(float)
    return boxes


def _meet(a: Numbers, b: Numbers) -> NDArray[np.bool_]:
    hit: NDArray[np.bool_] = (a[:, 0] <= b[:, 2]) & (a[:, 2] >= b[:, 0]) & (a[:, 1] <= b[:, 3]) & (a[:, 3] >= b[:, 1])
    return hit


def _crossings(ground: Ground, points: Numbers, asked: Indices, ring: Indices) -> tuple[Indices, Indices, Integers]:
    """Signed crossings of the ray to the right of each point with the edges of a ring, summed per pair."""
    pair, first, last = _runs(ground, ring)
    box = _run_boxes(ground, first, last)
    px, py = points[asked[pair], 0], points[asked[pair], 1]
    hit = (box[:, 1] <= py) & (box[:, 3] >= py) & (box[:, 2] >= px)
    pair, first, last = pair[hit], first[hit], last[hit]
    owner, start = _expand(first, last)
    pair = pair[owner]
    px, py = points[asked[pair], 0], points[asked[pair], 1]
    y0, y1 = ground.y[start].astype(float), ground.y[start + 1].astype(float)
    crossing = (y0 <= py) != (y1 <= py)
    start, pair, px, py, y0, y1 = (a[crossing] for a in (start, pair, px, py, y0, y1))
    x0, x1 = ground.x[start].astype(float), ground.x[start + 1].astype(float)
    up = y1 > y0
    # Always from the lower end, so that both sides of a shared edge compute the same bits.
    xl, yl, xh, yh = np.where(up, x0, x1), np.minimum(y0, y1), np.where(up, x1, x0), np.maximum(y0, y1)
    left = (xh - xl) * (py - yl) - (px - xl) * (yh - yl) > 0
    times = np.zeros(len(asked), dtype=np.int64)
    np.add.at(times, pair[left], np.where(up[left], 1, -1))
    times *= ground.turn[ring]
    hit = times != 0
    return asked[hit], ground.unit[ring[hit]], times[hit]


def _grouped(point: Indices, unit: Indices, times: Integers, units: int) -> Windings:
    """Add up the rings of one unit around one point."""
    key = point.astype(np.int64) * units + unit
    distinct, back = np.unique(key, return_inverse=True)
    summed = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(summed, back, times)
    keep = summed != 0
    distinct = distinct[keep]
    return Windings((distinct // units).astype(np.intp), (distinct % units).astype(np.intp), summed[keep])
