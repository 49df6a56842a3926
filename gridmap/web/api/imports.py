"""The data of the upload pages as JSON: where an upload is, its problems and outlines, and what a person decides."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gridmap.domain.levels import Level
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound
from gridmap.geometry.simplify import feature_collection, simplify_coverage, to_lonlat
from gridmap.jobs import uploads as jobs
from gridmap.services import units
from gridmap.services.importing import uploads
from gridmap.web import signin
from gridmap.web.api import imports_json
from gridmap.web.api.asked import whole
from gridmap.web.api.shapes import FAR_DIGITS, FAR_TOLERANCE_M, Kept, Packed
from gridmap.web.database import database, db

blueprint = Blueprint("imports_data", __name__, url_prefix="/import/data")

#: a question's kind → the answer that its choice gives
_ANSWER_OF = {"crs": "crs", "shift": "crs", "encoding": "encoding", "layer": "sheet", "header": "header_row"}
UNREADABLE = "The answers cannot be read. Reload the page and try again."
_PAGE = 50
_LONGEST_WORD = 400

_kept = Kept(most=16)


@blueprint.get("/")
@signin.signed_in
def root() -> Response:
    """Nothing lies at the root; it is the base of the addresses."""
    raise NotFound(what="address", key=request.path)


@blueprint.get("/ready")
@signin.signed_in
def ready() -> Response:
    """Whether a file may be sent: asked before megabytes travel in vain."""
    signin.actor().require(Permission.IMPORT)
    return jsonify(ready=True)


@blueprint.get("/outline")
@signin.signed_in
def outline() -> Response:
    """Outlines of the towns of the account's area, light: what the pictures and maps show the file beside."""
    actor = signin.actor()
    actor.require(Permission.IMPORT)
    return _kept.get(
        (actor.scope, units.boundaries_version(db()), units.today(db())), lambda: _outline(actor)
    ).respond()


def _outline(actor: Actor) -> Packed:
    county = units.county(db())
    if county is None:
        return Packed.of(feature_collection(to_lonlat([], 4326), []))
    for level in (Level.TOWN, Level.COMMUNITY, Level.GRID, Level.COUNTY):
        frame = units.boundaries(db(), actor, level.value, scope=actor.scope, as_of=units.today(db()))
        if len(frame):
            break
    lonlat = to_lonlat(simplify_coverage(list(frame.geometry), FAR_TOLERANCE_M), county.srid, digits=FAR_DIGITS)
    return Packed.of(feature_collection(lonlat, [{"code": code} for code in frame["code"]]))


@blueprint.get("/<int:upload_id>")
@signin.signed_in
def upload(upload_id: int) -> Response:
    """Where an upload is, and what the page of that step shows."""
    actor = signin.actor()
    return jsonify(imports_json.upload_state(uploads.upload(db(), actor, upload_id), actor))


@blueprint.get("/<int:upload_id>/problems")
@signin.signed_in
def problems(upload_id: int) -> Response:
    """One page of the problems, in the order of the rows; of one column where it is named."""
    total, rows = uploads.problems(
        db(),
        signin.actor(),
        upload_id,
        offset=whole("offset", 0, 0, 100_000_000),
        limit=whole("limit", _PAGE, 1, 200),
        column=request.args.get("column") or None,
    )
    return jsonify(total=total, problems=[imports_json.problem_row(each) for each in rows])


@blueprint.get("/<int:upload_id>/preview")
@signin.signed_in
def preview(upload_id: int) -> Response:
    """Old and new outlines of what would change; while coordinates are asked about, those of every candidate."""
    return jsonify(uploads.preview(db(), signin.actor(), upload_id))


@blueprint.post("/<int:upload_id>/answer")
@signin.signed_in
def answer(upload_id: int) -> Response:
    """Take answers, and begin to read and rehearse anew.

    Raises
    ------
    BadInput
        The answers are not in the form that the page sends.
    """
    actor = signin.actor()
    given = _answers(request.form.get("answers") or "{}")
    kind = request.form.get("kind")
    if kind is not None:
        if kind not in _ANSWER_OF:
            raise BadInput(detail=UNREADABLE)
        given[_ANSWER_OF[kind]] = _word(request.form.get("value", ""))
    if given.get("header_row") is not None:
        given["header_row"] = _row(str(given["header_row"]))
    uploads.answer(db(), actor, upload_id, uploads.Answers(**given))
    jobs.start(database(), actor, upload_id)
    return jsonify(id=upload_id)


def _answers(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadInput(detail=UNREADABLE)
    taken: dict[str, Any] = {}
    for name in ("mapping", "decisions"):
        if name in given:
            taken[name] = _words(given[name])
    if "take_repairs" in given:
        taken["take_repairs"] = given["take_repairs"] is True
    return taken


def _words(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadInput(detail=UNREADABLE)
    return {_word(key): _word(each) for key, each in value.items()}


def _word(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_WORD:
        raise BadInput(detail=UNREADABLE)
    return value


def _row(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise BadInput(detail=UNREADABLE)
    return int(text)


@blueprint.post("/<int:upload_id>/commit")
@signin.signed_in
def commit(upload_id: int) -> Response:
    """Write everything of a rehearsed upload, or nothing."""
    return jsonify(import_id=uploads.commit_upload(db(), signin.actor(), upload_id))


@blueprint.post("/<int:upload_id>/discard")
@signin.signed_in
def discard(upload_id: int) -> Response:
    """Drop an upload and its file."""
    uploads.discard(db(), signin.actor(), upload_id)
    return jsonify(id=upload_id)


@blueprint.post("/undo/<int:import_id>")
@signin.signed_in
def undo(import_id: int) -> Response:
    """Take an import back, or (``rehearse``) say what that would do."""
    rehearse = request.form.get("rehearse") == "yes"
    counts = uploads.undo_import(db(), signin.actor(), import_id, rehearse=rehearse)
    return jsonify(counts=dict(counts))
