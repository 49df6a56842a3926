"""A plan's ground, in memory: the layout it starts from, what is counted on it, and the layout at each version.

Derived from the database by replay and kept by version, so that a stale copy is never served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import contains
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.errors import Refused
from gridmap.geometry.redraw import Layout, Outline, Replayed
from gridmap.geometry.redraw.figures import Counter, Ground
from gridmap.geometry.redraw.operation import Operation
from gridmap.geometry.redraw.registry import operation_from_json
from gridmap.services.plans.memory import Memory
from gridmap.services.units import LOCAL
from gridmap.store.database import Session
from gridmap.store.models import Plan, PlanOperation
from gridmap.store.queries import plans as queries

#: Cases of this many months make "cases per month".
MONTHS = 12
#: Metres around the ground inside which places are counted.
MARGIN_M = 10.0
#: Drafts kept in memory, and versions kept of each (for undo, and for who is one behind).
KEPT, VERSIONS = 12, 8
#: Seconds after which places, cases and staff are counted anew.
COUNT_AGAIN_S = 300.0


@dataclass(frozen=True)
class Base:
    """Where a plan starts. ``ids``: boundary of each code, the surroundings' included; ``counter``: what lies there."""

    layout: Layout
    ids: dict[str, int]
    rows: dict[str, queries.BaseRow]
    counter: Counter
    day: date


_bases: Memory[Base] = Memory(KEPT, COUNT_AGAIN_S)
_heads: Memory[Replayed] = Memory(KEPT * VERSIONS)


def key_of(session: Session, plan: Plan) -> tuple[object, ...]:
    """What names a plan's base in a memory: the boundaries themselves, since a rebased draft has others."""
    return str(session.get_bind().engine.url), plan.id, plan.created_at, tuple(plan.base_boundaries)


def base_of(session: Session, plan: Plan, day: date) -> Base:
    """The ground a plan starts from, with what is counted on it on a day."""
    key = (*key_of(session, plan), day)
    found = _bases.get(key) or _bases.keep(key, load_base(session, plan.scope_code, plan.base_boundaries, day))
    return replace(found, layout=found.layout.with_locks(plan.locked))


def load_base(session: Session, scope: str, ids: Sequence[int], day: date) -> Base:
    """Read a base anew.

    Raises
    ------
    Refused
        There is no boundary in the scope.
    """
    rows = {row.code: row for row in queries.boundaries(session, ids)}
    own = {code: row for code, row in rows.items() if contains(scope, code)}
    if not own:
        raise Refused(detail=Message("{unit} has no boundaries yet; import them first.", {"unit": scope}))
    box = shapely.box(*shapely.total_bounds([row.geometry for row in own.values()])).buffer(MARGIN_M)
    since = datetime.combine(day, time(), tzinfo=LOCAL) - timedelta(days=round(MONTHS * 365.25 / 12))
    counted = queries.counted(session, scope, box.bounds, day, since)
    layout = Layout(
        units={
            code: Outline(code, row.name, row.parent or "", row.geometry, row.urban)
            for code, row in own.items()
            if row.level == Level.GRID
        },
        parents={code: row.geometry for code, row in own.items() if row.level == Level.COMMUNITY},
        beyond={
            code: row.geometry
            for code, row in rows.items()
            if not (code in own and row.level in (Level.GRID, Level.COMMUNITY))
        },
        compounds=dict(counted.compounds),
        used=frozenset(queries.codes_in(session, scope)),
    )
    ground = Ground(
        crs=CRS.from_epsg(counted.srid),
        places=counted.places,
        households=counted.households,
        cases=counted.cases,
        months=float(MONTHS),
        bases=counted.bases,
        compounds=counted.compounds,
        members=counted.members,
        staff=counted.staff,
    )
    return Base(layout, {code: row.boundary_id for code, row in rows.items()}, rows, Counter(ground), day)


def operations_of(rows: Sequence[PlanOperation]) -> list[Operation]:
    """The records as operations."""
    return [operation_from_json(row.document) for row in rows]


def head_of(session: Session, plan: Plan, base: Base) -> Replayed:
    """The layout as a plan stands: all its standing operations, one after another."""
    standing = queries.operations(session, plan.id, state="standing")
    key = _head_key(session, plan, standing)
    found = _heads.get(key)
    if found is None:
        layout, changes = base.layout, []
        for operation in operations_of(standing):
            # locks bind who draws now, not what was drawn before they were set
            change = operation.apply(layout.with_locks(()))
            layout = change.on(layout)
            changes.append(change)
        found = _heads.keep(key, Replayed(layout.with_locks(plan.locked), tuple(changes)))
    return found


def remember_head(session: Session, plan: Plan, replayed: Replayed) -> None:
    """Keep what was just worked out for the operations that stand now."""
    _heads.keep(_head_key(session, plan, queries.operations(session, plan.id, state="standing")), replayed)


def _head_key(session: Session, plan: Plan, standing: Sequence[PlanOperation]) -> tuple[object, ...]:
    # by the numbers of the operations: a version may be rolled back and counted again, a number never is
    return (*key_of(session, plan), tuple(row.id for row in standing), tuple(plan.locked))


def outline_of_parents(layout: Layout) -> BaseGeometry:
    """The ground that the units of a layout must cover."""
    return shapely.union_all(list(layout.parents.values()))
