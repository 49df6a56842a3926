"""Lenses of affairs: overdue and unlocated cases, quiet grids, meetings."""

from __future__ import annotations

import pytest
from scipy.stats import poisson

from tests.geometry.lenses.drawn import COUNTY, VILLAGE, A, B, C, about, ask, case, household, strip, unit

YARD = f"{VILLAGE}Y001"


@pytest.mark.parametrize(
    ("due", "is_open", "late"),
    [
        ("2026-11-01T15:59:59", True, True),  # before the end of the day in Beijing time
        ("2026-11-01T16:00:00", True, False),
        ("2026-10-01T00:00:00", True, True),
        ("2026-10-01T00:00:00", False, False),
        (None, True, False),
    ],
)
def test_cases_past_their_deadline(due, is_open, late):
    found = ask("overdue_cases", strip(1000), cases=[case(1, 500, due_at=due, is_open=is_open)])
    assert about(found) == ([A] if late else [])


def test_one_finding_per_grid_counts_its_overdue_cases():
    cases = [case(1, 500, due_at="2026-10-22"), case(2, 500, due_at="2026-10-30"), case(3, 500, due_at="2026-12-01")]
    cases += [case(4, 500, unit=None, due_at="2026-10-01"), case(5, unit="990001009009009", due_at="2026-10-01")]
    (found,) = ask("overdue_cases", strip(1000), cases=cases, households=[household(6, 500)])
    assert (found.units, found.open_cases, found.households) == ((A,), 2, 6)
    assert "oldest by 10 days" in str(found.why)


def reported(counts, day="2026-10-15"):
    cells = [A] * counts[0] + [B] * counts[1] + [C] * counts[2]
    return [case(number, 500, unit=code, is_open=False, reported_at=day) for number, code in enumerate(cells)]


PEOPLE = [household(300, 500), household(300, 1500), household(300, 2500)]


def test_silence_is_judged_by_the_neighbours_rate():
    # B expects 20 · 300 / 600 · 2 = 20 cases of its two neighbours' 40 in 600 households
    least = next(count for count in range(20) if poisson.cdf(count, 20) >= 1e-4)
    assert ask("quiet_grid", strip(1000, 1000, 1000), cases=reported((20, least, 20)), households=PEOPLE) == []
    (found,) = ask("quiet_grid", strip(1000, 1000, 1000), cases=reported((20, least - 1, 20)), households=PEOPLE)
    assert found.units == (B,)
    assert "about 20" in str(found.why)


def test_a_silent_neighbourhood_and_an_empty_grid_are_not_quiet():
    assert ask("quiet_grid", strip(1000, 1000, 1000), cases=[], households=PEOPLE) == []
    empty = [PEOPLE[0], PEOPLE[2]]
    assert ask("quiet_grid", strip(1000, 1000, 1000), cases=reported((20, 0, 20)), households=empty) == []


def test_only_the_window_counts():
    old = reported((20, 0, 20), day="2026-08-02T15:59:59")  # 23:59:59 of the day before, in Beijing time
    new = reported((20, 0, 20), day="2026-08-02T16:00:00")
    strip3 = strip(1000, 1000, 1000)
    assert ask("quiet_grid", strip3, cases=old, households=PEOPLE) == []
    assert about(ask("quiet_grid", strip3, cases=new, households=PEOPLE)) == [B]
    assert about(ask("quiet_grid", strip3, {"days": 366}, cases=old, households=PEOPLE)) == [B]


@pytest.mark.parametrize(
    ("held", "missing"),
    [(["2026-08-03"], False), (["2026-08-02"], True), (["2020-01-01", "2026-10-01"], False), ([], True)],
)
def test_courtyards_meet_once_a_quarter(held, missing):
    meetings = [{"unit": YARD, "held_on": day} for day in held]
    found = ask("no_meeting", [*strip(1000), unit(YARD)], meetings=meetings)
    assert about(found) == ([YARD] if missing else [])
    for each in found:
        assert each.geometry is None
        assert ("never" in str(each.why)) == (not held)


def test_open_cases_without_a_place_or_in_no_grid():
    cases = [
        case(1, 500),
        case(2),
        case(3, 5000),
        case(4, unit=None),
        case(5, is_open=False),
        case(6, 1000),  # on the edge of the last grid
    ]
    found = {each.key: each for each in ask("unlocated_case", strip(1000), cases=cases)}
    assert set(found) == {f"unlocated_case:case {number}" for number in (2, 3, 4)}
    assert found["unlocated_case:case 4"].units == (COUNTY,)
    assert found["unlocated_case:case 2"].geometry is None
    assert found["unlocated_case:case 3"].geometry.x == 5000
    assert all((each.households, each.open_cases) == (0, 1) for each in found.values())
