"""Indicators of the demo county against a recount in plain Python; every figure drills to its very cases."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.clock import LOCAL
from gridmap.domain.indicators import INDICATORS
from gridmap.errors import BadInput, OutsideScope
from gridmap.services import accounts, indicators

START, END = date(2026, 8, 1), date(2026, 10, 31)
TOWN = "990001003000"


@pytest.fixture(scope="module")
def raw(demo_database):
    """Cases of one town as plain rows, with their events and follow-ups."""
    with demo_database.session() as session:
        rows = session.execute(
            text(
                "SELECT c.*, u.code, h.level FROM cases c JOIN units u ON u.id = c.unit_id"
                " LEFT JOIN units h ON h.id = c.handler_unit_id WHERE u.code LIKE '990001003%'"
            )
        ).all()
        ids = [row.id for row in rows]
        follow = defaultdict(list)
        for row in session.execute(text("SELECT * FROM follow_ups WHERE case_id = ANY(:i) ORDER BY id"), {"i": ids}):
            follow[row.case_id].append(row)
        events = defaultdict(list)
        for row in session.execute(text("SELECT * FROM case_events WHERE case_id = ANY(:i) ORDER BY id"), {"i": ids}):
            events[row.case_id].append(row)
    return rows, follow, events


def _slow(raw, now):
    """The reference's formulas, written out case by case."""
    rows, follow, events = raw
    start = datetime.combine(START, datetime.min.time(), tzinfo=LOCAL)
    end = datetime.combine(END + timedelta(days=1), datetime.min.time(), tzinfo=LOCAL)
    counted = defaultdict(float)
    for row in rows:
        if start <= row.reported_at < end:
            counted["received"] += 1
            counted["filed"] += row.filed_at is not None
            counted["dispatched"] += row.dispatched_at is not None
            counted["never_returned"] += row.dispatched_at is not None and row.returns == 0
            counted["returns"] += row.returns if row.dispatched_at is not None else 0
        if row.filed_at is not None and start <= row.original_due_at < end:
            counted["due"] += 1
            counted["due_closed"] += row.closed_at is not None
            counted["due_on_time"] += row.closed_at is not None and row.closed_at <= row.original_due_at
            counted["due_extended"] += row.extensions > 0
        if row.closed_at is not None and start <= row.closed_at < end:
            counted["closed"] += 1
            counted["closed_low"] += row.body_id is None and row.level in ("grid", "community", "compound", "courtyard")
            said = [each for each in follow[row.id] if each.round == row.reworks + row.reopenings]
            counted["valid_follow_ups"] += bool(said)
            heard = [each for each in said if each.contacted]
            counted["contacted"] += bool(heard)
            if heard:
                counted["solved"] += heard[-1].solved
                counted["satisfied_points"] += {"satisfied": 1, "basically_satisfied": 0.9}.get(
                    heard[-1].satisfaction, 0
                )
        closings = [
            e.at for e in events[row.id] if e.act == "close" and start <= e.at < min(end, now - timedelta(days=30))
        ]
        counted["closed_before"] += bool(closings)
        counted["reopened"] += any(
            at <= e.at < at + timedelta(days=30) for at in closings for e in events[row.id] if e.act == "reopen"
        )
    return counted


def test_every_count_is_what_a_slow_recount_says(demo_session, raw):
    from gridmap.services.cases.moment import now

    actor = accounts.operator(demo_session)
    board = indicators.board(demo_session, actor, TOWN, START, END)
    slow = _slow(raw, now(demo_session))
    for name, expected in slow.items():
        assert board.counts[name] == pytest.approx(expected), name
    assert board.counts["due"] > 1_000
    assert {figure.name for figure in board.figures} == set(INDICATORS)


@pytest.mark.parametrize("edition", [None, date(2026, 11, 1)])
def test_every_figure_drills_to_as_many_cases_as_it_counts(demo_session, edition):
    actor = accounts.operator(demo_session)
    board = indicators.board(demo_session, actor, TOWN, START, END, edition_on=edition)
    for name in indicators.DRILLABLE - {"returns", "satisfied_points"}:
        ids = indicators.drill(demo_session, actor, name, TOWN, START, END, edition_on=edition)
        assert len(ids) == board.counts[name] == len(set(ids)), name


def test_a_recount_on_another_edition_moves_cases_between_units_and_loses_none(demo_session):
    actor = accounts.operator(demo_session)
    county = "990001000000"
    then = indicators.board(demo_session, actor, county, START, END, edition_on=date(2026, 11, 1)).counts["received"]
    towns = demo_session.execute(text("SELECT code FROM units WHERE level = 'town'")).scalars().all()
    parts = [
        indicators.board(demo_session, actor, town, START, END, edition_on=date(2026, 11, 1)).counts["received"]
        for town in towns
    ]
    assert sum(parts) == then > 10_000


def test_nothing_to_count_is_no_value_and_wrong_questions_are_named(demo_session):
    actor = accounts.operator(demo_session)
    empty = indicators.board(demo_session, actor, TOWN, date(2020, 1, 1), date(2020, 1, 31))
    values = {figure.name: figure.value for figure in empty.figures}
    assert values["on_time"] is None
    assert empty.composite is None
    with pytest.raises(BadInput):
        indicators.board(demo_session, actor, TOWN, END, START)
    with pytest.raises(BadInput, match="due_on_time"):
        indicators.drill(demo_session, actor, "posts", TOWN, START, END)
    from gridmap.domain.permissions import Actor, Role

    with pytest.raises(OutsideScope):
        indicators.board(demo_session, Actor(None, "x", Role.DISPATCHER, "990001001000"), TOWN, START, END)
