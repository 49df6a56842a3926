"""Which grid is this point in? Exactly one answer, by a stated rule, and the nearest grid for points in none.

The rule: a point within :data:`BORDER_M` of a unit's border lies on it and belongs to that unit; of several units that
hold a point, it belongs to the one with the smallest code. So a point on a shared border goes to exactly one unit, and
to the same one whichever system its coordinates came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import CrsMissing
from gridmap.geometry import cells
from gridmap.geometry.crs import bounds_of, likely, transformer, working_crs_for

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
Geometries = NDArray[np.object_]

#: The millimetre grid: positions that differ by less are the same position.
BORDER_M = 0.001

#: Below this many points a raster does not pay: the tree alone answers.
FEW = 500

#: Cells per expected point: a raster much finer than the questions asked costs more than it saves.
CELLS_PER_POINT = 2

#: Points handed to the tree at a time.
PORTION = 100_000

NONE = -1


@dataclass(frozen=True)
class Located:
    """Answers for n points, in their order. Units are positions in the given polygons; :data:`NONE` where none.

    ``on_border``: within :data:`BORDER_M` of the border of a unit that holds it. ``nearest`` is the unit itself for a
    located point (distance 0), the nearest one for a point in none; ``distance_m`` is NaN where there is no point.
    """

    unit: Indices
    on_border: Flags
    nearest: Indices
    distance_m: Numbers
    is_point: Flags

    def counts(self) -> dict[str, int]:
        """Totals: points, located, on_border, outside, no_point."""
        return {
            "points": len(self.unit),
            "located": int((self.unit != NONE).sum()),
            "on_border": int(self.on_border.sum()),
            "outside": int((self.is_point & (self.unit == NONE)).sum()),
            "no_point": int((~self.is_point).sum()),
        }


class LocateIndex:
    """Polygons in metres, ready for questions. Building costs about a microsecond a vertex.

    Parameters
    ----------
    polygons
        Polygons and multipolygons, holes and overlaps included, coordinates in metres. Missing and empty ones hold
        nothing. Self-crossing rings count by the even-odd rule.
    codes
        Their codes: the smallest code wins a point that several hold.
    expected_points
        How many points will be asked about, where known.
    """

    def __init__(
        self, polygons: Geometries | Sequence[object], codes: Sequence[str], *, expected_points: int | None = None
    ) -> None:
        given = np.asarray(polygons, dtype=object)
        if len(given) != len(codes):
            raise ValueError("polygons and codes differ in number")
        #: position in the given polygons by rank of the code: work below is in ranks, so that "first" is "smallest"
        self._order: Indices = np.argsort(np.asarray(codes, dtype=object), kind="stable").astype(np.int64)
        self._polygons = given[self._order]
        self._cells = None
        if expected_points is None or expected_points > FEW:
            most = None
            if expected_points is not None:
                vertices = int(shapely.get_num_coordinates(self._polygons).sum())
                most = min(cells.CELLS_PER_EDGE * vertices, CELLS_PER_POINT * expected_points)
            self._cells = cells.build(self._polygons, near=BORDER_M, cells=most)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._polygons)

    def units(self, xy: Numbers) -> tuple[Indices, Flags]:
        """For (n, 2) points in metres: position of the unit that holds each (or :data:`NONE`), and ``on_border``."""
        x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
        on_border = np.zeros(len(x), dtype=bool)
        raster = self._cells
        rank = np.full(len(x), cells.OPEN, dtype=np.int64) if raster is None else raster.first(x, y)
        left = np.flatnonzero(rank == cells.OPEN)
        for start in range(0, len(left), PORTION):
            some = left[start : start + PORTION]
            rank[some], on_border[some] = self._exactly(x[some], y[some])
        held = rank >= 0
        unit = np.full(len(x), NONE, dtype=np.int64)
        unit[held] = self._order[rank[held]]
        return unit, on_border

    def _exactly(self, x: Numbers, y: Numbers) -> tuple[Indices, Flags]:
        """The same by the tree: rank of the first unit within :data:`BORDER_M`, and whether a border is as near."""
        rank = np.full(len(x), len(self._polygons), dtype=np.int64)
        on_border = np.zeros(len(x), dtype=bool)
        real = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = np.asarray(shapely.points(x[real], y[real]), dtype=object)
        asked, found = self._tree.query(points, predicate="dwithin", distance=BORDER_M)
        if len(asked):
            np.minimum.at(rank, real[asked], found)
            distinct, back = np.unique(found, return_inverse=True)
            borders = shapely.boundary(self._polygons[distinct])
            shapely.prepare(borders)
            near = shapely.dwithin(borders[back], points[asked], BORDER_M)
            on_border[real[asked[near]]] = True
        rank[rank == len(self._polygons)] = NONE
        return rank, on_border

    def nearest(self, xy: Numbers) -> tuple[Indices, Numbers]:
        """For (n, 2) finite points: position of the nearest unit (smallest code of equals) and the distance."""
        nearest = np.full(len(xy), NONE, dtype=np.int64)
        distance = np.full(len(xy), np.nan)
        for start in range(0, len(xy), PORTION):
            points = np.asarray(shapely.points(xy[start : start + PORTION]), dtype=object)
            (asked, found), apart = self._tree.query_nearest(points, return_distance=True, all_matches=True)
            rank = np.full(len(points), len(self._polygons), dtype=np.int64)
            np.minimum.at(rank, asked, found)
            some = np.unique(asked)
            nearest[start + some] = self._order[rank[some]]
            distance[start + asked] = apart
        return nearest, distance


def locate(grids: gpd.GeoDataFrame, codes: Sequence[str], xy: Numbers, crs: CRS) -> Located:
    """Find the grid of each point.

    Borders are straight in the system that ``grids`` are stored in, so points are brought into it for the question
    "in or out"; distances are measured in metres (:func:`~gridmap.geometry.crs.working_crs_for`).

    Parameters
    ----------
    grids, codes
        Polygons with their system set, and the code of each.
    xy, crs
        (n, 2) coordinates, x (longitude) before y, NaN where a row has no point; and their system.

    Raises
    ------
    CrsMissing, CrsUnusable, NothingToRead
    """
    if grids.crs is None:
        raise CrsMissing(path="the grids", candidates=likely(bounds_of(grids)))
    own: CRS = grids.crs
    xy = np.asarray(xy, dtype=np.float64)
    is_point = np.asarray(np.isfinite(xy).all(axis=1))
    inside = _moved(xy, crs, own)
    is_point &= np.asarray(np.isfinite(inside).all(axis=1))
    shift, scale = _local(grids)
    flat = shapely.transform(np.asarray(grids.geometry, dtype=object), lambda c: (c - shift) * scale)
    index = LocateIndex(flat, codes, expected_points=len(xy))
    unit, on_border = index.units((inside - shift) * scale)
    unit[~is_point] = NONE
    on_border &= is_point

    nearest = unit.copy()
    distance = np.where(is_point, 0.0, np.nan)
    outside = np.flatnonzero(is_point & (unit == NONE))
    if len(outside):
        metric = working_crs_for(grids)
        change = transformer(own, metric)
        measured = shapely.transform(
            np.asarray(grids.geometry, dtype=object), lambda c: np.stack(change.transform(c[:, 0], c[:, 1]), axis=1)
        )
        far = _moved(inside[outside], own, metric)
        reachable = np.isfinite(far).all(axis=1)
        found, apart = LocateIndex(measured, codes, expected_points=0).nearest(far[reachable])
        nearest[outside[reachable]] = found
        distance[outside] = np.nan
        distance[outside[reachable]] = apart
    return Located(unit, on_border, nearest, distance, is_point)


def _moved(xy: Numbers, source: CRS, target: CRS) -> Numbers:
    if source == target or not len(xy):
        return xy
    x, y = transformer(source, target).transform(xy[:, 0], xy[:, 1])
    moved: Numbers = np.stack([x, y], axis=1)
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return moved


def _local(grids: gpd.GeoDataFrame) -> tuple[Numbers, Numbers]:
    """An origin near the ground, and the factors that make metres of its units: edges stay straight under both."""
    west, south, east, north = bounds_of(grids)
    shift = np.array([(west + east) / 2, (south + north) / 2])
    crs = CRS.from_user_input(grids.crs)
    if crs.is_geographic:
        per_degree = np.pi / 180 * 6_371_008.8
        parallel = max(float(np.cos(np.radians(shift[1]))), 0.01)
        return shift, np.array([per_degree * parallel, per_degree])
    factor = float(crs.axis_info[0].unit_conversion_factor) or 1.0
    return shift, np.array([factor, factor])
