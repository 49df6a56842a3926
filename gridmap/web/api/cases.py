"""The data of the dispatcher's page: lists, pins, what changed, bulk dispatch, who could take a case."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gridmap.domain.cases import Move
from gridmap.domain.messages import Message
from gridmap.errors import BadInput
from gridmap.services import cases
from gridmap.services.cases import routing
from gridmap.services.cases.records import Place
from gridmap.translations import say
from gridmap.web import case_words, signin
from gridmap.web.api.case_rows import filter_of, row_json
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("cases_data", __name__, url_prefix="/cases/data")

#: Most cases that are moved at a time.
MOST = 200


@blueprint.get("/list")
@signin.signed_in
def listed() -> Response:
    """A page of the cases that fit, with counts; its version as ETag, so that looking again costs little."""
    actor, wanted = signin.actor(), filter_of(request.args)
    known = request.headers.get("If-None-Match")
    if known and wanted.after is None and known == _tag(cases.version(db(), actor, replace(wanted, since=None))):
        return Response(status=304, headers={"ETag": known})
    page = cases.cases(db(), actor, wanted)
    version = _tag(page.version if wanted.since is None else cases.version(db(), actor, replace(wanted, since=None)))
    answer = jsonify(
        rows=[row_json(row) for row in page.rows], total=page.total, counts=dict(page.counts), cursor=page.cursor
    )
    answer.headers["ETag"] = version
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _tag(version: str) -> str:
    return f'"{version}-{language()}"'


@blueprint.get("/points")
@signin.signed_in
def points() -> Response:
    """Every case that fits and has a place: number, longitude, latitude, light, state."""
    found = cases.points(db(), signin.actor(), filter_of(request.args))
    return jsonify(points=[[key, lon, lat, light, status] for key, lon, lat, light, status, _ in found])


@blueprint.post("/dispatch")
@signin.signed_in
def dispatch() -> Response:
    """Dispatch many cases: each to ``desk`` (a body), or where its kind and place propose; what failed says why.

    Reported cases are filed on the way.
    """
    actor, asked = signin.actor(), _document()
    chosen = [(int(each["id"]), int(each["version"])) for each in asked.get("cases", [])[:MOST]]
    desk = asked.get("desk") or None
    given = cases.Given(body=desk, note=str(asked.get("note") or ""))
    outcome: list[tuple[int, Message | None]] = []
    for key, version in chosen:
        view = cases.case(db(), actor, key)
        if Move.FILE in view.moves:
            ((_, trouble),) = cases.move_many(db(), actor, [(key, version)], Move.FILE)
            version = version + 1 if trouble is None else version
            if trouble is not None:
                outcome.append((key, trouble))
                continue
        outcome += cases.move_many(db(), actor, [(key, version)], Move.DISPATCH, given)
    return jsonify(
        done=[key for key, trouble in outcome if trouble is None],
        refused=[{"id": key, "why": say(trouble, language())} for key, trouble in outcome if trouble is not None],
    )


@blueprint.get("/<int:case_id>/workers")
@signin.signed_in
def workers(case_id: int) -> Response:
    """Workers who could take a case, those of its grid first, least busy and nearest first."""
    return jsonify(workers=[asdict(each) for each in routing.nearest_workers(db(), signin.actor(), case_id)])


@blueprint.get("/nearby")
@signin.signed_in
def nearby() -> Response:
    """Open cases near a place that a new report may be a duplicate of."""
    place = _place(request.args.get("lon", ""), request.args.get("lat", ""))
    found = cases.nearby(db(), signin.actor(), place, request.args.get("kind") or None)
    return jsonify(cases=[row_json(row) for row in found])


@blueprint.get("/places")
@signin.signed_in
def places() -> Response:
    """Places that an address may mean."""
    found = routing.places_like(db(), signin.actor(), request.args.get("q", "")[:200])
    return jsonify(
        places=[
            {"code": p.code, "name": p.name, "lon": p.lon, "lat": p.lat, "why": say(p.why, language())} for p in found
        ]
    )


@blueprint.post("/<int:case_id>/me-too")
@signin.signed_in
def me_too(case_id: int) -> Response:
    """Count somebody who has the same matter."""
    return jsonify(count=cases.me_too(db(), signin.actor(), case_id))


@blueprint.get("/words")
@signin.signed_in
def words() -> Response:
    """States and lights in words, for scripts."""
    return jsonify(
        statuses={key.value: gettext(word) for key, word in case_words.STATUS_NAMES.items()},
        lights={key: gettext(word) for key, word in case_words.LIGHT_NAMES.items()},
    )


def _document() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadInput(detail=Message("A JSON object is expected."))
    return given


def _place(lon: str, lat: str) -> Place:
    try:
        return Place(float(lon), float(lat))
    except ValueError as error:
        raise BadInput(detail=Message("A place is longitude and latitude.")) from error
