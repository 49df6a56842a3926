"""Which polygons of a coverage share border, and how many metres of it.

Borders are matched on the millimetre grid. Most edges of a coverage stand in both neighbours alike and match by
their ends; the rest (a vertex on one side only, T-junctions) are compared as collinear overlaps, exactly, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

Geometries = np.ndarray[Any, np.dtype[np.object_]]
Indices = np.ndarray[Any, np.dtype[np.intp]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Adjacency:
    """Pairs of polygons with a common border: ``a`` < ``b`` are row numbers, ``metres`` the length. Sorted by pair."""

    a: Indices
    b: Indices
    metres: Numbers

    @cached_property
    def neighbours(self) -> dict[int, dict[int, float]]:
        """Row number → {neighbour's row number: metres of common border}, longest first."""
        found: dict[int, dict[int, float]] = {}
        for i in np.lexsort((self.a, self.b, -self.metres)).tolist():
            a, b, metres = int(self.a[i]), int(self.b[i]), float(self.metres[i])
            found.setdefault(a, {})[b] = metres
            found.setdefault(b, {})[a] = metres
        return found

    def of(self, row: int) -> dict[int, float]:
        """Neighbours of one polygon; empty where it has none."""
        return self.neighbours.get(row, {})


def adjacency(polygons: Geometries) -> Adjacency:
    """Find every pair of polygons that shares border of some length; touching at a point is not sharing.

    Parameters
    ----------
    polygons
        Shape (n,), Polygons or MultiPolygons in metres of one projected system, or None; rounded to 1 mm here.
    """
    start, end, owner = _edges(polygons)
    order = np.lexsort((owner, end[:, 1], end[:, 0], start[:, 1], start[:, 0]))
    start, end, owner = start[order], end[order], owner[order]
    same = (start[1:] == start[:-1]).all(axis=1) & (end[1:] == end[:-1]).all(axis=1)
    group = np.concatenate([[0], np.cumsum(~same)]) if len(owner) else np.empty(0, dtype=np.int64)
    pairs = [_in_groups(start, end, owner, group)]
    lone = np.bincount(group, minlength=1)[group] == 1 if len(owner) else np.empty(0, dtype=bool)
    pairs.append(_collinear(start[lone], end[lone], owner[lone]))
    a, b, metres = (np.concatenate(part) for part in zip(*pairs, strict=True))
    key, inverse = np.unique(np.minimum(a, b) * len(polygons) + np.maximum(a, b), return_inverse=True)
    total = np.bincount(inverse, weights=metres, minlength=len(key)).astype(np.float64)
    return Adjacency(
        (key // max(len(polygons), 1)).astype(np.intp), (key % max(len(polygons), 1)).astype(np.intp), total
    )


def _edges(polygons: Geometries) -> tuple[Integers, Integers, Indices]:
    """Undirected edges in millimetres, smaller end first, and whose they are."""
    # get_rings silently passes multipolygons over, so they are taken apart first.
    parts, whole = shapely.get_parts(polygons, return_index=True)
    lines, part = shapely.get_rings(parts, return_index=True)
    owner = whole[part]
    points, ring = shapely.get_coordinates(lines, return_index=True)
    corner = np.floor(points.min(axis=0)) if len(points) else np.zeros(2)
    grid = np.rint((points - corner) * 1000).astype(np.int64)  # from a corner: products of differences fit 64 bits
    real = (ring[1:] == ring[:-1]) & (grid[1:] != grid[:-1]).any(axis=1)
    start, end = grid[:-1][real], grid[1:][real]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[swap], end[swap] = end[swap], start[swap].copy()
    return start, end, owner[ring[:-1][real]].astype(np.intp)


def _in_groups(start: Integers, end: Integers, owner: Indices, group: Integers) -> tuple[Indices, Indices, Numbers]:
    """Pairs of owners within each group of equal edges."""
    length = np.hypot(*(end - start).T) / 1000
    parts: list[tuple[Indices, Indices, Numbers]] = []
    step = 1
    while step < len(group) and (met := np.flatnonzero(group[step:] == group[:-step])).size:
        met = met[owner[met] != owner[met + step]]
        parts.append((owner[met], owner[met + step], length[met]))
        step += 1
    if not parts:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    a, b, metres = (np.concatenate(part) for part in zip(*parts, strict=True))
    return a, b, metres


def _collinear(start: Integers, end: Integers, owner: Indices) -> tuple[Indices, Indices, Numbers]:
    """Pairs of owners whose edges lie on one line and overlap."""
    segments = np.asarray(shapely.linestrings(np.stack([start, end], axis=1).astype(float)), dtype=object)
    i, j = shapely.STRtree(segments).query(segments)
    keep = (i < j) & (owner[i] != owner[j])
    i, j = i[keep], j[keep]
    along = end[i] - start[i]
    on_line = (_cross(along, start[j] - start[i]) == 0) & (_cross(along, end[j] - start[i]) == 0)
    i, j, along = i[on_line], j[on_line], along[on_line]
    axis = (np.abs(along[:, 1]) > np.abs(along[:, 0])).astype(np.intp)  # the longer axis measures best
    rows = np.arange(len(i))
    ends = np.stack([start[i], end[i], start[j], end[j]])[:, rows, axis]
    low = np.maximum(ends[:2].min(axis=0), ends[2:].min(axis=0))
    high = np.minimum(ends[:2].max(axis=0), ends[2:].max(axis=0))
    share = (high - low) / np.abs(along[rows, axis])
    overlap = share > 0
    metres = share * np.hypot(*along.T) / 1000
    return owner[i][overlap], owner[j][overlap], metres[overlap]


def _cross(a: Integers, b: Integers) -> Integers:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
