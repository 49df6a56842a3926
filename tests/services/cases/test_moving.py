"""A case from report to archive: desks, history, deadlines, verdicts; what is not allowed changes nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.cases import MOVES, PAIRS, CaseStatus, ClosingReason, Move, Verdict
from gridmap.domain.clock import Stage
from gridmap.errors import CaseMoved, KeyReused, MoveIllegal, MoveIncomplete, OutsideScope, PermissionMissing
from gridmap.services import cases


def test_the_whole_way_to_the_archive(desk):
    case = desk.report()
    desk.to_check(case)
    desk.do(desk.checker, case, Move.FOLLOW_UP, verdict=Verdict(True, True, "satisfied"))
    view = desk.do(desk.checker, case, Move.CLOSE)
    assert view.row.status == CaseStatus.CLOSED
    assert view.row.closing_reason == ClosingReason.SOLVED
    assert desk.do(desk.dispatcher, case, Move.ARCHIVE).row.status == CaseStatus.ARCHIVED
    acts = [event.act for event in cases.case(desk.session, desk.checker, case).events]
    assert acts == ["report", "file", "dispatch", "sign", "start", "settle", "follow_up", "close", "archive"]


def test_the_point_finds_grid_and_desk_by_itself(desk):
    row = cases.case(desk.session, desk.dispatcher, desk.report()).row
    assert (row.unit, row.community, row.handler.code) == ("990001001001001", "990001001001", "990001001001001")
    water = cases.case(desk.session, desk.dispatcher, desk.report(kind="utilities")).row
    assert (water.handler.code, water.is_body) == ("B-WATER", True)


def test_the_database_knows_the_same_moves(desk):
    rows = desk.session.execute(text("SELECT before, after FROM case_moves")).all()
    assert {(row[0], row[1]) for row in rows} == {(a.value, b.value) for a, b in PAIRS}
    assert {rule.leads_to for rule in MOVES.values()} | {CaseStatus.DRAFT} == set(CaseStatus)


def test_every_move_outside_the_table_is_refused_by_domain_and_database(desk):
    case = desk.report()
    with pytest.raises(MoveIllegal):
        desk.do(desk.worker, case, Move.SIGN)
    for status in CaseStatus:
        if (CaseStatus.REPORTED, status) in PAIRS or status == CaseStatus.REPORTED:
            continue
        savepoint = desk.session.begin_nested()
        with pytest.raises(Exception, match=r"a case does not go from reported|cases_"):
            desk.session.execute(text("UPDATE cases SET status = :s WHERE id = :i"), {"s": status.value, "i": case})
        savepoint.rollback()


def test_a_change_of_state_without_history_does_not_reach_the_disk(desk):
    case = desk.report()
    savepoint = desk.session.begin_nested()
    desk.session.execute(text("UPDATE cases SET status = 'filed' WHERE id = :i"), {"i": case})
    with pytest.raises(Exception, match="without a line in its history"):
        desk.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    savepoint.rollback()


def test_the_checker_is_not_the_handler(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    desk.do(desk.dispatcher, case, Move.DISPATCH, unit="990001001001")
    for move, given in ((Move.SIGN, {}), (Move.START, {}), (Move.SETTLE, {"note": "ok", "closing_reason": "solved"})):
        desk.do(desk.dispatcher, case, move, **given)
    with pytest.raises(MoveIllegal, match="does not check it"):
        desk.do(desk.dispatcher, case, Move.FOLLOW_UP, verdict=Verdict(True, True))
    assert Move.FOLLOW_UP not in cases.case(desk.session, desk.dispatcher, case).moves
    assert Move.FOLLOW_UP in cases.case(desk.session, desk.checker, case).moves


def test_a_case_that_the_resident_calls_unsolved_is_not_closed_as_solved(desk):
    case = desk.report()
    desk.to_check(case)
    desk.do(desk.checker, case, Move.FOLLOW_UP, verdict=Verdict(True, False, "dissatisfied"))
    with pytest.raises(MoveIllegal, match="not solved"):
        desk.do(desk.checker, case, Move.CLOSE, closing_reason=ClosingReason.SOLVED)
    view = desk.do(desk.checker, case, Move.REOPEN, note="灯还是不亮")
    assert (view.row.status, view.row.reopenings) == (CaseStatus.FILED, 1)


def test_rework_and_returns_are_counted_and_the_clock_of_handling_runs_on(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    desk.do(desk.dispatcher, case, Move.DISPATCH)
    first = {term.stage: term for term in cases.case(desk.session, desk.worker, case).terms}
    desk.do(desk.worker, case, Move.RETURN, note="不归我管")
    view = desk.do(desk.dispatcher, case, Move.DISPATCH, body="B-WATER")
    again = {term.stage: term for term in view.terms}
    assert view.row.returns == 1
    assert again[Stage.HANDLE].due_at == first[Stage.HANDLE].due_at
    assert again[Stage.SIGN].started_at > first[Stage.SIGN].started_at
    assert again[Stage.TOTAL].due_at == first[Stage.TOTAL].due_at
    with pytest.raises((MoveIllegal, OutsideScope)):
        desk.do(desk.worker, case, Move.SIGN)
    desk.do(desk.office, case, Move.SIGN)
    desk.do(desk.office, case, Move.START)
    desk.do(desk.office, case, Move.SETTLE, note="修好了", closing_reason="solved")
    view = desk.do(desk.checker, case, Move.REWORK, note="没修好")
    assert (view.row.reworks, view.row.status) == (1, CaseStatus.HANDLING)
    assert {term.stage: term.met_at for term in view.terms}[Stage.HANDLE] is None


def test_a_pause_stops_the_clock_and_what_is_left_runs_on(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    desk.do(desk.dispatcher, case, Move.DISPATCH)
    desk.do(desk.worker, case, Move.SIGN)
    desk.do(desk.worker, case, Move.START)
    before = cases.case(desk.session, desk.worker, case).row.due_at
    paused = desk.do(desk.worker, case, Move.PAUSE, note="等配件")
    assert paused.row.light is None
    assert all(term.paused for term in paused.terms if term.met_at is None)
    desk.session.execute(
        text("UPDATE case_terms SET left_s = left_s - 3600 WHERE case_id = :i AND left_s IS NOT NULL"), {"i": case}
    )
    desk.session.expire_all()
    resumed = desk.do(desk.worker, case, Move.RESUME)
    assert timedelta(minutes=59) < before - resumed.row.due_at < timedelta(hours=1, minutes=1)
    assert resumed.row.original_due_at == before


def test_backlog_wants_a_leader_and_a_day(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    desk.do(desk.dispatcher, case, Move.DISPATCH)
    desk.do(desk.worker, case, Move.SIGN)
    with pytest.raises(PermissionMissing):
        desk.do(desk.dispatcher, case, Move.PUT_OFF, note="没钱", review_on=date(2030, 1, 1))
    with pytest.raises(MoveIncomplete, match="review_on"):
        desk.do(desk.leader, case, Move.PUT_OFF, note="没钱")
    view = desk.do(desk.leader, case, Move.PUT_OFF, note="没钱", review_on=date(2030, 1, 1))
    assert (view.row.status, view.review_on) == (CaseStatus.BACKLOG, date(2030, 1, 1))
    assert desk.do(desk.dispatcher, case, Move.TAKE_UP).row.status == CaseStatus.HANDLING


def test_two_hands_on_one_case_do_not_overwrite_one_another(desk):
    case = desk.report()
    version = cases.case(desk.session, desk.dispatcher, case).row.version
    cases.move(desk.session, desk.dispatcher, case, version, Move.FILE)
    with pytest.raises(CaseMoved, match=r"dispatcher \(file\)"):
        cases.move(desk.session, desk.checker, case, version, Move.REFUSE, cases.Given(note="x", where_to_go="y"))


def test_a_request_sent_twice_is_carried_out_once(desk):
    case = desk.report(key="phone-1")
    assert desk.report(key="phone-1") == case
    with pytest.raises(KeyReused):
        desk.report(key="phone-1", words="something else")
    desk.do(desk.dispatcher, case, Move.FILE, key="k1")
    view = desk.do(desk.dispatcher, case, Move.FILE, key="k1")
    assert [event.act for event in view.events] == ["report", "file"]


def test_more_time_is_asked_for_and_decided_by_another(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    desk.do(desk.dispatcher, case, Move.DISPATCH)
    desk.do(desk.worker, case, Move.SIGN)
    row = cases.case(desk.session, desk.worker, case).row
    until = row.due_at + timedelta(days=3)
    asked = cases.ask_extension(desk.session, desk.worker, case, None, until, "等配件")
    with pytest.raises(PermissionMissing):
        cases.decide_extension(desk.session, desk.worker, asked, True)
    cases.decide_extension(desk.session, desk.dispatcher, asked, True, "同意")
    view = cases.case(desk.session, desk.worker, case)
    assert (view.row.due_at, view.row.original_due_at, view.row.extensions) == (until, row.due_at, 1)
    assert view.row.status == CaseStatus.SIGNED


def test_cases_of_a_restricted_lane_are_seen_by_few(desk):
    case = desk.report(kind="petition")
    view = cases.case(desk.session, desk.dispatcher, case)
    assert view.row.restricted
    with pytest.raises(OutsideScope):
        cases.case(desk.session, desk.worker, case)
    filed = desk.do(desk.dispatcher, case, Move.FILE)
    assert {term.stage for term in filed.terms} == {Stage.ANSWER, Stage.TOTAL}
    total = next(term for term in filed.terms if term.stage == Stage.TOTAL)
    assert total.due_at - total.started_at == timedelta(days=60)


def test_a_neighbour_town_sees_nothing(desk):
    from gridmap.domain.permissions import Actor, Role

    case = desk.report()
    other = Actor(None, "other", Role.DISPATCHER, "990001002000")
    with pytest.raises(OutsideScope):
        cases.case(desk.session, other, case)
    assert cases.cases(desk.session, other, cases.reading.Filter()).total == 0
