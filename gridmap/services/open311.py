"""Open311 GeoReport v2: what programs outside may read and send. Nothing private leaves, whoever asks.

A request is listed once somebody has looked at it and chosen its public words. Before that, whoever sent it in can ask
for it by its number and learns state and times, without words, place or picture. Restricted lanes and kinds that are
not for the public do not exist here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gridmap.domain.cases import ENDED, CaseStatus, ClosingReason
from gridmap.domain.messages import Message
from gridmap.errors import BadInput, KindUnknown, NotFound
from gridmap.services import units
from gridmap.services.api_keys import Key, hashed
from gridmap.services.cases import history
from gridmap.services.cases.history import Who
from gridmap.services.cases.intake import report_by_api
from gridmap.services.cases.moment import now, outward
from gridmap.services.cases.records import Named, Place, Report, Reported
from gridmap.services.cases.residents import demand_near
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import CaseKind
from gridmap.store.queries import case_rules, desks
from gridmap.store.queries import cases as case_queries
from gridmap.store.queries import open311 as queries

#: The specification's: longest period of one question, most requests of one answer.
PERIOD, MOST = timedelta(days=90), 1_000
#: Most numbers in one list of service_request_id.
MOST_NUMBERS = 200
#: How far the clock of another system may be ahead of ours.
AHEAD = timedelta(minutes=5)
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
#: Answers of these types are chosen or counted, so they say nothing about anybody.
_PLAIN = ("number", "datetime", "singlevaluelist", "multivaluelist")


@dataclass(frozen=True)
class Service:
    """A kind of case that residents may choose, with the questions asked with it."""

    name: Named
    words: str
    group: Named
    questions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Asked:
    """Which requests. ``numbers`` overrides everything else."""

    numbers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    statuses: tuple[str, ...] = ()
    page: int = 1
    page_size: int = MOST


@dataclass(frozen=True)
class Shown:
    """A request as everybody may read it. ``words`` None: nobody has looked at it yet."""

    number: str
    kind: Named
    status: CaseStatus
    reason: ClosingReason | None
    words: str | None
    answer: str
    where_to_go: str
    agency: Named | None
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None
    address: str
    unit: str | None
    lon: float | None
    lat: float | None
    photo: int | None
    answers: Mapping[str, Any]
    notes: tuple[tuple[datetime, str], ...]

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED


@dataclass(frozen=True)
class Update:
    """A change of a request that everybody may know of."""

    id: int
    number: str
    at: datetime
    act: str
    status: CaseStatus
    reason: ClosingReason | None
    words: str


def services(session: Session) -> list[Service]:
    """The kinds that anybody may report, in their order."""
    rows: list[CaseKind] = desks.kinds(session)
    lanes = {lane.code: lane for lane in case_rules.lanes(session)}
    return [
        Service(
            Named(row.code, row.name_zh, row.name_en),
            row.words,
            Named(row.lane, lanes[row.lane].name_zh, lanes[row.lane].name_en),
            tuple(row.attributes or ()),
        )
        for row in rows
        if row.public and not lanes[row.lane].restricted
    ]


def service(session: Session, code: str) -> Service | None:
    """One kind, or None where residents may not choose it."""
    return next((each for each in services(session) if each.name.code == code), None)


def requests(session: Session, asked: Asked, *, with_notes: bool = False) -> list[Shown]:
    """The requests that were asked for, the latest first; by number also those that nobody has looked at yet.

    Without a period: the last 90 days, unless it is asked what changed since a moment.

    Raises
    ------
    BadInput
        The period is longer than 90 days or ends before it begins, or a number does not fit.
    """
    if asked.numbers:
        if len(asked.numbers) > MOST_NUMBERS:
            raise BadInput(detail=Message("At most {most} numbers are asked for at a time.", {"most": MOST_NUMBERS}))
        storable = [number for number in asked.numbers if is_storable(number)]
        found = {row.number: row for row in queries.by_numbers(session, storable)}
        return _shown(session, [found[each] for each in dict.fromkeys(storable) if each in found], with_notes)
    conditions: list[str] = []
    given: dict[str, Any] = {}
    start, end = _period(asked, now(session))
    for condition, name, value in (
        ("c.reported_at >= :start", "start", start),
        ("c.reported_at <= :end", "end", end),
        (f"({queries.UPDATED}) > :after", "after", asked.updated_after),
        (f"({queries.UPDATED}) < :before", "before", asked.updated_before),
    ):
        if value is not None:
            conditions.append(condition)
            given[name] = value
    if asked.services:
        conditions.append("c.kind = ANY(:kinds)")
        given["kinds"] = [code for code in asked.services if is_storable(code)]
    if len(set(asked.statuses)) == 1:
        conditions.append("c.status = ANY(:ended)" if asked.statuses[0] == "closed" else "c.status <> ALL(:ended)")
        given["ended"] = sorted(str(status) for status in ENDED)
    size = max(1, min(asked.page_size, MOST))
    rows = queries.rows(session, conditions, given, limit=size, offset=(asked.page - 1) * size)
    return _shown(session, rows, with_notes)


def request(session: Session, number: str, *, with_notes: bool = False) -> Shown | None:
    """One request by its number, or None."""
    found = requests(session, Asked(numbers=(number,)), with_notes=with_notes)
    return found[0] if found else None


def send(session: Session, by: Key, given: Report, *, address_id: str | None = None) -> Reported:
    """Take a request in. ``address_id``: code of a compound, courtyard, grid or community that says where it is.

    Raises
    ------
    KindUnknown, BadInput, PhotoUnusable, KeyReused
    NotFound
        There is no such address.
    """
    if given.place is None and address_id is not None:
        place, name = _place_of(session, address_id)
        given = replace(given, place=place, address=given.address or name)
    kind = service(session, given.kind)
    if kind is None:
        raise KindUnknown(kind=given.kind, known=", ".join(each.name.code for each in services(session)))
    if given.place is not None:
        demand_near(session, given.place)
    if not given.words.strip():
        given = replace(given, words=kind.name.zh)  # a description is not required there, words are here
    asked = {question.get("code"): question for question in kind.questions}
    return report_by_api(session, by.id, by.name, replace(given, attributes=_answers(asked, given.attributes)))


def updates(session: Session, start: datetime | None, end: datetime | None) -> list[Update]:
    """What changed between two moments, the oldest first; without moments, in the last day.

    Raises
    ------
    BadInput
        One moment without the other, or a period that is longer than 90 days or ends before it begins.
    """
    if (start is None) != (end is None):
        raise BadInput(detail=Message("start_date and end_date are given together."))
    present = now(session)
    begin, until = (start, end) if start is not None and end is not None else (present - timedelta(days=1), present)
    _check_period(begin, until)
    return [
        Update(
            row.id,
            row.number,
            row.at,
            row.act,
            CaseStatus(row.after),
            ClosingReason(row.reason) if row.reason else None,
            row.words,
        )
        for row in queries.updates(session, begin, until, MOST)
    ]


def send_update(
    session: Session,
    by: Key,
    number: str,
    words: str,
    *,
    at: datetime,
    status: str = "",
    update_id: str | None = None,
    media_url: str = "",
) -> int:
    """Note what a program says about a request; return the number of the line. Staff read it; the public does not.

    It moves nothing: a state is changed by whoever has the case. Sent twice with one ``update_id`` it is one line.

    Raises
    ------
    NotFound, BadInput, KeyReused
    """
    found = queries.by_numbers(session, [number]) if is_storable(number) else []
    if not found:
        raise NotFound(what="service request", key=number)
    plain = words.strip()
    if len(plain) > history.LONGEST_NOTE or not is_storable(plain):
        raise BadInput(
            detail=Message(
                "{name}: at most {longest} letters.", {"name": "description", "longest": history.LONGEST_NOTE}
            )
        )
    present = now(session)
    if not found[0].reported_at - AHEAD <= at <= present + AHEAD:
        raise BadInput(detail=Message("updated_datetime lies between the report and now."))
    sender = f"api:{by.id}"
    once = None if update_id is None else f"open311:{by.id}:{hashed(update_id)[:32]}"
    answered = history.claim(session, once, sender, {"case": number, "words": plain, "status": status})
    if answered is not None:
        session.commit()
        return int(answered["update"])
    case = case_queries.find(session, found[0].id, lock=True)
    assert case is not None
    line = history.note(
        session,
        case,
        Who(f"api: {by.name}"),
        "comment",
        history.moment(case, present),
        words=plain,
        stated_status=status,
        stated_at=at.astimezone(UTC).isoformat(),
        update_id=update_id,
        media_url=media_url,
    )
    history.answer(session, once, {"update": line.id})
    session.commit()
    return int(line.id)


def jurisdiction(session: Session) -> units.CountyRow | None:
    """The county that answers here."""
    return units.county(session)


def _answers(asked: Mapping[Any, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to a kind's questions, each as its type wants it; answers to no question are left out."""
    kept: dict[str, Any] = {}
    for code, question in asked.items():
        values = [str(value).strip() for value in given.get(code, ()) if str(value).strip()]
        if not values:
            if question.get("required") and question.get("variable", True):
                raise BadInput(detail=Message("attribute[{code}] is required.", {"code": code}))
            continue
        kind = question.get("datatype", "string")
        allowed = {str(value.get("key")) for value in question.get("values") or ()}
        if kind in ("singlevaluelist", "multivaluelist"):
            if (kind == "singlevaluelist" and len(values) > 1) or not set(values) <= allowed:
                raise BadInput(
                    detail=Message(
                        "attribute[{code}] is one of: {known}.", {"code": code, "known": ", ".join(sorted(allowed))}
                    )
                )
        elif len(values) > 1 or len(values[0]) > 1_000 or not is_storable(values[0]) or not _fits(kind, values[0]):
            raise BadInput(detail=Message("attribute[{code}] does not read as {kind}.", {"code": code, "kind": kind}))
        kept[str(code)] = values if kind == "multivaluelist" else values[0]
    return kept


def _fits(kind: str, value: str) -> bool:
    try:
        if kind == "number":
            return abs(float(value)) < 1e15
        if kind == "datetime":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _place_of(session: Session, code: str) -> tuple[Place, str]:
    found = queries.place_of(session, code, units.today(session)) if is_storable(code) else None
    if found is None:
        raise NotFound(what="address", key=code)
    ((lon, lat),) = (at for at in outward(session, [found.x], [found.y]) if at is not None)
    return Place(lon, lat), found.name


def _period(asked: Asked, present: datetime) -> tuple[datetime | None, datetime | None]:
    start, end = asked.start, asked.end
    if start is not None and end is not None:
        _check_period(start, end)
    elif start is not None:
        end = start + PERIOD
    elif end is not None:
        start = end - PERIOD
    elif asked.updated_after is None and asked.updated_before is None:
        start = present - PERIOD
    return start, end


def _check_period(start: datetime, end: datetime) -> None:
    if end < start:
        raise BadInput(detail=Message("The period ends before it begins."))
    if end - start > PERIOD:
        raise BadInput(detail=Message("A period is at most {days} days long.", {"days": PERIOD.days}))


def _shown(session: Session, rows: list[Any], with_notes: bool) -> list[Shown]:
    at = outward(session, [row.x for row in rows], [row.y for row in rows])
    notes: dict[int, list[tuple[datetime, str]]] = {}
    if with_notes:
        for note in queries.notes(session, [row.id for row in rows if row.shown]):
            notes.setdefault(note.case_id, []).append((note.at, note.note))
    return [
        Shown(
            number=row.number,
            kind=Named(row.kind, row.name_zh, row.name_en),
            status=CaseStatus(row.status),
            reason=ClosingReason(row.closing_reason) if row.closing_reason else None,
            words=row.public_words,
            answer=row.answer or "" if row.shown else "",
            where_to_go=row.where_to_go if row.shown else "",
            agency=Named("", row.agency_zh, row.agency_en) if row.agency_zh else None,
            reported_at=row.reported_at,
            updated_at=row.changed_at,
            due_at=row.due_at,
            address=" ".join(filter(None, (row.town_name, row.community_name, row.unit_name))) if row.shown else "",
            unit=row.unit if row.shown else None,
            lon=place[0] if place and row.shown else None,
            lat=place[1] if place and row.shown else None,
            photo=row.photo if row.shown else None,
            answers=_told(row) if row.shown else {},
            notes=tuple(notes.get(row.id, ())),
        )
        for row, place in zip(rows, at, strict=True)
    ]


def _told(row: Any) -> dict[str, Any]:
    """Answers that are chosen or counted; what somebody typed stays here."""
    plain = {str(each.get("code")) for each in row.questions or () if each.get("datatype") in _PLAIN}
    return {code: value for code, value in (row.attributes or {}).items() if code in plain}
