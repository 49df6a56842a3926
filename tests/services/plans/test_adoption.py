"""Adopting: one transaction, rehearsed by doing it; what stood on vanished grids finds its heir; the past stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import text

from gridmap.errors import PlanBroken, PlanState, Refused
from gridmap.services import plans, units
from gridmap.store.database import Session
from tests.services.plans.conftest import AUTHOR, ONE, REVIEWER, TWO, WEST, Desk
from tests.services.plans.test_drafting import MERGE, SPLIT
from tests.small_county import BEFORE, TODAY, X, Y


def scalar(session: Session, statement: str, **given: Any) -> Any:
    return session.execute(text(statement), given).scalar()


def case(session: Session, number: str, unit: int, x: float | None, *, closed: bool = False) -> None:
    session.execute(
        text("INSERT INTO case_kinds (code, name_zh, name_en) VALUES ('road', '道路', 'Road') ON CONFLICT DO NOTHING")
    )
    session.execute(
        text(
            "INSERT INTO cases (number, kind, status, source, unit_id, geom, reported_at, closed_at) VALUES"
            " (:number, 'road', :status, 'phone', :unit, CASE WHEN CAST(:x AS float) IS NULL THEN NULL ELSE"
            "  ST_SetSRID(ST_MakePoint(CAST(:x AS float), :y), 4549) END, '2026-10-01', :closed)"
        ),
        {
            "number": number, "status": "closed" if closed else "handling", "unit": unit, "x": x, "y": Y + 500,
            "closed": "2026-10-02" if closed else None,
        },
    )  # fmt: skip


def test_a_rehearsal_says_everything_and_writes_nothing(desk: Desk) -> None:
    desk.do(MERGE)
    desk.approve()
    tables = ("boundaries", "units", "assignments", "editions", "unit_heirs", "case_events")
    before = [scalar(desk.session, f"SELECT count(*) FROM {table}") for table in tables]
    found = desk.adopt(rehearse=True)
    assert not found.refused
    assert (found.opened, dict(found.retired), found.redrawn) == ((), {TWO: (ONE,)}, (ONE,))
    assert found.rehomed["workers"] == 2
    assert [scalar(desk.session, f"SELECT count(*) FROM {table}") for table in tables] == before
    assert plans.plan(desk.session, AUTHOR, desk.plan).row.state == "in_review"


def test_merged_grids_hand_everything_to_the_heir_and_yesterday_is_still_drawn(desk: Desk) -> None:
    case(desk.session, "open in two", desk.ids[TWO], X + 1500)
    case(desk.session, "open without place", desk.ids[TWO], None)
    case(desk.session, "closed in two", desk.ids[TWO], X + 1500, closed=True)
    desk.session.commit()
    desk.do(MERGE)
    desk.approve()
    found = desk.adopt()
    assert found.done
    assert found.rehomed["open cases"] == 2

    now = {
        row.code: row.geometry
        for row in units.boundaries(desk.session, AUTHOR, "grid", scope=WEST, as_of=TODAY).itertuples()
    }
    assert set(now) == {ONE}
    assert now[ONE].area == pytest.approx(2_000_000)
    past = units.boundaries(desk.session, AUTHOR, "grid", scope=WEST, as_of=BEFORE)
    assert list(past["code"]) == [ONE, TWO]
    assert past.geometry.area.tolist() == [1_000_000, 1_000_000]

    unit_of = "SELECT u.code FROM cases c JOIN units u ON u.id = c.unit_id WHERE number = :number"
    assert scalar(desk.session, unit_of, number="open in two") == ONE
    assert scalar(desk.session, unit_of, number="open without place") == ONE
    assert scalar(desk.session, unit_of, number="closed in two") == TWO
    assert scalar(desk.session, "SELECT count(*) FROM case_events WHERE detail ->> 'to' = :one", one=ONE) == 2
    heads = "SELECT count(*) FROM assignments WHERE unit_id = :one AND role = 'head' AND valid @> CAST(:day AS date)"
    assert scalar(desk.session, heads, one=desk.ids[ONE], day=TODAY) == 1
    workers = heads.replace("'head'", "'worker'")
    assert scalar(desk.session, workers, one=desk.ids[ONE], day=TODAY) == 3  # its own, the other's, the other's head
    assert scalar(desk.session, heads, one=desk.ids[TWO], day=BEFORE) == 1
    assert scalar(desk.session, "SELECT share FROM unit_heirs") == 1
    assert scalar(desk.session, "SELECT retired_on FROM units WHERE code = :two", two=TWO) == TODAY
    assert plans.plan(desk.session, AUTHOR, desk.plan).row.state == "adopted"
    with pytest.raises(PlanState):
        desk.adopt()


def test_a_new_grid_is_founded_and_the_cases_inside_it_follow(desk: Desk) -> None:
    case(desk.session, "in the new part", desk.ids[ONE], X + 100)
    desk.session.commit()
    desk.do(SPLIT)
    desk.approve()
    found = desk.adopt()
    assert found.opened == ("990001001001003",)
    new = desk.session.execute(text("SELECT founded_on, pinyin, level FROM units WHERE code = '990001001001003'")).one()
    assert (new.founded_on, new.level) == (TODAY, "grid")
    west_part = units.boundaries(desk.session, AUTHOR, "grid", scope="990001001001003", as_of=TODAY).geometry.iloc[0]
    held = west_part.contains(shapely.Point(X + 100, Y + 500))
    code = scalar(desk.session, "SELECT u.code FROM cases c JOIN units u ON u.id = c.unit_id")
    assert code == ("990001001001003" if held else ONE)


def test_nobody_adopts_what_nobody_approved_and_nobody_approves_their_own(desk: Desk) -> None:
    desk.do(MERGE)
    with pytest.raises(PlanState):
        desk.adopt()
    plans.submit(desk.session, AUTHOR, desk.plan, desk.version)
    with pytest.raises(Refused, match="another person"):
        plans.approve(desk.session, AUTHOR, desk.plan, desk.version)
    with pytest.raises(PlanBroken, match="approved"):
        desk.adopt()
    plans.return_(desk.session, REVIEWER, desk.plan, desk.version, "Not like this")
    assert plans.plan(desk.session, AUTHOR, desk.plan).row.state == "draft"


def test_an_approval_holds_for_the_version_that_was_looked_at(desk: Desk) -> None:
    desk.do(MERGE)
    desk.approve()
    plans.return_(desk.session, REVIEWER, desk.plan, desk.version, "Once more")
    plans.undo(desk.session, AUTHOR, desk.plan, desk.version)
    plans.redo(desk.session, AUTHOR, desk.plan, desk.version)
    plans.submit(desk.session, AUTHOR, desk.plan, desk.version)
    with pytest.raises(PlanBroken):
        desk.adopt()


def test_uncovered_ground_forbids_adopting(desk: Desk) -> None:
    layout = plans.layout(desk.session, AUTHOR, desk.plan)
    smaller = shapely.intersection(layout.units[ONE].geometry, shapely.box(X, Y, X + 900, Y + 1000))
    plans.set_outlines(desk.session, AUTHOR, desk.plan, desk.version, {ONE: smaller})
    desk.approve()
    found = desk.adopt(rehearse=True)
    assert found.refused
    assert any(
        each.refuses and each.geometry is not None and each.geometry.area == pytest.approx(100_000)
        for each in found.broken
    )
    with pytest.raises(PlanBroken):
        desk.adopt()
    assert scalar(desk.session, "SELECT count(*) FROM editions") == 1


def test_it_takes_effect_on_its_day_and_not_before(desk: Desk) -> None:
    desk.do(MERGE)
    plans.describe(desk.session, AUTHOR, desk.plan, effective_on=TODAY + timedelta(days=3))
    desk.approve()
    with pytest.raises(PlanBroken, match="2026-11-04"):
        desk.adopt()


def test_a_day_before_the_present_boundary_began_is_refused(desk: Desk) -> None:
    desk.do(MERGE)
    plans.describe(desk.session, AUTHOR, desk.plan, effective_on=date(2019, 12, 31))
    desk.approve()
    with pytest.raises(PlanBroken, match="later day"):
        desk.adopt()


def test_two_editions_on_one_day_the_first_was_never_in_force_and_is_kept(desk: Desk) -> None:
    desk.do({"kind": "rename", "unit": ONE, "name": "Gate of the west"})
    desk.do(SPLIT)
    desk.approve()
    desk.adopt()
    assert scalar(desk.session, "SELECT name FROM units WHERE code = :one", one=ONE) == "Gate of the west"
    second = plans.create(desk.session, AUTHOR, WEST, "West once more")
    again = Desk(desk.session, desk.ids, AUTHOR, REVIEWER, second)
    again.do({"kind": "merge", "units": [ONE, "990001001001003"], "into": ONE})
    again.approve()
    assert again.adopt().done
    rows = units.boundaries(desk.session, AUTHOR, "grid", scope=WEST, as_of=TODAY)
    assert dict(zip(rows["code"], rows.geometry.area, strict=True)) == {ONE: 1_000_000, TWO: 1_000_000}
    assert scalar(desk.session, "SELECT count(*) FROM boundaries WHERE isempty(valid)") >= 2


def test_a_draft_whose_base_moved_on_is_rebased_with_its_conflicts_shown(desk: Desk) -> None:
    late = plans.create(desk.session, AUTHOR, WEST, "Too late")
    mine = Desk(desk.session, desk.ids, AUTHOR, REVIEWER, late)
    mine.do({"kind": "rename", "unit": ONE, "name": "Kept"})
    mine.do(
        {
            **SPLIT,
            "unit": TWO,
            "lines": [{"type": "LineString", "coordinates": [[X + 1400, Y - 50], [X + 1400, Y + 1050]]}],
        }
    )
    desk.do(MERGE)
    desk.approve()
    desk.adopt()
    assert plans.plan(desk.session, AUTHOR, late).base_moved
    mine.approve()
    with pytest.raises(PlanBroken, match="today"):
        mine.adopt()
    plans.return_(desk.session, REVIEWER, late, mine.version, "Rebase")

    shown = plans.rebase(desk.session, AUTHOR, late, mine.version)
    assert not shown.done
    assert [(each.operation.kind, each.refused) for each in shown.conflicts] == [("rename", False), ("split", True)]
    assert all(each.geometry is not None for each in shown.conflicts)
    stuck = plans.rebase(desk.session, AUTHOR, late, mine.version, accept=True, rehearse=False)
    assert not stuck.done
    drop = [each.operation.id for each in shown.conflicts if each.refused]
    done = plans.rebase(desk.session, AUTHOR, late, mine.version, drop=drop, accept=True, rehearse=False)
    assert done.done
    assert [row.kind for row in plans.plan(desk.session, AUTHOR, late).operations] == ["rename"]
    assert not plans.plan(desk.session, AUTHOR, late).base_moved
    mine.approve()
    assert mine.adopt().done
    assert scalar(desk.session, "SELECT name FROM units WHERE code = :one", one=ONE) == "Kept"


def test_withdrawing_loses_nothing(desk: Desk) -> None:
    desk.do(MERGE)
    plans.withdraw(desk.session, AUTHOR, desk.plan, "Another time")
    plans.reopen(desk.session, AUTHOR, desk.plan)
    detail = plans.plan(desk.session, AUTHOR, desk.plan)
    assert (detail.row.state, [row.kind for row in detail.operations]) == ("draft", ["merge"])
    assert [event.act for event in detail.history] == ["create", "apply", "withdraw", "reopen"]


def test_history_cannot_be_edited(desk: Desk) -> None:
    with pytest.raises(Exception, match="never changed"):
        desk.session.execute(text("UPDATE plan_events SET actor = 'somebody else'"))


def test_remarks_are_pinned_and_settled(desk: Desk) -> None:
    number = plans.comment(desk.session, REVIEWER, desk.plan, "Is this a road?", (X + 10.0, Y + 20.0))
    assert plans.plan(desk.session, AUTHOR, desk.plan).comments[0].at_place == (X + 10.0, Y + 20.0)
    plans.settle_comment(desk.session, AUTHOR, desk.plan, number)
    assert plans.plan(desk.session, AUTHOR, desk.plan).comments[0].settled_by == "author"
