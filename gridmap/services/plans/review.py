"""Moving a plan on: submit, approve, return, withdraw, take up again; remarks pinned to places."""

from __future__ import annotations

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.domain.plans import RULES, Act, PlanState
from gridmap.errors import BadInput, NotFound, Refused
from gridmap.services.plans.access import demand, for_change, plan_for
from gridmap.services.plans.drafting import LONGEST_TEXT, log, words
from gridmap.store.database import Session
from gridmap.store.models import Plan
from gridmap.store.queries import plans as queries


def submit(session: Session, actor: Actor, plan_id: int, version: int, note: str = "") -> None:
    """Hand a draft in for review.

    Raises
    ------
    Refused
        Nothing was drawn. And PlanMoved, PlanState, OutsideScope, PermissionMissing.
    """
    plan = for_change(session, actor, plan_id, version, Act.SUBMIT)
    if not queries.operations(session, plan.id, state="standing"):
        raise Refused(detail=Message("Nothing was drawn in this plan yet; there is nothing to review."))
    _move(session, actor, plan, Act.SUBMIT, note)


def approve(session: Session, actor: Actor, plan_id: int, version: int, note: str = "") -> None:
    """Approve the version that was looked at. Whoever drew it up cannot.

    Raises
    ------
    PlanMoved, PlanState, Refused, OutsideScope, PermissionMissing
    """
    plan = for_change(session, actor, plan_id, version, Act.APPROVE)
    plan.approved_version = plan.version
    _move(session, actor, plan, Act.APPROVE, note)


def return_(session: Session, actor: Actor, plan_id: int, version: int, note: str) -> None:
    """Give a plan back to be drawn on, and say why.

    Raises
    ------
    BadInput
        No reason. And as :func:`approve`.
    """
    plan = for_change(session, actor, plan_id, version, Act.RETURN)
    if not note.strip():
        raise BadInput(detail=Message("Say what has to be changed: a plan is not returned without a reason."))
    plan.approved_version = None
    _move(session, actor, plan, Act.RETURN, note)


def withdraw(session: Session, actor: Actor, plan_id: int, note: str = "") -> None:
    """Withdraw a plan. Nothing of it is lost; it can be taken up again.

    Raises
    ------
    PlanState, OutsideScope, PermissionMissing
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    demand(actor, plan, Act.WITHDRAW)
    _move(session, actor, plan, Act.WITHDRAW, note)


def withdraw_drafted(session: Session, actor: Actor, plan_id: int, note: str) -> PlanState:
    """Withdraw, in the caller's transaction, a plan that an import drafted; return the state it was found in.

    One that was adopted or withdrawn already stays as it is.

    Raises
    ------
    PlanState, OutsideScope, PermissionMissing, NotFound
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    found = PlanState(plan.state)
    if found in (PlanState.DRAFT, PlanState.IN_REVIEW):
        demand(actor, plan, Act.WITHDRAW)
        _moved(session, actor, plan, Act.WITHDRAW, note)
    return found


def reopen(session: Session, actor: Actor, plan_id: int, note: str = "") -> None:
    """Take a withdrawn plan up again as a draft.

    Raises
    ------
    PlanState, OutsideScope, PermissionMissing
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    demand(actor, plan, Act.REOPEN)
    plan.approved_version = None
    _move(session, actor, plan, Act.REOPEN, note)


def comment(session: Session, actor: Actor, plan_id: int, text: str, at: tuple[float, float] | None = None) -> int:
    """Pin a remark to a place of the working system, or to the plan as a whole; return its number.

    Raises
    ------
    BadInput, PlanState, OutsideScope
    """
    plan = plan_for(session, actor, plan_id)
    demand(actor, plan, Act.COMMENT)
    number = queries.add_comment(session, plan.id, actor.name, words(text, "Remark", LONGEST_TEXT), at)
    session.commit()
    return number


def settle_comment(session: Session, actor: Actor, plan_id: int, comment_id: int) -> None:
    """Mark a remark as settled.

    Raises
    ------
    NotFound, PlanState, OutsideScope
    """
    plan = plan_for(session, actor, plan_id)
    demand(actor, plan, Act.COMMENT)
    if not queries.settle_comment(session, plan.id, comment_id, actor.name):
        raise NotFound(what="open remark", key=comment_id)
    session.commit()


def _move(session: Session, actor: Actor, plan: Plan, act: Act, note: str) -> None:
    _moved(session, actor, plan, act, note)
    session.commit()


def _moved(session: Session, actor: Actor, plan: Plan, act: Act, note: str) -> None:
    note = words(note, "Note", LONGEST_TEXT, empty=True)
    after = RULES[act].leads_to
    if after is not None:
        plan.state = after.value
    log(session, actor, plan, act.value, {"note": note} if note else {}, note=note)
