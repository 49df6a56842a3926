"""One row's outline made an area that can be stored, or the reason why not: what was wrong, area before and after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

#: An outline with crossings is repaired up to this many coordinates. The outlines of counties have some 10,000; a
#: larger one with crossings is a defect to mend where it was drawn.
MENDED_COORDINATES: Final = 50_000

#: … and up to this many crossings (estimated). Each costs the repair 35 µs: measured 16 s for the 460,000 crossings of
#: 2,000 random points. So no repair takes longer than about two seconds.
MENDED_CROSSINGS: Final = 50_000

#: Edges whose crossings are counted for the estimate.
_SAMPLE: Final = 200


class Fault(StrEnum):
    """What was wrong with a shape."""

    NOT_FINITE = "not finite"
    NO_AREA = "no area"
    MIXED = "mixed"
    CROSSING = "crossing"
    TOO_LARGE = "too large"


@dataclass(frozen=True)
class Mended:
    """What became of one shape.

    ``shape``: a valid, not empty Polygon or MultiPolygon, or None where there is none to be had. ``faults``: what was
    wrong, in the order found; none means that the shape is as it was given. ``before_m2``: what the rings state, by
    :func:`stated_area`; ``after_m2``: the area of ``shape``. (Square units of the shape's system, metres by name.)
    ``detail``: where the first crossing lies, in GEOS's words.
    """

    shape: BaseGeometry | None
    faults: tuple[Fault, ...] = ()
    before_m2: float = 0.0
    after_m2: float = 0.0
    detail: str = ""

    @property
    def share(self) -> float:
        """Change of the area as a share of the larger of the two."""
        larger = max(self.before_m2, self.after_m2)
        return abs(self.after_m2 - self.before_m2) / larger if larger > 0 else 0.0


def stated_area(shape: BaseGeometry) -> float:
    """Area that the rings state: per polygon the absolute shoelace sum of the shell less those of the holes, ≥ 0.

    Not the even-odd reading: the wings of a bow tie run in opposite senses and cancel here, a part drawn twice counts
    twice. What repair makes of such a shape differs from what was stated, and that difference is the question.
    """
    total = 0.0
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and not part.is_empty:
            holes = sum(_shoelace(hole.coords) for hole in part.interiors)
            total += max(_shoelace(part.exterior.coords) - holes, 0.0)
        elif part.geom_type in ("MultiPolygon", "GeometryCollection"):
            total += stated_area(part)
    return total


def mend_area(shape: BaseGeometry, *, largest: int = MENDED_COORDINATES) -> Mended:
    """Return ``shape`` (2-D) as a valid area, whatever can be taken from it.

    Of a collection the polygons are taken. Crossing, touching and doubled rings are rebuilt by GEOS's structure method
    (shells united, holes taken out; Martin Davis, JTS GeometryFixer), parts without an area are dropped.

    Parameters
    ----------
    shape
        Any geometry, in metres for the areas to be m².
    largest
        An invalid shape with more coordinates is not repaired (:data:`MENDED_COORDINATES`).
    """
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return Mended(None, (Fault.NOT_FINITE,))
    faults: list[Fault] = []
    taken = shape
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        taken = _polygons(shape)
        if taken.is_empty:
            return Mended(None, (Fault.NO_AREA,))
        faults.append(Fault.MIXED)
    before = stated_area(taken)
    detail = ""
    if not taken.is_valid:
        detail = shapely.is_valid_reason(taken)
        faults.append(Fault.CROSSING)
        if shapely.get_num_coordinates(taken) > largest or _crossings(taken) > MENDED_CROSSINGS:
            return Mended(None, (*faults, Fault.TOO_LARGE), before, 0.0, detail)
        taken = _polygons(shapely.make_valid(taken, method="structure", keep_collapsed=False))
    if taken.is_empty or taken.area <= 0:
        return Mended(None, (*faults, Fault.NO_AREA), before, 0.0, detail)
    return Mended(taken, tuple(faults), before, float(taken.area), detail)


def _shoelace(ring: shapely.coords.CoordinateSequence) -> float:
    points = np.asarray(ring, dtype=np.float64)[:, :2]
    points = points - points[0]  # small numbers: the products of full coordinates would cancel badly
    x, y = points[:, 0], points[:, 1]
    return float(abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2)


def _leaves(shape: BaseGeometry) -> list[BaseGeometry]:
    parts = list(shapely.get_parts(shape))
    if parts == [shape]:
        return parts
    return [leaf for part in parts for leaf in _leaves(part)]


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    found = [part for part in _leaves(shape) if isinstance(part, shapely.Polygon) and not part.is_empty]
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)


def _crossings(shape: BaseGeometry) -> float:
    """How often the edges cross each other, estimated from some of them."""
    points, ring = shapely.get_coordinates(shapely.get_rings(_leaves(shape)), return_index=True)
    same = ring[:-1] == ring[1:]
    edges = np.asarray(shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1)), dtype=object)
    some = edges[:: max(1, len(edges) // _SAMPLE)]
    pairs = shapely.STRtree(edges).query(some, predicate="crosses")
    return float(pairs.shape[1]) / len(some) * len(edges) / 2
