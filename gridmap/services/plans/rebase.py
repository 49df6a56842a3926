"""Moving a draft onto today's boundaries, when these changed since it was begun."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.domain.plans import Act
from gridmap.errors import GridmapError, PlanMoved
from gridmap.geometry.redraw import Layout, Replayed
from gridmap.geometry.redraw.operation import Change
from gridmap.geometry.redraw.registry import operation_from_json
from gridmap.services.plans.access import demand, plan_for
from gridmap.services.plans.base import Base, base_of, head_of, load_base, remember_head
from gridmap.services.plans.drafting import moved_on
from gridmap.services.plans.reading import operation_row
from gridmap.services.plans.records import Conflict, Rebase
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.models import PlanOperation
from gridmap.store.queries import plans as queries


def rebase(
    session: Session,
    actor: Actor,
    plan_id: int,
    version: int,
    *,
    drop: Collection[int] = (),
    accept: bool = False,
    rehearse: bool = True,
) -> Rebase:
    """Replay a draft on the boundaries in force today.

    An operation that no longer applies must be dropped (``drop``: ids); one that applies, but on grids that changed
    underneath, is shown and wants ``accept``. Dropped operations stay in the plan's history. While a conflict is open,
    or when rehearsing, nothing is written.

    Raises
    ------
    PlanMoved, PlanState, NotFound, OutsideScope, PermissionMissing, Refused
    """
    plan = plan_for(session, actor, plan_id, lock=not rehearse)
    demand(actor, plan, Act.DRAW)
    if plan.version != version:
        raise PlanMoved(version=plan.version, known=version, who=plan.author)
    day = today(session)
    old = base_of(session, plan, day)
    ids = queries.boundaries_around(session, plan.scope_code, day)
    new = load_base(session, plan.scope_code, ids, day)
    changed = _changed(old.layout, new.layout)
    before = head_of(session, plan, old).changes
    standing = queries.operations(session, plan.id, state="standing")
    replayed, conflicts = _replay(new, standing, before, changed, frozenset(drop))
    done = not rehearse and not any(each.refused for each in conflicts) and (accept or not conflicts)
    if done:
        dropped = [row.id for row in standing if row.id in drop]
        queries.set_states(session, dropped, "dropped")
        undone = [row.id for row in queries.operations(session, plan.id, state="undone")]
        queries.set_states(session, undone, "dropped")  # they were undone on other ground
        plan.base_boundaries, plan.base_on = ids, day
        plan.locked = [code for code in plan.locked if code in new.layout.units]
        moved_on(session, actor, plan, "rebase", {"changed": changed, "dropped": len(dropped)})
        session.commit()
        remember_head(session, plan, Replayed(replayed.layout.with_locks(plan.locked), replayed.changes))
    return Rebase(changed_units=tuple(changed), conflicts=tuple(conflicts), version=plan.version, done=done)


def _changed(old: Layout, new: Layout) -> list[str]:
    """Codes of grids that are not what they were."""
    return sorted(
        code
        for code in {*old.units, *new.units}
        if code not in old.units or code not in new.units or not old.units[code].same(new.units[code])
    )


def _replay(
    new: Base,
    standing: Sequence[PlanOperation],
    before: Sequence[Change],
    changed: Collection[str],
    drop: Collection[int],
) -> tuple[Replayed, list[Conflict]]:
    layout = new.layout
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for row, was in zip(standing, before, strict=True):
        if row.id in drop:
            continue
        try:
            change = operation_from_json(row.document).apply(layout)
            layout = change.on(layout)
        except GridmapError as error:
            detail = error.params.get("detail")
            why = detail if isinstance(detail, Message) else Message(error.sentence, error.params)
            conflicts.append(Conflict(operation_row(row), why, _where(was), refused=True))
            continue
        changes.append(change)
        under = sorted(set(changed) & was.touched)
        if under:
            why = Message(
                "{units} changed since this was drawn. Look at what it does now.", {"units": ", ".join(under)}
            )
            conflicts.append(Conflict(operation_row(row), why, _where(change), refused=False))
    return Replayed(layout, tuple(changes)), conflicts


def _where(change: Change) -> BaseGeometry | None:
    """The ground that an operation touched."""
    shapes = [unit.geometry for unit in (*change.before.values(), *change.after.values()) if unit is not None]
    return shapely.union_all(shapes) if shapes else None
