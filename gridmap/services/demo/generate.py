"""The whole demo county in memory: tables to load, and the truth about what was planted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.geometry.synthetic.ground import polygon_of
from gridmap.services.demo.affairs import Affairs, make_affairs
from gridmap.services.demo.land import EPSG, Land, make_land
from gridmap.services.demo.parameters import Parameters, parameters
from gridmap.services.demo.people import People, make_people
from gridmap.services.demo.places import Places, make_places
from gridmap.services.demo.truth import Truth

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Demo:
    """The demo county. Geometry in the working system (EPSG 4549), metres on the millimetre lattice.

    ``units``: code, name, level, parent, urban, changed_on, in_code_list. ``boundaries``: unit, valid_from, valid_to,
    geometry. ``lines``: kind, rank, geometry (rivers and roads, for the background). The other frames are those of
    :class:`People`, :class:`Places` and :class:`Affairs`.
    """

    given: Parameters
    units: pd.DataFrame
    boundaries: pd.DataFrame
    lines: pd.DataFrame
    people: People
    places: Places
    affairs: Affairs
    truth: tuple[Truth, ...]

    def truth_json(self) -> dict[str, Any]:
        """The truth file: version, day, and per lens what it must find."""
        lenses: dict[str, list[dict[str, Any]]] = {}
        for planted in sorted(self.truth, key=lambda t: (t.lens, t.units, t.thing or 0)):
            row = planted.as_json()
            lenses.setdefault(str(row.pop("lens")), []).append(row)
        return {
            "version": self.given.version,
            "county": self.given.code,
            "as_of": self.given.today.isoformat(),
            "crs": f"EPSG:{EPSG}",
            "lenses": lenses,
        }


def generate(given: Parameters | None = None, progress: Progress | None = None) -> Demo:
    """Make the demo county. The same parameters give the same county, byte for byte.

    ``progress`` is called with a name of the step and the share done.
    """
    given = given or parameters()
    say = progress or (lambda _step, _share: None)
    say("ground", 0.0)
    land = make_land(given)
    # one generator per part: a change in one part leaves the others as they were
    streams = [np.random.default_rng([int(given.things["seed"]), part]) for part in range(3)]
    say("places", 0.55)
    places = make_places(land, streams[0])
    say("people", 0.65)
    people = make_people(land, places, streams[1])
    say("cases", 0.75)
    affairs = make_affairs(land, places, streams[2])
    say("history", 0.9)
    units, boundaries = _units(land, places)
    lines = pd.DataFrame(
        [
            (line.kind, line.rank, part)
            for line in land.ground.terrain.lines
            for part in _clipped(line.path, land.county)
        ],
        columns=["kind", "rank", "geometry"],
    )
    say("done", 1.0)
    return Demo(given, units, boundaries, lines, people, places, affairs, tuple(land.truth))


def _clipped(path: Any, county: shapely.Polygon) -> list[shapely.LineString]:
    """The parts of a river or road that lie in the county or just beyond its edge."""
    inside = shapely.LineString(path).intersection(county.buffer(400))
    return [shapely.set_precision(part, 0.001) for part in shapely.get_parts(inside) if part.length > 300]


def _units(land: Land, places: Places) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All units and their dated boundaries; plants ``stale_boundary`` and one redrawn community in the past."""
    given, plan = land.given, land.given.planted
    levels = [
        ("town", land.towns),
        ("community", land.communities),
        ("grid", land.grids),
    ]
    county = pd.DataFrame(
        [(given.code, given.name, "county", None, False)], columns=["code", "name", "level", "parent", "urban"]
    )
    parts = [county] + [frame[["code", "name", "parent", "urban"]].assign(level=level) for level, frame in levels]
    things = places.compounds[["code", "name", "urban"]].assign(
        level=places.compounds["level"], parent=places.compounds["code"].str[:12]
    )
    units = pd.concat([*parts, things], ignore_index=True)
    units["changed_on"] = pd.NaT
    units["in_code_list"] = True
    units = units.set_index("code", drop=False)

    drawn = {given.code: land.county}
    for _, frame in levels:
        drawn |= dict(zip(frame["code"], frame["geometry"], strict=True))
    drawn |= dict(zip(places.compounds["code"], places.compounds["geometry"], strict=True))
    rows: list[tuple[str, date, date | None, Any]] = []
    renewed: dict[str, date] = {}
    past: dict[str, Any] = {}

    members = [np.flatnonzero(land.grids["community"].to_numpy() == c).tolist() for c in range(len(land.communities))]
    free = np.array([not land.taken.intersection(members[c]) for c in land.grids["community"]])
    several = np.array([len(members[c]) >= 2 for c in land.grids["community"]])
    rural = ~land.grids["urban"].to_numpy()
    redraw = date(2026, 3, 1)

    for i, grid in enumerate(land.pick(int(plan["stale_communities"]), free & rural)):
        community = int(land.grids["community"].iloc[grid])
        code = str(land.communities["code"].iloc[community])
        day = date(2026, 5, 20) + timedelta(days=37 * i)
        units.loc[code, "changed_on"] = pd.Timestamp(day)
        _stale(land, code, f"{code} changed on {day}; its boundary is older.", drawn[code])
        for member in members[community]:
            land.taken.add(member)
            name = land.code(member)
            _stale(land, name, f"{name} is drawn as before its community's change on {day}.", drawn[name])
    free = np.array([not land.taken.intersection(members[c]) for c in land.grids["community"]])
    for grid in land.pick(int(plan["stale_grids"]), free & several):
        community = int(land.grids["community"].iloc[grid])
        code = str(land.communities["code"].iloc[community])
        units.loc[code, "changed_on"] = pd.Timestamp(date(2026, 2, 10))
        renewed[code] = redraw
        for member in members[community]:
            land.taken.add(member)
            if member != grid:
                renewed[land.code(member)] = redraw
        name = land.code(grid)
        _stale(land, name, f"{name} was not redrawn when its community changed on 2026-02-10.", drawn[name])
    free = np.array([not land.taken.intersection(members[c]) for c in land.grids["community"]])
    for grid in land.pick(int(plan["left_code_list"]), free & rural):
        code = str(land.communities["code"].iloc[int(land.grids["community"].iloc[grid])])
        units.loc[code, "in_code_list"] = False
        _stale(land, code, f"{code} is no longer on the national list.", drawn[code])
    free = np.array([not land.taken.intersection(members[c]) for c in land.grids["community"]])
    past |= _before_redraw(land, members, land.pick(1, free & several & rural)[0])
    renewed |= dict.fromkeys(past, redraw)
    autumn = _before_autumn(land)
    past |= autumn
    renewed |= dict.fromkeys(autumn, given.autumn)

    for code, geometry in drawn.items():
        since = given.boundaries_since
        if code in renewed:
            rows.append((code, since, renewed[code], past.get(code, geometry)))
            since = renewed[code]
        rows.append((code, since, None, geometry))
    boundaries = pd.DataFrame(rows, columns=["unit", "valid_from", "valid_to", "geometry"])
    return units.reset_index(drop=True), boundaries


def _stale(land: Land, code: str, sentence: str, geometry: Any) -> None:
    land.plant("stale_boundary", (code,), sentence, geometry)


def _before_autumn(land: Land) -> dict[str, Any]:
    """Boundaries until the autumn edition: two of today's gaps and an overlap were not there, two other gaps were."""
    blind, ground = land.blind, land.ground
    wide = [flaw for flaw in blind.flaws if len(flaw.cells) > 1]
    fresh = [f for f in wide if f.lens == "uncovered_ground"][1:3] + [f for f in wide if f.lens == "double_cover"][1:2]
    before = {grid: set(np.flatnonzero(ground.grid == grid).tolist()) for flaw in fresh for grid in flaw.grids}
    rural = ~land.grids["urban"].to_numpy()
    for grid in land.pick(2, rural & (np.array([len(claim) for claim in blind.claims]) > 20)):
        piece = blind.piece_of(grid)
        before[grid] = blind.claims[grid] - piece
    metres = ground.mesh.vertices / 1000
    return {
        land.code(grid): polygon_of([metres[ring] for ring in ground.mesh.dissolve(np.array(sorted(cells)))])
        for grid, cells in before.items()
    }


def _before_redraw(land: Land, members: list[list[int]], grid: int) -> dict[str, Any]:
    """Two grids of one community as they were before the border between them moved: other cells, same outline."""
    graph, mesh = land.ground.graph, land.ground.mesh
    community = int(land.grids["community"].iloc[grid])
    for other in members[community]:
        mine, theirs = land.blind.claims[grid], land.blind.claims[other]
        border = sorted(c for c in mine if theirs.intersection(graph.around(c)))
        if other == grid or not border:
            continue
        moved = {border[0]}
        for cell in border[1:]:
            rest = np.array(sorted(mine - moved - {cell}))
            if len(rest) > len(mine) // 2 and graph.part(rest).pieces().max() == 0:
                moved.add(cell)
        metres = mesh.vertices / 1000
        return {
            land.code(number): polygon_of([metres[ring] for ring in mesh.dissolve(np.array(sorted(cells)))])
            for number, cells in ((grid, mine - moved), (other, theirs | moved))
        }
    raise ValueError("the picked community has no two neighbouring grids")
