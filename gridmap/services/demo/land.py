"""Units of the demo county with their boundaries as drawn: codes, names, and the blind ground planted in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.synthetic.blind_ground import BlindGround
from gridmap.geometry.synthetic.ground import Ground, make_ground
from gridmap.services.demo.naming import Names
from gridmap.services.demo.parameters import Parameters
from gridmap.services.demo.truth import Truth, where

EPSG = 4549


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows of a frame by attribute: ``row.code``."""
    return frame.itertuples(index=False)


@dataclass
class Land:
    """The ground with units on it.

    ``grids``, ``communities``, ``towns`` are frames in the order of the ground's numbers with code, name, urban and
    ``geometry`` as drawn. ``free_cells[g]`` are cells that grid ``g`` alone covers. ``taken`` are grids that already
    carry a planted defect (or lie beside blind ground): other lenses keep off them.
    """

    given: Parameters
    ground: Ground
    blind: BlindGround
    towns: pd.DataFrame
    communities: pd.DataFrame
    grids: pd.DataFrame
    county: shapely.Polygon
    free_cells: list[list[int]]
    neighbours: list[set[int]]
    truth: list[Truth] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def pick(self, count: int, able: NDArray[np.bool_], *, apart: bool = False) -> list[int]:
        """Choose grids spread over the county, none of them taken, and take them.

        ``apart`` also keeps their neighbours out of later picks: for lenses that compare a grid with its neighbours.
        """
        middle = np.stack([self.grids["x"], self.grids["y"]], axis=1)
        chosen: list[int] = []
        while len(chosen) < count:
            open_ = np.array([able[g] and g not in self.taken for g in range(len(able))])
            if apart:
                open_ &= np.array([not self.taken.intersection(around) for around in self.neighbours])
            if not open_.any():
                raise ValueError(f"only {len(chosen)} of {count} grids left to plant in")
            if chosen:
                far = cdist(middle, middle[chosen]).min(axis=1)
            else:
                far = np.hypot(*(middle - middle[(len(self.taken) * 37) % len(middle)]).T)
            best = int(np.argmax(np.where(open_, far, -1)))
            chosen.append(best)
            self.taken.add(best)
            if apart:
                self.taken |= self.neighbours[best]
        return chosen

    def code(self, grid: int) -> str:
        return str(self.grids["code"].iloc[grid])

    def plant(self, lens: str, units: tuple[str, ...], sentence: str, at: BaseGeometry, **more: object) -> None:
        """Note one planted finding."""
        longitude, latitude = where(at, EPSG)
        self.truth.append(Truth(lens, units, sentence, longitude, latitude, **more))  # type: ignore[arg-type]


def make_land(given: Parameters) -> Land:
    """Make the ground, damage it as planned, and give every unit its code and name."""
    ground = make_ground(given.ground)
    rng = np.random.default_rng(given.things["seed"])
    blind = BlindGround(ground, rng)
    urban_grid = ground.urban[ground.grid_community]
    _plant_ground(blind, given, urban_grid)
    towns, communities, grids = _units(given, ground, rng)
    grids["geometry"] = blind.polygons()
    communities["geometry"] = blind.inside(ground.community)
    towns["geometry"] = blind.inside(ground.town)
    county = blind.inside(np.zeros(len(ground.grid), dtype=np.int64))[0]
    centre = shapely.centroid(ground.polygons(ground.grid))
    grids["x"], grids["y"] = shapely.get_x(centre), shapely.get_y(centre)
    neighbours: list[set[int]] = [set() for _ in range(len(grids))]
    for a, b in ground.grid[ground.mesh.links].tolist():
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    land = Land(given, ground, blind, towns, communities, grids, county, blind.single_cells(), neighbours)
    land.taken |= blind.touched
    for flaw in blind.flaws:
        codes = tuple(sorted(land.code(g) for g in flaw.grids))
        land.plant(
            flaw.lens,
            codes,
            _sentence(flaw.lens, flaw.cause, codes, flaw.area_m2),
            flaw.polygon,
            area_m2=round(flaw.area_m2, 6),
            sliver=flaw.sliver,
        )
    return land


def _sentence(lens: str, cause: str, codes: tuple[str, ...], area_m2: float) -> str:
    named = ", ".join(codes)
    if cause == "hairline":
        return f"A hairline of {area_m2:.3f} m² along the border of {named}."
    return {
        "uncovered_ground": f"{area_m2 / 1e4:.1f} ha taken from {named}: no grid covers it.",
        "double_cover": f"{area_m2 / 1e4:.1f} ha of {codes[0]} and its neighbours are claimed by {named}.",
        "spill": f"{area_m2 / 1e4:.1f} ha of {named} lie outside the county's boundary.",
    }[lens]


def _plant_ground(blind: BlindGround, given: Parameters, urban: NDArray[np.bool_]) -> None:
    """Every defect takes the grid with room for it that is farthest from the earlier ones."""
    plan = given.planted
    order = blind.rng.permutation(len(urban)).tolist()
    country = [g for g in order if not urban[g]]
    built = [g for g in order if urban[g]]

    # the largest grids are kept for hamlets out of reach: only they are long enough
    area = np.bincount(blind.ground.grid, blind.ground.mesh.area_m2)
    reserved = set(np.argsort(-area)[: int(plan["reserved_for_reach"])].tolist())
    blind.touched |= reserved
    middle = shapely.get_coordinates(shapely.centroid(blind.ground.polygons(blind.ground.grid)))

    def place(among: list[int], act: object, *args: object, **more: object) -> None:
        done = [flaw.grids[0] for flaw in blind.flaws]
        far = cdist(middle[among], middle[done]).min(axis=1) if done else np.zeros(len(among))
        for grid in np.array(among)[np.argsort(-far, kind="stable")].tolist():
            if act(grid, *args, **more):  # type: ignore[operator]
                return
        raise ValueError("no grid has room for a planted piece of ground")

    for size in plan["gap_m2"]:
        place(country, blind.gap, size)
    for size in plan["rim_gap_m2"]:
        place(country, blind.gap, size, rim=True)
    for size in plan["town_gap_m2"]:
        place(built, blind.gap, size)
    for size in plan["overlap_m2"]:
        place(country, blind.overlap, size)
    for size in plan["town_overlap_m2"]:
        place(built, blind.overlap, size)
    for size in plan["threefold_overlap_m2"]:
        place(country, blind.overlap, size, owners=3)
    for size in plan["spill_m2"]:
        place(country, blind.spill, size)
    for i, millimetres in enumerate([*plan["gap_hairlines_mm"], *plan["overlap_hairlines_mm"]]):
        place(built if i % 3 == 2 else country, blind.hairline, millimetres)
    blind.touched -= reserved
    # none of what follows is blind ground: edges as surveys have them, which an audit must pass over
    touched = set(blind.touched)
    blind.t_junctions(int(plan["t_junctions"]))
    blind.densify([g for g in order if g not in blind.touched][: len(order) // 5])
    blind.touched = touched


def _units(given: Parameters, ground: Ground, rng: np.random.Generator) -> tuple[pd.DataFrame, ...]:
    """Codes and names. Towns are numbered from the centre outward, communities and grids by place in the rings."""
    names = Names(given, rng)
    county = given.code[:6]
    towns = pd.DataFrame(
        {
            "code": [f"{county}{i + 1:03d}000" for i in range(given.ground.towns)],
            "name": [names.town(i) for i in range(given.ground.towns)],
            "parent": given.code,
            "urban": [i < 3 for i in range(given.ground.towns)],
        }
    )
    counter: dict[str, int] = {}
    rows = []
    for i, town in enumerate(ground.community_town.tolist()):
        stem = str(towns["code"][town])[:9]
        counter[stem] = counter.get(stem, 0) + 1
        urban = bool(ground.urban[i])
        rows.append((f"{stem}{counter[stem]:03d}", names.community(urban=urban), towns["code"][town], urban))
    communities = pd.DataFrame(rows, columns=["code", "name", "parent", "urban"])
    rows = []
    counter = {}
    for community in ground.grid_community.tolist():
        code, name, _, urban = communities.iloc[community][["code", "name", "parent", "urban"]]
        counter[code] = counter.get(code, 0) + 1
        rows.append((f"{code}{counter[code]:03d}", names.grid(name, counter[code]), code, urban))
    grids = pd.DataFrame(rows, columns=["code", "name", "parent", "urban"])
    grids["community"], grids["town"] = ground.grid_community, ground.community_town[ground.grid_community]
    return towns, communities, grids
