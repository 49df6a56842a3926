"""Reading: one case whole, lists by filter, points for maps. Never more than the actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from gridmap.domain.cases import ENDED, STANDING_STILL, CaseSource, CaseStatus, ClosingReason, Satisfaction
from gridmap.domain.clock import LOCAL, Clock, Light, Stage, light
from gridmap.domain.codes import prefix
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import BadInput
from gridmap.services.cases import whistles
from gridmap.services.cases.access import case_for, moves, seen_by
from gridmap.services.cases.moment import inward, now, outward
from gridmap.services.cases.records import (
    CaseRow,
    CaseView,
    EventView,
    ExtensionView,
    Filter,
    FollowUpView,
    Named,
    Page,
    PhotoView,
    Place,
    TermView,
)
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseTerm
from gridmap.store.queries import cases as queries

#: Most rows of one page, and most points of one map.
MOST_ROWS, MOST_POINTS = 1_000, 20_000


def case(session: Session, actor: Actor, case_id: int) -> CaseView:
    """Everything about one case.

    Raises
    ------
    PermissionMissing, NotFound, OutsideScope
    """
    found = case_for(session, actor, case_id)
    present = now(session)
    seen = seen_by(actor)
    duplicates = _listed(session, seen, "c.duplicate_of_id = :of", {"of": found.id}, present)
    original = (
        _listed(session, seen, "c.id = :of", {"of": found.duplicate_of_id}, present) if found.duplicate_of_id else []
    )
    (row,) = rows_of(session, [case_id], present)
    return CaseView(
        row=row,
        terms=tuple(_term(term, found, present) for term in queries.terms(session, case_id)),
        events=tuple(
            EventView(e.id, e.at, e.actor, e.act, e.before, e.after, e.note, e.public, e.detail)
            for e in queries.events(session, case_id)
        ),
        follow_ups=tuple(
            FollowUpView(
                f.at,
                f.by_resident,
                f.contacted,
                f.solved,
                Satisfaction(f.satisfaction) if f.satisfaction else None,
                f.words,
            )
            for f in queries.follow_ups(session, case_id)
        ),
        extensions=tuple(
            ExtensionView(
                e.id, e.asked_at, e.asked_by, e.until, e.reason, e.approved, e.decided_by, e.decided_at, e.answer
            )
            for e in queries.extensions(session, case_id)
        ),
        photos=tuple(PhotoView(*row) for row in queries.photos(session, case_id)),
        calls=whistles.calls_of(session, case_id, present),
        duplicates=tuple(duplicates),
        duplicate_of=original[0] if original else None,
        moves=moves(session, actor, found),
        public_words=found.public_words,
        where_to_go=found.where_to_go,
        review_on=found.review_on,
        has_contact=found.contact is not None,
        proposed_reason=ClosingReason(found.proposed_reason) if found.proposed_reason else None,
        attributes=found.attributes,
    )


def cases(session: Session, actor: Actor, wanted: Filter) -> Page:
    """A page of the cases that fit, with the counts of all that fit.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    present = now(session)
    where = where_of(session, actor, wanted)
    sort = wanted.sort
    if sort not in queries.SORTS or (sort == "distance" and wanted.near is None):
        raise BadInput(detail=Message("Cases are sorted by due, reported, updated, number, or distance from a place."))
    if wanted.near is not None:
        x, y = inward(session, wanted.near)
        where.given.update(near_x=x, near_y=y)
    limit = max(1, min(wanted.limit, MOST_ROWS))
    found, cursors = queries.rows(
        session, where, now=present, sort=sort, limit=limit + 1, after=_cursor(wanted.after, sort)
    )
    shown = found[:limit]
    cursor = f"{shown[-1].id}~{cursors[len(shown) - 1]}" if len(found) > limit else None
    distances = [float(c) if c != "Infinity" else None for c in cursors] if sort == "distance" else None
    counted, latest = queries.counts(session, where, present)
    total = counted.pop("total")
    version = _version(latest, total, present)
    return Page(tuple(_rows(session, shown, distances)), total, counted, cursor, version)


def points(session: Session, actor: Actor, wanted: Filter) -> list[tuple[int, float, float, str | None, str, str]]:
    """Number, longitude, latitude, light, status and kind of the cases that fit and have a place, newest first.

    Raises
    ------
    As :func:`cases`.
    """
    found = queries.points(session, where_of(session, actor, wanted), now(session), MOST_POINTS)
    places = outward(session, [row.x for row in found], [row.y for row in found])
    return [
        (row.id, place[0], place[1], row.light, row.status, row.kind)
        for row, place in zip(found, places, strict=True)
        if place is not None
    ]


def version(session: Session, actor: Actor, wanted: Filter) -> str:
    """A word that changes whenever one of the cases that fit does, or its light may have."""
    at, count = queries.latest_change(session, where_of(session, actor, wanted))
    return _version(at, count, now(session))


def _version(latest: datetime | None, count: int, present: datetime) -> str:
    return f"{count}-{latest.timestamp() if latest else 0:.6f}-{present:%d%H%M}"


def rows_of(session: Session, case_ids: Sequence[int], present: datetime) -> list[CaseRow]:
    """Cases by number, in that order, without asking who looks."""
    where = queries.Where(["c.id = ANY(:ids)"], {"ids": list(case_ids)})
    found, _ = queries.rows(session, where, now=present, sort="number", limit=max(len(case_ids), 1))
    by_id = {row.id: row for row in _rows(session, found)}
    return [by_id[each] for each in case_ids if each in by_id]


def where_of(session: Session, actor: Actor, wanted: Filter) -> queries.Where:
    """A filter as conditions, with what the actor may see.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    seen = seen_by(actor)
    condition, given = seen.condition()
    where = queries.Where([condition], given)
    if wanted.unit:
        low = prefix(wanted.unit)
        where.add(
            f"({queries.inside('c.unit_id', 'unit')}"
            f" OR (c.unit_id IS NULL AND {queries.inside('c.handler_unit_id', 'unit')}))",
            unit_low=low,
            unit_high=low + "~",
        )
    for column, chosen in (
        ("c.kind", wanted.kinds),
        ("c.lane", wanted.lanes),
        ("c.status", wanted.statuses),
        ("c.source", wanted.sources),
    ):
        if chosen:
            name = column[2:] + "s"
            where.add(f"{column} = ANY(:{name})", **{name: list(chosen)})
    if wanted.ids:
        where.add("c.id = ANY(:ids)", ids=list(wanted.ids))
    if wanted.lights:
        where.add(f"({queries.LIGHT}) = ANY(:lights)", lights=list(wanted.lights), now=now(session))
    if wanted.open_only:
        where.add(queries.OPEN)
    if wanted.mine:
        _mine(where, actor)
    if wanted.reported_from:
        where.add("c.reported_at >= :since_day", since_day=_midnight(wanted.reported_from))
    if wanted.reported_to:
        where.add("c.reported_at < :until_day", until_day=_midnight(wanted.reported_to + timedelta(days=1)))
    if words := wanted.words.strip():
        if not is_storable(words):
            raise BadInput(detail=Message("These words cannot be searched for."))
        plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.add("(c.number ILIKE :words OR c.address ILIKE :words OR c.words ILIKE :words)", words=f"%{plain}%")
    if wanted.unlocated:
        where.add("c.geom IS NULL")
    if wanted.unrouted:
        where.add("c.body_id IS NULL AND c.handler_unit_id IS NULL")
    if wanted.box is not None:
        west, south, east, north = wanted.box
        (x0, y0), (x1, y1) = inward(session, Place(west, south)), inward(session, Place(east, north))
        where.add(
            "c.geom && ST_MakeEnvelope(:x0, :y0, :x1, :y1, gridmap_srid())",
            x0=min(x0, x1),
            y0=min(y0, y1),
            x1=max(x0, x1),
            y1=max(y0, y1),
        )
    if wanted.since is not None:
        where.add("c.updated_at > :changed_since", changed_since=wanted.since.astimezone(UTC))
    return where


def _mine(where: queries.Where, actor: Actor) -> None:
    if actor.body is not None:
        where.add("c.body_id = :my_body", my_body=actor.body)
    else:
        low = prefix(actor.scope)
        mine = queries.inside("c.handler_unit_id", "my")
        where.add(f"c.body_id IS NULL AND {mine}", my_low=low, my_high=low + "~")


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=LOCAL)


def _cursor(words: str | None, sort: str) -> tuple[str, int] | None:
    """The cursor of a list: the number of its last row and what that row was sorted by."""
    if words is None:
        return None
    number, _, value = words.partition("~")
    try:
        if not number.isdecimal() or not value:
            raise ValueError
        if sort == "distance":
            float(value)
        elif sort != "number" and value != "infinity":
            datetime.fromisoformat(value)
    except ValueError as error:
        raise BadInput(detail=Message("This is no cursor of a list.")) from error
    return value, int(number)


def _listed(
    session: Session, seen: queries.Seen, condition: str, given: dict[str, Any], present: datetime
) -> list[CaseRow]:
    where = queries.Where([condition], dict(given))
    own, filled = seen.condition()
    where.add(own, **filled)
    found, _ = queries.rows(session, where, now=present, sort="reported", limit=50)
    return _rows(session, found)


def _rows(session: Session, found: Sequence[Any], distances: Sequence[float | None] | None = None) -> list[CaseRow]:
    places = outward(session, [row.x for row in found], [row.y for row in found])
    metres: Iterable[float | None] = distances if distances is not None else [None] * len(found)
    return [row_of(row, place, away) for row, place, away in zip(found, places, metres, strict=False)]


def row_of(row: Any, place: tuple[float, float] | None, distance_m: float | None = None) -> CaseRow:
    """A row of the query as a record."""
    return CaseRow(
        id=row.id,
        number=row.number,
        kind=Named(row.kind, row.kind_zh, row.kind_en),
        lane=row.lane,
        status=CaseStatus(row.status),
        source=CaseSource(row.source),
        unit=row.unit,
        unit_name=row.unit_name or "",
        community=row.community,
        community_name=row.community_name or "",
        address=row.address,
        words=row.words,
        lon=place[0] if place else None,
        lat=place[1] if place else None,
        reported_at=row.reported_at,
        due_at=row.due_at,
        original_due_at=row.original_due_at,
        yellow_at=row.yellow_at,
        light=Light(row.light) if row.light else None,
        handler=Named(row.handler, row.handler_zh, row.handler_en) if row.handler else None,
        is_body=row.is_body,
        worker=row.worker,
        closed_at=row.closed_at,
        closing_reason=ClosingReason(row.closing_reason) if row.closing_reason else None,
        returns=row.returns,
        reworks=row.reworks,
        reopenings=row.reopenings,
        extensions=row.extensions,
        me_too=row.me_too,
        restricted=row.restricted,
        version=row.version,
        updated_at=row.updated_at,
        distance_m=None if distance_m is None else round(distance_m, 1),
    )


def _term(term: CaseTerm, of: Case, present: datetime) -> TermView:
    running = term.met_at is None and term.left_s is None and CaseStatus(of.status) not in ENDED | STANDING_STILL
    return TermView(
        stage=Stage(term.stage),
        clock=Clock(term.clock),
        amount=term.amount,
        started_at=term.started_at,
        due_at=term.due_at,
        original_due_at=term.original_due_at,
        met_at=term.met_at,
        paused=term.left_s is not None,
        light=light(term.started_at, term.due_at, present) if running else None,
    )
