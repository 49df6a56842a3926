"""Downloads of a coverage run: workbook, GeoPackage, report, map."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, request, send_file
from werkzeug.wrappers import Response

from gridmap.services import exporting
from gridmap.translations import LANGUAGES
from gridmap.web import signin
from gridmap.web.api.asked import asked
from gridmap.web.database import db
from gridmap.web.i18n import language

blueprint = Blueprint("downloads", __name__, url_prefix="/inspect/download")


@blueprint.get("/")
@signin.signed_in
def root() -> tuple[str, int]:
    """Nothing lies at the root; it is the base of the addresses."""
    return "", 404


@blueprint.get("/<kind>")
@signin.signed_in
def download(kind: str) -> Response:
    """Make and send a file for the unit, lens and run that are asked for."""
    actor = signin.actor()
    wanted = asked(actor)
    chosen = request.args.get("language")
    tongue = chosen if chosen in LANGUAGES else language()
    made = exporting.export(db(), actor, kind, wanted.require_run(), wanted.unit, wanted.lens, tongue)
    return send_file(BytesIO(made.content), mimetype=made.media_type, as_attachment=True, download_name=made.filename)
