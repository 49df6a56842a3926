"""Courtyard meetings 院坝会: announce, hold, answer within 24 hours, carry up what is open, show who has not met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gridmap.domain.clock import LOCAL
from gridmap.domain.codes import contains, level_of
from gridmap.domain.meetings import HELD_BY, NEXT, Answer, MeetingState, Tier, in_time
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound, OutsideScope, Refused
from gridmap.services.cases.moment import now, outward
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Matter, Meeting, Unit
from gridmap.store.queries import accounts
from gridmap.store.queries import meetings as queries

LONGEST_WORDS, LONGEST_MINUTES = 1_000, 20_000


@dataclass(frozen=True)
class MatterView:
    """A matter with its answer. ``in_time``: answered within 24 hours; None while that time runs."""

    id: int
    meeting_id: int
    words: str
    raised_at: datetime | None
    answer: Answer
    answer_words: str
    answered_at: datetime | None
    owner: str
    promised_for: date | None
    settled_at: datetime | None
    public: bool
    case_id: int | None
    carried_from: int | None
    carried_to: int | None
    in_time: bool | None


@dataclass(frozen=True)
class MeetingView:
    """A meeting with its unit and matters."""

    id: int
    unit: str
    unit_name: str
    tier: Tier
    state: MeetingState
    announced_for: datetime | None
    place: str
    subject: str
    held_on: date | None
    attendance: int | None
    minutes: str
    version: int
    matters: tuple[MatterView, ...]


@dataclass(frozen=True)
class Met:
    """When a unit met last, for the map of who has met and who has not."""

    unit: str
    name: str
    lon: float | None
    lat: float | None
    last: date | None
    days: int | None
    planned: datetime | None


def announce(
    session: Session, actor: Actor, unit: str, at: datetime, *, place: str = "", subject: str = ""
) -> MeetingView:
    """Announce a meeting of a courtyard, community or town; matters that came up from below are on its agenda.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput
    """
    row, tier = _unit(session, actor, unit)
    if at.tzinfo is None:
        raise BadInput(detail=Message("A moment needs its time zone."))
    if at <= now(session):
        raise BadInput(detail=Message("A meeting is announced before it is held; note one that was held as held."))
    meeting = Meeting(
        unit_id=row.id,
        tier=tier,
        state=MeetingState.ANNOUNCED,
        announced_for=at,
        place=_text(place, 200),
        subject=_text(subject, 200),
    )
    session.add(meeting)
    session.flush()
    _adopt_agenda(session, meeting)
    return _done(session, actor, meeting, "meeting announced")


def hold(
    session: Session,
    actor: Actor,
    *,
    meeting_id: int | None = None,
    unit: str | None = None,
    held_on: date,
    attendance: int,
    minutes: str = "",
    subject: str = "",
) -> MeetingView:
    """Note that a meeting was held: an announced one, or (with ``unit``) one that was not.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, Refused
    """
    if held_on > now(session).astimezone(LOCAL).date():
        raise BadInput(detail=Message("This day lies in the future."))
    if not 0 <= attendance <= 100_000:
        raise BadInput(detail=Message("Attendance is a number of people."))
    if meeting_id is not None:
        meeting = _meeting(session, actor, meeting_id)
        if meeting.state == MeetingState.CANCELLED:
            raise Refused(detail=Message("This meeting was cancelled."))
    else:
        row, tier = _unit(session, actor, unit or "")
        meeting = Meeting(unit_id=row.id, tier=tier, state=MeetingState.HELD, held_on=held_on)
    if queries.held(session, meeting.unit_id, held_on, but=meeting_id):
        raise Refused(detail=Message("A meeting of this day is noted already; add to that one."))
    meeting.state, meeting.held_on, meeting.attendance = MeetingState.HELD, held_on, attendance
    meeting.minutes = _text(minutes, LONGEST_MINUTES) or meeting.minutes or ""
    meeting.subject = _text(subject, 200) or meeting.subject or ""
    session.add(meeting)
    session.flush()
    if meeting_id is None:
        _adopt_agenda(session, meeting)
    return _done(session, actor, meeting, "meeting held")


def cancel(session: Session, actor: Actor, meeting_id: int, why: str) -> MeetingView:
    """Call an announced meeting off. Its agenda goes to the next one.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, Refused
    """
    meeting = _meeting(session, actor, meeting_id)
    if meeting.state != MeetingState.ANNOUNCED:
        raise Refused(detail=Message("Only a meeting that is announced can be cancelled."))
    if not why.strip():
        raise BadInput(detail=Message("Say why the meeting is cancelled."))
    meeting.state = MeetingState.CANCELLED
    meeting.minutes = _text(why, LONGEST_MINUTES)
    queries.release_agenda(session, meeting.id)
    return _done(session, actor, meeting, "meeting cancelled")


def raise_matter(
    session: Session, actor: Actor, meeting_id: int, words: str, *, raised_at: datetime | None = None
) -> MatterView:
    """Note a matter that was raised; its 24 hours begin at that moment, for minutes written later as for those at once.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, Refused
    """
    meeting = _meeting(session, actor, meeting_id)
    if meeting.state == MeetingState.CANCELLED:
        raise Refused(detail=Message("This meeting was cancelled."))
    plain = _text(words, LONGEST_WORDS)
    if not plain:
        raise BadInput(detail=Message("Say in a few words what is the matter."))
    matter = Matter(meeting_id=meeting.id, words=plain, raised_at=_past(session, raised_at), answer=Answer.OPEN)
    session.add(matter)
    session.flush()
    _done(session, actor, meeting, "matter raised")
    return _matter_view(session, matter)


def answer(
    session: Session,
    actor: Actor,
    matter_id: int,
    how: Answer,
    words: str,
    *,
    owner: str = "",
    promised_for: date | None = None,
    answered_at: datetime | None = None,
) -> MatterView:
    """Answer a matter: settled on the spot, or promised with an owner and a day.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, Refused
    """
    matter, meeting = _matter(session, actor, matter_id)
    plain, who = _text(words, LONGEST_WORDS), _text(owner, 100)
    if how is Answer.OPEN or not plain:
        raise BadInput(detail=Message("An answer says how it is settled, or what is promised."))
    if matter.settled_at is not None:
        raise Refused(detail=Message("This matter is settled."))
    present = _past(session, answered_at)
    if matter.raised_at is not None and present < matter.raised_at:
        raise BadInput(detail=Message("An answer comes after the matter was raised."))
    if how is Answer.PROMISED:
        if not who or promised_for is None:
            raise BadInput(detail=Message("A promise names who does it and by which day."))
        if promised_for < present.astimezone(LOCAL).date():
            raise BadInput(detail=Message("The day of a promise lies ahead."))
    matter.answer = how
    matter.answer_words = plain
    matter.answered_at = matter.answered_at or present  # a better promise later does not make the first one later
    matter.owner = who if how is Answer.PROMISED else matter.owner
    matter.promised_for = promised_for if how is Answer.PROMISED else None
    if how is Answer.ON_THE_SPOT:
        matter.settled_at = present
    _done(session, actor, meeting, "matter answered")
    return _matter_view(session, matter)


def settle(session: Session, actor: Actor, matter_id: int, words: str) -> MatterView:
    """Note that what was promised is done.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, Refused
    """
    matter, meeting = _matter(session, actor, matter_id)
    if matter.answer != Answer.PROMISED or matter.settled_at is not None:
        raise Refused(detail=Message("Only what was promised and is not settled yet can be settled."))
    matter.settled_at = now(session)
    plain = _text(words, LONGEST_WORDS)
    if plain:
        matter.answer_words = plain
    _done(session, actor, meeting, "matter settled")
    return _matter_view(session, matter)


def carry_up(session: Session, actor: Actor, matter_id: int) -> MatterView:
    """Take a matter that is not resolved up a tier: onto the next agenda of the community, then of the town.

    Returns the matter up there. It waits without a meeting's date where none is announced.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, Refused
    """
    matter, meeting = _matter(session, actor, matter_id)
    tier = NEXT[Tier(meeting.tier)]
    if tier is None:
        raise Refused(detail=Message("There is no tier above the town's."))
    if matter.settled_at is not None:
        raise Refused(detail=Message("This matter is settled."))
    if queries.carried(session, matter.id) is not None:
        raise Refused(detail=Message("This matter went up before."))
    unit = session.get(Unit, meeting.unit_id)
    assert unit is not None
    code = unit.code[:12] if tier is Tier.COMMUNITY else unit.code[:9] + "000"
    above = queries.unit(session, code)
    if above is None:
        raise NotFound(what="unit", key=code)
    agenda = queries.next_announced(session, above.id)
    if agenda is None:
        raise Refused(
            detail=Message(
                "{unit} has announced no meeting yet. Announce one, and then take it up.", {"unit": above.name}
            )
        )
    lifted = Matter(
        meeting_id=agenda.id,
        words=matter.words,
        raised_at=matter.raised_at,
        answer=Answer.OPEN,
        public=matter.public,
        case_id=matter.case_id,
        carried_from_id=matter.id,
    )
    session.add(lifted)
    session.flush()
    _done(session, actor, meeting, "matter carried up")
    return _matter_view(session, lifted)


def meeting(session: Session, actor: Actor, meeting_id: int) -> MeetingView:
    """One meeting.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    """
    actor.require(Permission.VIEW_CASES)
    row = session.get(Meeting, meeting_id)
    if row is None:
        raise NotFound(what="meeting", key=meeting_id)
    unit = session.get(Unit, row.unit_id)
    assert unit is not None
    if not contains(_area(actor), unit.code) and not contains(unit.code, actor.scope):
        raise OutsideScope(code=unit.code, scope=actor.scope)
    return _view(session, row)


def meetings(
    session: Session, actor: Actor, *, unit: str | None = None, state: MeetingState | None = None, limit: int = 200
) -> list[MeetingView]:
    """Meetings of the actor's area (or of a unit in it), those ahead first, then the latest.

    Raises
    ------
    PermissionMissing, OutsideScope
    """
    actor.require(Permission.VIEW_CASES, unit or actor.scope)
    rows = queries.listed(session, unit or actor.scope, state.value if state else None, limit)
    return [_view(session, row) for row in rows]


def who_met(session: Session, actor: Actor, as_of: date, *, unit: str | None = None) -> list[Met]:
    """Every courtyard of an area: when it met last before a day, and when it will; those longest without one first.

    Raises
    ------
    PermissionMissing, OutsideScope
    """
    actor.require(Permission.VIEW_CASES, unit or actor.scope)
    rows = queries.last_met(session, unit or actor.scope, as_of)
    places = outward(session, [row.x for row in rows], [row.y for row in rows])
    return [
        Met(
            row.code,
            row.name,
            place[0] if place else None,
            place[1] if place else None,
            row.last,
            (as_of - row.last).days if row.last else None,
            row.planned,
        )
        for row, place in zip(rows, places, strict=True)
    ]


def public(session: Session, unit: str, *, limit: int = 10) -> list[MeetingView]:
    """What residents of a unit may read: meetings of its courtyards, community and town, with their public matters."""
    if not is_storable(unit):
        return []
    return [
        MeetingView(**{**view.__dict__, "matters": tuple(each for each in view.matters if each.public), "minutes": ""})
        for view in (_view(session, row) for row in queries.around(session, unit, limit))
    ]


def _area(actor: Actor) -> str:
    """Where somebody holds meetings: a grid's worker those of the community's courtyards."""
    return actor.scope[:12]


def _unit(session: Session, actor: Actor, code: str) -> tuple[Unit, Tier]:
    actor.require(Permission.HOLD_MEETINGS)
    row = queries.unit(session, code) if is_storable(code) else None
    if row is None:
        raise NotFound(what="unit", key=code)
    if not contains(_area(actor), row.code):
        raise OutsideScope(code=code, scope=actor.scope)
    for tier, levels in HELD_BY.items():
        if level_of(row.code) in levels:
            return row, tier
    raise BadInput(detail=Message("Meetings are held by courtyards, communities and towns."))


def _meeting(session: Session, actor: Actor, meeting_id: int) -> Meeting:
    row = session.get(Meeting, meeting_id, with_for_update=True)
    if row is None:
        raise NotFound(what="meeting", key=meeting_id)
    unit = session.get(Unit, row.unit_id)
    assert unit is not None
    _unit(session, actor, unit.code)
    return row


def _matter(session: Session, actor: Actor, matter_id: int) -> tuple[Matter, Meeting]:
    matter = session.get(Matter, matter_id, with_for_update=True)
    if matter is None:
        raise NotFound(what="matter", key=matter_id)
    return matter, _meeting(session, actor, matter.meeting_id)


def _adopt_agenda(session: Session, meeting: Meeting) -> None:
    """What was released from a cancelled meeting of the same unit comes onto this one's agenda."""
    queries.take_released(session, meeting.unit_id, meeting.id)


def _done(session: Session, actor: Actor, row: Meeting, action: str) -> MeetingView:
    row.version = (row.version or 0) + 1
    accounts.record(
        session,
        account_id=actor.account_id,
        actor=actor.name,
        action=action,
        subject=f"meeting {row.id}",
        detail={"state": row.state, "held_on": row.held_on.isoformat() if row.held_on else None},
    )
    session.commit()
    return _view(session, row)


def _view(session: Session, row: Meeting) -> MeetingView:
    unit = session.get(Unit, row.unit_id)
    assert unit is not None
    return MeetingView(
        id=row.id,
        unit=unit.code,
        unit_name=unit.name,
        tier=Tier(row.tier),
        state=MeetingState(row.state),
        announced_for=row.announced_for,
        place=row.place,
        subject=row.subject,
        held_on=row.held_on,
        attendance=row.attendance,
        minutes=row.minutes,
        version=row.version,
        matters=tuple(_matter_view(session, each) for each in _ordered(queries.matters(session, row.id))),
    )


def _ordered(rows: Sequence[Matter]) -> list[Matter]:
    return sorted(rows, key=lambda each: (each.settled_at is not None, each.id))


def _matter_view(session: Session, row: Matter) -> MatterView:
    how = Answer(row.answer)
    timely: bool | None = None
    if row.raised_at is not None:
        timely = in_time(how, row.raised_at, row.answered_at)
        if not timely and row.answered_at is None and (now(session) - row.raised_at).total_seconds() <= 86_400:
            timely = None
    return MatterView(
        id=row.id,
        meeting_id=row.meeting_id,
        words=row.words,
        raised_at=row.raised_at,
        answer=how,
        answer_words=row.answer_words,
        answered_at=row.answered_at,
        owner=row.owner,
        promised_for=row.promised_for,
        settled_at=row.settled_at,
        public=row.public,
        case_id=row.case_id,
        carried_from=row.carried_from_id,
        carried_to=queries.carried(session, row.id),
        in_time=timely,
    )


def _past(session: Session, stated: datetime | None) -> datetime:
    """A moment that somebody states, or now; never one ahead."""
    present = now(session)
    if stated is None:
        return present
    if stated.tzinfo is None or stated > present:
        raise BadInput(detail=Message("A moment has its time zone and lies in the past."))
    return stated


def _text(words: str, longest: int) -> str:
    plain = words.strip()
    if len(plain) > longest or not is_storable(plain):
        raise BadInput(detail=Message("{name}: at most {longest} letters.", {"name": "Text", "longest": longest}))
    return plain
