"""Acts that change no state: comment, assign, link, publish, more time asked for and decided on."""

from __future__ import annotations

from datetime import datetime, timedelta

from gridmap.domain.cases import ENDED, CaseStatus, at_least
from gridmap.domain.codes import level_of
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, MoveIllegal, NotFound, PermissionMissing, Refused
from gridmap.services.cases import history, terms
from gridmap.services.cases.access import case_for, for_change, is_handler
from gridmap.services.cases.moment import now
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseExtension, Lane
from gridmap.store.queries import desks


def comment(
    session: Session, actor: Actor, case_id: int, words: str, *, public: bool = False, key: str | None = None
) -> None:
    """Write a line into a case's history. ``public``: residents read it (an answer); dispatchers decide that.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, BadInput, KeyReused
    """
    plain = words.strip()
    if not plain or len(plain) > history.LONGEST_NOTE or not is_storable(plain):
        raise BadInput(detail=Message("A comment has 1 to {most} letters.", {"most": history.LONGEST_NOTE}))
    if public:
        actor.require(Permission.DISPATCH_CASES)
    asked = {"case": case_id, "comment": plain}
    if history.claim(session, key, f"account:{actor.account_id}", asked) is not None:
        session.commit()
        return
    case = for_change(session, actor, case_id, None)
    history.note(
        session, case, history.who(actor), "comment", history.moment(case, now(session)), words=plain, public=public
    )
    session.commit()


def assign(session: Session, actor: Actor, case_id: int, version: int | None, worker: str | None) -> None:
    """Give a case to one worker of the desk that has it, or to none.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, MoveIllegal
    """
    case = for_change(session, actor, case_id, version)
    if not is_handler(session, actor, case):
        actor.require(Permission.DISPATCH_CASES)
    _demand_open(case)
    key = None if worker is None else desks.worker_id(session, worker)
    if worker is not None and key is None:
        raise NotFound(what="worker", key=worker)
    case.worker_id = key
    history.note(session, case, history.who(actor), "assign", history.moment(case, now(session)), worker=worker or "-")
    session.commit()


def publish(session: Session, actor: Actor, case_id: int, version: int | None, words: str | None) -> None:
    """Let everybody read these words about a case, or (None) nothing of it. Names and numbers are left out by people.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, MoveIllegal, BadInput
    """
    actor.require(Permission.DISPATCH_CASES)
    case = for_change(session, actor, case_id, version)
    if case.restricted and words is not None:
        raise MoveIllegal(number=case.number, detail=Message("cases of this lane are not for the public."))
    if words is not None and (not words.strip() or len(words) > history.LONGEST_NOTE or not is_storable(words)):
        raise BadInput(detail=Message("A comment has 1 to {most} letters.", {"most": history.LONGEST_NOTE}))
    before = case.public_words
    case.public_words = None if words is None else words.strip()
    act = "publish" if words is not None else "withhold"
    history.note(
        session, case, history.who(actor), act, history.moment(case, now(session)), words=words or "", was=before
    )
    session.commit()


def link(session: Session, actor: Actor, case_id: int, version: int | None, duplicate_of: int | None) -> None:
    """Say that a case is a duplicate of another (never of a duplicate), or (None) that it is not.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, Refused
    """
    actor.require(Permission.DISPATCH_CASES)
    case = for_change(session, actor, case_id, version)
    if duplicate_of is not None:
        other = case_for(session, actor, duplicate_of)
        if other.id == case.id or other.duplicate_of_id is not None:
            raise Refused(detail=Message("Link it to the first of these cases, which is no duplicate itself."))
    case.duplicate_of_id = duplicate_of
    history.note(
        session, case, history.who(actor), "link", history.moment(case, now(session)), duplicate_of=duplicate_of
    )
    session.commit()


def ask_extension(
    session: Session,
    actor: Actor,
    case_id: int,
    version: int | None,
    until: datetime,
    reason: str,
    *,
    key: str | None = None,
) -> int:
    """Ask for more time; return the number of the asking. The deadline stays until somebody decides.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, MoveIllegal, BadInput, Refused
    """
    actor.require(Permission.HANDLE_CASES)
    asked = {"case": case_id, "until": until.isoformat(), "extension": reason.strip()}
    known = history.claim(session, key, f"account:{actor.account_id}", asked)
    if known is not None:
        session.commit()
        return int(known["extension"])
    case = for_change(session, actor, case_id, version)
    _demand_open(case)
    if not is_handler(session, actor, case):
        raise MoveIllegal(number=case.number, detail=Message("it is on another desk than yours."))
    if not reason.strip():
        raise BadInput(detail=Message("Say why more time is needed."))
    lane = session.get(Lane, case.lane)
    assert lane is not None
    if case.due_at is None or until.tzinfo is None or until <= case.due_at:
        raise BadInput(detail=Message("More time ends later than the present deadline."))
    first = case.original_due_at or case.due_at
    if until > first + timedelta(days=lane.extension_days):
        raise Refused(
            detail=Message("A deadline of this lane moves by at most {days} days.", {"days": lane.extension_days})
        )
    if any(row.decided_at is None for row in _asked(session, case)):
        raise Refused(detail=Message("More time was asked for before, and is not decided yet."))
    at = history.moment(case, now(session))
    row = CaseExtension(
        case_id=case.id,
        asked_at=at,
        asked_by=actor.name,
        asker_id=actor.account_id,
        until=until,
        reason=reason.strip()[: history.LONGEST_NOTE],
    )
    session.add(row)
    history.note(session, case, history.who(actor), "ask extension", at, words=row.reason, until=until.isoformat())
    history.answer(session, key, {"extension": row.id})
    session.commit()
    return row.id


def decide_extension(session: Session, actor: Actor, extension_id: int, approve: bool, words: str = "") -> None:
    """Grant more time or not. Who asked does not decide; the lane says from which level up one may.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, MoveIllegal, Refused
    """
    row = session.get(CaseExtension, extension_id, with_for_update=True)
    if row is None:
        raise NotFound(what="extension", key=extension_id)
    case = for_change(session, actor, row.case_id, None)
    lane = session.get(Lane, case.lane)
    assert lane is not None
    least = Level(lane.extension_level)
    # at a community its dispatcher decides; from a town up it is the head's word
    permission = Permission.DISPATCH_CASES if least is Level.COMMUNITY else Permission.DECIDE_CASES
    actor.require(permission)
    if not at_least(level_of(actor.scope), least):
        raise MoveIllegal(
            number=case.number, detail=Message("this is decided at the level of a {level} or above.", {"level": least})
        )
    if row.decided_at is not None:
        raise Refused(detail=Message("This was decided before."))
    if (row.asker_id, row.asked_by) == (actor.account_id, actor.name):
        raise PermissionMissing(role=actor.role.value, permission="decide on own request")
    at = history.moment(case, now(session))
    row.decided_at, row.decided_by, row.approved, row.answer = at, actor.name, approve, words[:1000]
    before = case.due_at
    if approve:
        case.extensions += 1
        terms.extend(session, case, row.until)
    history.note(
        session,
        case,
        history.who(actor),
        "extension granted" if approve else "extension refused",
        at,
        words=words,
        due_before=before.isoformat() if before else None,
        due=case.due_at.isoformat() if case.due_at else None,
        reason=row.reason,
    )
    session.commit()


def _asked(session: Session, case: Case) -> list[CaseExtension]:
    return list(session.query(CaseExtension).filter(CaseExtension.case_id == case.id))


def _demand_open(case: Case) -> None:
    if CaseStatus(case.status) in ENDED:
        raise MoveIllegal(number=case.number, detail=Message("it has ended."))
