"""A draft is a list of operations: applied, undone, redone exactly; nobody overwrites anybody in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.domain.plans import Norm
from gridmap.errors import (
    BadInput,
    NotFound,
    OperationInvalid,
    OutsideScope,
    PermissionMissing,
    PlanMoved,
    PlanState,
    Refused,
)
from gridmap.services import plans
from gridmap.store.database import Session
from tests.services.plans.conftest import AUTHOR, ONE, TWO, WEST, Desk
from tests.small_county import X, Y


def upright(x: int) -> dict[str, object]:
    """A line from south to north that overshoots on both sides."""
    return {"type": "LineString", "coordinates": [[X + x, Y - 50], [X + x, Y + 1050]]}


SPLIT = {"kind": "split", "unit": ONE, "lines": [upright(400)]}
MERGE = {"kind": "merge", "units": [ONE, TWO], "into": ONE}


def test_a_split_is_drawn_counted_and_taken_back_to_the_byte(desk: Desk) -> None:
    before = desk.outlines()
    effect = desk.do(SPLIT, "too many for one")
    new = next(unit for unit in effect.units if unit.before is None)
    assert new.code == "990001001001003"
    assert {unit.code for unit in effect.units if unit.figures_after} >= {ONE, new.code}
    assert sum(u.figures_after.households for u in effect.units if u.figures_after and u.code in (ONE, new.code)) == 300
    areas = {code: unit.geometry.area for code, unit in plans.layout(desk.session, AUTHOR, desk.plan).units.items()}
    assert areas[ONE] + areas[new.code] == pytest.approx(1_000_000, abs=1e-6)
    after = desk.outlines()
    assert plans.undo(desk.session, AUTHOR, desk.plan, desk.version).version == 3
    assert desk.outlines() == before
    plans.redo(desk.session, AUTHOR, desk.plan, desk.version)
    assert desk.outlines() == after
    row = plans.plan(desk.session, AUTHOR, desk.plan).operations[0]
    assert (row.kind, row.reason, row.actor) == ("split", "too many for one", "author")


def test_preview_writes_nothing(desk: Desk) -> None:
    before = desk.outlines()
    effect = plans.preview(desk.session, AUTHOR, desk.plan, 1, MERGE)
    assert effect.households_moved == 300
    assert (desk.outlines(), desk.version) == (before, 1)


def test_what_was_undone_is_dropped_by_the_next_act_and_stays_in_the_history(desk: Desk) -> None:
    desk.do(MERGE)
    plans.undo(desk.session, AUTHOR, desk.plan, desk.version)
    desk.do({"kind": "rename", "unit": ONE, "name": "Gate of the west"})
    with pytest.raises(Refused, match="nothing to redo"):
        plans.redo(desk.session, AUTHOR, desk.plan, desk.version)
    states = desk.session.execute(text("SELECT state FROM plan_operations ORDER BY seq")).scalars().all()
    assert states == ["dropped", "standing"]


def test_an_old_version_is_refused_and_names_who_moved_on(desk: Desk) -> None:
    desk.do(MERGE)
    with pytest.raises(PlanMoved, match=r"version 2 .*author"):
        plans.apply(desk.session, AUTHOR, desk.plan, 1, SPLIT)
    assert len(plans.plan(desk.session, AUTHOR, desk.plan).operations) == 1


def test_two_planners_at_once_one_wins_the_other_is_told(open_desk: Callable[[], Session]) -> None:
    with open_desk() as session:
        plan = plans.create(session, AUTHOR, WEST, "Both at once")
    barrier, outcomes = threading.Barrier(2), []

    def draw(name: str, document: dict[str, object]) -> None:
        actor = Actor(None, name, Role.PLANNER, WEST)
        with open_desk() as session:
            plans.plan(session, actor, plan)
            barrier.wait()
            try:
                plans.apply(session, actor, plan, 1, document)
                outcomes.append("done")
            except PlanMoved:
                outcomes.append("told")

    threads = [threading.Thread(target=draw, args=each) for each in (("a", SPLIT), ("b", MERGE))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "told"]
    with open_desk() as session:
        detail = plans.plan(session, AUTHOR, plan)
        assert (detail.row.version, len(detail.operations)) == (2, 1)


def test_the_view_says_what_the_draft_creates_and_cures(desk: Desk) -> None:
    desk.do(MERGE)
    view = plans.view(desk.session, AUTHOR, desk.plan)
    assert {(each.lens, each.state) for each in view.findings} == {("overloaded_grid", "new")}
    gone = next(unit for unit in view.units if unit.code == TWO)
    assert (gone.figures, gone.before.households, view.households_moved) == (None, 300, 300)
    one = next(unit for unit in view.units if unit.code == ONE)
    assert (one.figures.households, one.figures.workers, one.band) == (600, 2, "above")
    plans.set_norm(desk.session, AUTHOR, desk.plan, Norm(rural_low=100, rural_high=700))
    assert plans.view(desk.session, AUTHOR, desk.plan).findings == ()


def test_locked_grids_are_left_alone(desk: Desk) -> None:
    plans.set_locks(desk.session, AUTHOR, desk.plan, [ONE])
    with pytest.raises(Refused):
        desk.do(SPLIT)
    with pytest.raises(NotFound):
        plans.set_locks(desk.session, AUTHOR, desk.plan, ["990001001001009"])


@pytest.mark.parametrize(
    ("actor", "scope", "error"),
    [
        (Actor(None, "w", Role.WORKER, WEST), WEST, PermissionMissing),
        (Actor(None, "i", Role.INSPECTOR, WEST), WEST, PermissionMissing),
        (Actor(None, "p", Role.PLANNER, "990001002000"), WEST, OutsideScope),
        (AUTHOR, "990001009000", NotFound),
        (AUTHOR, ONE, BadInput),
    ],
)
def test_who_may_begin_a_plan_and_where(desk: Desk, actor: Actor, scope: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        plans.create(desk.session, actor, scope, "No")


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\0b"])
def test_a_plan_has_a_title_of_plain_text(desk: Desk, title: str) -> None:
    with pytest.raises(BadInput):
        plans.create(desk.session, AUTHOR, WEST, title)


def test_nonsense_is_no_operation(desk: Desk) -> None:
    for document in ({}, {"kind": "explode"}, {"kind": "merge"}, {"kind": "split", "unit": ONE, "lines": []}):
        with pytest.raises((OperationInvalid, Refused)):
            desk.do(document)
    assert desk.version == 1


def test_a_plan_in_review_is_not_drawn_on(desk: Desk) -> None:
    desk.do(MERGE)
    plans.submit(desk.session, AUTHOR, desk.plan, desk.version)
    with pytest.raises(PlanState):
        desk.do(SPLIT)


def test_outlines_drawn_elsewhere_become_a_draft(desk: Desk) -> None:
    layout = plans.layout(desk.session, AUTHOR, desk.plan)
    both = layout.units[ONE].geometry.union(layout.units[TWO].geometry)
    plan = plans.create_from_outlines(desk.session, AUTHOR, "From QGIS", {ONE: both, TWO: None}, names={ONE: "All"})
    detail = plans.plan(desk.session, AUTHOR, plan)
    assert (detail.row.scope, [row.kind for row in detail.operations]) == (WEST, ["set_outlines"])
    units = plans.layout(desk.session, AUTHOR, plan).units
    assert set(units) == {ONE}
    assert units[ONE].name == "All"
    with pytest.raises(BadInput):
        plans.create_from_outlines(desk.session, AUTHOR, "None", {})
