"""Adopting a plan: one transaction that closes boundaries, opens new ones and re-homes what stood on vanished grids.

The rules: a vanished grid's *heir* is the grid that takes most of its households (of its ground where nobody lives).
Workers, posts, organisations and accounts go to the heir; a head becomes a worker where the heir has a head. Service
points and open cases go to the grid that holds their point; cases without a point to the heir. Cases that ended keep
the grid of their day. Compounds, and the members who report in there, follow the ground. Units next door and the units
above are opened anew only where a vertex was put into their border, and keep the day they were drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from gridmap.domain.codes import level_of, parent
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.domain.plans import Act, PlanState
from gridmap.errors import CodeInvalid, InvariantBroken, PlanBroken
from gridmap.geometry.redraw import Layout
from gridmap.geometry.redraw.heirs import Heir, heirs
from gridmap.services.pinyin import initials
from gridmap.services.plans import reading
from gridmap.services.plans.access import demand, for_change, plan_for
from gridmap.services.plans.base import Base, base_of, head_of
from gridmap.services.plans.drafting import log
from gridmap.services.plans.records import Adoption, Broken, PlanView
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.models import Plan
from gridmap.store.queries import adoption as write
from gridmap.store.queries import importing
from gridmap.store.queries import plans as queries

_GROUND = ("uncovered_ground", "double_cover", "spill")


def adopt(session: Session, actor: Actor, plan_id: int, version: int, *, rehearse: bool = True) -> Adoption:
    """Adopt a plan, or (``rehearse``) say what adopting it would do, worked out by doing it and taking it back.

    Raises
    ------
    PlanBroken
        An invariant is broken; the rehearsal lists which, and where.
    PlanMoved, PlanState, NotFound, OutsideScope, PermissionMissing
    """
    try:
        if rehearse:
            plan = plan_for(session, actor, plan_id)
        else:
            plan = for_change(session, actor, plan_id, version, Act.ADOPT)
        write.take_turn(session)
        base = base_of(session, plan, today(session))
        layout = head_of(session, plan, base).layout
        view = reading.view(session, actor, plan_id)
        broken = (*_formalities(session, plan), *_dates(plan, base, layout), *_codes(layout), *_ground(view))
        if any(each.refuses for each in broken):
            if not rehearse:
                first = next(each for each in broken if each.refuses)
                raise PlanBroken(count=sum(each.refuses for each in broken), first=first.text)
            return _described(plan, base, layout, heirs(base.layout, layout, base.counter), broken, {})
        if not rehearse:
            demand(actor, plan, Act.ADOPT)
        took = heirs(base.layout, layout, base.counter)
        edition = importing.add_edition(session, plan.title, plan.effective_on, f"plan {plan.id}")
        rehomed = _write(session, plan, base, layout, took, edition)
        outcome = _described(plan, base, layout, took, broken, rehomed)
        if rehearse:
            return outcome
        plan.state, plan.edition_id = PlanState.ADOPTED.value, edition
        log(session, actor, plan, Act.ADOPT.value, {"rehomed": dict(rehomed), "edition": edition})
        session.commit()
        return replace(outcome, done=True)
    finally:
        session.rollback()  # nothing, where it was committed


# --- what forbids it -------------------------------------------------------------------------------------


def _formalities(session: Session, plan: Plan) -> list[Broken]:
    found = []
    if plan.approved_version != plan.version:
        found.append(Broken(Message("Nobody has approved this version of the plan yet.")))
    if reading.base_moved(session, plan):
        found.append(Broken(Message("The boundaries changed since this plan was begun. Move it onto today's first.")))
    return found


def _dates(plan: Plan, base: Base, layout: Layout) -> list[Broken]:
    found = []
    if plan.effective_on > base.day:
        day = {"day": plan.effective_on.isoformat()}
        found.append(Broken(Message("It takes effect on {day}: adopt it from that day on.", day)))
    late = [code for code in _replaced(base, layout) if (base.rows[code].since or date.min) > plan.effective_on]
    if late:
        given = {"day": plan.effective_on.isoformat(), "units": ", ".join(late[:5])}
        text = Message("Boundaries of {units} began after {day}. Choose a later day on which it takes effect.", given)
        found.append(Broken(text, tuple(late)))
    return found


def _codes(layout: Layout) -> list[Broken]:
    found = []
    for code, unit in layout.units.items():
        try:
            right = level_of(code) is Level.GRID and parent(code) == unit.parent and unit.parent in layout.parents
        except CodeInvalid:
            right = False
        if not right:
            text = Message("{code} is not the code of a grid of {parent}.", {"code": code, "parent": unit.parent})
            found.append(Broken(text, (code,), unit.geometry))
        if unit.geometry.is_empty or not unit.geometry.is_valid:
            found.append(Broken(Message("The outline of {code} is not valid.", {"code": code}), (code,)))
    return found


def _ground(view: PlanView) -> list[Broken]:
    """Ground that no grid or several grids cover beside what the plan changes; the rest are warnings."""
    changed = {unit.code for unit in view.units if unit.changed}
    found = []
    for each in view.findings:
        if each.state == "cured" or (each.state == "still" and not changed.intersection(each.units)):
            continue
        refuses = each.lens in _GROUND and (each.state == "new" or not each.sliver)
        if refuses or each.state == "new":
            found.append(Broken(each.why, each.units, each.geometry, refuses))
    return sorted(found, key=lambda each: not each.refuses)


# --- what it writes --------------------------------------------------------------------------------------


def _replaced(base: Base, layout: Layout) -> list[str]:
    """Codes whose boundary in force is closed: vanished, redrawn, or given a vertex."""
    own = [code for code, unit in base.layout.units.items() if _geometry_differs(unit.geometry, layout, code)]
    return sorted(own + _surroundings(base, layout))


def _geometry_differs(geometry: object, layout: Layout, code: str) -> bool:
    new = layout.units.get(code)
    return new is None or (new.geometry is not geometry and new.geometry.wkb != geometry.wkb)  # type: ignore[attr-defined]


def _surroundings(base: Base, layout: Layout) -> list[str]:
    both = {**base.layout.parents, **base.layout.beyond}
    now = {**layout.parents, **layout.beyond}
    return sorted(code for code, shape in both.items() if shape is not now[code] and shape.wkb != now[code].wkb)


def _write(
    session: Session,
    plan: Plan,
    base: Base,
    layout: Layout,
    took: Mapping[str, tuple[Heir, ...]],
    edition: int,
) -> dict[str, int]:
    day = plan.effective_on
    ids = {code: row.unit_id for code, row in base.rows.items()}
    new = [unit for code, unit in sorted(layout.units.items()) if code not in base.layout.units]
    gone = sorted(code for code in base.layout.units if code not in layout.units)
    redrawn = [code for code in base.layout.units if code in layout.units and code in set(_replaced(base, layout))]
    near = _surroundings(base, layout)
    around = {**layout.parents, **layout.beyond}

    write.close_boundaries(session, [base.ids[code] for code in _replaced(base, layout)], day)
    ids |= write.found_units(
        session,
        [
            {
                "code": unit.code, "level": Level.GRID.value, "parent": unit.parent, "name": unit.name,
                "pinyin": initials(unit.name), "urban": unit.urban,
            }
            for unit in new
        ],
        day,
    )  # fmt: skip
    write.open_boundaries(
        session,
        edition,
        [
            *((ids[unit.code], unit.geometry, None) for unit in new),
            *((ids[code], layout.units[code].geometry, None) for code in redrawn),
            *((ids[code], around[code], base.rows[code].drawn_on) for code in near),
        ],
        day,
    )
    for code, (_, name) in _renamed(base, layout).items():
        write.rename_unit(session, ids[code], name, initials(name))

    heir_of = {ids[code]: ids[rows[0].code] for code, rows in took.items()}
    write.add_heirs(
        session,
        [
            (ids[code], ids[heir.code], plan.id, heir.share, heir.households)
            for code, rows in took.items()
            for heir in rows
        ],
    )
    rehomed = {"workers": 0, "posts": 0, "organisations": 0, "accounts": 0}
    for old, heir in heir_of.items():
        rehomed["workers"] += write.move_assignments(session, old, heir, day)
        for name, count in write.follow(session, old, heir, day).items():
            rehomed[name] += count
    touched = [ids[code] for code in (*gone, *redrawn, *(unit.code for unit in new))]
    rehomed["service points"] = write.move_service_points(session, touched, day)
    rehomed["open cases"] = len(write.move_open_cases(session, touched, heir_of, day))
    write.retire_units(session, [ids[code] for code in gone], day)
    rehomed |= _followed_the_ground(base, layout)
    _read_back(session, plan, layout)
    return rehomed


def _followed_the_ground(base: Base, layout: Layout) -> dict[str, int]:
    """Compounds that lie in another grid than before, and the members who report in there."""
    before, now = base.counter.compound_holders(base.layout), base.counter.compound_holders(layout)
    moved = [code for code, grid in now.items() if before.get(code) != grid]
    return {"compounds": len(moved), "members": sum(base.counter.ground.members.get(code, 0) for code in moved)}


def _read_back(session: Session, plan: Plan, layout: Layout) -> None:
    """What stands in the database now is what was replayed, to the byte of every vertex.

    Raises
    ------
    InvariantBroken
    """
    session.flush()
    ids = queries.boundaries_around(session, plan.scope_code, plan.effective_on)
    stored = {row.code: row.geometry for row in queries.boundaries(session, ids)}
    for code, unit in layout.units.items():
        if code not in stored or not stored[code].equals_exact(write.as_stored(unit.geometry), 0.0):
            raise InvariantBroken(detail=f"{code} was not stored as the plan draws it; nothing was adopted.")


def _renamed(base: Base, layout: Layout) -> dict[str, tuple[str, str]]:
    return {
        code: (unit.name, layout.units[code].name)
        for code, unit in base.layout.units.items()
        if code in layout.units and layout.units[code].name != unit.name
    }


def _described(
    plan: Plan,
    base: Base,
    layout: Layout,
    took: Mapping[str, tuple[Heir, ...]],
    broken: tuple[Broken, ...],
    rehomed: Mapping[str, int],
) -> Adoption:
    own = set(base.layout.units)
    return Adoption(
        edition=plan.title,
        effective_on=plan.effective_on,
        opened=tuple(sorted(code for code in layout.units if code not in own)),
        retired={
            code: tuple(heir.code for heir in took.get(code, ())) for code in sorted(own) if code not in layout.units
        },
        redrawn=tuple(code for code in _replaced(base, layout) if code in own and code in layout.units),
        renamed=_renamed(base, layout),
        surroundings=tuple(_surroundings(base, layout)),
        rehomed=dict(rehomed),
        broken=broken,
    )
