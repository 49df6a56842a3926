"""Drawing: start a draft, try an operation, apply it, undo, redo. Each change states the version it was made on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gridmap.domain.codes import level_of
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.domain.plans import Norm, PlanState
from gridmap.errors import BadInput, NotFound, Refused
from gridmap.geometry.redraw import Change, Layout, Replayed
from gridmap.geometry.redraw.figures import handed_over
from gridmap.geometry.redraw.heirs import renamed
from gridmap.geometry.redraw.registry import operation_from_json
from gridmap.geometry.topology import Defect
from gridmap.services.plans.access import for_change, norm_of, plan_for
from gridmap.services.plans.base import Base, base_of, head_of, load_base, remember_head
from gridmap.services.plans.records import DefectView, Effect, Touched
from gridmap.services.units import LOCAL, today
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.messages import packed
from gridmap.store.models import Plan
from gridmap.store.queries import accounts, units
from gridmap.store.queries import plans as queries

#: Longest title and longest text that a plan keeps, in characters.
LONGEST_TITLE, LONGEST_TEXT = 200, 4_000


def create(
    session: Session, actor: Actor, scope: str, title: str, *, note: str = "", effective_on: date | None = None
) -> int:
    """Start a draft for the grids of a community, a town or the county, on today's boundaries; return its number.

    Raises
    ------
    OutsideScope, PermissionMissing, NotFound, BadInput, Refused
    """
    plan = begin(session, actor, scope, title, note=note, effective_on=effective_on)
    session.commit()
    return plan.id


def begin(
    session: Session, actor: Actor, scope: str, title: str, *, note: str = "", effective_on: date | None = None
) -> Plan:
    """As :func:`create`, inside the caller's transaction."""
    actor.require(Permission.DRAW_PLANS, scope)
    title, note = words(title, "Title", LONGEST_TITLE), words(note, "Note", LONGEST_TEXT, empty=True)
    unit = units.find(session, scope) if is_storable(scope) else None
    if unit is None:
        raise NotFound(what="unit", key=scope)
    if level_of(scope) not in (Level.COUNTY, Level.TOWN, Level.COMMUNITY):
        raise BadInput(detail=Message("A plan is drawn for a community, a town or the county."))
    day = today(session)
    ids = queries.boundaries_around(session, scope, day)
    load_base(session, scope, ids, day)  # refuses ground without boundaries before anything is written
    plan = queries.add(
        session,
        title=title,
        note=note,
        scope_code=scope,
        state=PlanState.DRAFT.value,
        author_id=actor.account_id,
        author=actor.name,
        base_on=day,
        base_boundaries=ids,
        effective_on=effective_on or day,
    )
    log(session, actor, plan, "create")
    return plan


def preview(session: Session, actor: Actor, plan_id: int, version: int, document: Mapping[str, Any]) -> Effect:
    """What an operation would do to a draft; nothing is written.

    Raises
    ------
    OperationInvalid, OperationRefused, PlanMoved, PlanState, and what reading a plan raises.
    """
    plan = for_change(session, actor, plan_id, version, lock=False)
    base = base_of(session, plan, today(session))
    here = head_of(session, plan, base).layout
    change = operation_from_json(document).apply(here)
    return effect_of(plan, base, here, change, plan.version)


def apply(
    session: Session, actor: Actor, plan_id: int, version: int, document: Mapping[str, Any], *, reason: str = ""
) -> Effect:
    """Carry an operation out on a draft, which moves on by one version. What was undone can then not be redone.

    Raises
    ------
    As :func:`preview`.
    """
    reason = words(reason, "Reason", LONGEST_TEXT, empty=True)
    plan = for_change(session, actor, plan_id, version)
    base, before, change, head = carry_out(session, actor, plan, document, reason=reason)
    session.commit()
    remember_head(session, plan, head)
    return effect_of(plan, base, before, change, plan.version)


def carry_out(
    session: Session, actor: Actor, plan: Plan, document: Mapping[str, Any], *, reason: str = ""
) -> tuple[Base, Layout, Change, Replayed]:
    """As :func:`apply`, inside the caller's transaction: the base, the layout before, the change, and what stands."""
    base = base_of(session, plan, today(session))
    head = head_of(session, plan, base)
    operation = operation_from_json(document)
    change = operation.apply(head.layout)
    layout = change.on(head.layout)
    queries.add_operation(
        session, plan.id, document=operation.as_json(), why=packed(change.why), reason=reason, actor=actor.name
    )
    moved_on(session, actor, plan, "apply", {"kind": operation.kind})
    return base, head.layout, change, Replayed(layout, (*head.changes, change))


def undo(session: Session, actor: Actor, plan_id: int, version: int) -> Effect:
    """Take the last operation back, exactly.

    Raises
    ------
    Refused
        Nothing stands. And as :func:`preview`.
    """
    plan = for_change(session, actor, plan_id, version)
    standing = queries.operations(session, plan.id, state="standing")
    if not standing:
        raise Refused(detail=Message("There is nothing to undo in this draft."))
    base = base_of(session, plan, today(session))
    head = head_of(session, plan, base)
    change = head.changes[-1].inverse
    layout = change.on(head.layout)
    queries.set_states(session, [standing[-1].id], "undone")
    moved_on(session, actor, plan, "undo", {"operation": standing[-1].seq})
    session.commit()
    remember_head(session, plan, Replayed(layout, head.changes[:-1]))
    return effect_of(plan, base, head.layout, change, plan.version)


def redo(session: Session, actor: Actor, plan_id: int, version: int) -> Effect:
    """Carry the operation that was undone last out again.

    Raises
    ------
    Refused
        Nothing was undone since the last change. And as :func:`preview`.
    """
    plan = for_change(session, actor, plan_id, version)
    undone = queries.operations(session, plan.id, state="undone")
    if not undone:
        raise Refused(detail=Message("There is nothing to redo in this draft."))
    base = base_of(session, plan, today(session))
    head = head_of(session, plan, base)
    change = operation_from_json(undone[0].document).apply(head.layout)
    layout = change.on(head.layout)
    queries.set_states(session, [undone[0].id], "standing")
    moved_on(session, actor, plan, "redo", {"operation": undone[0].seq})
    session.commit()
    remember_head(session, plan, Replayed(layout, (*head.changes, change)))
    return effect_of(plan, base, head.layout, change, plan.version)


def give_reason(session: Session, actor: Actor, plan_id: int, operation_id: int, reason: str) -> None:
    """Say why an operation was done.

    Raises
    ------
    NotFound, BadInput, PlanState
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    for_change(session, actor, plan_id, plan.version)
    found = next((row for row in queries.operations(session, plan_id) if row.id == operation_id), None)
    if found is None:
        raise NotFound(what="operation", key=operation_id)
    found.reason = words(reason, "Reason", LONGEST_TEXT, empty=True)
    session.commit()


def describe(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    title: str | None = None,
    note: str | None = None,
    effective_on: date | None = None,
) -> None:
    """Change a draft's title, note or effective date.

    Raises
    ------
    BadInput, PlanState
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    for_change(session, actor, plan_id, plan.version)
    plan.title = plan.title if title is None else words(title, "Title", LONGEST_TITLE)
    plan.note = plan.note if note is None else words(note, "Note", LONGEST_TEXT, empty=True)
    plan.effective_on = effective_on or plan.effective_on
    log(session, actor, plan, "describe")
    session.commit()


def set_norm(session: Session, actor: Actor, plan_id: int, norm: Norm) -> None:
    """State the band that this plan's grids are held against.

    Raises
    ------
    PlanState
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    for_change(session, actor, plan_id, plan.version)
    plan.norm = {
        "urban_low": norm.urban_low,
        "urban_high": norm.urban_high,
        "rural_low": norm.rural_low,
        "rural_high": norm.rural_high,
    }
    log(session, actor, plan, "norm", plan.norm)
    session.commit()


def set_locks(session: Session, actor: Actor, plan_id: int, codes: list[str]) -> None:
    """State which grids of the draft may not be changed.

    Raises
    ------
    NotFound, PlanState
    """
    plan = plan_for(session, actor, plan_id, lock=True)
    for_change(session, actor, plan_id, plan.version)
    layout = head_of(session, plan, base_of(session, plan, today(session))).layout
    for code in codes:
        if code not in layout.units:
            raise NotFound(what="grid in this draft", key=code)
    plan.locked = sorted(set(codes))
    log(session, actor, plan, "lock", {"codes": plan.locked})
    session.commit()


# --- shared ----------------------------------------------------------------------------------------------


def words(given: str, what: str, longest: int, *, empty: bool = False) -> str:
    """A text that a person wrote, without blanks around it.

    Raises
    ------
    BadInput
    """
    text = given.strip()
    if not text and not empty:
        raise BadInput(detail=Message("Fill in: {what}.", {"what": Message(what)}))
    if len(text) > longest or not is_storable(text):
        raise BadInput(
            detail=Message(
                "{what}: at most {longest} characters of plain text.", {"what": Message(what), "longest": longest}
            )
        )
    return text


def log(
    session: Session, actor: Actor, plan: Plan, act: str, detail: Mapping[str, Any] | None = None, *, note: str = ""
) -> None:
    """One line of the plan's history and of the audit trail."""
    plan.updated_at = datetime.now(LOCAL)
    queries.add_event(
        session, plan, account_id=actor.account_id, actor=actor.name, act=act, note=note, detail=dict(detail or {})
    )
    accounts.record(
        session,
        account_id=actor.account_id,
        actor=actor.name,
        action=f"plan {act}",
        subject=plan.scope_code,
        detail={**queries.title_of(plan), **(detail or {})},
    )


def moved_on(session: Session, actor: Actor, plan: Plan, act: str, detail: Mapping[str, Any]) -> None:
    """Count the version up and write who did it."""
    plan.version += 1
    log(session, actor, plan, act, detail)


def effect_of(plan: Plan, base: Base, layout: Layout, change: Change, version: int) -> Effect:
    """What a change does to the units it touches: outlines and figures before and after."""
    after = change.on(layout)
    norm = norm_of(plan)
    was = base.counter.figures(layout, change.touched)
    now = base.counter.figures(after, change.touched)
    rows = []
    for code in sorted(change.touched):
        old, new = layout.units.get(code), after.units.get(code)
        one = new or old
        assert one is not None, code
        before, figures = was.get(code), now.get(code)
        rows.append(
            Touched(
                code=code,
                name=one.name,
                before=None if old is None else old.geometry,
                after=None if new is None else new.geometry,
                figures_before=before,
                figures_after=figures,
                band_before=None if before is None or old is None else norm.band(before.households, urban=old.urban),
                band_after=None if figures is None or new is None else norm.band(figures.households, urban=new.urban),
            )
        )
    return Effect(
        version=version,
        why=change.why,
        units=tuple(rows),
        created=tuple(_defect(each) for each in change.created),
        cured=tuple(_defect(each) for each in change.cured),
        moved_m2=change.moved_m2,
        households_moved=handed_over(
            base.counter.ground.households,
            base.counter.holders(layout),
            base.counter.holders(after),
            renamed(layout, after),
        ),
    )


def _defect(defect: Defect) -> DefectView:
    return DefectView(defect.kind, defect.area_m2, defect.width_m, defect.polygon)
