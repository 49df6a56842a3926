"""What must be true after every operation: the ground changed exactly as declared, and nowhere else.

The audit of a neighbourhood: f counts how many units cover a place, less one inside the parent. The directed edges of
all touched outlines before, taken from those after, cancel wherever f is the same; what is left bounds exactly the
places where it is not. For a split or a moved edge nothing may be left; for a filled gap, the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.measures import inscribed_widths
from gridmap.geometry.precision import SLIVER_WIDTH_M
from gridmap.geometry.redraw.lattice import in_metres, polygons_of
from gridmap.geometry.topology import Defect

#: Ground that may change undeclared, in square metres per operation: where a border that nobody shares gets a vertex,
#: rounding moves it by less than a millimetre, which along the longest edges of a county is about this much.
TOLERANCE_M2 = 1.0
#: … and no piece of it may be wider than this, in metres: rounding is, ground is not.
TOLERANCE_WIDTH_M = 0.003
#: A change narrower than this, in metres, is that rounding, and is not called a defect that came or went.
ROUNDING_M = 0.001

#: How far beyond the border of a changed face the ground beside it is looked at, in millimetres.
BESIDE_MM = 2.0


@dataclass(frozen=True)
class Neighbourhood:
    """Units, and the grounds that units must cover; whole millimetres."""

    units: tuple[BaseGeometry, ...]
    grounds: tuple[BaseGeometry, ...]


@dataclass(frozen=True)
class Differences:
    """Faces where the count changed: polygon (millimetres), count before and after.

    ``lonely``: the faces that lay on clean ground and beside clean ground: there nothing may be off at all.
    """

    faces: tuple[tuple[shapely.Polygon, int, int], ...]
    lonely: tuple[shapely.Polygon, ...] = ()

    def demand(self, cured: Sequence[BaseGeometry], created: Sequence[BaseGeometry]) -> None:
        """Raise unless what changed is what was declared, but for the rounding.

        Raises
        ------
        OperationRefused
        """
        declared = [*cured, *created]
        shapes: list[BaseGeometry] = [face for face, _, _ in self.faces]
        changed = shapely.union_all(shapes) if shapes else shapely.Polygon()
        wanted = shapely.union_all(declared) if declared else shapely.Polygon()
        off = polygons_of(shapely.symmetric_difference(changed, wanted))
        area = sum(part.area for part in off) / 1e6
        wide = [part for part in off if part.area / max(part.length, 1.0) * 2 > TOLERANCE_WIDTH_M * 1000]
        strict = [face for face in self.lonely if not wanted.intersects(face.point_on_surface())]
        if area > TOLERANCE_M2 or wide or strict:
            raise OperationRefused(
                detail=Message(
                    "This would leave {area} m² that no unit or several units cover. Nothing was changed.",
                    {"area": f"{area:.3f}"},
                )
            )

    def cured(self) -> tuple[Defect, ...]:
        """Gaps, overlaps and spills that went away."""
        return _defects([(face, before) for face, before, after in self.faces if abs(after) < abs(before)])

    def created(self) -> tuple[Defect, ...]:
        """Gaps, overlaps and spills that came."""
        return _defects([(face, after) for face, before, after in self.faces if abs(after) > abs(before)])


def differences(
    before: Neighbourhood, after: Neighbourhood, all_before: Neighbourhood, all_after: Neighbourhood
) -> Differences:
    """Where the count of covering units is not what it was.

    ``before`` and ``after`` hold what changed and nothing else: the rest adds the same to both. ``all_before`` and
    ``all_after`` hold everything around, and say what the count is at the places that are left.
    """
    left = _left(before, after)
    if not len(left):
        return Differences(())
    lines = shapely.linestrings(left.reshape(-1, 2, 2).astype(np.float64))
    found, lonely = [], []
    for face in polygons_of(shapely.polygonize([shapely.union_all(lines)])):
        point = face.point_on_surface()
        if _count(before, point) != _count(after, point):
            then, now = _count(all_before, point), _count(all_after, point)
            found.append((face, then, now))
            if then == 0 and not _beside_defect(face, all_before):
                lonely.append(face)
    return Differences(tuple(found), tuple(lonely))


def _beside_defect(face: shapely.Polygon, before: Neighbourhood) -> bool:
    """Whether a face that was clean lies beside ground that was not: there a border has no second side to move with."""
    xy = np.asarray(face.exterior.coords)
    a, run = xy[:-1], np.diff(xy, axis=0)
    length = np.hypot(run[:, 0], run[:, 1])[:, None]
    normal = np.stack([-run[:, 1], run[:, 0]], axis=1) / np.maximum(length, 1e-9) * BESIDE_MM
    middle = a + run / 2
    return any(_count(before, shapely.Point(point)) != 0 for point in (*(middle + normal), *(middle - normal)))


def _left(before: Neighbourhood, after: Neighbourhood) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Directed edges without an opposite, shape (n, 4)."""
    tables = [
        *(_edges(shape, left=True) for shape in after.units),
        *(_edges(shape, left=False) for shape in after.grounds),
        *(_edges(shape, left=False) for shape in before.units),
        *(_edges(shape, left=True) for shape in before.grounds),
    ]
    edges = np.concatenate(tables) if tables else np.empty((0, 4), dtype=np.int64)
    swap = (edges[:, 0] > edges[:, 2]) | ((edges[:, 0] == edges[:, 2]) & (edges[:, 1] > edges[:, 3]))
    way = np.where(swap, -1, 1)
    plain = np.where(swap[:, None], edges[:, [2, 3, 0, 1]], edges)
    unique, inverse = np.unique(plain, axis=0, return_inverse=True)
    total = np.bincount(inverse.ravel(), weights=way, minlength=len(unique))
    remaining: np.ndarray[Any, np.dtype[np.int64]] = unique[total != 0]
    return remaining


def _edges(shape: BaseGeometry, *, left: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Edges of all rings with the ground to the left (or right)."""
    found = [np.empty((0, 4), dtype=np.int64)]
    for polygon in polygons_of(shapely.orient_polygons(shape)):
        for ring in (polygon.exterior, *polygon.interiors):
            xy = np.asarray(ring.coords).astype(np.int64)
            pairs = np.hstack([xy[:-1], xy[1:]])
            found.append(pairs if left else pairs[:, [2, 3, 0, 1]])
    return np.concatenate(found)


def _count(side: Neighbourhood, point: shapely.Point) -> int:
    """Units that cover a point, less the grounds it lies in."""
    covering = sum(bool(shape.intersects(point)) for shape in side.units)
    return covering - sum(bool(shape.intersects(point)) for shape in side.grounds)


def _defects(found: Sequence[tuple[shapely.Polygon, int]]) -> tuple[Defect, ...]:
    faces = [(face, count) for face, count in found if 2 * face.area / face.length > ROUNDING_M * 1000]
    shapes = np.array([in_metres(face) for face, _ in faces], dtype=object)
    widths = inscribed_widths(shapes) if len(shapes) else np.empty(0)
    return tuple(
        Defect(
            kind="gap" if count <= 0 else "overlap",
            polygon=shape,
            area_m2=float(shape.area),
            width_m=float(width),
            sliver=bool(width < SLIVER_WIDTH_M),
            owners=(),
            neighbours={},
        )
        for (_, count), shape, width in zip(faces, shapes, widths, strict=True)
    )
