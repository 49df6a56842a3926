"""Areas fit to be stored: valid multipolygons on the millimetre grid, or a problem of their row."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.domain.messages import Message
from gridmap.importers.problems import Problem

#: A repair may change the area by this much, m²: rounding to millimetres moves an edge of 20 km by no more.
SAME_AREA_M2 = 10.0
#: … and by no more than this share of it.
SAME_AREA_SHARE = 1e-6


def areas(shapes: NDArray[np.object_]) -> tuple[list[shapely.Geometry | None], list[Problem]]:
    """Round areas in metres to whole millimetres and make them multipolygons in a normal form.

    An invalid one is repaired where its area stays (and said), else left out with the reason. Missing and empty ones
    are None.
    """
    fitted: list[shapely.Geometry | None] = [None] * len(shapes)
    problems: list[Problem] = []
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    whole = np.full(len(shapes), None, dtype=object)
    whole[drawn] = shapely.transform(shapely.force_2d(shapes[drawn]), lambda xy: np.rint(xy * 1000) / 1000)
    valid = shapely.is_valid(whole)
    kind = shapely.get_type_id(whole)
    for at in np.flatnonzero(drawn):
        row, shape = int(at) + 1, whole[at]
        if kind[at] not in (3, 6):
            problems.append(
                Problem(row, "geometry", shape.geom_type, Message("an area"), Message("Draw the outline as an area."))
            )
            continue
        if not valid[at]:
            reason = shapely.is_valid_reason(shape)
            repaired = _repaired(shapes[at], shape)
            problems.append(
                Problem(
                    row,
                    "geometry",
                    reason[:80],
                    Message("an outline that does not cross or touch itself"),
                    Message("Draw the outline again around that place.")
                    if repaired is None
                    else Message("Repaired; the area stays the same."),
                    repaired=repaired is not None,
                )
            )
            if repaired is None:
                continue
            shape = repaired
        fitted[at] = shapely.normalize(shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]))
    return fitted, problems


def _repaired(given: shapely.Geometry, rounded: shapely.Geometry) -> shapely.Geometry | None:
    """A valid shape on the millimetre grid with the same area, or None."""
    # The area that the rings state: signed, so that a bow tie does not count as its two wings.
    stated = shapely.area(given)
    mended = shapely.set_precision(shapely.make_valid(rounded, method="structure"), 0.001)
    mended = shapely.transform(mended, lambda xy: np.rint(xy * 1000) / 1000)
    if mended.geom_type not in ("Polygon", "MultiPolygon") or mended.is_empty or not mended.is_valid:
        return None
    change = abs(shapely.area(mended) - stated)
    return mended if change <= min(SAME_AREA_M2, SAME_AREA_SHARE * max(stated, 1.0)) else None
