"""What residents and programs sent in and nobody has looked at yet: publish chosen words and photos, or keep it in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gridmap.domain.permissions import Permission
from gridmap.errors import GridmapError
from gridmap.services import cases
from gridmap.services.cases import photos, residents
from gridmap.translations import explain
from gridmap.web import case_words, signin
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("moderation", __name__, url_prefix="/cases/moderation")

MOST = 30


@blueprint.get("")
@signin.signed_in
def page() -> str:
    """The queue: what is open first, the oldest of it before the others."""
    rows = residents.waiting(db(), signin.actor(), limit=MOST + 1)
    return render_template(
        "moderation/page.html",
        rows=rows[:MOST],
        more=len(rows) > MOST,
        status_names=case_words.STATUS_NAMES,
        source_names=case_words.SOURCE_NAMES,
        moment=case_words.moment,
        language=language(),
    )


@blueprint.post("/<int:case_id>")
@signin.signed_in
def decide(case_id: int) -> BaseResponse:
    """Publish the words and the ticked pictures of a case, or keep it in."""
    actor, given = signin.actor(), request.form
    try:
        if given.get("act") == "publish":
            ticked = set(given.getlist("photo"))
            view = cases.case(db(), actor, case_id)
            cases.publish(db(), actor, case_id, given.get("version", type=int), given.get("words", ""))
            for picture in view.photos:
                if (str(picture.id) in ticked) != picture.public:
                    photos.publish(db(), actor, picture.id, str(picture.id) in ticked)
            flash(gettext("{number} is public now.", number=view.row.number))
        else:
            cases.publish(db(), actor, case_id, given.get("version", type=int), None)
            flash(gettext("It stays inside."))
    except GridmapError as error:
        db().rollback()
        flash(explain(error, language()), "danger")
    return redirect(url_for("moderation.page"))


@blueprint.get("/photo/<int:photo_id>.jpg")
@signin.signed_in
def photo(photo_id: int) -> Any:
    """A picture that waits for a look."""
    actor = signin.actor()
    actor.require(Permission.DISPATCH_CASES)
    return Response(photos.content(db(), actor, photo_id), mimetype="image/jpeg")
