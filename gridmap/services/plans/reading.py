"""Reading plans: lists, one with its operations, the draft as it stands, two side by side."""

from __future__ import annotations

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.domain.plans import Act, Norm, PlanState
from gridmap.errors import BadInput
from gridmap.geometry.frames import CoverageInputs
from gridmap.geometry.lenses.base import Finding
from gridmap.geometry.redraw import Layout
from gridmap.geometry.redraw.figures import handed_over
from gridmap.geometry.redraw.heirs import Heir, heirs, renamed
from gridmap.services.plans import findings
from gridmap.services.plans.access import may, norm_of, plan_for, row_of
from gridmap.services.plans.base import COUNT_AGAIN_S, Base, base_of, head_of, key_of
from gridmap.services.plans.memory import Memory
from gridmap.services.plans.records import (
    ComparedUnit,
    Comparison,
    EventRow,
    FindingView,
    OperationRow,
    PlanDetail,
    PlanRow,
    PlanView,
    UnitView,
)
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.messages import unpacked
from gridmap.store.models import Plan, PlanOperation
from gridmap.store.queries import plans as queries
from gridmap.store.queries.coverage_inputs import coverage_inputs


def plans(session: Session, actor: Actor, *, state: str | None = None) -> list[PlanRow]:
    """Plans inside the actor's scope, the latest first.

    Raises
    ------
    PermissionMissing, BadInput
    """
    actor.require(Permission.VIEW_COVERAGE)
    if state is not None and state not in list(PlanState):
        raise BadInput(detail=Message("A plan is one of {states}.", {"states": ", ".join(PlanState)}))
    return [row_of(plan, standing) for plan, standing in queries.in_scope(session, actor.scope, state)]


def plan(session: Session, actor: Actor, plan_id: int) -> PlanDetail:
    """A plan with its operations, remarks and history.

    Raises
    ------
    NotFound, OutsideScope
    """
    found = plan_for(session, actor, plan_id)
    operations = [row for row in queries.operations(session, plan_id) if row.state != "dropped"]
    standing = sum(row.state == "standing" for row in operations)
    return PlanDetail(
        row=row_of(found, standing),
        norm=norm_of(found),
        locked=tuple(found.locked),
        operations=tuple(operation_row(row) for row in operations),
        comments=tuple(queries.comments(session, plan_id)),
        history=tuple(
            EventRow(event.at, event.actor, event.act, event.version, event.note)
            for event in queries.events(session, plan_id)
        ),
        can=frozenset(act for act in Act if may(actor, found, act)),
        base_moved=base_moved(session, found),
    )


def version(session: Session, actor: Actor, plan_id: int) -> tuple[int, str, str]:
    """Version, state and who changed it last: what an open desk asks every few seconds.

    Raises
    ------
    NotFound, OutsideScope
    """
    found = plan_for(session, actor, plan_id)
    history = queries.events(session, plan_id)
    return found.version, found.state, history[-1].actor if history else found.author


def layout(session: Session, actor: Actor, plan_id: int) -> Layout:
    """The layout of a plan as it stands.

    Raises
    ------
    NotFound, OutsideScope
    """
    found = plan_for(session, actor, plan_id)
    return head_of(session, found, base_of(session, found, today(session))).layout


def view(session: Session, actor: Actor, plan_id: int) -> PlanView:
    """The draft as it stands: every grid with figures before and now, and the blind areas new, still and cured.

    Raises
    ------
    NotFound, OutsideScope
    """
    found = plan_for(session, actor, plan_id)
    base = base_of(session, found, today(session))
    here = head_of(session, found, base).layout
    norm = norm_of(found)
    took = heirs(base.layout, here, base.counter)
    heir = {code: rows[0].code for code, rows in took.items()}
    before, now = base.counter.figures(base.layout), base.counter.figures(here, heirs=heir)
    rows = []
    for code in sorted({*base.layout.units, *here.units}):
        old, new = base.layout.units.get(code), here.units.get(code)
        one = new or old
        assert one is not None, code
        figures = now.get(code)
        rows.append(
            UnitView(
                code=code,
                name=one.name,
                parent=one.parent,
                urban=one.urban,
                geometry=one.geometry,
                before=before.get(code),
                figures=figures,
                band=None if figures is None else norm.band(figures.households, urban=one.urban),
                changed=old is None or new is None or not new.same(old),
            )
        )
    return PlanView(
        version=found.version,
        units=tuple(rows),
        parents=here.parents,
        compounds=here.compounds,
        findings=_findings(session, found, base, here, norm, heir),
        households_moved=handed_over(
            base.counter.ground.households,
            base.counter.holders(base.layout),
            base.counter.holders(here),
            renamed(base.layout, here),
        ),
        norm=norm,
    )


def compare(session: Session, actor: Actor, a: int, b: int | None = None) -> Comparison:
    """Two plans of one ground side by side, or a plan beside the boundaries it starts from.

    Raises
    ------
    NotFound, OutsideScope, BadInput
    """
    one = plan_for(session, actor, a)
    base = base_of(session, one, today(session))
    left = head_of(session, one, base).layout
    if b is None:
        other, right, theirs = None, base.layout, base
    else:
        other = plan_for(session, actor, b)
        if other.scope_code != one.scope_code:
            raise BadInput(
                detail=Message("Two plans are compared on one ground: choose another plan for the same unit.")
            )
        theirs = base_of(session, other, today(session))
        right = head_of(session, other, theirs).layout
    figures_a, figures_b = base.counter.figures(left), theirs.counter.figures(right)
    rows = []
    for code in sorted({*left.units, *right.units}):
        in_a, in_b = left.units.get(code), right.units.get(code)
        present = in_a or in_b
        assert present is not None, code
        rows.append(
            ComparedUnit(
                code=code,
                name=present.name,
                a=None if in_a is None else in_a.geometry,
                b=None if in_b is None else in_b.geometry,
                figures_a=figures_a.get(code),
                figures_b=figures_b.get(code),
                same=in_a is not None and in_a.same(in_b),
            )
        )
    return Comparison(
        a=row_of(one, _standing(session, one)),
        b=None if other is None else row_of(other, _standing(session, other)),
        units=tuple(rows),
        households_moved=handed_over(
            base.counter.ground.households,
            base.counter.holders(right),
            base.counter.holders(left),
            renamed(right, left),
        ),
    )


def took_over(session: Session, actor: Actor, plan_id: int) -> dict[str, tuple[Heir, ...]]:
    """Who takes over what vanished grids had, as the plan stands.

    Raises
    ------
    NotFound, OutsideScope
    """
    found = plan_for(session, actor, plan_id)
    base = base_of(session, found, today(session))
    return heirs(base.layout, head_of(session, found, base).layout, base.counter)


def operation_row(row: PlanOperation) -> OperationRow:
    """An operation as lists show it."""
    return OperationRow(
        id=row.id,
        seq=row.seq,
        kind=str(row.document["kind"]),
        document=row.document,
        reason=row.reason,
        actor=row.actor,
        at=row.at,
        why=unpacked(row.why),
        undone=row.state == "undone",
    )


def base_moved(session: Session, found: Plan) -> bool:
    """Whether the boundaries that a plan starts from are no longer those in force."""
    if found.state in (PlanState.ADOPTED, PlanState.WITHDRAWN):
        return False
    return queries.boundaries_around(session, found.scope_code, today(session)) != sorted(found.base_boundaries)


def _standing(session: Session, found: Plan) -> int:
    return len(queries.operations(session, found.id, state="standing"))


# --- findings, remembered by version ---------------------------------------------------------------------

_views: Memory[tuple[FindingView, ...]] = Memory(64)
_before: Memory[tuple[Finding, ...]] = Memory(32)
_inputs: Memory[CoverageInputs] = Memory(8, COUNT_AGAIN_S)


def _findings(
    session: Session, found: Plan, base: Base, here: Layout, norm: Norm, heir: dict[str, str]
) -> tuple[FindingView, ...]:
    place = (*key_of(session, found), base.day)
    key = (*place, found.version, norm)
    known = _views.get(key)
    if known is not None:
        return known
    inputs = _inputs.get(place)
    if inputs is None:
        whole = coverage_inputs(session, base.day, found.scope_code)
        inputs = _inputs.keep(place, findings.clipped(whole, base.layout, found.scope_code))
    before = _before.get((*place, norm))
    if before is None:
        before = _before.keep((*place, norm), findings.look(findings.drawn(inputs, base.layout, {}), norm))
    return _views.keep(key, findings.compared(before, findings.look(findings.drawn(inputs, here, heir), norm)))
