"""Data of the desk: the draft, what an operation would do, doing it, review, adoption, proposals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gridmap.domain.messages import Message
from gridmap.domain.plans import Norm
from gridmap.errors import BadInput, NotFound
from gridmap.services import plans, units
from gridmap.services.importing import plan_files
from gridmap.web import signin
from gridmap.web.api import plan_rows as rows
from gridmap.web.api.rim import document_in, outward, place_in
from gridmap.web.database import db

blueprint = Blueprint("plans_data", __name__, url_prefix="/plan/data")

#: A redraw done elsewhere: a community's GeoPackage is far below, a county's at survey density about this much.
LARGEST_FILE = 64 * 1024 * 1024


def _srid() -> int:
    county = units.county(db())
    if county is None:
        raise NotFound(what="county", key="")
    return county.srid


def _body() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadInput(detail=Message("A JSON object is expected."))
    return given


def _version(given: dict[str, Any]) -> int:
    version = given.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise BadInput(detail=Message("State the version of the draft."))
    return version


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise BadInput(detail=Message("{name}: a text is expected.", {"name": name}))
    return value


@blueprint.get("/")
@signin.signed_in
def root() -> tuple[str, int]:
    """Nothing lies at the root; it is the base of the addresses."""
    return "", 404


@blueprint.get("/<int:plan_id>")
@signin.signed_in
def draft(plan_id: int) -> Response:
    """Everything the desk shows of a plan."""
    actor = signin.actor()
    detail = plans.plan(db(), actor, plan_id)
    unit = units.names(db(), actor, [detail.row.scope]).get(detail.row.scope)
    srid = _srid()
    return jsonify(
        plan=rows.plan_row(detail.row, unit.name if unit else ""),
        **rows.detail_rows(detail, srid),
        **rows.view_rows(plans.view(db(), actor, plan_id), srid),
    )


@blueprint.get("/<int:plan_id>/version")
@signin.signed_in
def version(plan_id: int) -> Response:
    """Version, state, and who changed it last."""
    number, state, who = plans.version(db(), signin.actor(), plan_id)
    return jsonify(version=number, state=state, who=who)


@blueprint.post("/<int:plan_id>/preview")
@signin.signed_in
def preview(plan_id: int) -> Response:
    """What an operation would do."""
    given, srid = _body(), _srid()
    document = document_in(given.get("operation"), srid)
    effect = plans.preview(db(), signin.actor(), plan_id, _version(given), document)
    return jsonify(rows.effect_row(effect, srid))


@blueprint.post("/<int:plan_id>/apply")
@signin.signed_in
def apply(plan_id: int) -> Response:
    """Carry an operation out."""
    given, srid = _body(), _srid()
    document = document_in(given.get("operation"), srid)
    effect = plans.apply(db(), signin.actor(), plan_id, _version(given), document, reason=_text(given, "reason"))
    return jsonify(rows.effect_row(effect, srid))


@blueprint.post("/<int:plan_id>/<any(undo, redo):way>")
@signin.signed_in
def back_and_forth(plan_id: int, way: str) -> Response:
    """Undo or redo."""
    verb: Callable[..., Any] = plans.undo if way == "undo" else plans.redo
    return jsonify(rows.effect_row(verb(db(), signin.actor(), plan_id, _version(_body())), _srid()))


@blueprint.post("/<int:plan_id>/<any(submit, approve, return):act>")
@signin.signed_in
def review(plan_id: int, act: str) -> Response:
    """Hand in, approve, give back."""
    given = _body()
    verb = {"submit": plans.submit, "approve": plans.approve, "return": plans.return_}[act]
    verb(db(), signin.actor(), plan_id, _version(given), _text(given, "note"))
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/<any(withdraw, reopen):act>")
@signin.signed_in
def leave(plan_id: int, act: str) -> Response:
    """Withdraw, or take up again."""
    verb = plans.withdraw if act == "withdraw" else plans.reopen
    verb(db(), signin.actor(), plan_id, _text(_body(), "note"))
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/adopt")
@signin.signed_in
def adopt(plan_id: int) -> Response:
    """Rehearse adopting, or do it."""
    given = _body()
    rehearse = given.get("commit") is not True
    outcome = plans.adopt(db(), signin.actor(), plan_id, _version(given), rehearse=rehearse)
    return jsonify(rows.adoption_row(outcome, _srid()))


@blueprint.post("/<int:plan_id>/reason")
@signin.signed_in
def reason(plan_id: int) -> Response:
    """Say why an operation was done."""
    given = _body()
    number = given.get("operation")
    if not isinstance(number, int):
        raise BadInput(detail=Message("Say which operation."))
    plans.give_reason(db(), signin.actor(), plan_id, number, _text(given, "reason"))
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/describe")
@signin.signed_in
def describe(plan_id: int) -> Response:
    """Change title, note or effective date."""
    given = _body()
    day = _day(given["effective_on"]) if given.get("effective_on") else None
    title = _text(given, "title") if "title" in given else None
    note = _text(given, "note") if "note" in given else None
    plans.describe(db(), signin.actor(), plan_id, title=title, note=note, effective_on=day)
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/norm")
@signin.signed_in
def norm(plan_id: int) -> Response:
    """State the band."""
    given = _body()
    names = ("urban_low", "urban_high", "rural_low", "rural_high")
    values = {name: given.get(name) for name in names}
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in values.values()):
        raise BadInput(detail=Message("The norm wants four whole numbers."))
    try:
        band = Norm(**{name: int(str(value)) for name, value in values.items()})
    except ValueError as error:
        raise BadInput(
            detail=Message("A band goes from a smaller to a larger number of households, at most 10,000.")
        ) from error
    plans.set_norm(db(), signin.actor(), plan_id, band)
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/locks")
@signin.signed_in
def locks(plan_id: int) -> Response:
    """State which grids stay as they are."""
    codes = _body().get("codes")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise BadInput(detail=Message("A list of codes is expected."))
    plans.set_locks(db(), signin.actor(), plan_id, codes)
    return jsonify(done=True)


@blueprint.post("/<int:plan_id>/comments")
@signin.signed_in
def comment(plan_id: int) -> Response:
    """Pin a remark."""
    given = _body()
    place = given.get("place")
    at = None
    if place is not None:
        turned = place_in(place, _srid())
        if len(turned) != 2:
            raise BadInput(detail=Message("A place is longitude and latitude."))
        at = (turned[0], turned[1])
    return jsonify(id=plans.comment(db(), signin.actor(), plan_id, _text(given, "words"), at))


@blueprint.post("/<int:plan_id>/comments/<int:comment_id>/settle")
@signin.signed_in
def settle(plan_id: int, comment_id: int) -> Response:
    """Mark a remark as settled."""
    plans.settle_comment(db(), signin.actor(), plan_id, comment_id)
    return jsonify(done=True)


@blueprint.get("/<int:plan_id>/compare")
@signin.signed_in
def compare(plan_id: int) -> Response:
    """Beside another plan, or beside the present."""
    other = request.args.get("with", type=int)
    return jsonify(rows.comparison_row(plans.compare(db(), signin.actor(), plan_id, other), _srid()))


@blueprint.post("/<int:plan_id>/rebase")
@signin.signed_in
def rebase(plan_id: int) -> Response:
    """Move a draft onto today's boundaries."""
    given = _body()
    drop = given.get("drop", [])
    if not isinstance(drop, list) or not all(isinstance(each, int) for each in drop):
        raise BadInput(detail=Message("Say which operation."))
    found = plans.rebase(
        db(), signin.actor(), plan_id, _version(given),
        drop=drop, accept=given.get("accept") is True, rehearse=given.get("commit") is not True,
    )  # fmt: skip
    return jsonify(rows.rebase_row(found, _srid()))


@blueprint.get("/<int:plan_id>/balance")
@signin.signed_in
def balance(plan_id: int) -> Response:
    """Ways to bring every grid into the band."""
    srid = _srid()
    return jsonify(proposals=[rows.proposal_row(row, srid) for row in plans.balance(db(), signin.actor(), plan_id)])


@blueprint.post("/<int:plan_id>/balance")
@signin.signed_in
def take_balance(plan_id: int) -> Response:
    """Make a proposal part of the draft, or of another draft beside it."""
    given = _body()
    number = plans.take_balance(
        db(), signin.actor(), plan_id, _version(given), _text(given, "way"), as_new=given.get("as_new") is True
    )
    return jsonify(plan=number)


@blueprint.get("/<int:plan_id>/takers")
@signin.signed_in
def takers(plan_id: int) -> Response:
    """Who could take a blind area."""
    srid = _srid()
    lon, lat = request.args.get("lon", type=float), request.args.get("lat", type=float)
    number = request.args.get("version", type=int)
    if lon is None or lat is None or number is None:
        raise BadInput(detail=Message("A place is longitude and latitude."))
    x, y = place_in([lon, lat], srid)
    found = plans.takers(db(), signin.actor(), plan_id, number, (x, y))
    return jsonify(takers=[rows.taker_row(row, srid) for row in found])


@blueprint.get("/<int:plan_id>/siting")
@signin.signed_in
def siting(plan_id: int) -> Response:
    """Where service points would help most."""
    count, reach = request.args.get("count", 3, type=int), request.args.get("reach_m", 1000.0, type=float)
    return jsonify(rows.siting_row(plans.siting(db(), signin.actor(), plan_id, count=count, reach_m=reach), _srid()))


@blueprint.get("/<int:plan_id>/past")
@signin.signed_in
def past(plan_id: int) -> Response:
    """The boundaries as they stood on a day."""
    actor, srid = signin.actor(), _srid()
    scope = plans.plan(db(), actor, plan_id).row.scope
    day = _day(request.args.get("day", ""))
    frame = units.boundaries(db(), actor, "grid", scope=scope, as_of=day)
    return jsonify(
        day=day.isoformat(),
        units=[
            {"code": code, "name": name, "geometry": outward(shape, srid)}
            for code, name, shape in zip(frame["code"], frame["name"], frame.geometry, strict=True)
        ],
    )


@blueprint.post("/<int:plan_id>/outlines")
@signin.signed_in
def outlines(plan_id: int) -> Response:
    """A redraw done elsewhere: rehearsed (differences only), or taken as one operation."""
    request.max_content_length = LARGEST_FILE
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput(detail=Message("Choose a file."))
    commit = request.form.get("commit") == "yes"
    number = request.form.get("version", type=int)
    if number is None:
        raise BadInput(detail=Message("State the version of the draft."))
    found = plan_files.outlines_of(db(), signin.actor(), plan_id, file.filename, file.stream)
    srid = _srid()
    document = found.document
    if commit:
        effect = plans.apply(db(), signin.actor(), plan_id, number, document, reason=found.reason)
    else:
        effect = plans.preview(db(), signin.actor(), plan_id, number, document)
    return jsonify(**rows.effect_row(effect, srid), same=found.same, changed=list(found.changed), new=list(found.new))


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error
