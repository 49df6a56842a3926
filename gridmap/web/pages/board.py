"""The performance board: every figure with its definition beside it, and a way to its very cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, current_app, render_template, request, url_for

from gridmap.domain.indicators import COUNTS, INDICATORS, Figure
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Permission
from gridmap.errors import BadInput
from gridmap.services import indicators, units
from gridmap.services.cases.moment import now
from gridmap.services.cases.reading import rows_of
from gridmap.web import case_words, signin
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("board", __name__, url_prefix="/board")

#: Indicators as they stand together on the page.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The resident's word", ("response", "resolution", "satisfaction", "follow_up_coverage", "reopen")),
    ("In time", ("on_time", "on_time_extended", "closure", "extension")),
    ("On the right desk", ("first_dispatch", "returns_per_case", "settled_low", "rework", "filing", "dispatch")),
    ("Meetings and members", ("answer_24h", "on_spot", "post_fill", "report_in")),
)
#: Periods offered at a click.
PERIODS = (
    ("This month", "month"),
    ("Last month", "before"),
    ("This quarter", "quarter"),
    ("Last 90 days", "days"),
    ("Last 12 months", "year"),
)
#: Days of the period that is shown first.
DAYS = 90
#: Cases on one page of a drill.
ROWS = 200


@dataclass(frozen=True)
class Asked:
    """The unit and period of a request; ``edition``: recounted on the boundaries of that day."""

    unit: str
    start: date
    end: date
    edition: date | None

    def address(self, endpoint: str, **given: str) -> str:
        values = {"unit": self.unit, "start": self.start.isoformat(), "end": self.end.isoformat(), **given}
        if self.edition:
            values.setdefault("edition", self.edition.isoformat())
        return url_for(endpoint, **values)  # type: ignore[arg-type]


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """The board of a unit and period."""
    actor = signin.actor()
    asked = _asked()
    found = indicators.board(db(), actor, asked.unit, asked.start, asked.end, edition_on=asked.edition)
    by_name = {figure.name: figure for figure in found.figures}
    groups = [(gettext(title), [_card(by_name[name], asked) for name in names]) for title, names in GROUPS]
    lights = indicators.lights(db(), actor, asked.unit, asked.start, asked.end)
    return render_template(
        "board/page.html",
        asked=asked,
        trail=units.trail(db(), actor, asked.unit),
        groups=groups,
        composite=found.composite,
        weights=found.weights,
        stages=[(gettext(case_words.STAGE_NAMES[each.stage]), each) for each in found.stages],  # type: ignore[index]
        lights=sorted(lights, key=lambda each: (-(each.share or 0), each.code)),
        light_names={light: gettext(name) for light, name in case_words.UNIT_LIGHT_NAMES.items()},
        periods=_periods(asked),
        today=units.today(db()),
    )


@blueprint.get("/cases")
@signin.signed_in
def drill() -> str:
    """The very cases behind a count."""
    actor = signin.actor()
    asked = _asked()
    name = request.args.get("count", "")
    ids = indicators.drill(db(), actor, name, asked.unit, asked.start, asked.end, edition_on=asked.edition)
    first = max(request.args.get("from", 0, type=int), 0)
    shown = rows_of(db(), ids[first : first + ROWS], now(db()))
    return render_template(
        "board/cases.html",
        asked=asked,
        name=name,
        meaning=gettext(COUNTS[name]),
        trail=units.trail(db(), actor, asked.unit),
        rows=shown,
        total=len(ids),
        first=first,
        step=ROWS,
        status_names={status: gettext(word) for status, word in case_words.STATUS_NAMES.items()},
        reason_names={reason: gettext(word) for reason, word in case_words.REASON_NAMES.items()},
        moment=case_words.moment,
        language=language(),
        blueprint_ways=set(current_app.view_functions),
    )


def _card(figure: Figure, asked: Asked) -> dict[str, object]:
    indicator = INDICATORS[figure.name]

    def way(count: str) -> str | None:
        return asked.address("board.drill", count=count) if count in indicators.DRILLABLE else None

    top = figure.numerator
    return {
        "name": figure.name,
        "title": gettext(indicator.title),
        "value": figure.value,
        "share": indicator.is_share,
        "n": figure.n,
        "numerator": int(top) if top == int(top) else round(top, 1),
        "meaning": gettext(indicator.meaning),
        "top_words": gettext(COUNTS[indicator.numerator]),
        "bottom_words": gettext(COUNTS[indicator.denominator]),
        "top_way": way(indicator.numerator),
        "bottom_way": way(indicator.denominator),
    }


def _asked() -> Asked:
    actor = signin.actor()
    today = units.today(db())
    unit = request.args.get("unit") or actor.scope[:15]
    actor.require(Permission.VIEW_CASES, unit)
    if units.find(db(), actor, unit) is None:
        raise BadInput(detail=Message("There is no unit {code}.", {"code": unit}))
    end = _day("end") or today
    return Asked(unit, _day("start") or end - timedelta(days=DAYS - 1), end, _day("edition"))


def _day(name: str) -> date | None:
    words = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(words) if words else None
    except ValueError as error:
        raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error


def _periods(asked: Asked) -> list[tuple[str, str, bool]]:
    """Periods offered at a click: name, address, whether it is the one shown."""
    today = units.today(db())
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    spans = {
        "month": (month, today),
        "before": (before, month - timedelta(days=1)),
        "quarter": (quarter, today),
        "days": (today - timedelta(days=DAYS - 1), today),
        "year": (today - timedelta(days=364), today),
    }
    return [
        (
            gettext(title),
            asked.address("board.page", start=spans[key][0].isoformat(), end=spans[key][1].isoformat()),
            spans[key] == (asked.start, asked.end),
        )
        for title, key in PERIODS
    ]
