"""The four clocks against a slow and obvious one that walks minute by minute; pauses, leap days, make-up Saturdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.domain.clock import LOCAL, Calendar, Clock, Light, Term, after, begin, due, light, ran, yellow_at

#: the autumn of 2026 as the yearly notice might have it: a holiday week, and a Saturday that is worked
HOLIDAYS = {date(2026, 10, day): False for day in range(1, 8)} | {
    date(2026, 9, 27): True,
    date(2026, 10, 10): True,
    date(2028, 2, 29): False,
}
CALENDAR = Calendar(HOLIDAYS)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LOCAL)


def runs(clock: Clock, minute: datetime, calendar: Calendar = CALENDAR) -> bool:
    """Whether a clock runs in the minute that begins then: written from the words, not from the code."""
    here = minute.astimezone(LOCAL)
    if clock in (Clock.URGENT_HOURS, Clock.NATURAL_DAYS):
        return True
    day = here.date()
    working = calendar.exceptions[day] if day in calendar.exceptions else here.isoweekday() not in (6, 7)
    if clock is Clock.WORK_DAYS or not working:
        return working
    return time(8, 30) <= here.time() < time(12) or time(14) <= here.time() < time(17, 30)


def slow_due(start: datetime, clock: Clock, minutes: int) -> datetime:
    at = start
    while minutes > 0:
        if runs(clock, at):
            minutes -= 1
        at += timedelta(minutes=1)
    return at


moments = st.datetimes(datetime(2026, 9, 24), datetime(2026, 10, 12)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=LOCAL)
)


@settings(max_examples=60)
@given(moments, st.sampled_from(Clock), st.integers(1, 60 * 40))
def test_a_deadline_is_where_the_slow_clock_says(start, clock, minutes):
    assert after(start, clock, minutes * 60, CALENDAR) == slow_due(start, clock, minutes)


@settings(max_examples=60)
@given(moments, moments, st.sampled_from(Clock))
def test_running_time_is_what_the_slow_clock_counts(a, b, clock):
    start, end = min(a, b), min(max(a, b), min(a, b) + timedelta(days=4))
    at, counted = start, 0
    while at < end:
        counted += runs(clock, at)
        at += timedelta(minutes=1)
    assert ran(start, end, clock, CALENDAR) == counted * 60


@settings(max_examples=80)
@given(moments, st.sampled_from(Clock), st.floats(0.5, 30), st.lists(st.integers(1, 3000), max_size=6))
def test_pauses_take_nothing_and_give_nothing(start, clock, amount, gaps):
    """However often a term is paused and resumed, it runs for exactly its amount."""
    running = begin(start, Term(clock, amount), CALENDAR)
    at, used = start, 0.0
    for number, minutes in enumerate(gaps):
        until = at + timedelta(minutes=minutes)
        if number % 2 == 0:  # it runs until then, and stands still from then on
            if until >= running.due:
                break
            used += ran(at, until, clock, CALENDAR)
            running = running.paused(until, CALENDAR)
        else:
            running = running.resumed(until, CALENDAR)
        at = until
    running = running.resumed(at, CALENDAR)
    assert used + ran(at, running.due, clock, CALENDAR) == pytest.approx(amount * (3600 if "hours" in clock else 86400))
    assert running.original == due(start, Term(clock, amount), CALENDAR)


@pytest.mark.parametrize(
    ("start", "term", "ends"),
    [
        # Monday at ten, one work day: Tuesday at ten
        (local(2026, 11, 23, 10), Term(Clock.WORK_DAYS, 1), local(2026, 11, 24, 10)),
        # Friday at ten: Monday at ten
        (local(2026, 11, 20, 10), Term(Clock.WORK_DAYS, 1), local(2026, 11, 23, 10)),
        # Saturday: the end of Monday
        (local(2026, 11, 21, 10), Term(Clock.WORK_DAYS, 1), local(2026, 11, 24)),
        # the last working evening before the holiday week: over seven days off, and a make-up Saturday counts
        (local(2026, 9, 30, 17), Term(Clock.WORK_HOURS, 1), local(2026, 10, 8, 9)),
        (local(2026, 10, 9, 10), Term(Clock.WORK_DAYS, 1), local(2026, 10, 10, 10)),
        # lunch does not count
        (local(2026, 11, 23, 11), Term(Clock.WORK_HOURS, 2), local(2026, 11, 23, 15)),
        # nights count for what is urgent
        (local(2026, 11, 23, 23), Term(Clock.URGENT_HOURS, 2), local(2026, 11, 24, 1)),
        # over a leap day
        (local(2028, 2, 28, 9), Term(Clock.NATURAL_DAYS, 2), local(2028, 3, 1, 9)),
        (local(2028, 2, 28, 9), Term(Clock.WORK_DAYS, 1), local(2028, 3, 1, 9)),
        # a report from abroad is counted in the county's time
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), Term(Clock.WORK_HOURS, 1), local(2026, 11, 24, 9, 30)),
    ],
)
def test_known_deadlines(start, term, ends):
    assert due(start, term, CALENDAR) == ends


def test_lights_turn_at_three_quarters_and_after_the_deadline():
    start, ends = local(2026, 11, 1, 8), local(2026, 11, 1, 12)
    assert light(start, ends, local(2026, 11, 1, 10, 59)) is Light.GREEN
    assert yellow_at(start, ends) == local(2026, 11, 1, 11)
    assert light(start, ends, local(2026, 11, 1, 11)) is Light.YELLOW
    assert light(start, ends, ends) is Light.YELLOW
    assert light(start, ends, ends + timedelta(microseconds=1)) is Light.RED


@pytest.mark.parametrize("amount", [0, -1, 1e9])
def test_a_term_is_bounded(amount):
    with pytest.raises(ValueError, match="term"):
        Term(Clock.NATURAL_DAYS, amount)


def test_a_calendar_without_working_days_ends_in_a_named_error():
    free = Calendar({date(2026, 1, 1) + timedelta(days=n): False for n in range(9000)})
    with pytest.raises(ValueError, match="no working time"):
        due(local(2026, 11, 23, 10), Term(Clock.WORK_DAYS, 1), free)
