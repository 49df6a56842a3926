"""A fine irregular mesh whose cell borders follow rivers, roads and streets, and wander elsewhere.

The trick: generators set in pairs to the left and right of a line make the border between the two cells run along
that line. Borders elsewhere are displaced inside the kite of their border and its two generators; these kites do
not overlap, so displaced borders cannot cross.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

Coordinates = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """Cells as rings of vertex numbers.

    ``vertices`` are integer millimetres (n, 2). ``rings[c]`` lists the vertices of cell ``c`` counter-clockwise, not
    closed. ``links`` (m, 2) are pairs of cells that share a border, ``border_m`` its length. ``centres`` (cells, 2)
    are the generators, metres.
    """

    vertices: Indices
    rings: tuple[Indices, ...]
    links: Indices
    border_m: NDArray[np.float64]
    centres: Coordinates
    area_m2: NDArray[np.float64]

    def dissolve(self, cells: Indices) -> list[Indices]:
        """Rings (vertex numbers, not closed) around a set of cells: borders inside the set cancel."""
        heads = np.concatenate([self.rings[c] for c in cells])
        tails = np.concatenate([np.roll(self.rings[c], -1) for c in cells])
        size = len(self.vertices)
        lone = ~np.isin(heads * size + tails, tails * size + heads)
        following = dict(zip(heads[lone].tolist(), tails[lone].tolist(), strict=True))
        if len(following) != int(lone.sum()):  # pragma: no cover - three borders meet at every node
            raise ValueError("a set of cells touches itself in one point")
        rings = []
        while following:
            start, here = following.popitem()
            ring = [start]
            while here != start:
                ring.append(here)
                here = following.pop(here)
            rings.append(np.array(ring, dtype=np.int64))
        return rings


def pairs_along(path: Coordinates, spacing: float, offset: float) -> Coordinates:
    """Generators left and right of a path, in turn. Shape (2 k, 2)."""
    line = shapely.LineString(path)
    at = np.arange(spacing / 2, line.length, spacing)
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + 20, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - 20, 0)))
    here = (ahead + behind) / 2
    run = ahead - behind
    side = np.stack([-run[:, 1], run[:, 0]], axis=1) / np.maximum(np.hypot(*run.T), 1e-9)[:, None]
    both = np.empty((2 * len(at), 2))
    both[::2], both[1::2] = here + offset * side, here - offset * side
    return both


def keep_pairs_apart(groups: list[Coordinates], apart: list[float]) -> tuple[Coordinates, NDArray[np.int64]]:
    """Join groups of paired generators; a pair that comes too near an earlier group's is left out whole.

    Returns the points and, per point, the number of its pair (its partner has the same).
    """
    taken = np.empty((0, 2))
    numbers: list[NDArray[np.int64]] = []
    count = 0
    for points, distance in zip(groups, apart, strict=True):
        pairs = points.reshape(-1, 2, 2)
        if len(taken) and len(pairs):
            near, _ = cKDTree(taken).query(pairs.reshape(-1, 2))
            pairs = pairs[near.reshape(-1, 2).min(axis=1) > distance]
        # within a group: a curve may come back on itself
        if len(pairs) > 1:
            tree = cKDTree(pairs.reshape(-1, 2))
            clash = {max(a, b) // 2 for a, b in tree.query_pairs(0.6 * distance) if a // 2 != b // 2}
            pairs = np.delete(pairs, sorted(clash), axis=0)
        taken = np.vstack([taken, pairs.reshape(-1, 2)])
        numbers.append(np.repeat(np.arange(count, count + len(pairs)), 2))
        count += len(pairs)
    return taken, np.concatenate(numbers)


def build(
    generators: Coordinates,
    keep: NDArray[np.bool_],
    pair: NDArray[np.int64],
    straight: NDArray[np.bool_],
    step_m: NDArray[np.float64],
    roughness: NDArray[np.float64],
    rng: np.random.Generator,
) -> Mesh:
    """Cells of the generators marked ``keep``.

    ``pair`` numbers the partners along a line (-1: none); where both are ``straight`` their border does not wander.
    ``step_m`` and ``roughness`` (0–1) say how finely and how far the borders of a cell wander.
    """
    diagram = Voronoi(generators)
    pairs = diagram.ridge_points
    ends = np.asarray(diagram.ridge_vertices)
    used = (keep[pairs].any(axis=1)) & (ends >= 0).all(axis=1)
    pairs, ends = pairs[used], ends[used]
    vertices = np.rint(diagram.vertices * 1000).astype(np.int64)

    partners = (pair[pairs[:, 0]] == pair[pairs[:, 1]]) & (pair[pairs[:, 0]] >= 0)
    start, end = diagram.vertices[ends[:, 0]], diagram.vertices[ends[:, 1]]
    length = np.hypot(*(end - start).T)
    step = step_m[pairs].min(axis=1)
    rough = np.where(partners & straight[pairs[:, 0]], 0.05, roughness[pairs].min(axis=1))
    pieces = np.clip(np.rint(length / step).astype(int), 1, 12)

    pieces[length < 4] = 1
    paths, between = _wandering(start, end, generators[pairs], pieces, rough, len(vertices), rng)
    paths = [np.r_[a, path, b] for (a, b), path in zip(ends.tolist(), paths, strict=True)]
    vertices = np.vstack([vertices, between])

    number = np.cumsum(keep) - 1
    rings = _rings(pairs, paths, generators, vertices, keep)
    inside = keep[pairs].all(axis=1)
    used_vertices, packed = np.unique(np.concatenate(rings), return_inverse=True)
    cuts = np.cumsum([len(ring) for ring in rings])[:-1]
    final = vertices[used_vertices]
    new_rings = tuple(np.split(packed.astype(np.int64), cuts))
    metres = final / 1000
    areas = np.array([_area(metres[ring]) for ring in new_rings])
    return Mesh(
        final,
        new_rings,
        number[pairs[inside]].astype(np.int64),
        length[inside],
        generators[keep],
        areas,
    )


def _wandering(
    start: Coordinates,
    end: Coordinates,
    apexes: Coordinates,
    pieces: Indices,
    rough: NDArray[np.float64],
    first: int,
    rng: np.random.Generator,
) -> tuple[list[Indices], Indices]:
    """New vertices between the ends of every border, and their numbers (counted from ``first``) per border.

    Noise is a few sine waves of falling size, zero at both ends; it moves a point toward the generator on its side,
    so that the path stays inside the kite of its border.
    """
    count = pieces - 1
    offset = np.concatenate([[0], np.cumsum(count)])
    between = np.empty((int(offset[-1]), 2))
    for n in np.unique(pieces[pieces > 1]).tolist():
        at = np.flatnonzero(pieces == n)
        t = np.linspace(0, 1, n + 1)[1:-1]
        u = np.zeros((len(at), n - 1))
        for k in (1, 2, 3, 5):
            u += rng.normal(0, 0.75 / k, (len(at), 1)) * np.sin(np.pi * k * t)
        u = np.clip(u, -1, 1) * rough[at, None]
        apex = np.where(u[..., None] > 0, apexes[at, 0][:, None], apexes[at, 1][:, None])
        base = start[at][:, None] + (end - start)[at][:, None] * t[:, None]
        rows = offset[at][:, None] + np.arange(n - 1)
        between[rows] = base + (apex - base) * np.minimum(np.abs(u), 0.62)[..., None]
    numbers = np.split(np.arange(first, first + len(between)), offset[1:-1])
    return numbers, np.rint(between * 1000).astype(np.int64)


def _rings(
    pairs: Indices, paths: list[Indices], generators: Coordinates, vertices: Indices, keep: NDArray[np.bool_]
) -> list[Indices]:
    """Chain the border paths of every kept cell into one ring, counter-clockwise."""
    borders: list[list[Indices]] = [[] for _ in generators]
    for (a, b), path in zip(pairs.tolist(), paths, strict=True):
        corner = vertices[path[0]] / 1000 - generators[a]
        other = vertices[path[-1]] / 1000 - generators[a]
        ccw_for_a = corner[0] * other[1] - corner[1] * other[0] > 0
        borders[a].append(path if ccw_for_a else path[::-1])
        borders[b].append(path[::-1] if ccw_for_a else path)
    rings = []
    for cell in np.flatnonzero(keep).tolist():
        following = {int(path[0]): path for path in borders[cell]}
        start = int(borders[cell][0][0])
        ring: list[Indices] = []
        here = start
        for _ in borders[cell]:
            path = following[here]
            ring.append(path[:-1])
            here = int(path[-1])
        if here != start:  # pragma: no cover - an unbounded cell was kept
            raise ValueError(f"cell {cell} is not closed")
        rings.append(np.concatenate(ring))
    return rings


def _area(ring: Coordinates) -> float:
    x, y = (ring - ring[0]).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
