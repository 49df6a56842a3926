"""Indicators of the case desk, each defined once: what is counted over what, in which period, and where it comes from.

Due(P): filed cases whose deadline **as first set** falls in the period. An empty denominator has no value, never 0.
Source of the formulas: weekly report of Zhengzhou's urban management centre (filing, dispatch, closure, on-time
closure, rework, extension; its six ratios recompute from its own counts), public analysis code of the 12345 hotline
(the three rates, satisfaction with 0.9 for *basically*), and the practice of Bishan (24-hour answer) and Zhuji (lights
of units).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: What *basically satisfied* counts.
BASICALLY = 0.9
#: Days within which a closed case that comes back counts as reopened.
REOPENED_WITHIN_DAYS = 30
#: Shares of unresolved cases from which a unit's light is yellow and red; cases below which it is grey.
YELLOW_FROM, RED_FROM, LEAST_CASES = 0.40, 0.80, 5


class UnitLight(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True)
class Indicator:
    """One definition. ``numerator`` and ``denominator`` name counts (see :data:`COUNTS`)."""

    name: str
    title: str
    numerator: str
    denominator: str
    meaning: str
    is_share: bool = True


#: count → what it counts, in words
COUNTS: Mapping[str, str] = {
    "received": "cases reported in the period",
    "filed": "cases reported in the period and filed",
    "dispatched": "cases reported in the period and dispatched",
    "due": "filed cases whose deadline as first set falls in the period",
    "due_closed": "of those due, closed by now",
    "due_on_time": "of those due, closed no later than the deadline as first set",
    "due_on_time_extended": "of those due, closed no later than the deadline in force",
    "due_reworked": "of those due, sent back for rework at least once",
    "due_extended": "of those due, given more time",
    "never_returned": "of those dispatched, never sent back by a desk",
    "returns": "times that a desk sent one of them back",
    "closed": "cases closed in the period",
    "closed_low": "of those closed, never on the desk of a body outside the community",
    "valid_follow_ups": "of those closed, followed up with an answer or a noted attempt",
    "contacted": "of those followed up, the resident was reached",
    "solved": "of those followed up, the resident says it is solved",
    "satisfied_points": "satisfied count 1, basically satisfied 0.9, over those followed up",
    "closed_before": "cases closed in the period, at least 30 days ago",
    "reopened": "of those, reopened within 30 days",
    "raised": "matters raised at meetings in the period, at least 24 hours ago",
    "answered_in_time": "of those, settled on the spot or answered within 24 hours naming owner and day",
    "raised_all": "matters raised at meetings in the period",
    "on_the_spot": "of those, settled on the spot",
    "posts": "service posts that are open",
    "posts_filled": "of those, with at least one confirmed holder",
    "expected_in": "in-service members",
    "reported_in": "of those, reported in at a compound",
}

INDICATORS: Mapping[str, Indicator] = {
    each.name: each
    for each in (
        Indicator("filing", "Filing rate", "filed", "received", "Filed over received"),
        Indicator("dispatch", "Dispatch rate", "dispatched", "filed", "Dispatched over filed"),
        Indicator("closure", "Closure rate", "due_closed", "due", "Closed over due"),
        Indicator("on_time", "On-time closure", "due_on_time", "due",
                  "Closed no later than the first deadline over due; overdue and open counts against"),
        Indicator("on_time_extended", "On time, extensions counted", "due_on_time_extended", "due",
                  "As before, by the deadline in force"),
        Indicator("rework", "Rework rate", "due_reworked", "due", "Reworked over due"),
        Indicator("extension", "Extension rate", "due_extended", "due", "Extended over due"),
        Indicator("first_dispatch", "First dispatch right", "never_returned", "dispatched",
                  "Never returned over dispatched"),
        Indicator("returns_per_case", "Returns per case", "returns", "dispatched", "Returns over dispatched", False),
        Indicator("settled_low", "Settled low", "closed_low", "closed",
                  "Closed without leaving grid or community over closed"),
        Indicator("follow_up_coverage", "Follow-up coverage", "valid_follow_ups", "closed", "Followed up over closed"),
        Indicator("response", "Response rate", "contacted", "valid_follow_ups", "Reached over followed up"),
        Indicator("resolution", "Resolution rate", "solved", "valid_follow_ups", "Solved over followed up"),
        Indicator("satisfaction", "Satisfaction", "satisfied_points", "valid_follow_ups",
                  "Satisfied and 0.9 of basically satisfied over followed up"),
        Indicator("reopen", "Reopen rate", "reopened", "closed_before",
                  "Reopened within 30 days over closed at least 30 days ago"),
        Indicator("answer_24h", "Answer within 24 hours", "answered_in_time", "raised",
                  "Answered within 24 hours over raised at least 24 hours ago"),
        Indicator("on_spot", "Settled on the spot rate", "on_the_spot", "raised_all", "On the spot over raised"),
        Indicator("post_fill", "Posts filled", "posts_filled", "posts", "Posts with a holder over posts"),
        Indicator("report_in", "Members reported in", "reported_in", "expected_in", "Reported in over in-service"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """An indicator worked out. ``value`` is None where nothing is to be counted; ``n`` is the denominator."""

    name: str
    numerator: float
    n: int
    value: float | None


def figure(name: str, counts: Mapping[str, float]) -> Figure:
    """Work an indicator out of its counts."""
    indicator = INDICATORS[name]
    top, n = float(counts.get(indicator.numerator, 0)), int(counts.get(indicator.denominator, 0))
    return Figure(name, top, n, top / n if n else None)


def composite(response: float | None, resolution: float | None, satisfaction: float | None,
              weights: tuple[float, float, float]) -> float | None:  # fmt: skip
    """Weighted sum of the three rates, or None where one of them has no value.

    Raises
    ------
    ValueError
        The weights are no shares of 1.
    """
    if any(weight < 0 for weight in weights) or abs(sum(weights) - 1) > 1e-9:
        raise ValueError("weights lie between 0 and 1 and add up to 1")
    rates = (response, resolution, satisfaction)
    if any(rate is None for rate in rates):
        return None
    return sum(weight * rate for weight, rate in zip(weights, rates, strict=True) if rate is not None)


def unit_light(unresolved: int, cases: int) -> UnitLight:
    """Light of a unit: share of its cases that are unresolved; grey where there are too few to say."""
    if cases < LEAST_CASES:
        return UnitLight.GREY
    share = unresolved / cases
    return UnitLight.RED if share >= RED_FROM else UnitLight.YELLOW if share >= YELLOW_FROM else UnitLight.GREEN
