"""Areas fit to be stored: valid multipolygons on the millimetre grid, or a problem of their row."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.geometry.mend import Fault, Mended, mend_area
from gridmap.importers.problems import Problem

#: A repair may change the area by this share of it unasked. Official areas of communities are accepted at 1 % between
#: two surveys; what changes more is another outline, and a person must say so.
REPAIR_SHARE = 0.01

#: Repair and rounding are repeated: rounding to millimetres can make two nearly touching edges cross again.
ROUNDS = 3

#: Outlines worked on at a time: a large file's do not stand in memory twice.
_PIECE = 1_000


def areas(
    shapes: NDArray[np.object_], *, repair_share: float = REPAIR_SHARE
) -> tuple[list[shapely.Geometry | None], list[Problem]]:
    """Round areas in metres to whole millimetres and make them multipolygons in a normal form.

    An invalid one is repaired and said, with its area before and after; where that changes more than ``repair_share``
    the problem is a question, and whoever commits must have an answer to it (the repaired shape is returned all the
    same, so that it can be looked at and, once accepted, be written). What cannot be repaired is None with the reason.
    Missing and empty ones are None.
    """
    fitted: list[shapely.Geometry | None] = []
    problems: list[Problem] = []
    for start in range(0, len(shapes), _PIECE):
        _fit(shapes[start : start + _PIECE], start, repair_share, fitted, problems)
    return fitted, problems


def _fit(
    shapes: NDArray[np.object_],
    start: int,
    repair_share: float,
    fitted: list[shapely.Geometry | None],
    problems: list[Problem],
) -> None:
    """Some of the shapes, the first of which is in row ``start``: appended to what was fitted."""
    fitted += [None] * len(shapes)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    whole = np.full(len(shapes), None, dtype=object)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers like 1e308: told below as no numbers
        whole[drawn] = _rounded(shapely.force_2d(shapes[drawn]))
        sound = shapely.is_valid(whole) & np.isin(shapely.get_type_id(whole), (3, 6)) & (shapely.area(whole) > 0)
    for at in np.flatnonzero(drawn):
        shape = whole[at]
        if not sound[at]:
            mended = _mended(shape)
            asked = mended.shape is not None and mended.share > repair_share
            problems.append(_problem(start + int(at) + 1, shape, mended, asked))
            if mended.shape is None:
                continue
            shape = mended.shape
        whole[at] = None
        many = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        fitted[start + at] = shapely.normalize(many)


def _rounded(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    rounded: NDArray[np.object_] = shapely.transform(shapes, lambda xy: np.rint(xy * 1000) / 1000)
    return rounded


def _mended(shape: BaseGeometry) -> Mended:
    """Repaired and on the millimetre grid at once."""
    first = mend_area(shape)
    if first.shape is None:
        return first
    for _ in range(ROUNDS):
        grid = shapely.set_precision(first.shape, 0.001)
        last = mend_area(shapely.transform(grid, lambda xy: np.rint(xy * 1000) / 1000))
        if last.shape is None:
            return Mended(None, (*first.faults, Fault.NO_AREA), first.before_m2, 0.0, first.detail)
        if not last.faults:
            return Mended(last.shape, first.faults, first.before_m2, last.after_m2, first.detail)
        first = Mended(last.shape, first.faults, first.before_m2, last.after_m2, first.detail)
    return Mended(None, (*first.faults, Fault.NO_AREA), first.before_m2, 0.0, first.detail)


def _problem(row: int, shape: BaseGeometry, mended: Mended, asked: bool) -> Problem:
    value = mended.detail[:80] or shape.geom_type
    sizes = {"before": mended.before_m2, "after": mended.after_m2, "share": 100 * mended.share}
    expected = Message("an outline that does not cross or touch itself")
    if Fault.NOT_FINITE in mended.faults:
        expected, fix = Message("coordinates that are numbers"), Message("Draw the shape again, or remove the row.")
    elif Fault.TOO_LARGE in mended.faults:
        fix = Message(
            "It has {count:,} points, too many to repair. Mend the outline where it was drawn, or simplify it.",
            {"count": int(shapely.get_num_coordinates(shape))},
        )
    elif mended.shape is None:
        expected, fix = Message("an area"), Message("Draw the outline as an area.")
    elif asked:
        fix = Message(
            "The repair would make {after:.1f} m² of {before:.1f} m² ({share:.1f} % changed). Look, and accept the "
            "repairs, or draw the outline again.",
            sizes,
        )
    elif Fault.CROSSING in mended.faults:
        fix = Message("Repaired: {before:.1f} m² before, {after:.1f} m² after.", sizes)
    else:
        expected = Message("an area")
        fix = Message("The areas were taken out of a mixed shape: {after:.1f} m².", sizes)
    used = mended.shape is not None and not asked
    known = mended.shape is not None
    return Problem(
        row, "geometry", value, expected, fix, used, asked,
        mended.before_m2 if known else None, mended.after_m2 if known else None,
    )  # fmt: skip
