"""The planner's pages: the list of plans, and the desk where one is drawn."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Permission
from gridmap.domain.plans import PlanState
from gridmap.errors import BadInput, GridmapError
from gridmap.maps import themes
from gridmap.maps.compose import coverage_frame
from gridmap.services import plans, units
from gridmap.services.exporting import plans as plan_files
from gridmap.translations import LANGUAGES, explain
from gridmap.web import signin
from gridmap.web.api.plan_rows import STATE_NAMES, plan_row
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.security import nonce

blueprint = Blueprint("plans", __name__, url_prefix="/plan")


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """The plans of the account's area, by state."""
    return _list()


def _list(trouble: str = "", given: dict[str, str] | None = None) -> str:
    actor = signin.actor()
    found = plans.plans(db(), actor)
    names = units.names(db(), actor, {row.scope for row in found})
    rows = [plan_row(row, names[row.scope].name if row.scope in names else "") for row in found]
    groups = [
        (gettext(STATE_NAMES[state.value]), state.value, [row for row in rows if row["state"] == state.value])
        for state in (PlanState.DRAFT, PlanState.IN_REVIEW, PlanState.ADOPTED, PlanState.WITHDRAWN)
    ]
    boot = {
        "search": url_for("coverage.search"),
        "data": url_for("coverage.root").rstrip("/"),
        "csrf": generate_csrf(),
        "words": script_words(language()),
    }
    return render_template(
        "plan/list.html",
        groups=groups,
        total=len(rows),
        may_draw=Permission.DRAW_PLANS in GRANTS[actor.role],
        today=units.today(db()).isoformat(),
        trouble=trouble,
        given=given or {},
        boot=boot,
    )


@blueprint.post("/")
@signin.signed_in
def create() -> Response | tuple[str, int]:
    """Begin a draft."""
    given = {name: request.form.get(name, "").strip() for name in ("scope", "title", "note", "effective_on")}
    try:
        try:
            day = date.fromisoformat(given["effective_on"]) if given["effective_on"] else None
        except ValueError as error:
            raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error
        number = plans.create(
            db(), signin.actor(), given["scope"], given["title"], note=given["note"], effective_on=day
        )
    except GridmapError as error:
        signin.actor().require(Permission.DRAW_PLANS)
        return _list(explain(error, language()), given), 400
    target: Response = redirect(url_for("plans.desk", plan_id=number))
    return target


@blueprint.get("/<int:plan_id>")
@signin.signed_in
def desk(plan_id: int) -> str:
    """The desk of one plan."""
    return _desk(plan_id)


@blueprint.get("/<int:plan_id>/compare")
@signin.signed_in
def compare(plan_id: int) -> str:
    """The desk with the plan beside another one (``?with=``), or beside the boundaries it starts from."""
    other = request.args.get("with", type=int)
    mode = "swipe" if request.args.get("mode") == "swipe" else "beside"
    return _desk(plan_id, {"mode": mode, "with": "base" if other is None else str(other)})


def _desk(plan_id: int, compared: dict[str, str] | None = None) -> str:
    actor = signin.actor()
    detail = plans.plan(db(), actor, plan_id)
    unit = units.names(db(), actor, [detail.row.scope]).get(detail.row.scope)
    others = [row for row in plans.plans(db(), actor) if row.scope == detail.row.scope and row.id != plan_id]
    boot = {
        "plan": plan_id,
        "data": url_for("plans_data.draft", plan_id=plan_id),
        "desk": url_for("plans.desk", plan_id=0).removesuffix("0"),
        "csrf": generate_csrf(),
        "theme": themes.as_json(),
        "words": script_words(language()),
        "compare": compared,
    }
    return render_template(
        "plan/desk.html",
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        plan=plan_row(detail.row, unit.name if unit else ""),
        others=[plan_row(row) for row in others],
        may_export=Permission.EXPORT in GRANTS[actor.role],
        demo=actor.scope.startswith(units.DEMO_PREFIX),
        today=units.today(db()).isoformat(),
    )


@blueprint.get("/<int:plan_id>/download/<kind>")
@signin.signed_in
def download(plan_id: int, kind: str) -> Response:
    """A file of the plan as it stands."""
    chosen = request.args.get("language")
    tongue = chosen if chosen in LANGUAGES else language()
    made = plan_files.export(db(), signin.actor(), kind, plan_id, tongue)
    return send_file(BytesIO(made.content), mimetype=made.media_type, as_attachment=True, download_name=made.filename)
