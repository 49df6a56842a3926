"""Rules of cases for administrators: deadlines, calendar, hours, kinds, bodies, weights. A change holds from now on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.domain.clock import Clock, Stage
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Permission
from gridmap.errors import BadInput, GridmapError
from gridmap.services import units
from gridmap.services.cases import options, rules
from gridmap.translations import explain
from gridmap.web import case_words, signin
from gridmap.web.contexts import LEVEL_NAMES
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("case_rules", __name__, url_prefix="/cases/rules")


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """What holds now, and (``?history=1``) what ever held."""
    actor = signin.actor()
    actor.require(Permission.MANAGE_CASE_RULES)
    year = request.args.get("year", units.today(db()).year, type=int)
    if not 2000 <= year <= 2100:
        raise BadInput(detail=Message("A year lies between 2000 and 2100."))
    chinese = language() == "zh_Hans"
    return render_template(
        "cases/rules.html",
        lanes=[(lane.code, lane.name_zh if chinese else lane.name_en) for lane in rules.lanes(db(), actor)],
        kinds=rules.kinds(db(), actor),
        deadlines=rules.deadlines(db(), actor, history=request.args.get("history") == "1"),
        history=request.args.get("history") == "1",
        days=rules.days(db(), actor, year),
        year=year,
        hours=rules.office_hours(db(), actor),
        bodies=rules.all_bodies(db(), actor),
        weights=options.weights(db()),
        duplicates=options.duplicates(db()),
        stages={stage: gettext(word) for stage, word in case_words.STAGE_NAMES.items()},
        clocks={clock: gettext(word) for clock, word in case_words.CLOCK_NAMES.items()},
        levels=[
            (level, gettext(LEVEL_NAMES[level])) for level in (Level.GRID, Level.COMMUNITY, Level.TOWN, Level.COUNTY)
        ],
        moment=case_words.moment,
        today=units.today(db()),
        chinese=chinese,
    )


@blueprint.post("/")
@signin.signed_in
def change() -> Response:
    """Change one rule; what went wrong is said on the page."""
    steps: dict[str, Callable[[], object]] = {
        "deadline": _deadline,
        "day": _day,
        "hours": _hours,
        "kind": _kind,
        "body": _body,
        "weights": _options,
        "duplicates": _options,
    }
    what = request.form.get("what", "")
    try:
        if what not in steps:
            raise BadInput(detail=Message("There is no such step."))
        steps[what]()
        flash(gettext("Saved. It holds for what comes in from now on."))
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()), "danger")
    except ValueError:
        db().rollback()
        flash(gettext("Numbers, days and times are written like 2.5, 2026-11-01 and 08:30."), "danger")
    return redirect(url_for("case_rules.page") + f"#{what}")


def _deadline() -> None:
    form = request.form
    amount = form.get("amount", "").strip()
    rules.set_deadline(
        db(),
        signin.actor(),
        form.get("lane", ""),
        form.get("kind") or None,
        Stage(form.get("stage", "")),
        Clock(form.get("clock", "")),
        float(amount) if amount else None,
    )


def _day() -> None:
    form = request.form
    working = {"holiday": False, "workday": True}.get(form.get("working", ""))
    rules.set_day(db(), signin.actor(), date.fromisoformat(form.get("day", "")), working, form.get("name", ""))


def _hours() -> None:
    spans = []
    for words in request.form.get("spans", "").replace("，", ",").split(","):
        first, _, last = words.strip().replace("–", "-").partition("-")
        spans.append((time.fromisoformat(first.strip()), time.fromisoformat(last.strip())))
    rules.set_office_hours(db(), signin.actor(), spans, date.fromisoformat(request.form.get("since", "")))


def _kind() -> None:
    form = request.form
    rules.save_kind(
        db(),
        signin.actor(),
        form.get("code", ""),
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        lane=form.get("lane", ""),
        handled_at=Level(form.get("handled_at", "grid")),
        public=form.get("public") == "yes",
        active=form.get("active") == "yes",
        words=form.get("words", ""),
    )


def _body() -> None:
    form = request.form
    rules.save_body(
        db(),
        signin.actor(),
        form.get("code", ""),
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        unit=form.get("unit", ""),
        phone=form.get("phone", ""),
        kinds=[word.strip() for word in form.get("kinds", "").split(",") if word.strip()],
        active=form.get("active") == "yes",
    )


def _options() -> None:
    given = {name: float(value) for name, value in request.form.items() if name not in ("what", "csrf_token")}
    options.choose(db(), signin.actor(), request.form["what"], given)
