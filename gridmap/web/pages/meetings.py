"""Courtyard meetings 院坝会: who met when and who has not, announcing, minutes, matters and their answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.domain.clock import LOCAL
from gridmap.domain.meetings import Answer, MeetingState
from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Actor, Permission
from gridmap.errors import BadInput, GridmapError
from gridmap.maps.compose import coverage_frame
from gridmap.services import meetings, units
from gridmap.translations import explain
from gridmap.web import case_words, signin
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.security import nonce

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")

#: Days without a meeting after which a courtyard stands out.
LONG_DAYS = 90


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """Meetings ahead and held, and the map of who has met."""
    actor = signin.actor()
    # a grid's worker looks after the courtyards of the community
    unit = actor.scope[:12] if len(actor.scope) > 12 else actor.scope
    seen = signin.actor() if unit == actor.scope else _widened(unit)
    today = units.today(db())
    met = meetings.who_met(db(), seen, today, unit=unit)
    state = request.args.get("state")
    listed = meetings.meetings(
        db(), seen, unit=unit, state=MeetingState(state) if state in _STATES else None, limit=120
    )
    boot = {
        "met": [
            {"code": each.unit, "name": each.name, "lon": each.lon, "lat": each.lat, "days": each.days,
             "last": each.last.isoformat() if each.last else None}
            for each in met
        ],
        "long": LONG_DAYS,
        "words": script_words(language()),
    }  # fmt: skip
    return render_template(
        "meetings/page.html",
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        met=met,
        silent=[each for each in met if each.days is None or each.days > LONG_DAYS],
        listed=listed,
        state=state,
        long_days=LONG_DAYS,
        courtyards=met,
        scope=unit,
        today=today,
        may_hold=Permission.HOLD_MEETINGS in GRANTS[actor.role],
        **_words(),
    )


_STATES = {state.value for state in MeetingState}


@blueprint.post("/")
@signin.signed_in
def create() -> Response:
    """Announce a meeting, or note one that was held."""
    actor, form = signin.actor(), request.form
    try:
        if form.get("what") == "announce":
            view = meetings.announce(
                db(),
                actor,
                form.get("unit", ""),
                _moment(form.get("at", "")),
                place=form.get("place", ""),
                subject=form.get("subject", ""),
            )
        else:
            view = meetings.hold(
                db(),
                actor,
                unit=form.get("unit", ""),
                held_on=_day(form.get("held_on", "")),
                attendance=form.get("attendance", -1, type=int),
                minutes=form.get("minutes", ""),
                subject=form.get("subject", ""),
            )
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()))
        return redirect(url_for("meetings.page"))
    return redirect(url_for("meetings.meeting", meeting_id=view.id))


@blueprint.get("/<int:meeting_id>")
@signin.signed_in
def meeting(meeting_id: int) -> str:
    """One meeting with its matters."""
    actor = signin.actor()
    view = meetings.meeting(db(), actor, meeting_id)
    return render_template(
        "meetings/meeting.html",
        view=view,
        today=units.today(db()),
        may_hold=Permission.HOLD_MEETINGS in GRANTS[actor.role],
        **_words(),
    )


@blueprint.post("/<int:meeting_id>")
@signin.signed_in
def change(meeting_id: int) -> Response:
    """Hold or cancel a meeting, raise a matter."""
    actor, form = signin.actor(), request.form
    try:
        match form.get("what"):
            case "hold":
                meetings.hold(
                    db(),
                    actor,
                    meeting_id=meeting_id,
                    held_on=_day(form.get("held_on", "")),
                    attendance=form.get("attendance", -1, type=int),
                    minutes=form.get("minutes", ""),
                )
            case "cancel":
                meetings.cancel(db(), actor, meeting_id, form.get("why", ""))
            case "raise":
                raised = form.get("raised_at", "")
                meetings.raise_matter(
                    db(), actor, meeting_id, form.get("words", ""), raised_at=_moment(raised) if raised else None
                )
            case _:
                raise BadInput(detail=Message("There is no such step."))
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()))
    return redirect(url_for("meetings.meeting", meeting_id=meeting_id))


@blueprint.post("/<int:meeting_id>/matters/<int:matter_id>")
@signin.signed_in
def answer(meeting_id: int, matter_id: int) -> Response:
    """Answer, settle or carry up a matter."""
    actor, form = signin.actor(), request.form
    try:
        match form.get("what"):
            case "on_the_spot":
                meetings.answer(db(), actor, matter_id, Answer.ON_THE_SPOT, form.get("words", ""))
            case "promised":
                meetings.answer(
                    db(),
                    actor,
                    matter_id,
                    Answer.PROMISED,
                    form.get("words", ""),
                    owner=form.get("owner", ""),
                    promised_for=_day(form.get("promised_for", "")),
                )
            case "settle":
                meetings.settle(db(), actor, matter_id, form.get("words", ""))
            case "carry_up":
                meetings.carry_up(db(), actor, matter_id)
                flash(gettext("The matter is on the agenda of the tier above."))
            case _:
                raise BadInput(detail=Message("There is no such step."))
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()))
    return redirect(url_for("meetings.meeting", meeting_id=meeting_id) + f"#matter-{matter_id}")


def _widened(unit: str) -> Actor:
    """The worker of a grid as seen in their community: courtyards belong to communities, not to grids."""
    return replace(signin.actor(), scope=unit)


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error


def _moment(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words).replace(tzinfo=LOCAL)
    except ValueError as error:
        raise BadInput(detail=Message("A moment is written like 2026-11-01T14:30.")) from error


def _words() -> dict[str, Any]:
    return {
        "tier_names": {key: gettext(word) for key, word in case_words.TIER_NAMES.items()},
        "meeting_names": {key: gettext(word) for key, word in case_words.MEETING_NAMES.items()},
        "answer_names": {key: gettext(word) for key, word in case_words.ANSWER_NAMES.items()},
        "moment": case_words.moment,
    }
