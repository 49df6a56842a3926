"""Finding a plan for an actor, and asking the table of acts whether they may."""

from __future__ import annotations

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.domain.plans import RULES, Act, Norm, PlanState, allowed
from gridmap.errors import NotFound, PermissionMissing, PlanMoved, Refused
from gridmap.errors import PlanState as WrongState
from gridmap.services.plans.records import PlanRow
from gridmap.store.database import Session
from gridmap.store.models import Plan
from gridmap.store.queries import plans as queries


def plan_for(session: Session, actor: Actor, plan_id: int, *, lock: bool = False) -> Plan:
    """The plan, when it lies in the actor's scope.

    Raises
    ------
    NotFound, OutsideScope, PermissionMissing
    """
    plan = queries.find(session, plan_id, lock=lock)
    if plan is None:
        raise NotFound(what="plan", key=plan_id)
    actor.require(Permission.VIEW_COVERAGE, plan.scope_code)
    return plan


def is_author(actor: Actor, plan: Plan) -> bool:
    """Whether the actor drew it up. The operator of the command line has no account, and counts by name."""
    return actor.account_id == plan.author_id and (actor.account_id is not None or actor.name == plan.author)


def may(actor: Actor, plan: Plan, act: Act) -> bool:
    """Whether the table of acts lets the actor do it now."""
    return allowed(act, PlanState(plan.state), actor.role, is_author=is_author(actor, plan))


def demand(actor: Actor, plan: Plan, act: Act) -> None:
    """Raise unless the actor may do it now.

    Raises
    ------
    PermissionMissing, PlanState, Refused
    """
    if may(actor, plan, act):
        return
    rule = RULES[act]
    actor.require(rule.permission, plan.scope_code)
    if plan.state not in rule.states:
        raise WrongState(state=plan.state, act=act.value, wanted=" / ".join(sorted(rule.states)))
    if rule.by_author is False:
        raise Refused(detail=Message("Whoever drew a plan up does not approve it; another person does."))
    raise PermissionMissing(role=actor.role.value, permission=rule.permission.value)


def for_change(
    session: Session, actor: Actor, plan_id: int, version: int, act: Act = Act.DRAW, *, lock: bool = True
) -> Plan:
    """The plan, when it still is at ``version`` and the actor may do it; locked until the transaction ends.

    Raises
    ------
    PlanMoved, and what :func:`plan_for` and :func:`demand` raise.
    """
    plan = plan_for(session, actor, plan_id, lock=lock)
    demand(actor, plan, act)
    if plan.version != version:
        last = next((event for event in reversed(queries.events(session, plan.id)) if event.version > version), None)
        raise PlanMoved(version=plan.version, known=version, who=last.actor if last else plan.author)
    return plan


def row_of(plan: Plan, operations: int) -> PlanRow:
    """A plan as lists show it."""
    return PlanRow(
        id=plan.id,
        title=plan.title,
        note=plan.note,
        scope=plan.scope_code,
        state=PlanState(plan.state),
        author=plan.author,
        version=plan.version,
        effective_on=plan.effective_on,
        updated_at=plan.updated_at,
        operations=operations,
        approved=plan.approved_version == plan.version,
    )


def norm_of(plan: Plan) -> Norm:
    """The plan's own norm, or the usual one."""
    return Norm(**plan.norm) if plan.norm else Norm()
