"""Deadlines: four clocks, a calendar, pauses, lights.

Each clock runs at certain times and stands still at others; a term is an amount of running time, and a deadline is the
first moment at which that much has run. Urgent hours 紧急工作时 and natural days 自然日 run day and night, work hours
工作时 within the office's hours, work days 工作日 from midnight to midnight of working days: a term of one work day
given on Monday at ten ends on Tuesday at ten, and one given on a Saturday ends when Monday does. Days and hours are the
county's (Asia/Shanghai). The state council's yearly notice moves working days: holidays on weekdays, make-up workdays
调休 on weekends; both are entries of the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
HOUR_S, DAY_S = 3600, 86400

#: Share of the time after which a light turns from green to yellow.
YELLOW = 0.75

#: Longest term that is counted, in days: an endless calendar of holidays must not hang a request.
LONGEST_DAYS = 3660


class Clock(StrEnum):
    URGENT_HOURS = "urgent_hours"  # 紧急工作时
    WORK_HOURS = "work_hours"  # 工作时
    WORK_DAYS = "work_days"  # 工作日
    NATURAL_DAYS = "natural_days"  # 自然日


class Stage(StrEnum):
    """What a term is for. ``total`` runs from intake to closing, whatever happens between."""

    ANSWER = "answer"
    DISPATCH = "dispatch"
    SIGN = "sign"
    CONTACT = "contact"
    ATTEND = "attend"
    HANDLE = "handle"
    CHECK = "check"
    TOTAL = "total"


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Term:
    """An amount on a clock: hours on the hour clocks, days on the day clocks."""

    clock: Clock
    amount: float

    def __post_init__(self) -> None:
        if not 0 < self.amount * self._unit <= LONGEST_DAYS * DAY_S:
            raise ValueError(f"a term is more than nothing and at most {LONGEST_DAYS} days")

    @property
    def _unit(self) -> int:
        return HOUR_S if self.clock in (Clock.URGENT_HOURS, Clock.WORK_HOURS) else DAY_S

    @property
    def seconds(self) -> float:
        """Running seconds."""
        return self.amount * self._unit


@dataclass(frozen=True)
class Calendar:
    """Which days are working days, and the office's hours on them.

    ``exceptions``: day → whether it is a working day; Monday to Friday are, unless said otherwise.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    hours: Sequence[tuple[time, time]] = ((time(8, 30), time(12)), (time(14), time(17, 30)))

    def __post_init__(self) -> None:
        flat = [moment for pair in self.hours for moment in pair]
        if not flat or flat != sorted(set(flat)):
            raise ValueError("office hours are spans that follow one another")

    def is_working(self, day: date) -> bool:
        """Whether people work on a day."""
        return self.exceptions.get(day, day.weekday() < 5)

    def spans(self, clock: Clock, day: date) -> list[tuple[datetime, datetime]]:
        """When a clock runs on a day, as aware moments."""
        midnight = datetime.combine(day, time(), tzinfo=LOCAL).astimezone(UTC)
        whole = [(midnight, datetime.combine(day + timedelta(days=1), time(), tzinfo=LOCAL).astimezone(UTC))]
        if clock in (Clock.URGENT_HOURS, Clock.NATURAL_DAYS):
            return whole
        if not self.is_working(day):
            return []
        if clock is Clock.WORK_DAYS:
            return whole
        return [
            (
                datetime.combine(day, start, tzinfo=LOCAL).astimezone(UTC),
                datetime.combine(day, end, tzinfo=LOCAL).astimezone(UTC),
            )
            for start, end in self.hours
        ]


def due(start: datetime, term: Term, calendar: Calendar) -> datetime:
    """The first moment at which the term has run out, in UTC.

    Raises
    ------
    ValueError
        The calendar has no running time within ten years.
    """
    return after(start, term.clock, term.seconds, calendar)


def after(start: datetime, clock: Clock, seconds: float, calendar: Calendar) -> datetime:
    """The first moment at which a clock has run for so many seconds since ``start``."""
    start = start.astimezone(UTC)
    if clock in (Clock.URGENT_HOURS, Clock.NATURAL_DAYS):
        return start + timedelta(seconds=seconds)
    left = seconds
    day = start.astimezone(LOCAL).date()
    for _ in range(2 * LONGEST_DAYS):
        for begin, end in calendar.spans(clock, day):
            first = max(begin, start)
            run = (end - first).total_seconds()
            if run <= 0:
                continue
            if left <= run:
                return first + timedelta(seconds=left)
            left -= run
        day += timedelta(days=1)
    raise ValueError("the calendar has no working time for this term")


def ran(start: datetime, end: datetime, clock: Clock, calendar: Calendar) -> float:
    """Seconds that a clock ran from ``start`` to ``end``; 0 where the end is not after the start."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return 0.0
    if clock in (Clock.URGENT_HOURS, Clock.NATURAL_DAYS):
        return (end - start).total_seconds()
    total = 0.0
    day, last = start.astimezone(LOCAL).date(), end.astimezone(LOCAL).date()
    while day <= last:
        for begin, finish in calendar.spans(clock, day):
            total += max((min(finish, end) - max(begin, start)).total_seconds(), 0.0)
        day += timedelta(days=1)
    return total


@dataclass(frozen=True)
class Running:
    """A term under way: since when, until when, and what is left of it while it stands still.

    ``left_s`` is None while the clock runs; ``original`` is the deadline as first set.
    """

    started: datetime
    term: Term
    due: datetime
    original: datetime
    left_s: float | None = None

    def paused(self, at: datetime, calendar: Calendar) -> Running:
        """The term standing still from a moment on. A term that is over stays over."""
        if self.left_s is not None:
            return self
        left = ran(at, self.due, self.term.clock, calendar) if at < self.due else 0.0
        return Running(self.started, self.term, self.due, self.original, left)

    def resumed(self, at: datetime, calendar: Calendar) -> Running:
        """The term running again: what was left runs from now. What was late already keeps its deadline."""
        if self.left_s is None:
            return self
        ends = after(at, self.term.clock, self.left_s, calendar) if self.left_s > 0 else self.due
        return Running(self.started, self.term, ends, self.original)

    def extended(self, until: datetime) -> Running:
        """The term with a later deadline; the original one is kept beside it."""
        if until <= self.due:
            raise ValueError("an extension ends later than the deadline it extends")
        return Running(self.started, self.term, until.astimezone(UTC), self.original, self.left_s)


def begin(start: datetime, term: Term, calendar: Calendar) -> Running:
    """A term that begins now."""
    ends = due(start, term, calendar)
    return Running(start.astimezone(UTC), term, ends, ends)


def light(started: datetime, ends: datetime, now: datetime) -> Light:
    """Green, yellow from 75 % of the time between start and deadline on, red once the deadline has passed."""
    if now > ends:
        return Light.RED
    span = (ends - started).total_seconds()
    return Light.YELLOW if span <= 0 or (now - started).total_seconds() >= YELLOW * span else Light.GREEN


def yellow_at(started: datetime, ends: datetime) -> datetime:
    """The moment at which a light turns yellow."""
    return started + (ends - started) * YELLOW
