"""What the phone fetches to keep, and what it sends when the signal is back. Each request has the sender's own key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify, request
from flask_wtf.csrf import generate_csrf

from gridmap.domain.cases import CaseSource, ClosingReason, Move
from gridmap.domain.clock import LOCAL
from gridmap.domain.messages import Message
from gridmap.errors import BadInput, CaseMoved, MoveIllegal
from gridmap.geometry.offsets import Offset, from_wgs84
from gridmap.services import cases
from gridmap.services.cases import field, photos
from gridmap.services.cases.records import CaseRow, Filter, Place, Report
from gridmap.translations import explain
from gridmap.web import signin
from gridmap.web.api.case_rows import row_json
from gridmap.web.database import db
from gridmap.web.i18n import language

blueprint = Blueprint("field_data", __name__, url_prefix="/field/data")

#: Largest report with photos, in bytes; a phone shrinks them first.
LARGEST = 40_000_000


@blueprint.get("/bundle")
@signin.signed_in
def bundle() -> Response:
    """Everything the phone keeps, and a fresh token for what it will send."""
    kept = field.bundle(db(), signin.actor())
    return jsonify(
        scope=kept.scope,
        name=kept.name,
        outlines=kept.outlines,
        compounds=[{"code": c, "name": n, "lon": x, "lat": y} for c, n, x, y in kept.compounds],
        kinds=[{"code": c, "name": zh if language() == "zh_Hans" else en} for c, zh, en in kept.kinds],
        cases=_rows(kept.cases),
        staff=[asdict(each) for each in kept.staff],
        made_at=kept.made_at,
        csrf=generate_csrf(),
    )


@blueprint.get("/here")
@signin.signed_in
def here() -> Response:
    """The grid a place falls in, who serves it, and what is next door."""
    found = field.where_am_i(db(), signin.actor(), _place(request.args))
    return jsonify(asdict(found))


@blueprint.get("/case/<int:case_id>")
@signin.signed_in
def case(case_id: int) -> Response:
    """One case with its history and photos, for the sheet."""
    view = cases.case(db(), signin.actor(), case_id)
    return jsonify(
        row=_rows([view.row])[0],
        moves=[move.value for move in view.moves],
        events=[
            {"at": e.at.isoformat(), "actor": e.actor, "act": e.act, "after": e.after, "note": e.note}
            for e in view.events
        ],
        photos=[{"id": p.id, "stage": p.stage} for p in view.photos],
    )


@blueprint.get("/nearby")
@signin.signed_in
def nearby() -> Response:
    """Open cases near a place that a report may be a duplicate of."""
    found = cases.nearby(db(), signin.actor(), _place(request.args), request.args.get("kind") or None)
    return jsonify(cases=_rows(found))


@blueprint.post("/report")
@signin.signed_in
def report() -> Response:
    """A new case: ``document`` (JSON) and ``photo`` files. Sent twice with one key, it is one case."""
    request.max_content_length = LARGEST
    given = _read(request.form.get("document", ""))
    made = given.get("reported_at")
    told = cases.report(
        db(),
        signin.actor(),
        Report(
            kind=str(given.get("kind", "")),
            words=str(given.get("words", "")),
            source=CaseSource.PATROL,
            place=_place(given) if given.get("lon") is not None else None,
            address=str(given.get("address", "")),
            reported_at=_moment(made) if made else None,
            photos=tuple(file.read() for file in request.files.getlist("photo")),
            key=str(given.get("key", "")) or None,
        ),
    )
    return jsonify(
        id=told.case_id,
        number=told.number,
        follow_code=told.follow_code,
        unit=told.unit,
        unit_name=told.unit_name,
        existing=told.existing,
    )


@blueprint.post("/move")
@signin.signed_in
def move() -> Response | tuple[Response, int]:
    """A move that the worker made, perhaps hours ago. What no longer fits is answered with the case as it is now."""
    given = _read(request.get_data(as_text=True))
    case_id, key = int(given.get("case", 0)), str(given.get("key", "")) or None
    try:
        what = Move(str(given.get("move")))
        reason = given.get("closing_reason")
        said = cases.Given(note=str(given.get("note", "")), closing_reason=ClosingReason(reason) if reason else None)
    except ValueError as error:
        raise BadInput(detail=Message("There is no such step.")) from error
    version = given.get("version")
    try:
        view = cases.move(db(), signin.actor(), case_id, int(version) if version else None, what, said, key=key)
    except (CaseMoved, MoveIllegal) as error:
        db().rollback()
        now = cases.case(db(), signin.actor(), case_id)
        return jsonify(
            error={"code": error.code, "message": explain(error, language())},
            row=_rows([now.row])[0],
            moves=[each.value for each in now.moves],
        ), 409
    return jsonify(row=_rows([view.row])[0], moves=[each.value for each in view.moves])


@blueprint.post("/extension")
@signin.signed_in
def extension() -> Response:
    """Ask for more time."""
    given = _read(request.get_data(as_text=True))
    until = _moment(given.get("until"))
    number = cases.ask_extension(
        db(),
        signin.actor(),
        int(given.get("case", 0)),
        None,
        until,
        str(given.get("note", "")),
        key=str(given.get("key", "")) or None,
    )
    return jsonify(extension=number)


@blueprint.post("/photo")
@signin.signed_in
def photo() -> Response:
    """A photo before or after the work."""
    request.max_content_length = LARGEST
    given = _read(request.form.get("document", ""))
    content = request.files["photo"].read() if "photo" in request.files else b""
    number = photos.add(
        db(), signin.actor(), int(given.get("case", 0)), str(given.get("stage", "")), content,
        key=str(given.get("key", "")) or None,
    )  # fmt: skip
    return jsonify(photo=number)


@blueprint.post("/me-too/<int:case_id>")
@signin.signed_in
def me_too(case_id: int) -> Response:
    """Count somebody who has the same matter."""
    return jsonify(count=cases.me_too(db(), signin.actor(), case_id))


@blueprint.get("/mine")
@signin.signed_in
def mine() -> Response:
    """The worker's open cases, by deadline or by distance."""
    near = _place(request.args) if request.args.get("lon") else None
    sort = "distance" if near else "due"
    page = cases.cases(db(), signin.actor(), Filter(mine=True, open_only=True, near=near, sort=sort, limit=300))
    return jsonify(cases=_rows(page.rows))


def _rows(rows: Sequence[CaseRow]) -> list[dict[str, Any]]:
    """Cases with their places in the datum of each navigation app."""
    given = [row_json(row) for row in rows]
    placed = [(row.lon, row.lat, one) for row, one in zip(rows, given, strict=True) if row.lon is not None]
    places = np.array([(lon, lat) for lon, lat, _ in placed], dtype=float).reshape(-1, 2)
    for name, offset in (("gcj02", Offset.GCJ02), ("bd09", Offset.BD09)):
        for (_, _, one), there in zip(placed, from_wgs84(places, offset).round(6).tolist(), strict=True):
            one[name] = there
    return given


def _read(words: str) -> dict[str, Any]:
    try:
        given = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise BadInput(detail=Message("A JSON object is expected.")) from error
    if not isinstance(given, dict):
        raise BadInput(detail=Message("A JSON object is expected."))
    return given


def _place(given: Any) -> Place:
    try:
        return Place(float(given["lon"]), float(given["lat"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(detail=Message("A place is longitude and latitude.")) from error


def _moment(words: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(words))
    except ValueError as error:
        raise BadInput(detail=Message("A moment is written like 2026-11-01T14:30.")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
