"""Coverage runs: compute and keep them, compare them, read their findings. Scope is enforced here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import contains, level_of
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound
from gridmap.geometry.coverage import CoverageReport, UnitCoverage, cover, settle
from gridmap.geometry.identity import carry_keys
from gridmap.geometry.lenses.base import Blindness, Finding
from gridmap.geometry.lenses.registry import LENSES, MUST, choose
from gridmap.services import units
from gridmap.store.database import Session
from gridmap.store.messages import packed, unpacked
from gridmap.store.queries import coverage_runs as queries
from gridmap.store.queries.coverage_inputs import coverage_inputs
from gridmap.store.queries.coverage_runs import FoundRow, RunRow
from gridmap.store.queries.frames import working_srid

#: Called with the share done, 0 to 1, and what is being done.
Progress = Callable[[float, Message], None]

#: Lenses whose findings are pieces of ground: known again by where they lie.
GROUND = ("uncovered_ground", "double_cover", "spill")

#: Coverage of one unit in one run: ``code``, ``households``, ``touched``, ``by_lens``, ``index``.
UnitIndexRow = UnitCoverage


@dataclass(frozen=True)
class RunSummary:
    """A run: what was asked, how far it is, and the figures of the reader's unit (the part of it that was run).

    ``figures`` holds ``findings``, ``seconds``, ``seconds_by_lens`` and ``ledger_error_m2`` once it is done.
    """

    run_id: int
    unit: str
    as_of: date
    lenses: tuple[str, ...]
    parameters: Mapping[str, float]
    state: str
    progress: float
    step: Message | None
    actor: str
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    figures: Mapping[str, Any]
    households: int | None
    touched: int | None

    @property
    def index(self) -> float | None:
        """The coverage index, 0 to 1; None without households or without all "must" lenses."""
        return 1 - self.touched / self.households if self.households and self.touched is not None else None


@dataclass(frozen=True)
class LensCount:
    """What a lens found in a unit. ``new``, ``still`` and ``cured`` are 0 without a run to compare with.

    ``households`` counts each household once; ``open_cases`` is the sum over the findings.
    """

    lens: str
    title: str
    question: str
    blindness: Blindness
    must: bool
    count: int
    new: int
    still: int
    cured: int
    households: int
    open_cases: int


@dataclass(frozen=True)
class FindingRow:
    """One blind area. ``state``: new, still or cured against the compared run, or None. Geometry: working system.

    ``units``: the one it is about first.
    """

    finding_id: int
    run_id: int
    lens: str
    key: str
    severity: str
    state: str | None
    units: tuple[str, ...]
    households: int
    open_cases: int
    area_m2: float
    width_m: float
    sliver: bool
    why: Message
    act: Message
    geometry: BaseGeometry | None


# --- computing ------------------------------------------------------------------------------------------------


def queue_run(session: Session, actor: Actor) -> tuple[int, bool]:
    """Enter a run of the actor's whole scope to be computed; return its number, and whether it is a new one.

    While a run that covers it is queued or under way, that one is returned. Commits.

    Raises
    ------
    PermissionMissing, NotFound
    """
    actor.require(Permission.RUN_COVERAGE, actor.scope)
    queries.take_turn(session, queries.STARTING)
    under_way = queries.active(session, actor.scope)
    if under_way is not None:
        session.rollback()
        return under_way, False
    run_id = _create(session, actor, actor.scope, units.today(session), list(LENSES), {}, "queued")
    session.commit()
    return run_id, True


def run_coverage(
    session: Session,
    actor: Actor,
    *,
    unit: str | None = None,
    lenses: Iterable[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    as_of: date | None = None,
    progress: Progress | None = None,
    run_id: int | None = None,
) -> RunSummary:
    """Compute the coverage of a unit on a day, and keep it. Commits; runs in one database take turns.

    The county is looked at whole, and what concerns the unit's subtree is kept. ``parameters`` are written
    ``lens.parameter``. ``run_id`` names a run that was queued, whose row is then filled.

    Raises
    ------
    CodeInvalid, PermissionMissing, OutsideScope, NotFound, LensUnknown, ParameterOutOfBounds, LedgerUnbalanced
    """
    wanted = unit or actor.scope
    if unit is not None:
        level_of(unit)
    actor.require(Permission.RUN_COVERAGE, wanted)
    chosen = choose(lenses)
    given = dict(parameters or {})
    settle(given, chosen)
    say = progress or (lambda _share, _step: None)
    begun = perf_counter()
    queries.take_turn(session, queries.COMPUTING)
    day = as_of or units.today(session)
    names = [lens.name for lens in chosen]
    number = run_id or _create(session, actor, wanted, day, names, given, "running")
    say(0.0, Message("Reading the tables"))
    inputs = coverage_inputs(session, day)
    report = cover(
        inputs,
        lenses=names,
        parameters=given,
        scope=wanted,
        progress=lambda share, step: say(0.5 + 0.35 * share, step),
    )
    say(0.85, Message("Comparing with earlier runs"))
    kept = _with_keys(session, number, wanted, report.findings)
    say(0.9, Message("Keeping the result"))
    queries.keep(session, number, kept, report.units.values())
    queries.finish(session, number, _figures(report, perf_counter() - begun))
    session.commit()
    return run(session, actor, number)


def report_progress(session: Session, run_id: int, share: float | None = None, step: Message | None = None) -> None:
    """Say that a run is alive, and how far it is. Commits."""
    queries.beat(session, run_id, progress=share, step=None if step is None else packed(step))
    session.commit()


def report_failure(session: Session, run_id: int, reason: str) -> None:
    """Say that a run ended without a result. Commits."""
    queries.fail(session, run_id, reason)
    session.commit()


def _create(
    session: Session,
    actor: Actor,
    unit: str,
    as_of: date,
    lenses: list[str],
    parameters: Mapping[str, float],
    state: str,
) -> int:
    if units.county(session) is None:
        raise BadInput(detail="The database holds no county yet. Import its boundaries, or run: gridmap demo")
    if units.find(session, actor, unit) is None:
        raise NotFound(what="unit", key=unit)
    return queries.create(
        session, unit=unit, as_of=as_of, lenses=lenses, parameters=parameters, actor=actor.name, state=state
    )


def _figures(report: CoverageReport, seconds: float) -> dict[str, Any]:
    return {
        "findings": len(report.findings),
        "seconds": round(seconds, 3),
        "seconds_by_lens": {name: round(spent, 4) for name, spent in report.seconds.items()},
        "ledger_error_m2": report.ledger_error_m2,
    }


def _with_keys(session: Session, run_id: int, unit: str, findings: Iterable[Finding]) -> list[tuple[str, Finding]]:
    """Findings under the keys they are kept by: pieces of ground take over the key of the last run."""
    found = list(findings)
    carried: dict[str, str] = {}
    for lens in GROUND:
        last = queries.earlier(session, run_id, unit, lens)
        if last is not None:
            now = [(each.key, each.geometry) for each in found if each.lens == lens and each.geometry is not None]
            carried |= carry_keys(now, queries.shapes(session, last, lens))
    return [(carried.get(each.key, each.key), each) for each in found]


# --- reading ----------------------------------------------------------------------------------------------------


def latest_run(session: Session, actor: Actor) -> RunSummary | None:
    """The finished run of the latest day that covers the actor's scope with all "must" lenses, or None."""
    actor.require(Permission.VIEW_COVERAGE)
    found = queries.runs(session, actor.scope, lenses=MUST, limit=1, states=("done",))
    return _summary(found[0]) if found else None


def runs(session: Session, actor: Actor, limit: int = 40) -> list[RunSummary]:
    """Runs that cover the actor's scope with all "must" lenses, in any state; latest day, then latest run first."""
    actor.require(Permission.VIEW_COVERAGE)
    return [_summary(row) for row in queries.runs(session, actor.scope, lenses=MUST, limit=limit)]


def run(session: Session, actor: Actor, run_id: int) -> RunSummary:
    """One run; its figures are those of the actor's scope where the run covers it.

    Raises
    ------
    NotFound
        There is none, or it has nothing to do with the actor's scope.
    """
    return _summary(_run(session, actor, run_id))


def lens_counts(
    session: Session, actor: Actor, run_id: int, unit: str | None = None, *, compare_to: int | None = None
) -> list[LensCount]:
    """What each lens that the run asked found in a unit (the actor's scope if none is named), in registry order.

    Raises
    ------
    OutsideScope, NotFound
    """
    wanted = _readable(session, actor, run_id, unit, compare_to)
    asked = queries.run(session, run_id)
    assert asked is not None
    counts = {row.lens: row for row in queries.lens_counts(session, run_id, scope=wanted, compare_to=compare_to)}
    found = []
    for name in (name for name in LENSES if name in asked.lenses):
        lens, row = LENSES[name], counts.get(name, queries.CountRow(name, 0, 0, 0, 0, 0))
        found.append(
            LensCount(
                lens=name,
                title=lens.title,
                question=lens.question,
                blindness=lens.blindness,
                must=lens.must,
                count=row.count,
                new=row.new,
                still=row.count - row.new if compare_to is not None else 0,
                cured=row.cured,
                households=row.households,
                open_cases=row.open_cases,
            )
        )
    return found


def findings(
    session: Session,
    actor: Actor,
    run_id: int,
    *,
    unit: str | None = None,
    lens: str | None = None,
    compare_to: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[FindingRow]:
    """A page of the findings that concern a unit, worst first. With ``compare_to``, cured ones come last.

    Raises
    ------
    OutsideScope, NotFound, LensUnknown
    """
    wanted = _readable(session, actor, run_id, unit, compare_to)
    if lens is not None:
        choose([lens])
    rows = queries.findings(session, run_id, scope=wanted, lens=lens, compare_to=compare_to, limit=limit, offset=offset)
    return [_finding(row) for row in rows]


def finding(session: Session, actor: Actor, finding_id: int, *, compare_to: int | None = None) -> FindingRow:
    """One finding.

    Raises
    ------
    NotFound
        There is none, or it concerns nothing inside the actor's scope.
    """
    actor.require(Permission.VIEW_COVERAGE)
    row = queries.finding(session, finding_id, compare_to=compare_to)
    if row is None or not any(contains(actor.scope, code) for code in row.units):
        raise NotFound(what="finding", key=finding_id)
    return _finding(row)


def unit_indexes(
    session: Session,
    actor: Actor,
    run_id: int,
    *,
    codes: Iterable[str] | None = None,
    parent: str | None = None,
    level: str | None = None,
) -> list[UnitIndexRow]:
    """Coverage of units by code: the named ones, or those in ``parent``'s subtree (of one level where given).

    Raises
    ------
    OutsideScope, NotFound
    """
    wanted = _readable(session, actor, run_id, parent, None)
    named = None if codes is None else list(codes)
    for code in named or ():
        actor.require(Permission.VIEW_COVERAGE, code)
    return queries.unit_indexes(session, run_id, scope=wanted, codes=named, level=level)


def grid_shares(
    session: Session, actor: Actor, run_id: int, unit: str | None = None, *, lens: str | None = None
) -> dict[str, float]:
    """By which grids are coloured: their index, or the share of their households that one lens touches.

    Grids without households have no share and are left out; so are all where the index was not computed.

    Raises
    ------
    OutsideScope, NotFound
    """
    rows = unit_indexes(session, actor, run_id, parent=unit, level="grid")
    if lens is None:
        return {row.code: row.index for row in rows if row.index is not None}
    return {row.code: row.by_lens.get(lens, 0) / row.households for row in rows if row.households}


def findings_frame(session: Session, actor: Actor, run_id: int, *, compare_to: int | None = None) -> gpd.GeoDataFrame:
    """All findings of a run as a frame in the working system, sentences in English: for files.

    Raises
    ------
    NotFound
    """
    rows = findings(session, actor, run_id, compare_to=compare_to, limit=1_000_000_000)
    columns: dict[str, list[Any]] = {
        "lens": [row.lens for row in rows],
        "key": [row.key for row in rows],
        "blindness": [LENSES[row.lens].blindness.value for row in rows],
        "severity": [row.severity for row in rows],
        "units": [",".join(row.units) for row in rows],
        "households": [row.households for row in rows],
        "open_cases": [row.open_cases for row in rows],
        "area_m2": [row.area_m2 for row in rows],
        "width_m": [row.width_m for row in rows],
        "sliver": [row.sliver for row in rows],
        "why": [str(row.why) for row in rows],
        "act": [str(row.act) for row in rows],
    }
    shapes = np.full(len(rows), None, dtype=object)
    shapes[:] = [row.geometry for row in rows]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=working_srid(session))


def _run(session: Session, actor: Actor, run_id: int) -> RunRow:
    actor.require(Permission.VIEW_COVERAGE)
    row = queries.run(session, run_id)
    if row is None or not (contains(row.unit_code, actor.scope) or contains(actor.scope, row.unit_code)):
        raise NotFound(what="coverage run", key=run_id)
    if row.unit_code != actor.scope and contains(row.unit_code, actor.scope):
        row = queries.run(session, run_id, scope=actor.scope)
        assert row is not None
    return row


def _readable(session: Session, actor: Actor, run_id: int, unit: str | None, compare_to: int | None) -> str:
    """The unit asked for, once it is clear that the actor may see it and the runs."""
    wanted = unit or actor.scope
    actor.require(Permission.VIEW_COVERAGE, wanted)
    for each in (run_id, compare_to):
        if each is not None:
            _run(session, actor, each)
    return wanted


def _summary(row: RunRow) -> RunSummary:
    return RunSummary(
        run_id=row.id,
        unit=row.unit_code,
        as_of=row.as_of,
        lenses=row.lenses,
        parameters=row.parameters,
        state=row.state,
        progress=row.progress,
        step=None if row.step is None else unpacked(row.step),
        actor=row.actor,
        created_at=row.created_at,
        finished_at=row.finished_at,
        error=row.error,
        figures=row.figures,
        households=row.households,
        touched=row.touched,
    )


def _finding(row: FoundRow) -> FindingRow:
    return FindingRow(
        finding_id=row.id,
        run_id=row.run_id,
        lens=row.lens,
        key=row.key,
        severity=row.severity,
        state=row.state,
        units=row.units,
        households=row.households,
        open_cases=row.open_cases,
        area_m2=row.area_m2,
        width_m=row.width_m,
        sliver=row.sliver,
        why=unpacked(row.why),
        act=unpacked(row.act),
        geometry=row.geometry,
    )
