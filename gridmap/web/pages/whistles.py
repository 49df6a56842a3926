"""The board of whistles 吹哨报到: who was called, who signed in, replied, came, and how the community rates it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Permission
from gridmap.errors import BadInput, GridmapError
from gridmap.services import cases
from gridmap.services.cases import routing, whistles
from gridmap.services.cases.records import CallView
from gridmap.translations import explain
from gridmap.web import case_words, signin
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("whistles", __name__, url_prefix="/whistles")

#: Boards by name, with what people call them.
BOARDS = (("open", "Open whistles"), ("late", "Late whistles"), ("rated", "Rated whistles"), ("all", "All whistles"))

#: Steps of a call, with what people call them.
STEPS = (("sign", "Sign in to the whistle"), ("contact", "Contact within a day"), ("attend", "Come to the spot"))


@blueprint.get("/")
@signin.signed_in
def page() -> str:
    """Calls in a state, the latest first."""
    actor = signin.actor()
    state = request.args.get("state", "open")
    calls = whistles.board(db(), actor, state=state)
    granted = GRANTS[actor.role]
    return render_template(
        "whistles/page.html",
        calls=calls,
        state=state,
        boards=[(name, gettext(title)) for name, title in BOARDS],
        may_handle=Permission.HANDLE_CASES in granted,
        may_rate=Permission.DISPATCH_CASES in granted and actor.body is None,
        own_body=actor.body,
        moment=case_words.moment,
        language=language(),
        steps=_steps,
        ways=set(current_app.view_functions),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@signin.signed_in
def new() -> str | Response | tuple[str, int]:
    """Whistle: choose the bodies that are called to a case."""
    actor = signin.actor()
    actor.require(Permission.DISPATCH_CASES)
    case_id = request.values.get("case", 0, type=int)
    view = cases.case(db(), actor, case_id)
    trouble, status = "", 200
    if request.method == "POST":
        try:
            chosen = request.form.getlist("bodies")
            whistles.call(
                db(),
                actor,
                case_id,
                request.form.get("version", type=int),
                chosen,
                leads=request.form.get("leads") or None,
                hard=request.form.get("hard") == "yes",
                words=request.form.get("words", ""),
            )
        except GridmapError as error:
            db().rollback()
            trouble, status = explain(error, language()), 400
        else:
            return redirect(url_for("whistles.page"))
    return render_template(
        "whistles/new.html",
        view=view,
        bodies=routing.bodies(db(), actor),
        called={call.body.code for call in view.calls},
        given=request.form,
        chosen=request.form.getlist("bodies"),
        trouble=trouble,
        language=language(),
    ), status


@blueprint.post("/<int:call_id>/<step>")
@signin.signed_in
def act(call_id: int, step: str) -> Response:
    """Sign in, reply, attend or rate; then back to the board."""
    actor = signin.actor()
    words = request.form.get("words", "")
    steps: dict[str, Callable[[], CallView]] = {
        "sign": lambda: whistles.sign(db(), actor, call_id),
        "contact": lambda: whistles.contact(db(), actor, call_id, words),
        "attend": lambda: whistles.attend(db(), actor, call_id, words),
        "rate": lambda: whistles.rate(db(), actor, call_id, request.form.get("rating", 0, type=int), words),
    }
    if step not in steps:
        raise BadInput(detail=Message("There is no such step."))
    try:
        steps[step]()
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()))
    return redirect(url_for("whistles.page", state=request.form.get("state", "open")))


def _steps(call: CallView) -> list[tuple[str, str, str, str]]:
    """The three steps of a call: name, state (done, late, open), when it was or is due, and what was said."""
    moments = {
        "sign": (call.signed_at, call.sign_due_at, ""),
        "contact": (call.contacted_at, call.contact_due_at, call.reply),
        "attend": (call.attended_at, call.attend_due_at, call.attended_words),
    }
    rows = [(name, title, *moments[name]) for name, title in STEPS]
    return [
        (
            gettext(title),
            "late" if name in call.late else "done" if done else "open",
            gettext("done {at}", at=case_words.moment(done)) if done else gettext("by {at}", at=case_words.moment(due)),
            said,
        )
        for name, title, done, due, said in rows
    ]
