"""The dispatcher's page, taking a matter in, and the page of one case with the moves that may be made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from gridmap.domain.cases import CaseSource, CaseStatus, ClosingReason, Move, Satisfaction, Verdict
from gridmap.domain.clock import LOCAL
from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Permission
from gridmap.errors import BadInput, GridmapError
from gridmap.maps.compose import coverage_frame
from gridmap.services import cases, units
from gridmap.services.cases import photos, routing, rules
from gridmap.services.cases.moment import now
from gridmap.services.cases.records import Place, Report
from gridmap.services.exporting import cases as case_files
from gridmap.translations import explain
from gridmap.web import case_words, signin
from gridmap.web.api.case_rows import filter_of
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.security import nonce

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

#: Largest request with photos, in bytes.
WITH_PHOTOS = 80_000_000


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """Map and list side by side."""
    actor = signin.actor()
    actor.require(Permission.VIEW_CASES)
    granted = GRANTS[actor.role]
    home = units.find(db(), actor, actor.scope)
    boot = {
        "data": "/cases/data",
        "case": url_for("cases.case", case_id=0).rsplit("0", 1)[0],
        "search": url_for("coverage.search"),
        "csrf": generate_csrf(),
        "statuses": {key.value: gettext(word) for key, word in case_words.STATUS_NAMES.items()},
        "lights": {key: gettext(word) for key, word in case_words.LIGHT_NAMES.items()},
        "may_dispatch": Permission.DISPATCH_CASES in granted,
        "now": now(db()).isoformat(),
        "words": script_words(language()),
    }
    return render_template(
        "cases/page.html",
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        home=home,
        kinds=[(kind.code, kind.name_zh if language() == "zh_Hans" else kind.name_en)
               for kind in rules.kinds(db(), actor) if kind.active],
        statuses=[(key.value, gettext(word)) for key, word in case_words.STATUS_NAMES.items()],
        sources=[(key.value, gettext(word)) for key, word in case_words.SOURCE_NAMES.items()],
        bodies=routing.bodies(db(), actor),
        may_dispatch=Permission.DISPATCH_CASES in granted,
        may_report=Permission.REPORT_CASES in granted,
        may_export=Permission.EXPORT in granted,
        language=language(),
    )  # fmt: skip


@blueprint.get("/export.<kind>")
@signin.signed_in
def export(kind: str) -> Response:
    """Exactly what the filter shows, as CSV or Excel."""
    writers = {
        "csv": (case_files.as_csv, "text/csv; charset=utf-8"),
        "xlsx": (case_files.as_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }
    if kind not in writers:
        raise BadInput(detail=Message("Cases are written as csv or xlsx."))
    write, media = writers[kind]
    content = write(db(), signin.actor(), filter_of(request.args), language())
    name = f"cases-{now(db()).astimezone(LOCAL):%Y%m%d-%H%M}.{kind}"
    return Response(content, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.route("/new", methods=["GET", "POST"])
@signin.signed_in
def new() -> str | BaseResponse | tuple[str, int]:
    """Take a matter in at the counter or on the telephone."""
    actor = signin.actor()
    actor.require(Permission.REPORT_CASES)
    trouble, status = "", 200
    if request.method == "POST":
        form = request.form
        try:
            place = Place(float(form["lon"]), float(form["lat"])) if form.get("lon") and form.get("lat") else None
            told = cases.report(
                db(),
                actor,
                Report(
                    kind=form.get("kind", ""),
                    words=form.get("words", ""),
                    source=CaseSource(form.get("source", "phone")),
                    place=place,
                    address=form.get("address", ""),
                    contact=form.get("contact", ""),
                    key=form.get("key") or None,
                ),
            )
        except (GridmapError, ValueError) as error:
            db().rollback()
            named = isinstance(error, GridmapError)
            trouble = explain(error, language()) if named else gettext("A place is longitude and latitude.")  # type: ignore[arg-type]
            status = 400
        else:
            flash(gettext("Taken in as {number}. Code to follow it: {code}", number=told.number, code=told.follow_code))
            return redirect(url_for("cases.case", case_id=told.case_id))
    boot = {"data": "/cases/data", "csrf": generate_csrf(), "words": script_words(language()),
            "case": url_for("cases.case", case_id=0).rsplit("0", 1)[0]}  # fmt: skip
    return render_template(
        "cases/new.html",
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        trouble=trouble,
        given=request.form,
        kinds=[(kind.code, kind.name_zh if language() == "zh_Hans" else kind.name_en, kind.words)
               for kind in rules.kinds(db(), actor) if kind.active],
        sources=[(key.value, gettext(case_words.SOURCE_NAMES[key]))
                 for key in (CaseSource.PHONE, CaseSource.WALK_IN, CaseSource.PATROL)],
    ), status  # fmt: skip


@blueprint.get("/<int:case_id>")
@signin.signed_in
def case(case_id: int) -> str:
    """Everything about one case."""
    actor = signin.actor()
    view = cases.case(db(), actor, case_id)
    granted = GRANTS[actor.role]
    boot = {"lon": view.row.lon, "lat": view.row.lat, "words": script_words(language())}
    return render_template(
        "cases/case.html",
        view=view,
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        moves=[(move.value, gettext(case_words.MOVE_NAMES[move])) for move in view.moves],
        bodies=routing.bodies(db(), actor),
        workers=routing.nearest_workers(db(), actor, case_id) if Permission.DISPATCH_CASES in granted else [],
        suggestions=routing.suggestions(db(), actor, case_id) if view.row.lon is None else [],
        status_names={key: gettext(word) for key, word in case_words.STATUS_NAMES.items()},
        source_names={key: gettext(word) for key, word in case_words.SOURCE_NAMES.items()},
        reason_names={key: gettext(word) for key, word in case_words.REASON_NAMES.items()},
        satisfaction_names={key: gettext(word) for key, word in case_words.SATISFACTION_NAMES.items()},
        stage_names={key: gettext(word) for key, word in case_words.STAGE_NAMES.items()},
        light_names={key: gettext(word) for key, word in case_words.LIGHT_NAMES.items()},
        act_name=lambda act: gettext(case_words.act_name(act)),
        may_dispatch=Permission.DISPATCH_CASES in granted,
        may_decide=Permission.DECIDE_CASES in granted or Permission.DISPATCH_CASES in granted,
        may_handle=Permission.HANDLE_CASES in granted,
        ended=view.row.status in (CaseStatus.CLOSED, CaseStatus.ARCHIVED, CaseStatus.NOT_FILED, CaseStatus.WITHDRAWN),
        moment=case_words.moment,
        today=units.today(db()),
        language=language(),
    )


@blueprint.post("/<int:case_id>")
@signin.signed_in
def act(case_id: int) -> BaseResponse:
    """Make a move, or one of the acts that change no state; then back to the case, with what went wrong in words."""
    actor, form = signin.actor(), request.form
    version = form.get("version", type=int)
    try:
        match form.get("what", ""):
            case "comment":
                cases.comment(db(), actor, case_id, form.get("words", ""), public=form.get("public") == "yes")
            case "assign":
                cases.assign(db(), actor, case_id, version, form.get("worker") or None)
            case "publish":
                cases.publish(db(), actor, case_id, version, form.get("words", ""))
            case "withhold":
                cases.publish(db(), actor, case_id, version, None)
            case "link":
                cases.link(db(), actor, case_id, version, form.get("duplicate_of", type=int))
            case "locate":
                cases.locate(db(), actor, case_id, version, _place(form.get("place", "")))
            case "extension":
                cases.ask_extension(
                    db(), actor, case_id, version, _moment(form.get("until", "")), form.get("words", "")
                )
            case "decide":
                number = form.get("extension", 0, type=int)
                cases.decide_extension(db(), actor, number, form.get("approve") == "yes", form.get("words", ""))
            case "photo":
                for picture in request.files.getlist("photo"):
                    photos.add(db(), actor, case_id, form.get("stage", "report"), picture.read())
            case move if move in {each.value for each in Move}:
                cases.move(db(), actor, case_id, version, Move(move), _given(form))
            case _:
                raise BadInput(detail=Message("There is no such step."))
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()), "danger")
    return redirect(url_for("cases.case", case_id=case_id))


@blueprint.get("/photos/<int:photo_id>")
@signin.signed_in
def photo(photo_id: int) -> Response:
    """A picture of a case."""
    response = Response(photos.content(db(), signin.actor(), photo_id), mimetype="image/jpeg")
    response.cache_control.private = True
    response.cache_control.max_age = 3600
    return response


@blueprint.before_request
def allow_photos() -> None:
    """Pictures may be larger than other forms."""
    if request.method == "POST" and request.mimetype == "multipart/form-data":
        request.max_content_length = WITH_PHOTOS


def _given(form: Any) -> cases.Given:
    verdict = None
    try:
        if form.get("contacted") == "yes":
            said = form.get("satisfaction") or None
            verdict = Verdict(True, form.get("solved") == "yes", Satisfaction(said) if said else None,
                              form.get("verdict_words", ""))  # fmt: skip
        elif form.get("contacted") == "no":
            verdict = Verdict(False)
        reason = form.get("closing_reason") or None
        review = form.get("review_on") or None
        return cases.Given(
            note=form.get("note", ""),
            body=form.get("body") or None,
            unit=form.get("unit") or None,
            worker=form.get("worker") or None,
            closing_reason=ClosingReason(reason) if reason else None,
            where_to_go=form.get("where_to_go", ""),
            review_on=date.fromisoformat(review) if review else None,
            verdict=verdict,
            public=form.get("public") == "yes",
        )
    except ValueError as error:
        raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error


def _moment(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words).replace(tzinfo=LOCAL)
    except ValueError as error:
        raise BadInput(detail=Message("A moment is written like 2026-11-01T14:30.")) from error


def _place(words: str) -> Place:
    try:
        lon, lat = words.split(",")
        return Place(float(lon), float(lat))
    except ValueError as error:
        raise BadInput(detail=Message("A place is longitude and latitude.")) from error
