"""The performance board: indicators of a unit and period, drillable to their very cases, recountable on any edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gridmap.domain.clock import LOCAL
from gridmap.domain.codes import level_of
from gridmap.domain.indicators import COUNTS, INDICATORS, Figure, UnitLight, composite, figure, unit_light
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Actor, Permission
from gridmap.errors import BadInput
from gridmap.services.cases import options
from gridmap.services.cases.moment import now
from gridmap.store.database import Session
from gridmap.store.queries import indicators as queries

#: Counts with cases behind them.
DRILLABLE = frozenset(queries.CASES)
#: Longest period of a board.
LONGEST_DAYS = 3_660


@dataclass(frozen=True)
class StageTime:
    """How long a stage takes in hours: number of cases, median, 90th percentile."""

    stage: str
    n: int
    median_h: float
    p90_h: float


@dataclass(frozen=True)
class Board:
    """All figures of a unit and period. ``counts``: what they are made of; ``edition_on``: recounted as of that day."""

    unit: str
    start: date
    end: date
    edition_on: date | None
    figures: tuple[Figure, ...]
    composite: float | None
    weights: tuple[float, float, float]
    counts: Mapping[str, float]
    stages: tuple[StageTime, ...]


@dataclass(frozen=True)
class Lit:
    """A unit with its light: share of its cases that are unresolved."""

    code: str
    name: str
    cases: int
    unresolved: int
    share: float | None
    light: UnitLight


def board(
    session: Session, actor: Actor, unit: str, start: date, end: date, *, edition_on: date | None = None
) -> Board:
    """The indicators of a unit from ``start`` to ``end``, both days included.

    ``edition_on``: count each case where its point lay in the boundaries of that day, instead of the unit of its day
    (cases without a point are left out then).

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    actor.require(Permission.VIEW_CASES, unit)
    first, last = _period(start, end)
    present = now(session)
    restricted = Permission.VIEW_RESTRICTED_CASES in GRANTS[actor.role]
    counts = queries.counts(session, unit, first, last, present, edition_on=edition_on, restricted=restricted)
    counts.update(queries.matter_counts(session, unit, first, last, present))
    counts.update(queries.people_counts(session, unit, min(end, present.astimezone(LOCAL).date())))
    figures = {name: figure(name, counts) for name in INDICATORS}
    chosen = options.weights(session)
    weights = (chosen.response, chosen.resolution, chosen.satisfaction)
    return Board(
        unit=unit,
        start=start,
        end=end,
        edition_on=edition_on,
        figures=tuple(figures.values()),
        composite=composite(
            figures["response"].value, figures["resolution"].value, figures["satisfaction"].value, weights
        ),
        weights=weights,
        counts=counts,
        stages=tuple(StageTime(*row) for row in queries.stage_times(session, unit, first, last)),
    )


def drill(
    session: Session, actor: Actor, count: str, unit: str, start: date, end: date, *, edition_on: date | None = None
) -> list[int]:
    """Numbers of the very cases that a count of a board counts, for ``Filter(ids=…)``.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    actor.require(Permission.VIEW_CASES, unit)
    if count not in queries.CASES:
        known = ", ".join(name for name in COUNTS if name in queries.CASES)
        raise BadInput(detail=Message("The counts with cases behind them are: {names}.", {"names": known}))
    first, last = _period(start, end)
    restricted = Permission.VIEW_RESTRICTED_CASES in GRANTS[actor.role]
    return queries.case_ids(
        session, count, unit, first, last, now(session), edition_on=edition_on, restricted=restricted
    )


def lights(session: Session, actor: Actor, unit: str, start: date, end: date) -> list[Lit]:
    """The units one level below, each with its light over the cases reported in a period.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    actor.require(Permission.VIEW_CASES, unit)
    below = {Level.COUNTY: "town", Level.TOWN: "community", Level.COMMUNITY: "grid"}.get(level_of(unit))
    if below is None:
        return []
    first, last = _period(start, end)
    return [
        Lit(
            row.code,
            row.name,
            row.cases,
            row.unresolved,
            row.unresolved / row.cases if row.cases else None,
            unit_light(row.unresolved, row.cases),
        )
        for row in queries.unresolved(session, unit, below, first, last)
    ]


def _period(start: date, end: date) -> tuple[datetime, datetime]:
    if not start <= end <= start + timedelta(days=LONGEST_DAYS):
        raise BadInput(detail=Message("A period goes from a day to the same or a later one, at most ten years."))
    return (
        datetime.combine(start, time(), tzinfo=LOCAL),
        datetime.combine(end + timedelta(days=1), time(), tzinfo=LOCAL),
    )
