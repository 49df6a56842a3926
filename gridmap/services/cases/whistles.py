"""Whistle and report-in 吹哨报到: several bodies called to one case, each with its own clocks, reply and rating."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gridmap.domain.cases import ENDED, CaseStatus
from gridmap.domain.clock import Clock, Stage, Term, due
from gridmap.domain.codes import contains
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, MoveIllegal, NotFound, OutsideScope, PermissionMissing, Refused
from gridmap.services.cases import history
from gridmap.services.cases.access import case_for, for_change, seen_by
from gridmap.services.cases.moment import calendar, now
from gridmap.services.cases.records import CallView, Named
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseBody, WhistleCall
from gridmap.store.queries import cases as queries
from gridmap.store.queries import desks
from gridmap.store.queries import whistles as rows

#: Most bodies that are called to one case.
MOST = 12


def call(
    session: Session,
    actor: Actor,
    case_id: int,
    version: int | None,
    bodies: Sequence[str],
    *,
    leads: str | None = None,
    hard: bool = False,
    words: str = "",
) -> tuple[CallView, ...]:
    """Whistle: call bodies to a case. The first one leads unless another is named; a hard case has a longer term.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, MoveIllegal, BadInput, Refused
    """
    actor.require(Permission.DISPATCH_CASES)
    case = for_change(session, actor, case_id, version)
    if CaseStatus(case.status) in ENDED:
        raise MoveIllegal(number=case.number, detail=Message("it has ended; nobody is called to it any more."))
    wanted = list(dict.fromkeys(bodies))
    if not 1 <= len(wanted) <= MOST or (leads is not None and leads not in wanted):
        raise BadInput(detail=Message("A whistle calls 1 to {most} bodies, one of them leading.", {"most": MOST}))
    standing = rows.of_case(session, case_id)
    at = history.moment(case, now(session))
    deadlines = {
        stage: due(at, term, calendar(session, at)) for stage, term in terms_of(session, case, hard, at).items()
    }
    leader = leads or (wanted[0] if not any(each.leads for each in standing) else None)
    for code in wanted:
        body = desks.body(session, code)
        if body is None or not body.active:
            raise NotFound(what="body", key=code)
        if any(each.body_id == body.id for each in standing):
            raise Refused(detail=Message("{body} was called to this case before.", {"body": body.name_zh}))
        session.add(
            WhistleCall(
                case_id=case.id,
                body_id=body.id,
                leads=code == leader and not any(each.leads for each in standing),
                hard=hard,
                called_at=at,
                caller=actor.name,
                caller_id=actor.account_id,
                words=words[: history.LONGEST_NOTE],
                sign_due_at=deadlines[Stage.SIGN],
                contact_due_at=deadlines[Stage.CONTACT],
                attend_due_at=deadlines[Stage.ATTEND],
            )
        )
    history.note(session, case, history.who(actor), "whistle", at, words=words, bodies=wanted, leads=leader, hard=hard)
    session.commit()
    return calls_of(session, case_id, at)


def terms_of(session: Session, case: Case, hard: bool, at: datetime) -> dict[Stage, Term]:
    """Terms of the three clocks: the lane's, and what its table lacks as the practice has it (1 h, 24 h, 3 or 5 d)."""
    terms = {
        Stage.SIGN: Term(Clock.URGENT_HOURS, 1),
        Stage.CONTACT: Term(Clock.URGENT_HOURS, 24),
        Stage.ATTEND: Term(Clock.WORK_DAYS, 5 if hard else 3),
    }
    for stage, clock, amount in queries.rules_at(session, "whistle_hard" if hard else "whistle", case.kind, at):
        if stage in terms:
            terms[Stage(stage)] = Term(Clock(clock), amount)
    return terms


def sign(session: Session, actor: Actor, call_id: int) -> CallView:
    """A body signs in: it knows of the call.

    Raises
    ------
    NotFound, PermissionMissing, OutsideScope, Refused
    """
    return _step(session, actor, call_id, "sign")


def contact(session: Session, actor: Actor, call_id: int, reply: str) -> CallView:
    """A body has spoken with the community, and says what it will do.

    Raises
    ------
    As :func:`sign`, BadInput
    """
    return _step(session, actor, call_id, "contact", _words(reply))


def attend(session: Session, actor: Actor, call_id: int, words: str) -> CallView:
    """A body was on the spot.

    Raises
    ------
    As :func:`sign`, BadInput
    """
    return _step(session, actor, call_id, "attend", _words(words))


def rate(session: Session, actor: Actor, call_id: int, rating: int, words: str = "") -> CallView:
    """The community that whistled says how it was, from 1 to 5; once.

    Raises
    ------
    NotFound, PermissionMissing, OutsideScope, BadInput, Refused
    """
    actor.require(Permission.DISPATCH_CASES)
    found, case = _found(session, actor, call_id)
    if actor.body is not None:
        raise PermissionMissing(role=actor.role.value, permission="rate")
    if not 1 <= rating <= 5:
        raise BadInput(detail=Message("A rating goes from 1 to 5."))
    if found.rated_at is not None:
        raise Refused(detail=Message("This call was rated before; a rating stands."))
    at = history.moment(case, now(session))
    if found.attended_at is None and at <= found.attend_due_at:
        raise Refused(detail=Message("Rate when the body was there, or when its time has run out."))
    found.rating, found.rating_words, found.rated_at, found.rated_by = rating, words[:1000], at, actor.name
    history.note(session, case, history.who(actor), "rate", at, words=words, call=call_id, rating=rating)
    session.commit()
    return _view(session, found, at)


def board(
    session: Session, actor: Actor, *, state: str = "open", unit: str | None = None, limit: int = 500
) -> list[CallView]:
    """Calls of the cases the actor may see: ``open`` (not yet attended), ``late``, ``rated`` or ``all``, latest first.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    if state not in ("open", "late", "rated", "all"):
        raise BadInput(detail=Message("Whistles are shown open, late, rated or all."))
    if unit is not None and not contains(actor.scope, unit):
        raise OutsideScope(code=unit, scope=actor.scope)
    present = now(session)
    condition, given = seen_by(actor).condition()
    found = rows.listed(session, condition, given, state=state, unit=unit, now=present, limit=limit)
    return [_view(session, each, present) for each in found]


def calls_of(session: Session, case_id: int, present: datetime) -> tuple[CallView, ...]:
    """The calls to one case, the leading body first."""
    found = rows.of_case(session, case_id)
    return tuple(_view(session, each, present) for each in sorted(found, key=lambda each: (not each.leads, each.id)))


def _step(session: Session, actor: Actor, call_id: int, step: str, words: str = "") -> CallView:
    actor.require(Permission.HANDLE_CASES)
    found, case = _found(session, actor, call_id)
    body = session.get(CaseBody, found.body_id)
    assert body is not None
    unit = desks.unit_code(session, body.unit_id)
    if actor.body != found.body_id and not (actor.body is None and contains(actor.scope, unit)):
        raise MoveIllegal(number=case.number, detail=Message("another body was called."))
    done = {"sign": found.signed_at, "contact": found.contacted_at, "attend": found.attended_at}
    if done[step] is not None:
        raise Refused(detail=Message("This was noted before."))
    at = history.moment(case, now(session))
    found.signed_at = found.signed_at or at  # who replies or comes has signed in by that
    if step == "contact":
        found.contacted_at, found.reply = at, words
    elif step == "attend":
        found.attended_at, found.attended_words = at, words
        found.contacted_at = found.contacted_at or at
    history.note(session, case, history.who(actor), f"whistle {step}", at, words=words, call=call_id, body=body.code)
    session.commit()
    return _view(session, found, at)


def _found(session: Session, actor: Actor, call_id: int) -> tuple[WhistleCall, Case]:
    found = session.get(WhistleCall, call_id, with_for_update=True)
    if found is None:
        raise NotFound(what="whistle", key=call_id)
    return found, case_for(session, actor, found.case_id, lock=True)


def _words(words: str) -> str:
    if not words.strip():
        raise BadInput(detail=Message("Say in a few words what was done."))
    return words.strip()[: history.LONGEST_NOTE]


def _view(session: Session, call_: WhistleCall, present: datetime) -> CallView:
    body = session.get(CaseBody, call_.body_id)
    case = session.get(Case, call_.case_id)
    assert body is not None
    assert case is not None
    late = tuple(
        stage
        for stage, ends, done in (
            ("sign", call_.sign_due_at, call_.signed_at),
            ("contact", call_.contact_due_at, call_.contacted_at),
            ("attend", call_.attend_due_at, call_.attended_at),
        )
        if (done or present) > ends
    )
    return CallView(
        id=call_.id,
        case_id=call_.case_id,
        number=case.number,
        body=Named(body.code, body.name_zh, body.name_en),
        leads=call_.leads,
        hard=call_.hard,
        called_at=call_.called_at,
        caller=call_.caller,
        words=call_.words,
        sign_due_at=call_.sign_due_at,
        contact_due_at=call_.contact_due_at,
        attend_due_at=call_.attend_due_at,
        signed_at=call_.signed_at,
        contacted_at=call_.contacted_at,
        reply=call_.reply,
        attended_at=call_.attended_at,
        attended_words=call_.attended_words,
        rating=call_.rating,
        rating_words=call_.rating_words,
        rated_by=call_.rated_by,
        late=late,
    )
