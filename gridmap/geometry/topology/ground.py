"""Polygons as rings of whole numbers on a lattice: the only form in which the audit looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.errors import GroundTooWide
from gridmap.geometry.precision import LARGEST_EXTENT_STEPS, MILLIMETRES_PER_METRE

Geometries = NDArray[np.object_]
Indices = NDArray[np.intp]
Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Polygons are read in blocks of this many, so that the temporary arrays stay in the processor's cache.
BLOCK = 16_384


@dataclass(frozen=True)
class Invalid:
    """A polygon that is not one as given. For the arithmetic it was made valid (or left out where it has no area)."""

    name: str
    reason: str


@dataclass(frozen=True)
class Ground:
    """All rings of all units, and of the jurisdiction as one more unit at the end, on a lattice.

    ``x``, ``y``: vertex coordinates in steps from ``origin``, ring after ring, each closed. ``per_metre``: steps per
    metre, 1,000 for whole millimetres.
    ``starts``: first vertex of each ring, and one past the last. ``unit``: unit of each ring.
    ``turn``: +1 where walking the ring in its given order keeps the unit's ground to the left, -1 otherwise.
    ``double_area``: twice the area of each unit in square steps, exact as far as doubles are.
    ``jurisdiction``: its unit number, or None.
    """

    x: Integers
    y: Integers
    starts: Indices
    unit: Indices
    turn: NDArray[np.int8]
    double_area: Numbers
    origin: tuple[int, int]
    jurisdiction: int | None
    per_metre: int

    @property
    def units(self) -> int:
        return len(self.double_area) - (self.jurisdiction is not None)

    @cached_property
    def ring_boxes(self) -> Integers:
        """Bounding box of each ring (xmin, ymin, xmax, ymax), shape (rings, 4), steps from the origin."""
        first = self.starts[:-1]
        if not len(first):
            return np.empty((0, 4), dtype=np.int64)
        return np.stack(
            [
                np.minimum.reduceat(self.x, first),
                np.minimum.reduceat(self.y, first),
                np.maximum.reduceat(self.x, first),
                np.maximum.reduceat(self.y, first),
            ],
            axis=1,
        )

    @cached_property
    def ring_tree(self) -> shapely.STRtree:
        """Tree over :attr:`ring_boxes`; dear where there are many rings and few questions."""
        return shapely.STRtree(shapely.box(*self.ring_boxes.T.astype(float)))

    def to_metres(self, geometries: Geometries) -> Geometries:
        """Bring geometries from steps from the origin back to metres of the working system."""
        origin = np.array(self.origin)

        def back(xy: Numbers) -> Numbers:
            metres: Numbers = (xy + origin) / self.per_metre
            return metres

        moved: Geometries = np.asarray(shapely.transform(geometries, back), dtype=object)
        return moved


def read_ground(
    polygons: Geometries, jurisdiction: BaseGeometry | None, per_metre: int = MILLIMETRES_PER_METRE
) -> Ground:
    """Round valid polygons (metres, any ring orientation, multiparts and empties allowed) to the lattice.

    Raises
    ------
    GroundTooWide
        where coordinates are so far apart that doubles do not hold them on the lattice.
    """
    everything = polygons
    if jurisdiction is not None:
        everything = np.append(polygons, np.array([jurisdiction], dtype=object))
    bounds = np.zeros(4)
    if not shapely.is_empty(everything).all():
        bounds = shapely.total_bounds(everything)
    low = np.floor(bounds[:2] * per_metre)
    high = np.ceil(bounds[2:] * per_metre)
    extent = high - low
    if max(np.abs(low).max(), np.abs(high).max()) > LARGEST_EXTENT_STEPS:
        raise GroundTooWide(
            kilometres=float(np.abs(bounds).max()) / 1000, allowed=LARGEST_EXTENT_STEPS // (1000 * per_metre)
        )

    vertices = int(shapely.get_num_coordinates(everything).sum())
    x = np.empty(vertices, dtype=np.int64)
    y = np.empty(vertices, dtype=np.int64)
    double_area = np.zeros(len(everything))
    wraps = bool(2 * extent[0] * extent[1] >= 2**63)
    sizes, owners, turns = [], [], []
    at = 0
    for first in range(0, len(everything), BLOCK):
        block = everything[first : first + BLOCK]
        size, owner, hole = _rings(block)
        xy = shapely.get_coordinates(block)
        xy *= per_metre
        np.rint(xy, out=xy)
        xy -= low
        bx, by = x[at : at + len(xy)], y[at : at + len(xy)]
        bx[:], by[:] = xy[:, 0], xy[:, 1]
        at += len(xy)
        if not len(size):
            continue
        double = _double_areas(bx, by, size, wraps=wraps)
        turn = np.where((double < 0) != hole, np.int8(-1), np.int8(1))
        double_area[first : first + len(block)] = np.bincount(owner, weights=double * turn, minlength=len(block))
        sizes.append(size)
        owners.append(owner + first)
        turns.append(turn)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]) if sizes else np.zeros(1)
    return Ground(
        x=x,
        y=y,
        starts=starts.astype(np.intp),
        unit=np.concatenate(owners) if owners else np.empty(0, dtype=np.intp),
        turn=np.concatenate(turns) if turns else np.empty(0, dtype=np.int8),
        double_area=double_area,
        origin=(int(low[0]), int(low[1])),
        jurisdiction=None if jurisdiction is None else len(polygons),
        per_metre=per_metre,
    )


def _rings(block: Geometries) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    """Vertices, owner and "is a hole" of each ring, in the order in which coordinates come out of shapely."""
    # Exploded first: ring functions of GEOS silently skip multipolygons.
    if (shapely.get_type_id(block) == 3).all():
        parts, owner = block, np.arange(len(block))
    else:
        parts, owner = shapely.get_parts(block, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    holes = shapely.get_num_interior_rings(parts)
    if not holes.any():
        return shapely.get_num_coordinates(parts).astype(np.intp), owner, np.zeros(len(parts), dtype=bool)
    rings, part = shapely.get_rings(parts, return_index=True)
    shell = np.ones(len(rings), dtype=bool)
    shell[1:] = part[1:] != part[:-1]
    return shapely.get_num_coordinates(rings).astype(np.intp), owner[part], ~shell


def _double_areas(x: Integers, y: Integers, size: Indices, *, wraps: bool) -> Numbers:
    """Twice the signed area of each ring.

    Products and sums wrap around 64 bits; the true sum is known but for a multiple of 2**64, and where it may not fit
    (``wraps``) doubles, good to fifteen digits, say which multiple.
    """
    first = np.cumsum(size) - size
    dx = x - np.repeat(x[first], size)
    dy = y - np.repeat(y[first], size)
    cross = np.zeros(len(x), dtype=np.int64)
    # The step from one ring's last vertex to the next ring's first multiplies by zero: both are their ring's first.
    cross[:-1] = dx[:-1] * dy[1:] - dx[1:] * dy[:-1]
    double = np.add.reduceat(cross, first).astype(np.float64)
    if wraps:
        fx, fy = dx.astype(np.float64), dy.astype(np.float64)
        rough = np.zeros(len(x))
        rough[:-1] = fx[:-1] * fy[1:] - fx[1:] * fy[:-1]
        double += np.rint((np.add.reduceat(rough, first) - double) / 2.0**64) * 2.0**64
    return double


def as_valid(
    polygons: Sequence[BaseGeometry | None] | Geometries, names: Sequence[str]
) -> tuple[Geometries, list[Invalid]]:
    """Return polygons that are all valid, polygonal or empty, and what was wrong with the others.

    A crossing ring is resolved by the even-odd rule along its own lines (nothing is simplified away); lines and points
    left over have no area and are dropped.
    """
    given: Geometries = np.asarray(polygons, dtype=object)
    wrong: list[Invalid] = []
    valid = shapely.is_valid(given)
    kind = shapely.get_type_id(given)
    bad = np.flatnonzero(~valid | ((kind != 3) & (kind != 6)) | shapely.is_empty(given))
    if not len(bad):
        return given, wrong
    repaired = given.copy()
    for i in bad.tolist():
        geometry: Any = given[i]
        if geometry is None or geometry.is_empty:
            reason = "no geometry"
        elif not valid[i]:
            reason = str(shapely.is_valid_reason(geometry))
        else:
            reason = f"not a polygon but a {geometry.geom_type}"
        wrong.append(Invalid(str(names[i]), reason))
        repaired[i] = polygonal(geometry)
    return repaired, wrong


def polygonal(geometry: BaseGeometry | None) -> BaseGeometry:
    """Return the valid polygonal part of any geometry: a Polygon or MultiPolygon, possibly empty."""
    if geometry is None or not np.isfinite(shapely.get_coordinates(geometry)).all():
        return shapely.Polygon()
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry)
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    areas = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    merged: BaseGeometry = shapely.union_all(areas) if areas else shapely.Polygon()
    return merged
