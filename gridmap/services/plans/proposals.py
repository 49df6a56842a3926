"""Proposals for a draft: balance its grids, say who could take a blind area, and where a service point would help.

Nothing is applied by itself: a proposal that is taken becomes operations of an ordinary draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.domain.plans import Act
from gridmap.errors import BadInput, NotFound, OperationRefused, PlanMoved
from gridmap.geometry.balance.ground import pieces_of
from gridmap.geometry.balance.proposals import Proposal, propose
from gridmap.geometry.redraw.registry import operation_from_json
from gridmap.geometry.siting import choose_sites
from gridmap.services.plans.access import demand, for_change, norm_of, plan_for
from gridmap.services.plans.base import Base, base_of, head_of, key_of
from gridmap.services.plans.drafting import begin, carry_out, effect_of
from gridmap.services.plans.memory import Memory
from gridmap.services.plans.reading import view
from gridmap.services.plans.records import Effect
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.models import Plan
from gridmap.store.queries import plans as queries

_proposed: Memory[tuple[Proposal, ...]] = Memory(16)

#: Most service points that are looked for at once.
MOST_SITES = 100


@dataclass(frozen=True)
class ProposalRow:
    """One way to balance a draft, and its price. ``outlines``: the grids it changes, as they would be (None: gone)."""

    way: str
    title: Message
    operations: int
    households_moved: int
    share: float
    outside: tuple[str, ...]
    founded: int
    given_up: int
    compactness: float
    outlines: Mapping[str, BaseGeometry | None]


@dataclass(frozen=True)
class Taker:
    """A neighbour that could take a blind area: what it would have to look after then."""

    code: str
    name: str
    border_m: float
    households: int
    load: int
    band: str | None
    document: Mapping[str, Any]
    effect: Effect


@dataclass(frozen=True)
class Site:
    """A proposed place for a service point, in the working system, and the households it brings into reach."""

    x: float
    y: float
    households: int


@dataclass(frozen=True)
class SitingRow:
    """Proposed service points, the most useful first. ``covered`` is counted from them; ``bound``: none covers more."""

    sites: tuple[Site, ...]
    before: int
    covered: int
    total: int
    bound: int
    bound_from: str
    reach_m: float


def balance(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    barriers: Sequence[BaseGeometry] = (),
) -> tuple[ProposalRow, ...]:
    """Ways to bring every grid of a draft into the plan's norm, the best first; empty where all lie inside.

    ``barriers``: lines of the working system (rivers, main roads) that no exchange crosses.

    Raises
    ------
    NotFound, OutsideScope, PermissionMissing, PlanState
    """
    plan = plan_for(session, actor, plan_id)
    demand(actor, plan, Act.DRAW)
    base = base_of(session, plan, today(session))
    here = head_of(session, plan, base).layout
    rows = []
    for each in _proposals(session, plan, base, barriers):
        changed = {code for code, unit in each.layout.units.items() if not unit.same(here.units.get(code))}
        gone = {code for code in here.units if code not in each.layout.units}
        rows.append(
            ProposalRow(
                way=each.way,
                title=each.title,
                operations=len(each.documents),
                households_moved=each.price,
                share=each.share,
                outside=each.outside,
                founded=each.founded,
                given_up=each.given_up,
                compactness=each.compactness,
                outlines={
                    **{code: each.layout.units[code].geometry for code in sorted(changed)},
                    **dict.fromkeys(sorted(gone)),
                },
            )
        )
    return tuple(rows)


def take_balance(
    session: Session,
    actor: Actor,
    plan_id: int,
    version: int,
    way: str,
    *,
    barriers: Sequence[BaseGeometry] = (),
    as_new: bool = False,
) -> int:
    """Make a proposal part of a draft, as ordinary operations; or (``as_new``) of another draft beside it.

    Returns
    -------
    The number of the plan that holds it.

    Raises
    ------
    NotFound
        No such way for the draft as it stands. And as :func:`balance`, and PlanMoved.
    """
    plan = for_change(session, actor, plan_id, version)
    base = base_of(session, plan, today(session))
    found = next((each for each in _proposals(session, plan, base, barriers) if each.way == way), None)
    if found is None:
        raise NotFound(what="proposal", key=way)
    try:
        target = _copy(session, actor, plan) if as_new else plan
        for document in found.documents:
            carry_out(session, actor, target, document, reason=str(found.title))
    except BaseException:
        session.rollback()
        raise
    session.commit()
    return target.id


def _copy(session: Session, actor: Actor, plan: Plan) -> Plan:
    """Another draft with the operations that stand, on the same base."""
    other = begin(session, actor, plan.scope_code, plan.title, note=plan.note, effective_on=plan.effective_on)
    other.base_boundaries, other.base_on = list(plan.base_boundaries), plan.base_on
    other.norm, other.locked = dict(plan.norm), list(plan.locked)
    session.flush()
    for row in queries.operations(session, plan.id, state="standing"):
        carry_out(session, actor, other, row.document, reason=row.reason)
    return other


def _proposals(session: Session, plan: Plan, base: Base, barriers: Sequence[BaseGeometry]) -> tuple[Proposal, ...]:
    norm = norm_of(plan)
    walls = tuple(wall.wkb for wall in barriers)
    key = (*key_of(session, plan), base.day, plan.version, tuple(plan.locked), norm, walls)
    found = _proposed.get(key)
    if found is None:
        here = head_of(session, plan, base).layout
        ground = pieces_of(here, base.counter.ground, barriers=barriers)
        found = _proposed.keep(key, propose(here, ground, lambda urban: norm.limits(urban=urban)))
    return found


def takers(session: Session, actor: Actor, plan_id: int, version: int, at: tuple[float, float]) -> tuple[Taker, ...]:
    """Who could take the uncovered ground around a point: its neighbours, longest shared edge first, with their load.

    Raises
    ------
    NotFound
        There is no uncovered ground at the point. And PlanMoved, PlanState, OutsideScope.
    """
    plan = plan_for(session, actor, plan_id)
    demand(actor, plan, Act.DRAW)
    if plan.version != version:
        raise PlanMoved(version=plan.version, known=version, who=plan.author)
    point = shapely.Point(at)
    gap = next(
        (
            each
            for each in view(session, actor, plan_id).findings
            if each.lens == "uncovered_ground"
            and each.state != "cured"
            and each.geometry is not None
            and each.geometry.intersects(point)
        ),
        None,
    )
    if gap is None or gap.geometry is None:
        raise NotFound(what="uncovered ground at", key=f"{at[0]:.0f}, {at[1]:.0f}")
    base = base_of(session, plan, today(session))
    here = head_of(session, plan, base).layout
    rim = shapely.boundary(gap.geometry)
    rows = []
    for code in here.near(gap.geometry):
        unit = here.units[code]
        metres = float(shapely.length(shapely.intersection(rim, unit.geometry.buffer(0.01))))
        document = {"kind": "fill_gap", "at": [round(at[0], 3), round(at[1], 3)], "to": code}
        if metres <= 0:
            continue
        try:
            change = operation_from_json(document).apply(here)
        except OperationRefused:
            continue
        effect = effect_of(plan, base, here, change, plan.version)
        touched = next(each for each in effect.units if each.code == code)
        assert touched.figures_after is not None, code
        rows.append(
            Taker(
                code=code,
                name=unit.name,
                border_m=metres,
                households=gap.households,
                load=touched.figures_after.households,
                band=touched.band_after,
                document=document,
                effect=effect,
            )
        )
    return tuple(sorted(rows, key=lambda each: (each.band == "above", -each.border_m, each.code)))


def siting(session: Session, actor: Actor, plan_id: int, *, count: int, reach_m: float = 1_000.0) -> SitingRow:
    """Where service points would bring most households of a plan's ground into reach. Candidates: the places
    themselves. What stands already counts.

    Raises
    ------
    BadInput, NotFound, OutsideScope
    """
    plan = plan_for(session, actor, plan_id)
    base = base_of(session, plan, today(session))
    ground = base.counter.ground
    held = np.array([bool(holder) for holder in base.counter.holders(head_of(session, plan, base).layout)], dtype=bool)
    places, households = ground.places[held], ground.households[held]
    if not len(places):
        raise BadInput(detail=Message("No households are counted on this ground: no site is better than another."))
    if not 1 <= count <= min(MOST_SITES, len(places)):
        raise BadInput(detail=Message("Ask for 1 to {most} service points.", {"most": min(MOST_SITES, len(places))}))
    found = choose_sites(places, households, places, count, reach_m, standing=ground.bases)
    return SitingRow(
        sites=tuple(
            Site(float(places[site][0]), float(places[site][1]), gain)
            for site, gain in zip(found.sites, found.gains, strict=True)
        ),
        before=found.before,
        covered=found.covered,
        total=found.total,
        bound=found.bound,
        bound_from=found.bound_from,
        reach_m=reach_m,
    )
