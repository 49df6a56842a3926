"""The resident's page of a grid, without an account: who serves here, report, follow, say whether it is solved."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from gridmap.domain.cases import CaseSource, Satisfaction
from gridmap.domain.clock import LOCAL
from gridmap.domain.meetings import Answer
from gridmap.domain.messages import Message
from gridmap.domain.people import AssignmentRole
from gridmap.errors import BadInput, GridmapError, NotFound
from gridmap.maps.compose import coverage_frame
from gridmap.services import cases
from gridmap.services.cases import photos, residents
from gridmap.services.cases.records import Place, Report
from gridmap.services.exporting import posters
from gridmap.services.meetings import MeetingView
from gridmap.settings import settings
from gridmap.translations import explain, say
from gridmap.web import case_words, human, resident_words
from gridmap.web.addresses import public_root
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.errors import answer
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.rates import Rate
from gridmap.web.security import nonce

blueprint = Blueprint("resident", __name__, url_prefix="/r")

#: At once, and a minute, for each address: reports, codes that are tried, questions of the page's script, posters.
LIMITS = {"send": (10.0, 0.5), "follow": (20.0, 6.0), "look": (60.0, 60.0), "poster": (10.0, 10.0)}
MOST_PHOTOS = 3
_FORM_BYTES = 60_000


@blueprint.get("/<code>")
def page(code: str) -> str | BaseResponse:
    """The page of a grid; of a dissolved one, whose poster may still hang, that of the grid that took its ground."""
    try:
        return _page(code, {}, "")
    except NotFound:
        heir = residents.heir(db(), code)
        if heir is None:
            raise
        return redirect(url_for("resident.page", code=heir))


@blueprint.post("/<code>")
def send(code: str) -> Any:
    """Take a report in; say by which code it is followed."""
    request.max_content_length = MOST_PHOTOS * settings().photo_largest_bytes + _FORM_BYTES
    if (wait := _waits("send")) is not None:
        return wait
    residents.service_card(db(), code)
    given = request.form
    if given.get("website"):  # a field that people do not see
        return answer(400, "NotHuman", gettext("The request could not be read. Go back and try again."))
    try:
        number = human.check(given.get("question", ""), given.get("sum", ""))
        taken = residents.report(db(), _report(code, number))
    except human.NotHuman as trouble:
        return _page(code, given, say(trouble.message, language())), 400
    except GridmapError as error:
        db().rollback()
        return _page(code, given, explain(error, language())), 400
    return render_template(
        "resident/sent.html",
        taken=taken,
        code=code,
        address=public_root() + url_for("resident.followed", follow_code=taken.follow_code),
    )


@blueprint.route("/follow", methods=["GET", "POST"])
def follow() -> str | BaseResponse | tuple[Response | str, int]:
    """Enter a code."""
    code = request.values.get("code", "").strip()
    if code:
        return redirect(url_for("resident.followed", follow_code=code[:60]))
    return render_template("resident/enter.html", trouble="")


@blueprint.route("/follow/<follow_code>", methods=["GET", "POST"])
def followed(follow_code: str) -> str | BaseResponse | tuple[Response | str, int]:
    """What became of a report; and, once there is a settlement, what the resident says to it."""
    if (wait := _waits("follow")) is not None:
        return wait
    trouble, status = "", 200
    if request.method == "POST":
        try:
            _judge(follow_code)
        except GridmapError as error:
            db().rollback()
            trouble, status = explain(error, language()), 400
        else:
            return redirect(url_for("resident.followed", follow_code=follow_code))
    try:
        case = residents.follow(db(), follow_code)
    except GridmapError as error:
        return render_template("resident/enter.html", trouble=explain(error, language()), code=follow_code), 404
    reached = [(say(name, language()), case.status in states) for name, states in resident_words.STEPS]
    return render_template(
        "resident/follow.html",
        case=case,
        steps=reached,
        state=say(resident_words.STATES[case.status], language()),
        reason=say(resident_words.REASONS[case.reason], language()) if case.reason else "",
        trouble=trouble,
        status_names=case_words.STATUS_NAMES,
        satisfaction_names=case_words.SATISFACTION_NAMES,
        moment=case_words.moment,
        given=request.form,
        language=language(),
    ), status


@blueprint.get("/<code>/poster")
def poster(code: str) -> Any:
    """The grid's poster as PDF (A4), with a code that leads to its page."""
    if (wait := _waits("poster")) is not None:
        return wait
    card = residents.service_card(db(), code)
    content = posters.write([card], public_root(), language())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="poster-{card.code}.pdf"'
    return response


@blueprint.get("/<code>/data/near")
def near(code: str) -> Any:  # noqa: ARG001
    """Published open cases near a place, so that nobody reports what is known already."""
    if (wait := _waits("look")) is not None:
        return wait
    place = _place(request.args.get("lon", ""), request.args.get("lat", ""))
    if place is None:
        raise BadInput(detail=Message("A place is longitude and latitude."))
    rows = residents.reported_before(db(), place, request.args.get("kind") or None)
    return jsonify(
        [
            {"id": number, "words": words, "state": gettext(case_words.STATUS_NAMES[status]), "metres": round(metres)}
            for number, words, status, metres in rows
        ]
    )


@blueprint.post("/<code>/data/me-too")
def me_too(code: str) -> Any:  # noqa: ARG001
    """Count somebody who has the same matter."""
    if (wait := _waits("send")) is not None:
        return wait
    wanted = request.form.get("case", 0, type=int)
    counted = session.get("me_too", [])
    if wanted in counted:  # once for each browser
        return jsonify(count=None)
    count = cases.me_too(db(), None, wanted)
    session["me_too"] = [*counted, wanted][-50:]
    return jsonify(count=count)


@blueprint.get("/photo/<int:photo_id>.jpg")
def photo(photo_id: int) -> Response:
    """A picture that somebody looked at and let be public."""
    response = Response(photos.public_content(db(), photo_id), mimetype="image/jpeg")
    # withdrawn pictures must go: browsers keep them for minutes only
    response.cache_control.public = True
    response.cache_control.max_age = 300
    return response


def _page(code: str, given: Any, trouble: str) -> str:
    card = residents.service_card(db(), code)
    compounds = residents.compounds(db(), code)
    answers = [
        (meeting, [each for each in meeting.matters if each.answer is not Answer.OPEN]) for meeting in card.meetings
    ]
    boot = {
        "outlines": residents.outlines(db(), code),
        "compounds": [{"code": each, "name": name, "at": [lat, lon]} for each, name, lon, lat in compounds],
        "data": url_for("resident.page", code=code) + "/data",
        "photos": MOST_PHOTOS,
        "words": script_words(language()),
    }
    return render_template(
        "resident/page.html",
        card=card,
        kinds=residents.kinds(db()),
        compounds=compounds,
        cases=residents.public_cases(db(), code),
        ahead=_ahead(card),
        answers=[(meeting, matters) for meeting, matters in answers if matters and meeting.held_on],
        question=human.ask(),
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        given=given,
        trouble=trouble,
        head_role=AssignmentRole.HEAD.value,
        status_names=case_words.STATUS_NAMES,
        answer_names=case_words.ANSWER_NAMES,
        moment=case_words.moment,
        day=_day,
        most_photos=MOST_PHOTOS,
        language=language(),
    )


def _ahead(card: residents.Card) -> list[MeetingView]:
    """The next two meetings that are announced."""
    announced = [
        (each.announced_for, each.id, each) for each in card.meetings if each.announced_for and not each.held_on
    ]
    return [each for _, _, each in sorted(announced)[:2]]


def _report(code: str, number: str) -> Report:
    given = request.form
    place = _place(given.get("lon", ""), given.get("lat", ""))
    address = given.get("address", "").strip()
    if place is None and given.get("compound"):
        # chosen from a list: the middle of its homes, and its name beside it says so
        chosen = next((row for row in residents.compounds(db(), code) if row[0] == given["compound"]), None)
        if chosen is not None:
            place, address = Place(chosen[2], chosen[3]), f"{chosen[1]} {address}".strip()
    files = [file for file in request.files.getlist("photos") if file.filename]
    if len(files) > MOST_PHOTOS:
        raise BadInput(detail=Message("At most {most} photos go with a report.", {"most": MOST_PHOTOS}))
    return Report(
        kind=given.get("kind", ""),
        words=given.get("words", ""),
        source=CaseSource.RESIDENT,
        place=place,
        address=address,
        contact=given.get("contact", "").strip(),
        photos=tuple(file.read() for file in files),
        key=f"resident:{number}",
    )


def _judge(follow_code: str) -> None:
    given = request.form
    if given.get("solved") not in ("yes", "no") or given.get("satisfaction") not in set(Satisfaction):
        raise BadInput(detail=Message("Answer both questions: is it solved, and are you satisfied?"))
    residents.judge(
        db(),
        follow_code,
        solved=given["solved"] == "yes",
        satisfaction=Satisfaction(given["satisfaction"]),
        words=given.get("words", ""),
    )


def _place(lon: str, lat: str) -> Place | None:
    try:
        return Place(float(lon), float(lat))
    except ValueError:
        return None


def _day(at: datetime | date | None) -> str:
    if isinstance(at, datetime):
        at = at.astimezone(LOCAL).date()
    return "–" if at is None else at.isoformat()


def _waits(kind: str) -> tuple[Response | str, int] | None:
    """An answer that says to wait, where this address asks too often."""
    rates: dict[str, Rate] = current_app.extensions.setdefault("gridmap_resident_rates", {})
    wait = rates.setdefault(kind, Rate(*LIMITS[kind])).wait_s(request.remote_addr or "")
    if not wait:
        return None
    return answer(429, "TooManyRequests", gettext("Too many requests. Wait a little and try again."))
