"""Coverage runs: writing and reading them. Plain rows; who may see what is the caller's business."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.geometry.coverage import UnitCoverage
from gridmap.geometry.lenses.base import Finding
from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.messages import packed
from gridmap.store.models.coverage import CoverageFinding, CoverageRun, FindingUnit, UnitIndex

#: Held by whoever computes or starts a run: one at a time in a database.
COMPUTING, STARTING = 0x636F7601, 0x636F7602

#: A run whose heartbeat is older has died with its process.
LIFE_SIGN_S = 60


@dataclass(frozen=True)
class RunRow:
    """A run as it stands now; one that died counts as failed."""

    id: int
    unit_code: str
    as_of: date
    lenses: tuple[str, ...]
    parameters: Mapping[str, float]
    state: str
    progress: float
    step: Mapping[str, Any] | None
    actor: str
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    figures: Mapping[str, Any]
    households: int | None
    touched: int | None


@dataclass(frozen=True)
class FoundRow:
    """A finding as it is kept, with the units it concerns, the one it is about first."""

    id: int
    run_id: int
    lens: str
    key: str
    severity: str
    households: int
    open_cases: int
    area_m2: float
    width_m: float
    sliver: bool
    why: Mapping[str, Any]
    act: Mapping[str, Any]
    geometry: BaseGeometry | None
    units: tuple[str, ...]
    state: str | None


# --- writing ----------------------------------------------------------------------------------------------


def take_turn(session: Session, lock: int) -> None:
    """Wait until nobody else holds a lock; it is given back when the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def create(
    session: Session,
    *,
    unit: str,
    as_of: date,
    lenses: Sequence[str],
    parameters: Mapping[str, float],
    actor: str,
    state: str,
) -> int:
    """Begin a run; return its number."""
    row = CoverageRun(
        unit_code=unit, as_of=as_of, lenses=list(lenses), parameters=dict(parameters), actor=actor, state=state
    )
    session.add(row)
    session.flush()
    beat(session, row.id)
    return row.id


def beat(
    session: Session, run_id: int, *, progress: float | None = None, step: Mapping[str, Any] | None = None
) -> None:
    """Say that a run is alive, and how far it is."""
    session.execute(
        text(
            "UPDATE coverage_runs SET heartbeat_at = now(), progress = coalesce(CAST(:progress AS float), progress),"
            " step = coalesce(CAST(:step AS jsonb), step),"
            " state = CASE WHEN CAST(:progress AS float) IS NULL THEN state ELSE 'running' END"
            " WHERE id = :run AND state IN ('queued', 'running')"
        ),
        {"run": run_id, "progress": progress, "step": None if step is None else json.dumps(step)},
    )


def fail(session: Session, run_id: int, error: str) -> None:
    """A run ended without a result."""
    session.execute(
        text(
            "UPDATE coverage_runs SET state = 'failed', error = :error, finished_at = now()"
            " WHERE id = :run AND state IN ('queued', 'running')"
        ),
        {"run": run_id, "error": error},
    )


def finish(session: Session, run_id: int, figures: Mapping[str, Any]) -> None:
    """A run's result stands."""
    session.execute(
        text(
            "UPDATE coverage_runs SET state = 'done', progress = 1, step = NULL, error = NULL, finished_at = now(),"
            " figures = CAST(:figures AS jsonb) WHERE id = :run"
        ),
        {"run": run_id, "figures": json.dumps(figures)},
    )


def keep(session: Session, run_id: int, findings: Sequence[tuple[str, Finding]], units: Iterable[UnitCoverage]) -> None:
    """Write findings under their keys, and the coverage of units."""
    ids = next_ids(session, CoverageFinding, len(findings))
    columns = ["id", "run_id", "lens", "key", "severity", "households", "open_cases", "area_m2", "width_m", "sliver"]
    copy_rows(
        session,
        CoverageFinding,
        [*columns, "why", "act", "geom"],
        (
            (
                number,
                run_id,
                found.lens,
                key,
                found.severity.value,
                found.households,
                found.open_cases,
                found.area_m2,
                found.width_m,
                found.sliver,
                packed(found.why),
                packed(found.act),
                found.geometry,
            )
            for number, (key, found) in zip(ids, findings, strict=True)
        ),
    )
    copy_rows(
        session,
        FindingUnit,
        ["finding_id", "unit_code", "position"],
        (
            (number, code, position)
            for number, (_, found) in zip(ids, findings, strict=True)
            for position, code in enumerate(dict.fromkeys(found.units))
        ),
    )
    copy_rows(
        session,
        UnitIndex,
        ["run_id", "unit_code", "households", "touched", "by_lens"],
        ((run_id, unit.code, unit.households, unit.touched, dict(unit.by_lens)) for unit in units),
    )


# --- reading runs -------------------------------------------------------------------------------------------

_STALE = f"r.state IN ('queued', 'running') AND r.heartbeat_at < now() - interval '{LIFE_SIGN_S} seconds'"
_RUN = f"""
SELECT r.id, r.unit_code, r.as_of, r.lenses, r.parameters,
       CASE WHEN {_STALE} THEN 'failed' ELSE r.state END AS state, r.progress, r.step, r.actor, r.created_at,
       r.finished_at, r.error, r.figures, i.households, i.touched
FROM coverage_runs r LEFT JOIN unit_indexes i ON i.run_id = r.id AND i.unit_code = coalesce(:scope, r.unit_code)
"""


#: The meaningful part of a code, as domain.codes.prefix gives it.
_PREFIX = (
    "CASE WHEN length({code}) = 12 AND {code} LIKE '%000000' THEN left({code}, 6)"
    " WHEN length({code}) = 12 AND {code} LIKE '%000' THEN left({code}, 9) ELSE {code} END"
)
_COVERS = "{inside} LIKE (" + _PREFIX.format(code="r.unit_code") + ") || '%'"


def _run(row: Any) -> RunRow:
    return RunRow(**(dict(row._mapping) | {"lenses": tuple(row.lenses)}))


def run(session: Session, run_id: int, *, scope: str | None = None) -> RunRow | None:
    """A run, with the households of ``scope`` (or of its own unit); None where there is none."""
    row = session.execute(text(_RUN + "WHERE r.id = :run"), {"run": run_id, "scope": scope}).one_or_none()
    return None if row is None else _run(row)


def runs(
    session: Session, scope: str, *, lenses: Sequence[str], limit: int, states: Sequence[str] | None = None
) -> list[RunRow]:
    """Runs that cover ``scope`` whole and asked at least ``lenses``; the latest day first, then the latest run.

    Households and touched are those of ``scope``.
    """
    rows = session.execute(
        text(
            f"{_RUN} WHERE r.lenses @> CAST(:lenses AS text[]) AND {_COVERS.format(inside=':scope')}"
            " ORDER BY r.as_of DESC, r.id DESC"
        ),
        {"scope": scope, "lenses": list(lenses)},
    )
    found = [_run(row) for row in rows]
    return [row for row in found if states is None or row.state in states][:limit]


def active(session: Session, scope: str) -> int | None:
    """The run that is queued or running and covers ``scope`` whole, or None."""
    row = session.execute(
        text(
            "SELECT min(r.id) AS id FROM coverage_runs r"
            f" WHERE r.state IN ('queued', 'running') AND NOT ({_STALE}) AND {_COVERS.format(inside=':scope')}"
        ),
        {"scope": scope},
    ).one()
    return None if row.id is None else int(row.id)


def earlier(session: Session, run_id: int, unit: str, lens: str) -> int | None:
    """The finished run made last before this one that covers the unit and asked the lens."""
    row = session.execute(
        text(
            f"""
            SELECT max(r.id) AS id FROM coverage_runs r
            WHERE r.id < :run AND r.state = 'done' AND :lens = ANY(r.lenses)
              AND {_COVERS.format(inside=":unit")}
            """
        ),
        {"run": run_id, "unit": unit, "lens": lens},
    ).one()
    return None if row.id is None else int(row.id)


def shapes(session: Session, run_id: int, lens: str) -> list[tuple[str, BaseGeometry]]:
    """Keys and geometry of a run's findings of one lens that have geometry."""
    rows = session.execute(
        text(
            "SELECT key, ST_AsBinary(geom) AS shape FROM findings"
            " WHERE run_id = :run AND lens = :lens AND geom IS NOT NULL ORDER BY id"
        ),
        {"run": run_id, "lens": lens},
    )
    return [(row.key, shapely.from_wkb(bytes(row.shape))) for row in rows]


# --- reading findings -----------------------------------------------------------------------------------------

_IN_SCOPE = (
    "EXISTS (SELECT 1 FROM finding_units u WHERE u.finding_id = f.id AND u.unit_code >= :low AND u.unit_code < :high)"
)
_FOUND = """
SELECT f.id, f.run_id, f.lens, f.key, f.severity, f.households, f.open_cases, f.area_m2, f.width_m, f.sliver,
       f.why, f.act, ST_AsBinary(f.geom) AS geometry,
       ARRAY(SELECT u.unit_code FROM finding_units u WHERE u.finding_id = f.id ORDER BY u.position) AS units
"""
#: New and still there come from the run, cured ones from the run it is compared with.
_STATE = """
CASE WHEN CAST(:compare AS bigint) IS NULL THEN NULL
     WHEN f.run_id <> :run THEN 'cured'
     WHEN EXISTS (SELECT 1 FROM findings o WHERE o.run_id = :compare AND o.key = f.key) THEN 'still'
     ELSE 'new' END
"""
#: What this run did not ask about is not cured.
_OF_RUNS = """
(f.run_id = :run OR f.run_id = CAST(:compare AS bigint)
   AND NOT EXISTS (SELECT 1 FROM findings o WHERE o.run_id = :run AND o.key = f.key)
   AND EXISTS (SELECT 1 FROM coverage_runs r WHERE r.id = :run AND f.lens = ANY(r.lenses)))
"""


def _found(row: Any) -> FoundRow:
    shape = None if row.geometry is None else shapely.from_wkb(bytes(row.geometry))
    return FoundRow(**(dict(row._mapping) | {"geometry": shape, "units": tuple(row.units)}))


def _given(run_id: int, scope: str, compare_to: int | None) -> dict[str, Any]:
    low = prefix(scope)
    return {"run": run_id, "compare": compare_to, "low": low, "high": low + "~"}


def findings(
    session: Session,
    run_id: int,
    *,
    scope: str,
    lens: str | None,
    compare_to: int | None,
    limit: int,
    offset: int,
) -> list[FoundRow]:
    """Findings that concern ``scope``, worst first; those of ``compare_to`` that are cured come last."""
    rows = session.execute(
        text(
            f"""
            {_FOUND}, {_STATE} AS state FROM findings f
            WHERE {_OF_RUNS} AND (CAST(:lens AS text) IS NULL OR f.lens = :lens) AND {_IN_SCOPE}
            ORDER BY f.run_id <> :run, array_position(ARRAY['high', 'medium', 'low'], f.severity),
                     f.households DESC, f.area_m2 DESC, f.key
            LIMIT :limit OFFSET :offset
            """
        ),
        _given(run_id, scope, compare_to) | {"lens": lens, "limit": limit, "offset": offset},
    )
    return [_found(row) for row in rows]


def finding(session: Session, finding_id: int, *, compare_to: int | None) -> FoundRow | None:
    """One finding, with its state against another run: cured where it is that run's own."""
    row = session.execute(
        text(
            f"""
            {_FOUND}, CASE WHEN CAST(:compare AS bigint) IS NULL THEN NULL WHEN f.run_id = :compare THEN 'cured'
              WHEN EXISTS (SELECT 1 FROM findings o WHERE o.run_id = :compare AND o.key = f.key) THEN 'still'
              ELSE 'new' END AS state
            FROM findings f WHERE f.id = :id
            """
        ),
        {"id": finding_id, "compare": compare_to},
    ).one_or_none()
    return None if row is None else _found(row)


@dataclass(frozen=True)
class CountRow:
    """Findings of one lens by state, and what the present ones touch (a household once, cases as often as found)."""

    lens: str
    count: int
    new: int
    cured: int
    households: int
    open_cases: int


def lens_counts(session: Session, run_id: int, *, scope: str, compare_to: int | None) -> list[CountRow]:
    """Counts by lens of what concerns ``scope``; lenses that found nothing are left out."""
    rows = session.execute(
        text(
            f"""
            WITH listed AS (
                SELECT f.lens, f.open_cases, {_STATE} AS state, f.run_id = :run AS present
                FROM findings f WHERE {_OF_RUNS} AND {_IN_SCOPE})
            SELECT l.lens, count(*) FILTER (WHERE present) AS found, count(*) FILTER (WHERE state = 'new') AS new,
                   count(*) FILTER (WHERE state = 'cured') AS cured,
                   coalesce((SELECT (i.by_lens ->> l.lens)::bigint FROM unit_indexes i
                             WHERE i.run_id = :run AND i.unit_code = :scope), 0) AS households,
                   coalesce(sum(open_cases) FILTER (WHERE present), 0) AS open_cases
            FROM listed l GROUP BY l.lens
            """
        ),
        _given(run_id, scope, compare_to) | {"scope": scope},
    )
    return [CountRow(row.lens, row.found, row.new, row.cured, int(row.households), int(row.open_cases)) for row in rows]


# --- reading indexes --------------------------------------------------------------------------------------------


def unit_indexes(
    session: Session, run_id: int, *, scope: str, codes: Iterable[str] | None = None, level: str | None = None
) -> list[UnitCoverage]:
    """Coverage of units inside ``scope``, by code: the named ones, those of a level, or all."""
    low = prefix(scope)
    rows = session.execute(
        text(
            """
            SELECT i.unit_code, i.households, i.touched, i.by_lens
            FROM unit_indexes i LEFT JOIN units u ON u.code = i.unit_code
            WHERE i.run_id = :run AND i.unit_code >= :low AND i.unit_code < :high
              AND (CAST(:codes AS text[]) IS NULL OR i.unit_code = ANY(:codes))
              AND (CAST(:level AS text) IS NULL OR u.level = :level)
            ORDER BY i.unit_code
            """
        ),
        {
            "run": run_id,
            "low": low,
            "high": low + "~",
            "codes": None if codes is None else sorted(set(codes)),
            "level": level,
        },
    )
    return [UnitCoverage(row.unit_code, row.households, row.touched, row.by_lens) for row in rows]
