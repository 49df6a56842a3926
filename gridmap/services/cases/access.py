"""Who may see a case, and who somebody is to it."""

from __future__ import annotations

from gridmap.domain.cases import MOVES, CaseStatus, Move, Owner, Standing, allowed, moves_for
from gridmap.domain.codes import contains, level_of
from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Actor, Permission
from gridmap.errors import CaseMoved, MoveIllegal, NotFound, OutsideScope
from gridmap.store.database import Session
from gridmap.store.models import Case, Unit
from gridmap.store.queries import cases as queries


def seen_by(actor: Actor) -> queries.Seen:
    """What an actor may see, for lists.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.VIEW_CASES)
    return queries.Seen(
        actor.scope, actor.body, actor.account_id, Permission.VIEW_RESTRICTED_CASES in GRANTS[actor.role]
    )


def may_see(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether a case is among those an actor may see."""
    where = queries.Where(["c.id = :one"], {"one": case_id})
    condition, given = seen_by(actor).condition()
    where.add(condition, **given)
    return bool(queries.ids(session, where))


def case_for(session: Session, actor: Actor, case_id: int, *, lock: bool = False) -> Case:
    """The case, when the actor may see it.

    Raises
    ------
    PermissionMissing, NotFound, OutsideScope
    """
    actor.require(Permission.VIEW_CASES)
    case = queries.find(session, case_id, lock=lock)
    if case is None:
        raise NotFound(what="case", key=case_id)
    if not may_see(session, actor, case_id):
        raise OutsideScope(code=case.number, scope=actor.scope)
    return case


def for_change(session: Session, actor: Actor, case_id: int, version: int | None) -> Case:
    """The case, locked, when it still is at ``version`` (None: whatever it is at).

    Raises
    ------
    CaseMoved, and what :func:`case_for` raises.
    """
    case = case_for(session, actor, case_id, lock=True)
    if version is not None and case.version != version:
        last = queries.events(session, case_id)[-1:]
        who, what = (last[0].actor, last[0].act) if last else ("", "")
        raise CaseMoved(number=case.number, who=who, what=what)
    return case


def is_handler(session: Session, actor: Actor, case: Case) -> bool:
    """Whether the case is on the actor's desk: with their body, or with a unit inside their area."""
    if case.body_id is not None:
        return actor.body == case.body_id
    if actor.body is not None or case.handler_unit_id is None:
        return False
    unit = session.get(Unit, case.handler_unit_id)
    return unit is not None and contains(actor.scope, unit.code)


def standing(session: Session, actor: Actor, case: Case) -> Standing:
    """Who an actor is to a case."""
    return Standing(
        role=actor.role,
        level=level_of(actor.scope),
        is_handler=is_handler(session, actor, case),
        has_handled=queries.has_handled(session, case.id, actor.account_id, actor.name),
        is_reporter=actor.account_id is not None and actor.account_id == case.reporter_id,
    )


def moves(session: Session, actor: Actor, case: Case) -> tuple[Move, ...]:
    """The moves that an actor may make with a case now."""
    return moves_for(CaseStatus(case.status), standing(session, actor, case))


def demand(session: Session, actor: Actor, case: Case, move: Move) -> None:
    """Raise unless the table lets the actor make the move now.

    Raises
    ------
    PermissionMissing, MoveIllegal
    """
    who = standing(session, actor, case)
    if allowed(move, CaseStatus(case.status), who):
        return
    rule = MOVES[move]
    if case.status not in rule.states:
        detail = Message(
            "it is {status}; {move} is for cases that are {wanted}.",
            {"status": case.status, "move": move.value, "wanted": " / ".join(sorted(rule.states))},
        )
        raise MoveIllegal(number=case.number, detail=detail)
    actor.require(rule.permission)
    if rule.owner is Owner.NOT_HANDLER and who.has_handled:
        raise MoveIllegal(
            number=case.number, detail=Message("whoever handled it does not check it; somebody else does.")
        )
    if rule.owner is Owner.HANDLER and not who.is_handler:
        raise MoveIllegal(number=case.number, detail=Message("it is on another desk than yours."))
    if rule.owner is Owner.REPORTER:
        raise MoveIllegal(number=case.number, detail=Message("only who reported it, or a dispatcher, may do this."))
    raise MoveIllegal(
        number=case.number, detail=Message("this is decided at the level of a {level} or above.", {"level": rule.least})
    )
