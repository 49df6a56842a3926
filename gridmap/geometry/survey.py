"""What all lenses ask about one day, worked out once: grids, who lies in which, loads, neighbours, the audit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import prefix
from gridmap.geometry.adjacency import Adjacency, adjacency
from gridmap.geometry.frames import CoverageInputs
from gridmap.geometry.topology import Audit, audit

Indices = np.ndarray[Any, np.dtype[np.intp]]
Geometries = np.ndarray[Any, np.dtype[np.object_]]

#: Local days of the county are those of Beijing time, which knows no summer time.
LOCAL = "Asia/Shanghai"


class Survey:
    """The frames of a day, and what follows from them. Everything is computed when first asked for, and kept.

    A place or case belongs to every grid that holds it (several where grids overlap). One that lies exactly on borders
    belongs to the grid with the smallest code among those. ``owner_of_place`` names one grid each, the smallest code.
    """

    def __init__(self, inputs: CoverageInputs) -> None:
        self.inputs = inputs
        self.households = inputs.households["households"].to_numpy(dtype=np.int64)

    # --- units ------------------------------------------------------------------------------------------

    @cached_property
    def units(self) -> pd.DataFrame:
        """All units, by code."""
        return self.inputs.units.set_index("code", drop=False).sort_index()

    @cached_property
    def names(self) -> dict[str, str]:
        return dict(zip(self.units["code"], self.units["name"], strict=True))

    @cached_property
    def shapes(self) -> dict[str, BaseGeometry | None]:
        """Code → geometry or None."""
        return dict(zip(self.inputs.units["code"], self.inputs.units.geometry, strict=True))

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """Grids in the order of their codes; row numbers 0…n-1."""
        return self.at_level("grid")

    @cached_property
    def codes(self) -> list[str]:
        """Codes of the grids."""
        return [str(code) for code in self.grids["code"]]

    @cached_property
    def cells(self) -> Geometries:
        """Geometry of the grids, or None."""
        return np.asarray(self.grids.geometry.to_numpy(), dtype=object)

    @cached_property
    def number(self) -> dict[str, int]:
        """Code of a grid → its row number."""
        return {code: row for row, code in enumerate(self.codes)}

    def at_level(self, *levels: str) -> gpd.GeoDataFrame:
        """Units of some levels, in the order of their codes."""
        units = self.inputs.units
        return units[units["level"].isin(levels)].sort_values("code").reset_index(drop=True)

    @cached_property
    def county(self) -> str:
        """Code of the county, or an empty text where the frames hold none."""
        codes = self.inputs.units.loc[self.inputs.units["level"] == "county", "code"]
        return str(codes.iloc[0]) if len(codes) else ""

    def under(self, codes: pd.Series[str], code: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which codes lie at or below a unit; none does where there is no code."""
        return np.asarray(codes.astype("object").str.startswith(prefix(code)).fillna(False), dtype=bool)

    # --- ground -----------------------------------------------------------------------------------------

    @cached_property
    def audit(self) -> Audit:
        """The audit of all grids against the county's boundary."""
        county = self.inputs.units[self.inputs.units["level"] == "county"].geometry
        boundary = county.iloc[0] if len(county) else None
        return audit(self.cells, self.codes, boundary)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Grids that share border; row numbers of ``grids``."""
        return adjacency(self.cells)

    def neighbours(self, code: str) -> dict[str, float]:
        """Codes of the grids that border on a grid, with metres of common border, longest first."""
        return {self.codes[row]: metres for row, metres in self.adjacency.of(self.number[code]).items()}

    # --- places -----------------------------------------------------------------------------------------

    @cached_property
    def points(self) -> Geometries:
        """Where households are counted."""
        return np.asarray(self.inputs.households.geometry.to_numpy(), dtype=object)

    @cached_property
    def _place_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.points)

    @cached_property
    def place_in_grid(self) -> tuple[Indices, Indices]:
        """Pairs (place, grid): row numbers, sorted by place, then grid."""
        return _pairs(self._place_tree, self.points, self.cells)

    @cached_property
    def owner_of_place(self) -> Indices:
        """The grid of each place, -1 where it lies in none."""
        return _first(*self.place_in_grid, len(self.points))

    @cached_property
    def load(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Households in each grid."""
        place, grid = self.place_in_grid
        counted = np.bincount(grid, weights=self.households[place], minlength=len(self.codes))
        return counted.astype(np.int64)

    @cached_property
    def unit_of_place(self) -> Geometries:
        """The lowest tiling unit each place lies in: its grid, else community, town, or the county."""
        found = np.full(len(self.points), self.county, dtype=object)
        for level in ("town", "community"):
            units = self.at_level(level)
            rows = np.flatnonzero(self.owner_of_place < 0)
            if len(rows) and len(units):
                lost = self.points[rows]
                shapes = np.asarray(units.geometry.to_numpy(), dtype=object)
                owner = _first(*_pairs(shapely.STRtree(lost), lost, shapes), len(lost))
                found[rows[owner >= 0]] = units["code"].to_numpy(dtype=object)[owner[owner >= 0]]
        held = self.owner_of_place >= 0
        found[held] = np.array(self.codes, dtype=object)[self.owner_of_place[held]] if held.any() else None
        return found

    @cached_property
    def _unit_series(self) -> pd.Series[str]:
        return pd.Series(self.unit_of_place, dtype="object")

    def places_of_grid(self, code: str) -> Indices:
        """Places in a grid."""
        place, grid = self.place_in_grid
        inside: Indices = place[grid == self.number[code]]
        return inside

    def places_in(self, shape: BaseGeometry | None) -> Indices:
        """Places in a polygon, its border included."""
        if shape is None or shape.is_empty:
            return np.empty(0, dtype=np.intp)
        inside: Indices = np.sort(self._place_tree.query(shape, predicate="intersects"))
        return inside

    def places_of(self, code: str) -> Indices:
        """Places of any unit: of a compound those that name it, else those inside; else those in its subtree."""
        level = self.units.at[code, "level"]
        if level == "grid":
            return self.places_of_grid(code)
        if level in ("compound", "courtyard"):
            named = np.flatnonzero((self.inputs.households["compound"] == code).to_numpy(dtype=bool))
            return named if len(named) else self.places_in(self.shapes[code])
        return np.flatnonzero(self.under(self._unit_series, code))

    # --- cases ------------------------------------------------------------------------------------------

    @cached_property
    def open_cases(self) -> gpd.GeoDataFrame:
        """Cases that are open, row numbers 0…n-1."""
        return self.inputs.cases[self.inputs.cases["is_open"].astype(bool)].reset_index(drop=True)

    @cached_property
    def _case_points(self) -> Geometries:
        return np.asarray(self.open_cases.geometry.to_numpy(), dtype=object)

    @cached_property
    def _case_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._case_points)

    @cached_property
    def owner_of_case(self) -> Indices:
        """The grid in which each open case lies, -1 for none or no place."""
        return _first(*_pairs(self._case_tree, self._case_points, self.cells), len(self._case_points))

    def open_cases_in(self, shape: BaseGeometry | None) -> int:
        """How many open cases lie in a polygon."""
        if shape is None or shape.is_empty:
            return 0
        return len(self._case_tree.query(shape, predicate="intersects"))

    def open_cases_of(self, code: str) -> int:
        """How many open cases a unit has: by the unit they name, or for compounds by their place."""
        if self.units.at[code, "level"] in ("compound", "courtyard"):
            return self.open_cases_in(self.shapes[code])
        return int(self.under(self.open_cases["unit"], code).sum())

    # --- people -----------------------------------------------------------------------------------------

    @cached_property
    def staff(self) -> pd.Series[int]:
        """Number of workers (not heads) per grid code."""
        return self.serving.groupby("unit").size()

    @cached_property
    def serving(self) -> gpd.GeoDataFrame:
        """Assignments as worker."""
        return self.inputs.workers[self.inputs.workers["role"] == "worker"]

    def room(self, code: str, most: float) -> int:
        """How many more households a grid takes until it holds ``most``; never below 0."""
        return max(0, int(most) - int(self.load[self.number[code]]))

    def label(self, code: str) -> str:
        """Name and code of a unit, for sentences."""
        name = self.names.get(code)
        return f"{name} ({code})" if name else code

    def labels(self, codes: Iterable[str], most: int = 5) -> str:
        """Names and codes of several units; the rest is left out with an ellipsis."""
        chosen = list(codes)
        return ", ".join([self.label(code) for code in chosen[:most]] + ["…"] * (len(chosen) > most))

    def total(self, places: Indices) -> int:
        """Households at some places."""
        return int(self.households[places].sum())


def local_days(times: pd.Series[Any]) -> pd.Series[Any]:
    """UTC times (aware, or naive and meant as UTC) as naive times of the county's clock."""
    stamps = pd.to_datetime(times)
    aware = stamps.dt.tz_localize("UTC") if stamps.dt.tz is None else stamps
    return aware.dt.tz_convert(LOCAL).dt.tz_localize(None)


def _pairs(tree: shapely.STRtree, points: Geometries, polygons: Geometries) -> tuple[Indices, Indices]:
    """Pairs (point, polygon that holds it). A point only on borders goes to the first polygon."""
    if not len(points) or not len(polygons):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    polygon, point = tree.query(polygons, predicate="contains_properly")
    rest = np.ones(len(points), dtype=bool)
    rest[point] = False
    left = np.flatnonzero(rest & ~shapely.is_missing(points))
    if len(left):
        row, touched = shapely.STRtree(polygons).query(points[left], predicate="intersects")
        owner = np.full(len(left), len(polygons), dtype=np.intp)
        np.minimum.at(owner, row, touched)
        found = owner < len(polygons)
        point, polygon = np.append(point, left[found]), np.append(polygon, owner[found])
    order = np.lexsort((polygon, point))
    return point[order], polygon[order]


def _first(item: Indices, owner: Indices, count: int) -> Indices:
    """The first owner of each item in sorted pairs, -1 for none."""
    found = np.full(count, -1, dtype=np.intp)
    items, at = np.unique(item, return_index=True)
    found[items] = owner[at]
    return found
