"""Moves: one case from state to state, with its history, its deadlines and its desk, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gridmap.domain.cases import (
    CLOSED,
    MOVES,
    CaseStatus,
    ClosingReason,
    Move,
    Satisfaction,
    Verdict,
    may_close,
    missing,
)
from gridmap.domain.clock import LOCAL
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, GridmapError, MoveIllegal, MoveIncomplete, NotFound
from gridmap.services.cases import history, terms
from gridmap.services.cases.access import demand, for_change
from gridmap.services.cases.history import Who
from gridmap.services.cases.moment import now
from gridmap.services.cases.reading import case as view_of
from gridmap.services.cases.records import CaseView
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseBody, FollowUp
from gridmap.store.queries import cases as queries
from gridmap.store.queries import desks


@dataclass(frozen=True)
class Given:
    """What is said with a move. ``body``: code of a body; ``unit``: code of a unit whose staff takes it."""

    note: str = ""
    body: str | None = None
    unit: str | None = None
    worker: str | None = None
    closing_reason: ClosingReason | None = None
    where_to_go: str = ""
    review_on: date | None = None
    verdict: Verdict | None = None
    public: bool = False

    def as_json(self) -> dict[str, Any]:
        """For recognising a request that is sent twice."""
        verdict = self.verdict
        said = (verdict.contacted, verdict.solved, verdict.satisfaction, verdict.words) if verdict else None
        return {**self.__dict__, "verdict": said}


NOTHING = Given()


def move(
    session: Session,
    actor: Actor,
    case_id: int,
    version: int | None,
    what: Move,
    given: Given = NOTHING,
    *,
    key: str | None = None,
) -> CaseView:
    """Make a move, and return the case as it is then. With a ``key`` that was carried out before, nothing more is done.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    CaseMoved
        The case is no longer at ``version``.
    MoveIllegal, MoveIncomplete, BadInput, KeyReused
    """
    asked = {"case": case_id, "move": what.value, **given.as_json()}
    if history.claim(session, key, f"account:{actor.account_id}", asked) is not None:
        session.commit()
        return view_of(session, actor, case_id)
    case = for_change(session, actor, case_id, version)
    demand(session, actor, case, what)
    if given.public:
        actor.require(Permission.DISPATCH_CASES)  # what residents read is a dispatcher's word
    carry_out(session, case, what, history.who(actor), now(session), given)
    history.answer(session, key, {"version": case.version})
    session.commit()
    return view_of(session, actor, case_id)


def move_many(
    session: Session, actor: Actor, chosen: Sequence[tuple[int, int]], what: Move, given: Given = NOTHING
) -> list[tuple[int, Message | None]]:
    """The same move on many cases, each in its own transaction: number and None, or why it was not made."""
    outcome: list[tuple[int, Message | None]] = []
    for case_id, version in chosen:
        try:
            move(session, actor, case_id, version, what, given)
            outcome.append((case_id, None))
        except GridmapError as error:
            session.rollback()
            outcome.append((case_id, Message(error.sentence, error.params)))
    return outcome


def carry_out(session: Session, case: Case, what: Move, by: Who, at: datetime, given: Given = NOTHING) -> None:
    """Make a move without asking whose it is, inside the caller's transaction; the case is locked by the caller.

    Raises
    ------
    MoveIllegal, MoveIncomplete, NotFound, BadInput
    """
    before, after = CaseStatus(case.status), MOVES[what].leads_to
    if before not in MOVES[what].states:
        raise MoveIllegal(
            number=case.number, detail=Message("it is {status}, and {move} is not possible then.",
                                               {"status": before.value, "move": what.value})
        )  # fmt: skip
    _demand_complete(case, what, given)
    at = history.moment(case, at)
    detail = _apply(session, case, what, by, at, given)
    case.status = after
    history.note(
        session,
        case,
        by,
        what.value,
        at,
        before=before.value,
        words=given.note.strip(),
        public=given.public,
        **detail,
    )
    terms.follow(session, case, what, at)
    session.flush()


def _demand_complete(case: Case, what: Move, given: Given) -> None:
    said: dict[str, object] = {
        "note": given.note.strip(),
        "where_to_go": given.where_to_go.strip(),
        "body": given.body or given.unit or case.body_id or case.handler_unit_id,
        "closing_reason": given.closing_reason or (case.proposed_reason if what is Move.CLOSE else None),
        "review_on": given.review_on,
        "contacted": given.verdict,
    }
    lacking = missing(what, said)
    if lacking:
        raise MoveIncomplete(move=what.value, missing=", ".join(lacking))


def _apply(session: Session, case: Case, what: Move, by: Who, at: datetime, given: Given) -> dict[str, Any]:
    """Change what the move changes beside the state; return what the history should keep of it."""
    match what:
        case Move.FILE:
            case.filed_at = case.filed_at or at
        case Move.REFUSE:
            case.where_to_go = given.where_to_go.strip()
            return {"where_to_go": case.where_to_go}
        case Move.DISPATCH:
            before = desks.named(session, case)
            to_desk(session, case, body=given.body, unit=given.unit, worker=given.worker)
            case.dispatched_at = case.dispatched_at or at
            return {"from": before, "to": desks.named(session, case), "worker": given.worker}
        case Move.RETURN:
            case.returns += 1
            return {"from": desks.named(session, case)}
        case Move.SETTLE:
            case.proposed_reason = given.closing_reason
            return {"closing_reason": given.closing_reason}
        case Move.REWORK:
            case.reworks += 1
        case Move.PUT_OFF:
            assert given.review_on is not None
            if given.review_on <= at.astimezone(LOCAL).date():
                raise BadInput(detail=Message("The day of review lies in the future."))
            case.review_on = given.review_on
            return {"review_on": given.review_on.isoformat()}
        case Move.TAKE_UP:
            case.review_on = None
        case Move.FOLLOW_UP:
            assert given.verdict is not None
            keep_verdict(session, case, given.verdict, at, account=by.account, by_resident=by == history.RESIDENT)
            return {"contacted": given.verdict.contacted, "solved": given.verdict.solved}
        case Move.CLOSE:
            return _close(session, case, at, given)
        case Move.REOPEN:
            reason = case.closing_reason
            case.reopenings += 1
            case.closed_at = case.closing_reason = case.proposed_reason = None
            return {"closing_reason": reason}
        case Move.ARCHIVE:
            case.contact = None  # what was needed to reach somebody is not needed any more
    return {}


def _close(session: Session, case: Case, at: datetime, given: Given) -> dict[str, Any]:
    reason = given.closing_reason or ClosingReason(case.proposed_reason or "")
    heard = [
        Verdict(row.contacted, row.solved, Satisfaction(row.satisfaction) if row.satisfaction else None)
        for row in queries.follow_ups(session, case.id)
        if row.round == round_of(case)
    ]
    if not may_close(reason, heard):
        raise MoveIllegal(
            number=case.number,
            detail=Message(
                "the resident says that it is not solved, so it is not closed as {reason}. Send it back to be "
                "reworked, or close it for the reason that is true.",
                {"reason": reason.value},
            ),
        )
    case.closed_at, case.closing_reason = at, reason.value
    return {"closing_reason": reason.value}


def round_of(case: Case) -> int:
    """Number of the settlement under way: each rework and each reopening begins a new one."""
    return case.reworks + case.reopenings


def keep_verdict(
    session: Session, case: Case, verdict: Verdict, at: datetime, *, account: int | None, by_resident: bool
) -> None:
    """Write what a follow-up brought. It is never changed."""
    session.add(
        FollowUp(
            case_id=case.id,
            at=at,
            account_id=account,
            by_resident=by_resident,
            round=round_of(case),
            contacted=verdict.contacted,
            solved=verdict.solved,
            satisfaction=verdict.satisfaction,
            words=verdict.words[: history.LONGEST_NOTE],
        )
    )
    session.flush()


def to_desk(session: Session, case: Case, *, body: str | None, unit: str | None, worker: str | None) -> None:
    """Put a case on the desk of a body or of a unit's staff; neither named: it stays where it was to go.

    Raises
    ------
    NotFound
    """
    if body is not None:
        found: CaseBody | None = desks.body(session, body)
        if found is None or not found.active:
            raise NotFound(what="body", key=body)
        case.body_id, case.handler_unit_id, case.worker_id = found.id, None, None
    elif unit is not None:
        key = desks.unit_id(session, unit)
        if key is None:
            raise NotFound(what="unit", key=unit)
        case.body_id, case.handler_unit_id, case.worker_id = None, key, None
    if worker is not None:
        number = desks.worker_id(session, worker)
        if number is None:
            raise NotFound(what="worker", key=worker)
        case.worker_id = number


def is_closed(case: Case) -> bool:
    """Whether a case has a closing time."""
    return CaseStatus(case.status) in CLOSED
