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

#: From this many rings on, a coarse raster rules out most of them and a tree is built of the rest for each question;
#: its cells hold about a ring. Below it one tree of all rings serves all questions.
RASTER_FROM = 10_000


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
    """Count how often each unit (the jurisdiction too) winds around each point; points in steps from the origin.

    A ray to the right with half-open edges: a point on an edge that two neighbours share belongs to exactly one of
    them, because both sides compute the same crossing from the same ends.
    """
    asked, ring = _near_rings(ground, points)
    runs = _Runs.of(ground, ring)
    parts = [_crossings(ground, points, asked[some], ring[some], runs) for some in runs.portions(ring)]
    if not parts:
        none = np.empty(0, dtype=np.intp)
        return Windings(none, none, none.astype(np.int64))
    point, unit, times = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _grouped(point, unit, times, len(ground.double_area))


def edges_near(ground: Ground, boxes: Numbers) -> Indices:
    """First vertices of all edges whose box meets one of ``boxes`` (xmin, ymin, xmax, ymax; steps from the origin)."""
    asked, ring = _near_rings(ground, boxes)
    runs = _Runs.of(ground, ring)
    near = np.zeros(len(ground.x), dtype=bool)
    for some in runs.portions(ring):
        pair, run = runs.of_pairs(ring[some])
        box = boxes[asked[some][pair]]
        hit = _meet(runs.boxes[run], box)
        owner, start = _expand(runs.first[run[hit]], runs.last[run[hit]])
        box = box[hit][owner]
        x0, x1 = ground.x[start], ground.x[start + 1]
        y0, y1 = ground.y[start], ground.y[start + 1]
        hit = (np.minimum(x0, x1) <= box[:, 2]) & (np.maximum(x0, x1) >= box[:, 0])
        hit &= (np.minimum(y0, y1) <= box[:, 3]) & (np.maximum(y0, y1) >= box[:, 1])
        near[start[hit]] = True
    return np.flatnonzero(near)


@dataclass(frozen=True)
class _Runs:
    """Rings cut into runs of at most :data:`RUN` edges.

    ``rings``: the distinct rings, sorted. ``offset``: first run of each, and one past the last. ``first``, ``last``:
    first and last vertex of each run; ``boxes``: its bounding box, shape (runs, 4).
    """

    rings: Indices
    offset: Indices
    first: Indices
    last: Indices
    boxes: Numbers

    @classmethod
    def of(cls, ground: Ground, ring: Indices) -> _Runs:
        wanted = np.zeros(len(ground.unit), dtype=bool)
        wanted[ring] = True
        rings = np.flatnonzero(wanted)
        start, end = ground.starts[rings], ground.starts[rings + 1] - 1
        count = -(-(end - start) // RUN)
        offset = np.concatenate([[0], np.cumsum(count)]).astype(np.intp)
        owner = np.repeat(np.arange(len(rings)), count)
        first = start[owner] + (np.arange(len(owner)) - offset[owner]) * RUN
        last = np.minimum(first + RUN, end[owner])
        boxes = np.empty((len(first), 4))
        if len(first):
            owner, vertex = _expand(first, last + 1)
            at = np.flatnonzero(np.diff(owner, prepend=-1))
            for column, (bound, axis) in enumerate(
                [(np.minimum, ground.x), (np.minimum, ground.y), (np.maximum, ground.x), (np.maximum, ground.y)]
            ):
                boxes[:, column] = bound.reduceat(axis[vertex], at)
        return cls(rings, offset, first, last, boxes)

    def of_pairs(self, ring: Indices) -> tuple[Indices, Indices]:
        """Runs of each ring of a list: position in the list, number of the run."""
        at = np.searchsorted(self.rings, ring)
        return _expand(self.offset[at], self.offset[at + 1])

    def portions(self, ring: Indices) -> list[slice]:
        """Cut a list of rings into slices of about :data:`PAIRS` edges."""
        if not len(ring):
            return []
        at = np.searchsorted(self.rings, ring)
        work = np.cumsum(self.offset[at + 1] - self.offset[at]) * RUN // PAIRS
        edges = [0, *(np.flatnonzero(np.diff(work)) + 1).tolist(), len(ring)]
        return [slice(a, b) for a, b in pairwise(edges)]


def _near_rings(ground: Ground, places: Numbers) -> tuple[Indices, Indices]:
    """Pairs of place and ring whose boxes meet, by place. Places are points (n, 2) or boxes (n, 4)."""
    none = np.empty(0, dtype=np.intp)
    if not len(places) or not len(ground.unit):
        return none, none
    asking = shapely.points(places) if places.shape[1] == 2 else shapely.box(*places.T)
    if len(ground.unit) < RASTER_FROM:
        asked, ring = ground.ring_tree.query(asking)
        return asked, ring
    kept = np.flatnonzero(_raster_filter(ground.ring_boxes, places))
    if not len(kept):
        return none, none
    asked, ring = shapely.STRtree(shapely.box(*ground.ring_boxes[kept].T.astype(float))).query(asking)
    return asked, kept[ring]


def _raster_filter(ring_boxes: Integers, places: Numbers) -> NDArray[np.bool_]:
    """Rings whose box meets a raster cell that a place meets: summed-area table, four look-ups a ring."""
    boxes = places if places.shape[1] == 4 else np.concatenate([places, places], axis=1)
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


def _expand(first: Indices, last: Indices) -> tuple[Indices, Indices]:
    """Flatten ranges [first, last): which range, and each number in it."""
    size = last - first
    owner = np.repeat(np.arange(len(size)), size)
    offset = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
    return owner, first[owner] + offset


def _meet(a: Numbers, b: Numbers) -> NDArray[np.bool_]:
    hit: NDArray[np.bool_] = (a[:, 0] <= b[:, 2]) & (a[:, 2] >= b[:, 0]) & (a[:, 1] <= b[:, 3]) & (a[:, 3] >= b[:, 1])
    return hit


def _crossings(
    ground: Ground, points: Numbers, asked: Indices, ring: Indices, runs: _Runs
) -> tuple[Indices, Indices, Integers]:
    """Signed crossings of the ray to the right of each point with the edges of a ring, summed per pair."""
    pair, run = runs.of_pairs(ring)
    px, py = points[asked[pair], 0], points[asked[pair], 1]
    hit = (runs.boxes[run, 1] <= py) & (runs.boxes[run, 3] >= py) & (runs.boxes[run, 2] >= px)
    pair, run = pair[hit], run[hit]
    owner, start = _expand(runs.first[run], runs.last[run])
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
