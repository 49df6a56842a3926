"""What a redrawn grid would have to look after: households, compounds, members, workers, cases, area, shape, walk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from scipy.spatial import KDTree
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.measures import compactness, geodesic_areas
from gridmap.geometry.redraw.layout import Layout

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Indices = np.ndarray[Any, np.dtype[np.intp]]

#: A compound counts for the grid that holds more than this share of it; one split evenly counts nowhere.
COMPOUND_SHARE = 0.5

#: Outlines remembered by one counter: a county of 908 grids, and every outline that a long day of drawing tries.
MOST_REMEMBERED = 20_000


@dataclass(frozen=True)
class Figures:
    """One grid, counted.

    ``area_m2`` is geodesic, ``compactness`` Polsby-Popper (0 to 1). ``longest_walk_m``: from the nearest worker's base
    or service point to the farthest household, in a straight line; None without either.
    """

    households: int
    compounds: int
    members: int
    workers: int
    cases_per_month: float
    area_m2: float
    compactness: float
    longest_walk_m: float | None


@dataclass(frozen=True)
class Ground:
    """What lies on the ground and is counted; points in metres of the working system, shape (n, 2).

    ``places`` with ``households`` each; ``cases`` reported during ``months``; ``bases``: workers' bases and service
    points; ``compounds`` by code, and ``members`` (in service, reporting in) per compound; ``staff``: workers per grid.
    """

    crs: CRS
    places: Numbers
    households: Integers
    cases: Numbers
    months: float
    bases: Numbers
    compounds: Mapping[str, BaseGeometry] = field(default_factory=dict)
    members: Mapping[str, int] = field(default_factory=dict)
    staff: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def place_points(self) -> Any:
        return shapely.points(self.places)

    @cached_property
    def walk(self) -> Numbers:
        """Metres from each place to the nearest base; NaN without any."""
        if not len(self.bases) or not len(self.places):
            return np.full(len(self.places), np.nan)
        return np.asarray(KDTree(self.bases).query(self.places)[0])


@dataclass(frozen=True)
class _Inside:
    """What one outline holds, whatever stands around it; ``edge``: places exactly on its border."""

    places: Indices
    edge: Indices
    cases: int
    compounds: tuple[str, ...]
    area_m2: float
    compactness: float


class Counter:
    """Counts grids over one ground. What an outline holds is remembered: a change costs only the outlines it touched.

    A place exactly on borders counts for the smallest code among the grids it touches.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._places = shapely.STRtree(ground.place_points)
        self._cases = shapely.STRtree(np.asarray(shapely.points(ground.cases), dtype=object))
        self._codes = tuple(ground.compounds)
        self._shapes = np.array([ground.compounds[code] for code in self._codes], dtype=object)
        self._compounds = shapely.STRtree(self._shapes)
        self._size = np.asarray(shapely.area(self._shapes))
        self._known: dict[bytes, _Inside] = {}

    def figures(
        self, layout: Layout, codes: Iterable[str] | None = None, heirs: Mapping[str, str] | None = None
    ) -> dict[str, Figures]:
        """Figures of some grids of a layout (all unless named). ``heirs``: vanished code → who takes its staff."""
        chosen = sorted(layout.units if codes is None else (code for code in codes if code in layout.units))
        inherited: dict[str, int] = {}
        for gone, heir in (heirs or {}).items():
            inherited[heir] = inherited.get(heir, 0) + self.ground.staff.get(gone, 0)
        self._look([layout.units[code].geometry for code in chosen])
        found = {}
        for code in chosen:
            inside = self._inside(layout.units[code].geometry)
            places = self._own(layout, code, inside)
            walk = self.ground.walk[places]
            found[code] = Figures(
                households=int(self.ground.households[places].sum()),
                compounds=len(inside.compounds),
                members=sum(self.ground.members.get(compound, 0) for compound in inside.compounds),
                workers=self.ground.staff.get(code, 0) + inherited.get(code, 0),
                cases_per_month=inside.cases / self.ground.months,
                area_m2=inside.area_m2,
                compactness=inside.compactness,
                longest_walk_m=float(walk.max()) if len(walk) and not np.isnan(walk).any() else None,
            )
        return found

    def holders(self, layout: Layout) -> list[str]:
        """The grid of each place, in the order of the places; an empty text where none holds it."""
        found = [""] * len(self.ground.places)
        for code in sorted(layout.units):
            inside = self._inside(layout.units[code].geometry)
            for place in self._own(layout, code, inside).tolist():
                found[place] = found[place] or code
        return found

    def compound_holders(self, layout: Layout) -> dict[str, str]:
        """Compound → the grid that holds more than half of it; compounds that no grid holds are left out."""
        return {
            compound: code
            for code in sorted(layout.units)
            for compound in self._inside(layout.units[code].geometry).compounds
        }

    def _own(self, layout: Layout, code: str, inside: _Inside) -> Indices:
        """Places of a grid: those inside, and those on its border that no smaller code touches."""
        kept = [
            place
            for place in inside.edge.tolist()
            if not any(
                other < code and layout.units[other].geometry.intersects(self.ground.place_points[place])
                for other in layout.near(self.ground.place_points[place])
            )
        ]
        return np.concatenate([inside.places, np.array(kept, dtype=np.intp)]) if kept else inside.places

    def _inside(self, outline: BaseGeometry) -> _Inside:
        key = outline.wkb
        if key not in self._known:
            self._look([outline])
        return self._known[key]

    def _look(self, outlines: list[BaseGeometry]) -> None:
        """Work out what the outlines hold that were not seen before, together."""
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        new = {outline.wkb: outline for outline in outlines}
        keys = [key for key in new if key not in self._known]
        if not keys:
            return
        shapes = np.array([new[key] for key in keys], dtype=object)
        inner = self._by_shape(self._places.query(shapes, predicate="contains_properly"), len(keys))
        touched = self._by_shape(self._places.query(shapes, predicate="intersects"), len(keys))
        cases = np.bincount(self._cases.query(shapes, predicate="intersects")[0], minlength=len(keys))
        row, compound = self._compounds.query(shapes, predicate="intersects")
        share = (
            np.asarray(shapely.area(shapely.intersection(shapes[row], self._shapes[compound]))) / self._size[compound]
        )
        whole = share > COMPOUND_SHARE
        areas, round_ = geodesic_areas(shapes, self.ground.crs), compactness(shapes)
        for at, key in enumerate(keys):
            self._known[key] = _Inside(
                places=inner[at],
                edge=np.setdiff1d(touched[at], inner[at]),
                cases=int(cases[at]),
                compounds=tuple(sorted(self._codes[i] for i in compound[(row == at) & whole].tolist())),
                area_m2=float(areas[at]),
                compactness=float(round_[at]),
            )

    @staticmethod
    def _by_shape(pairs: Any, count: int) -> list[Indices]:
        shape, point = pairs
        order = np.lexsort((point, shape))
        return np.split(point[order], np.searchsorted(shape[order], np.arange(1, count)))


def handed_over(households: Integers, before: list[str], after: list[str], renamed: Mapping[str, str]) -> int:
    """Households whose grid is another than before. ``renamed``: old code → new code of what is the same grid."""
    return sum(
        int(count)
        for count, old, new in zip(households.tolist(), before, after, strict=True)
        if renamed.get(old, old) != new
    )
