"""Rules as data: kinds, lanes, deadlines, calendar, office hours, bodies. A change holds from now on, never before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from gridmap.domain.clock import LOCAL, Calendar, Clock, Stage, Term
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound, Refused
from gridmap.services.cases.moment import calendar, now
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import CalendarDay, CaseBody, CaseKind, Lane, OfficeHours
from gridmap.store.queries import accounts, desks
from gridmap.store.queries import case_rules as queries

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class RuleView:
    """A deadline: of a lane (``kind`` None) or one kind, from a moment on, until another or still."""

    id: int
    lane: str
    kind: str | None
    stage: Stage
    clock: Clock
    amount: float
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class DayView:
    day: date
    working: bool
    name: str


def lanes(session: Session, actor: Actor) -> list[Lane]:
    """Lanes in their order."""
    actor.require(Permission.VIEW_CASES)
    return queries.lanes(session)


def kinds(session: Session, actor: Actor) -> list[CaseKind]:
    """Kinds in their order, closed ones too."""
    actor.require(Permission.VIEW_CASES)
    return desks.kinds(session, active=False)


def public_kinds(session: Session) -> list[CaseKind]:
    """Kinds that residents may choose."""
    return [kind for kind in desks.kinds(session) if kind.public]


def deadlines(session: Session, actor: Actor, *, history: bool = False) -> list[RuleView]:
    """Deadlines that hold now, or (``history``) all that ever held.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.VIEW_CASES)
    return [
        RuleView(
            row.id,
            row.lane,
            row.kind,
            Stage(row.stage),
            Clock(row.clock),
            row.amount,
            row.valid.lower,
            row.valid.upper,
        )
        for row in queries.deadlines(session, None if history else now(session))
    ]


def set_deadline(
    session: Session, actor: Actor, lane: str, kind: str | None, stage: Stage, clock: Clock, amount: float | None
) -> None:
    """Set a deadline from now on; with ``amount`` None there is none from now on. What came in before keeps its own.

    Raises
    ------
    PermissionMissing, NotFound, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    if session.get(Lane, lane) is None:
        raise NotFound(what="lane", key=lane)
    if kind is not None and (found := session.get(CaseKind, kind)) is not None and found.lane != lane:
        raise BadInput(detail=Message("{kind} is of another lane.", {"kind": kind}))
    if kind is not None and session.get(CaseKind, kind) is None:
        raise NotFound(what="kind", key=kind)
    if amount is not None:
        try:
            Term(clock, amount)
        except ValueError as error:
            raise BadInput(detail=Message("A term is more than nothing and at most ten years.")) from error
    present = now(session)
    standing = queries.standing_deadline(session, lane, kind, stage, present)
    if standing is not None:
        queries.end_deadline(session, standing, present)
    if amount is not None:
        queries.add_deadline(session, lane, kind, stage, clock, amount, present)
    _done(
        session,
        actor,
        "deadline set",
        f"{lane}/{kind or '*'}/{stage}",
        before=None if standing is None else [standing.clock, standing.amount],
        after=None if amount is None else [clock.value, amount],
    )


def all_bodies(session: Session, actor: Actor) -> list[CaseBody]:
    """Bodies by code, closed ones too."""
    actor.require(Permission.VIEW_CASES)
    return desks.bodies(session, active=False)


def days(session: Session, actor: Actor, year: int) -> list[DayView]:
    """Holidays and make-up workdays of a year."""
    actor.require(Permission.VIEW_CASES)
    return [DayView(row.day, row.working, row.name) for row in queries.days(session, year)]


def set_day(session: Session, actor: Actor, day: date, working: bool | None, name: str = "") -> None:
    """Say that a day is a holiday (False) or a make-up workday (True), or again what its weekday says (None).

    Deadlines set before keep their moment. Days that are over are not changed: what was counted by them stands.

    Raises
    ------
    PermissionMissing, Refused, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    if day < now(session).astimezone(LOCAL).date():
        raise Refused(detail=Message("This day is over; what was counted by it stands."))
    row = session.get(CalendarDay, day)
    before = None if row is None else row.working
    plain = _words(name, "Name", 60, empty=True)
    if working is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(CalendarDay(day=day, working=working, name=plain))
    else:
        row.working, row.name = working, plain
    _done(session, actor, "calendar day set", day.isoformat(), before=before, after=working)


def office_hours(session: Session, actor: Actor) -> Sequence[tuple[time, time]]:
    """The office hours that hold now."""
    actor.require(Permission.VIEW_CASES)
    return calendar(session, now(session)).hours


def set_office_hours(session: Session, actor: Actor, spans: Sequence[tuple[time, time]], since: date) -> None:
    """Set the office hours from a day on, which is not over.

    Raises
    ------
    PermissionMissing, Refused, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    if since < now(session).astimezone(LOCAL).date():
        raise Refused(detail=Message("This day is over; what was counted by it stands."))
    try:
        Calendar({}, tuple(spans))
    except ValueError as error:
        raise BadInput(detail=Message("Office hours are spans that follow one another, as 08:30–12:00.")) from error
    kept = [[first.strftime("%H:%M"), last.strftime("%H:%M")] for first, last in spans]
    row = session.get(OfficeHours, since)
    if row is None:
        session.add(OfficeHours(since=since, spans=kept))
    else:
        row.spans = kept
    _done(session, actor, "office hours set", since.isoformat(), after=kept)


def save_kind(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name_zh: str,
    name_en: str,
    lane: str,
    handled_at: Level,
    public: bool,
    active: bool = True,
    words: str = "",
) -> CaseKind:
    """Add a kind or change one. A kind is closed, never deleted: cases refer to it.

    Raises
    ------
    PermissionMissing, NotFound, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    if not _CODE.fullmatch(code):
        raise BadInput(detail=Message("A code has letters, digits, - and _, at most 40, and begins with a letter."))
    found = session.get(Lane, lane)
    if found is None:
        raise NotFound(what="lane", key=lane)
    if handled_at not in (Level.GRID, Level.COMMUNITY, Level.TOWN, Level.COUNTY):
        raise BadInput(detail=Message("A kind is taken by a grid, a community, a town or the county."))
    row = session.get(CaseKind, code)
    before = None if row is None else row.lane
    if row is None:
        row = CaseKind(code=code, position=len(desks.kinds(session, active=False)))
        session.add(row)
    row.name_zh, row.name_en = _words(name_zh, "Name", 60), _words(name_en, "Name", 60)
    row.lane, row.handled_at, row.active = lane, handled_at, active
    row.public = public and not found.restricted
    row.words = _words(words, "Words", 200, empty=True)
    session.flush()
    _done(session, actor, "kind saved", code, before=before, after=lane)
    return row


def save_body(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name_zh: str,
    name_en: str,
    unit: str,
    phone: str = "",
    kinds: Sequence[str] = (),
    active: bool = True,
) -> CaseBody:
    """Add a body or change one, with the kinds of cases that go there by themselves.

    Raises
    ------
    PermissionMissing, NotFound, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES, unit)
    if not _CODE.fullmatch(code):
        raise BadInput(detail=Message("A code has letters, digits, - and _, at most 40, and begins with a letter."))
    key = desks.unit_id(session, unit)
    if key is None:
        raise NotFound(what="unit", key=unit)
    for kind in kinds:
        if session.get(CaseKind, kind) is None:
            raise NotFound(what="kind", key=kind)
    row = desks.body(session, code)
    if row is None:
        row = CaseBody(code=code)
        session.add(row)
    row.name_zh, row.name_en = _words(name_zh, "Name", 60), _words(name_en, "Name", 60)
    row.unit_id, row.kinds, row.active = key, list(dict.fromkeys(kinds)), active
    row.phone = _words(phone, "Telephone", 40, empty=True)
    session.flush()
    _done(session, actor, "body saved", code, after=list(kinds))
    return row


def _words(words: str, name: str, longest: int, *, empty: bool = False) -> str:
    plain = words.strip()
    if (not plain and not empty) or len(plain) > longest or not is_storable(plain):
        raise BadInput(detail=Message("{name}: 1 to {longest} letters.", {"name": name, "longest": longest}))
    return plain


def _done(session: Session, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    accounts.record(
        session, account_id=actor.account_id, actor=actor.name, action=action, subject=subject, detail=detail
    )
    session.commit()
