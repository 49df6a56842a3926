"""The plane cut up by edges: faces, and which faces lie on either side of each piece of edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from gridmap.geometry.precision import FALLBACK_GRID_M, NOISE_WIDTH_M
from gridmap.geometry.topology.ground import Geometries, Indices, Integers, Numbers

#: Number of the face outside of everything.
OUTSIDE = -1


@dataclass(frozen=True)
class Sides:
    """Pieces of edge with a face on their left. Parallel arrays: ``face``, ``other`` (face on the right, or OUTSIDE),
    ``start`` and ``end`` (shape (pieces, 2), steps). Every piece inside appears twice, once from each side."""

    face: Indices
    other: Indices
    start: Numbers
    end: Numbers


@dataclass(frozen=True)
class Arrangement:
    """Bounded faces of a set of edges; coordinates in steps from the origin, ``per_metre`` of them to a metre."""

    faces: Geometries
    per_metre: int

    @cached_property
    def area(self) -> Numbers:
        """Area of each face, square steps."""
        return np.asarray(shapely.area(self.faces))

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """False for faces that are only the rounding of a crossing point."""
        return self.wider(NOISE_WIDTH_M)

    def wider(self, metres: float) -> NDArray[np.bool_]:
        """Which faces are wider than this: twice the area over the perimeter."""
        wide: NDArray[np.bool_] = 2 * self.area > metres * self.per_metre * shapely.length(self.faces)
        return wide

    @cached_property
    def points(self) -> Numbers:
        """A point inside each face, shape (faces, 2)."""
        return shapely.get_coordinates(shapely.point_on_surface(self.faces))

    @cached_property
    def sides(self) -> Sides:
        return _sides(self.faces)


def arrange(start: Integers, end: Integers, per_metre: int, *, snapped: bool = False) -> Arrangement:
    """Node edges (shape (edges, 2) each, steps) with each other and return the faces between them.

    ``snapped`` rounds crossing points to a fine grid (snap-rounding), slower and never failing; without it crossing
    points are as exact as doubles are.
    """
    if not len(start):
        return Arrangement(np.empty(0, dtype=object), per_metre)
    grid = FALLBACK_GRID_M * per_metre
    lines = shapely.linestrings(np.stack([start, end], axis=1).astype(float))
    try:
        noded = shapely.union_all(lines, grid_size=grid if snapped else None)
    except GEOSException:
        noded = shapely.union_all(lines, grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return Arrangement(np.asarray(faces, dtype=object), per_metre)


def _sides(faces: Geometries) -> Sides:
    """Match every directed piece of border with its opposite: same two points, the other way round."""
    oriented = shapely.orient_polygons(faces, exterior_cw=False)
    rings, owner = shapely.get_rings(oriented, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    start, end, face = xy[:-1][inner], xy[1:][inner], owner[ring[:-1][inner]]
    name = _names(xy)
    a, b = name[:-1][inner], name[1:][inner]
    count = np.uint64(name.max() + 1) if len(name) else np.uint64(1)
    here, opposite = a * count + b, b * count + a
    order = np.argsort(here)
    at = np.searchsorted(here[order], opposite)
    at = np.minimum(at, len(order) - 1)
    partner = order[at]
    other = np.where(here[partner] == opposite, face[partner], OUTSIDE)
    return Sides(face, other, start, end)


def _names(xy: Numbers) -> NDArray[np.uint64]:
    """Number distinct points: equal coordinates, equal number."""
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    ordered = xy[order]
    new = np.ones(len(xy), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    name = np.empty(len(xy), dtype=np.uint64)
    name[order] = np.cumsum(new) - 1
    return name
