"""Coordinates that nobody measured: 0,0 and its kin, and the one point that a geocoder gives to all it cannot find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.domain.messages import Message
from gridmap.importers.problems import Problem, problems_of, with_problems

#: Rows on exactly one point that are suspicious whatever the file's size: a residential building has a few dozen
#: households, and coordinates are written to a metre or better.
MANY_ROWS = 20
#: … where they are at least this share of the rows with a place (so that 20 of 100,000 at one tower are left in peace).
SHARE = 0.02
#: … and stand for at least this many different addresses: one address with many rows is a busy place, not a default.
DISTINCT = 3

#: Numbers that programs write where they know none.
PLACEHOLDERS = (0.0, -1.0, 999.0, 9999.0, -999.0, -9999.0, 99999.0, -99999.0, 999999.0, 9999999.0)


@dataclass(frozen=True)
class SuspiciousPoint:
    """One point that many rows share. ``addresses``: how many different addresses; None where none are known."""

    x: float
    y: float
    rows: tuple[int, ...]
    addresses: int | None

    @property
    def count(self) -> int:
        """How many rows lie on it."""
        return len(self.rows)


def without_placeholders(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take away points such as 0,0 or 9999,9999; each becomes None and a problem of its row."""
    shapes = np.asarray(frame.geometry, dtype=object)
    points = np.flatnonzero(shapely.get_type_id(shapes) == 0)
    xy = np.stack([shapely.get_x(shapes[points]), shapely.get_y(shapes[points])], axis=1)
    fake = points[(xy[:, 0] == xy[:, 1]) & np.isin(xy[:, 0], PLACEHOLDERS)]
    if not len(fake):
        return frame
    kept = shapes.copy()
    kept[fake] = None
    found = problems_of(frame)
    frame = frame.set_geometry(gpd.GeoSeries(kept, index=frame.index, crs=frame.crs))
    if not problems_of(frame):
        with_problems(frame, found)
    told = [
        Problem(
            int(at) + 1,
            "geometry",
            f"{shapes[at].x:g}, {shapes[at].y:g}",
            Message("a measured place; this is what programs write where they know none"),
            Message("Correct the coordinate, or leave both cells empty."),
        )
        for at in fake
    ]
    with_problems(frame, told)
    return frame


def suspicious_points(
    points: NDArray[np.object_] | gpd.GeoSeries, address: Sequence[object] | pd.Series | None = None
) -> list[SuspiciousPoint]:
    """Points that so many rows share exactly that a geocoder's default is likelier than a place; the worst first.

    Parameters
    ----------
    points
        One point (or None) per row, in any system.
    address
        The rows' addresses, where they have any. Without, only the number decides.

    Returns
    -------
    ``rows`` count from 1. Flagged are :data:`MANY_ROWS` and :data:`SHARE` of all places or more, with at least
    :data:`DISTINCT` different addresses (empty ones do not count; all empty counts as unknown).
    """
    shapes = np.asarray(points, dtype=object)
    at = np.flatnonzero((shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes))
    if not len(at):
        return []
    xy = np.stack([shapely.get_x(shapes[at]), shapely.get_y(shapes[at])], axis=1)
    places, which, counts = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    words = None if address is None else [_word(one) for one in address]
    found: list[SuspiciousPoint] = []
    for place in np.flatnonzero((counts >= MANY_ROWS) & (counts >= SHARE * len(at))):
        rows = at[which.ravel() == place]
        distinct = None if words is None else len({words[row] for row in rows} - {""}) or None
        if distinct is None or distinct >= DISTINCT:
            x, y = places[place]
            found.append(SuspiciousPoint(float(x), float(y), tuple(int(row) + 1 for row in rows), distinct))
    return sorted(found, key=lambda one: -one.count)


def _word(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()
