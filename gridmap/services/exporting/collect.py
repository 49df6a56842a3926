"""Gathers a dossier: one run of one unit, from the database, in the language of the reader."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridmap import resources
from gridmap.domain.codes import contains, parent
from gridmap.domain.levels import Level
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import LensUnknown, NotFound
from gridmap.geometry.coverage import UnitCoverage
from gridmap.geometry.lenses.base import Blindness, Severity
from gridmap.geometry.lenses.registry import LENSES
from gridmap.geometry.simplify import label_points
from gridmap.services import units
from gridmap.services.exporting.dossier import Dossier, Figures, FindingLine, LensLine, Place, UnitLine
from gridmap.store.database import Session
from gridmap.store.messages import unpacked
from gridmap.store.queries import coverage_runs as queries
from gridmap.translations import say, translate

#: a file holds at most this many findings; a county has hundreds
MOST_FINDINGS = 200_000
_BELOW = {Level.COUNTY: Level.TOWN, Level.TOWN: Level.COMMUNITY, Level.COMMUNITY: Level.GRID}


def collect(session: Session, actor: Actor, run_id: int, unit: str, lens: str | None, language: str) -> Dossier:
    """Return the dossier of a finished run for a unit inside the actor's scope.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, LensUnknown
    """
    actor.require(Permission.EXPORT, unit)
    if lens is not None and lens not in LENSES:
        raise LensUnknown(name=lens, known=", ".join(LENSES))
    row = queries.run(session, run_id, scope=unit)
    own = units.find(session, actor, unit)
    county = units.county(session)
    if own is None or county is None:
        raise NotFound(what="unit", key=unit)
    if row is None or row.state != "done" or not contains(row.unit_code, unit):
        raise NotFound(what="coverage run", key=run_id)
    earlier = _earlier(session, row, unit)
    compare = None if earlier is None else earlier.id

    found = queries.findings(session, run_id, scope=unit, lens=lens, compare_to=compare, limit=MOST_FINDINGS, offset=0)
    counts = {each.lens: each for each in queries.lens_counts(session, run_id, scope=unit, compare_to=compare)}
    coverage = {each.code: each for each in queries.unit_indexes(session, run_id, scope=unit)}
    frames = {
        level: units.boundaries(session, actor, level.value, scope=unit, as_of=row.as_of)
        for level in (Level.COUNTY, Level.TOWN, Level.COMMUNITY, Level.GRID)
    }
    present = [each for each in found if each.state != "cured"]
    places = _places(session, actor, [code for each in present for code in each.units], frames, own)
    trail = units.trail(session, actor, unit)
    findings = _findings(present, places, language)
    grids = _grids(frames[Level.GRID], coverage, places, findings)
    level = Level(own.level)
    below = units.children(session, actor, unit) if level in _BELOW else []
    lenses = _lenses(row, counts, earlier is not None, language)
    asked = [each for each in lenses if lens is None or each.name == lens]
    return Dossier(
        language=language,
        unit=Place(own.code, own.name, own.level),
        parents=tuple(each.name for each in trail[:-1]),
        demo=county.code.startswith(units.DEMO_PREFIX),
        run_id=run_id,
        as_of=row.as_of,
        made_at=(row.finished_at or row.created_at).astimezone(units.LOCAL),
        compared_with=earlier.as_of if earlier else None,
        lens=next((each for each in lenses if each.name == lens), None) if lens else None,
        srid=county.srid,
        figures=_figures(coverage.get(unit), asked),
        before=None if earlier is None else _before(session, earlier, unit, lens),
        lenses=tuple(lenses),
        findings=tuple(findings),
        grids=tuple(grids),
        below=tuple(
            UnitLine(
                place=Place(each.code, each.name, each.level),
                parents=(),
                urban=each.urban,
                households=_households(coverage.get(each.code)),
                touched=_touched(coverage.get(each.code)),
                index=_index(coverage.get(each.code)),
                counts={},
                geometry=None,
            )
            for each in below
            if each.level == _BELOW[level].value
        ),
        fresh=sum(each.state == "new" for each in found) if earlier else None,
        cured=sum(each.state == "cured" for each in found) if earlier else None,
        shares={
            name: {
                code: each.by_lens.get(name, 0) / each.households
                for code, each in coverage.items()
                if each.households and len(code) > 12
            }
            for name in row.lenses
        },
        outlines=_outlines(frames),
        names=_names(frames[_BELOW[level]]) if level in _BELOW else (),
        ground=_ground(county.code, county.srid, frames[Level.GRID]),
    )


def _earlier(session: Session, row: queries.RunRow, unit: str) -> queries.RunRow | None:
    """The finished run before this one that covers the unit and asked the same lenses."""
    runs = queries.runs(session, unit, lenses=row.lenses, limit=200, states=("done",))
    before = [each for each in runs if each.id < row.id]
    return max(before, key=lambda each: each.id) if before else None


def _before(session: Session, earlier: queries.RunRow, unit: str, lens: str | None) -> Figures:
    counts = queries.lens_counts(session, earlier.id, scope=unit, compare_to=None)
    asked = [each for each in counts if lens is None or each.lens == lens]
    coverage = queries.unit_indexes(session, earlier.id, scope=unit, codes=[unit])
    own = coverage[0] if coverage else None
    return Figures(
        index=_index(own),
        households=_households(own),
        touched=_touched(own),
        findings=sum(each.count for each in asked),
        open_cases=sum(each.open_cases for each in asked),
    )


def _figures(own: UnitCoverage | None, lenses: Iterable[LensLine]) -> Figures:
    lines = list(lenses)
    return Figures(
        index=_index(own),
        households=_households(own),
        touched=_touched(own),
        findings=sum(each.count for each in lines),
        open_cases=sum(each.open_cases for each in lines),
    )


def _households(each: UnitCoverage | None) -> int:
    return 0 if each is None else each.households


def _touched(each: UnitCoverage | None) -> int:
    return 0 if each is None else each.touched or 0


def _index(each: UnitCoverage | None) -> float | None:
    return None if each is None else each.index


def _lenses(row: queries.RunRow, counts: dict[str, queries.CountRow], compared: bool, language: str) -> list[LensLine]:
    order = list(Blindness)
    lines = []
    for lens in sorted(LENSES.values(), key=lambda lens: order.index(lens.blindness)):
        if lens.name not in row.lenses:
            continue
        each = counts.get(lens.name)
        lines.append(
            LensLine(
                name=lens.name,
                title=translate(lens.title, language),
                question=translate(lens.question, language),
                blindness=lens.blindness,
                must=lens.must,
                count=each.count if each else 0,
                households=each.households if each else 0,
                open_cases=each.open_cases if each else 0,
                change=None if not compared else each.new - each.cured if each else 0,
            )
        )
    return lines


def _places(
    session: Session, actor: Actor, codes: Iterable[str], frames: dict[Level, gpd.GeoDataFrame], own: units.UnitRow
) -> dict[str, Place]:
    """Units by code: those that findings concern, and all above and below the unit."""
    above = [own.code]
    while (code := parent(above[-1])) is not None:
        above.append(code)
    wanted = {*codes, *above}
    for frame in frames.values():
        wanted.update(frame["code"])
    return {code: Place(row.code, row.name, row.level) for code, row in units.names(session, actor, wanted).items()}


def _findings(rows: Iterable[queries.FoundRow], places: dict[str, Place], language: str) -> list[FindingLine]:
    lines = []
    for number, row in enumerate((row for row in rows if row.lens in LENSES), start=1):
        lens = LENSES[row.lens]
        lines.append(
            FindingLine(
                number=number,
                key=row.key,
                lens=row.lens,
                title=translate(lens.title, language),
                blindness=lens.blindness,
                severity=Severity(row.severity),
                units=tuple(places.get(code, Place(code, code, "")) for code in row.units),
                households=row.households,
                open_cases=row.open_cases,
                area_m2=row.area_m2,
                width_m=row.width_m,
                sliver=row.sliver,
                state=row.state,
                why=say(unpacked(row.why), language),
                act=say(unpacked(row.act), language),
                geometry=row.geometry,
            )
        )
    return lines


def _grids(
    frame: gpd.GeoDataFrame, coverage: dict[str, UnitCoverage], places: dict[str, Place], findings: list[FindingLine]
) -> list[UnitLine]:
    counts: dict[str, dict[str, int]] = {}
    for finding in findings:
        for unit in finding.units:
            own = counts.setdefault(unit.code, {})
            own[finding.lens] = own.get(finding.lens, 0) + 1
    lines = []
    for code, name, urban, shape in zip(frame["code"], frame["name"], frame["urban"], frame.geometry, strict=True):
        above = [places[each].name if each in places else each for each in (code[:9] + "000", code[:12])]
        each = coverage.get(code)
        lines.append(
            UnitLine(
                place=Place(code, name, Level.GRID.value),
                parents=tuple(above),
                urban=bool(urban),
                households=_households(each),
                touched=_touched(each),
                index=_index(each),
                counts=counts.get(code, {}),
                geometry=shape,
            )
        )
    return lines


def _outlines(frames: dict[Level, gpd.GeoDataFrame]) -> dict[str, Any]:
    drawn = {}
    for each in (Level.COMMUNITY, Level.TOWN, Level.COUNTY):
        shapes = np.asarray(frames[each].geometry.array, dtype=object)
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        if len(shapes):
            drawn[each.value] = shapes
    return drawn


def _names(frame: gpd.GeoDataFrame) -> tuple[tuple[float, float, str], ...]:
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if not len(frame):
        return ()
    points = shapely.get_coordinates(label_points(np.asarray(frame.geometry.array, dtype=object)))
    return tuple((float(x), float(y), str(name)) for (x, y), name in zip(points, frame["name"], strict=True))


def _ground(county: str, srid: int, grids: gpd.GeoDataFrame) -> dict[str, tuple[Any, ...]]:
    """Rivers and roads of the demo county, for orientation; other counties have none yet."""
    path = resources.folder("geodata") / "demo" / "lines.geojson"
    if not county.startswith(units.DEMO_PREFIX) or not path.is_file() or not len(grids):
        return {}
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    frame = gpd.GeoDataFrame.from_features(features, crs=4326).to_crs(srid)
    west, south, east, north = grids.total_bounds
    near = shapely.box(west, south, east, north)
    clipped = shapely.intersection(np.asarray(frame.geometry.array, dtype=object), near)
    kinds = frame["kind"].to_numpy()
    return {
        str(kind): tuple(shape for shape in clipped[kinds == kind] if not shape.is_empty) for kind in sorted(set(kinds))
    }
