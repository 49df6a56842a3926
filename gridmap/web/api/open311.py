"""Open311 GeoReport v2 at /open311/v2: what other programs read and send. See docs/open311.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gridmap import __version__
from gridmap.domain.cases import CaseSource, CaseStatus, ClosingReason
from gridmap.domain.clock import LOCAL
from gridmap.domain.messages import Message
from gridmap.errors import GridmapError, NotFound
from gridmap.services import open311
from gridmap.services.api_keys import Key, key
from gridmap.services.cases.intake import MOST_PHOTOS
from gridmap.services.cases.records import Named, Report
from gridmap.services.open311 import Shown
from gridmap.settings import settings
from gridmap.store.database import is_timeout
from gridmap.translations import explain
from gridmap.web.addresses import public_root
from gridmap.web.api import open311_asked as asked
from gridmap.web.api.open311_asked import Wrong, refuse
from gridmap.web.api.open311_format import JSON, XML, as_json, as_xml
from gridmap.web.case_words import REASON_NAMES, STATUS_NAMES
from gridmap.web.database import db
from gridmap.web.errors import status_of
from gridmap.web.i18n import gettext, language
from gridmap.web.rates import Rate

blueprint = Blueprint("open311", __name__, url_prefix="/open311/v2")

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
#: When the shape of these answers changed last.
CHANGESET = "2026-11-23T00:00:00+08:00"
#: Reading and sending, for each address and each key.
READS, SENDS = (120, 240), (30, 60)
_FORM_BYTES = 100_000

View = Callable[..., Response]

#: How FixMyStreet's extension calls a state, for programs that follow a request beyond open and closed.
_EXTENDED: dict[CaseStatus, str] = {
    CaseStatus.REPORTED: "OPEN",
    CaseStatus.VERIFIED: "INVESTIGATING",
    CaseStatus.FILED: "FOR_TRIAGE",
    CaseStatus.NOT_FILED: "NOT_COUNCILS_RESPONSIBILITY",
    CaseStatus.DISPATCHED: "IN_PROGRESS",
    CaseStatus.SIGNED: "IN_PROGRESS",
    CaseStatus.HANDLING: "IN_PROGRESS",
    CaseStatus.PAUSED: "IN_PROGRESS",
    CaseStatus.RETURNED: "INTERNAL_REFERRAL",
    CaseStatus.TO_CHECK: "IN_PROGRESS",
    CaseStatus.FOLLOWED_UP: "IN_PROGRESS",
    CaseStatus.BACKLOG: "ACTION_SCHEDULED",
    CaseStatus.WITHDRAWN: "CANCELLED",
}
_EXTENDED_REASON: dict[ClosingReason, str] = {
    ClosingReason.SOLVED: "FIXED",
    ClosingReason.DUPLICATE: "DUPLICATE",
    ClosingReason.CANNOT_BE_DONE: "NO_FURTHER_ACTION",
    ClosingReason.EXPLAINED: "NO_FURTHER_ACTION",
    ClosingReason.TRANSFERRED: "NOT_COUNCILS_RESPONSIBILITY",
}


# --- frame -----------------------------------------------------------------------------------------------


def _extension() -> str:
    """xml or json: as the address ends, else as the client prefers; XML where it does not say."""
    for extension in ("xml", "json"):
        if request.path.endswith(f".{extension}"):
            return extension
    best = request.accept_mimetypes.best_match(["text/xml", "application/xml", "application/json"], "text/xml")
    return "json" if best == "application/json" else "xml"


def _answer(root: str, document: Any, status: int = 200) -> Response:
    if _extension() == "json":
        response = Response(as_json(document), status, content_type=JSON)
    else:
        response = Response(as_xml(root, document), status, content_type=XML)
    response.vary.add("Accept")
    response.vary.add("Accept-Language")
    if request.method == "GET":
        # anybody may read this from anywhere: it holds nothing that is not public, and no session counts here
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _errors(status: int, *sentences: str) -> Response:
    return _answer("errors", [{"code": str(status), "description": each} for each in sentences], status)


def _limited(kind: str, name: str, limit: tuple[float, float]) -> None:
    rates: dict[str, Rate] = current_app.extensions.setdefault("gridmap_open311_rates", {})
    wait = rates.setdefault(kind, Rate(*limit)).wait_s(name)
    if wait:
        raise Wrong(429, gettext("Too many requests. Wait a little and try again."), retry_after=math.ceil(wait))


def _guarded(view: View) -> View:
    """Answer every fault as the specification says, in the format that was asked for."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        request.max_content_length = settings().photo_largest_bytes * 2 + _FORM_BYTES
        try:
            _limited(request.method, request.remote_addr or "", READS if request.method == "GET" else SENDS)
            _check_jurisdiction()
            return view(*args, **kwargs)
        except Wrong as wrong:
            response = _errors(wrong.status, *wrong.sentences)
            if wrong.retry_after is not None:
                response.headers["Retry-After"] = str(wrong.retry_after)
            return response
        except GridmapError as error:
            db().rollback()
            status = status_of(error)
            if status >= 500:
                current_app.logger.error("%s: %s", error.code, error)
            return _errors(400 if status == 409 else status, explain(error, language()))
        except RequestEntityTooLarge:
            return _errors(400, gettext("What was sent is too large."))
        except HTTPException as error:
            return _errors(error.code or 500, error.name)
        except Exception as error:
            db().rollback()
            if is_timeout(error):
                return _errors(503, gettext("This took too long. Ask for a shorter period."))
            current_app.logger.error("unforeseen error on %s", request.path, exc_info=error)
            return _errors(500, gettext("Something went wrong on our side. It has been noted in the log."))

    return guarded


def _check_jurisdiction() -> None:
    """There is one county here, so naming it is optional; naming another one is an error."""
    named = asked.text("jurisdiction_id")
    if named is None:
        return
    county = open311.jurisdiction(db())
    if county is None or named not in (county.code, county.code[:6]):
        refuse(404, Message("There is no jurisdiction {name}.", {"name": named}))


def _key() -> Key:
    presented = asked.text("api_key")
    found = key(db(), presented) if presented is not None else None
    if found is None:
        refuse(403, Message("A valid api_key is needed to send anything."))
    _limited("key", str(found.id), SENDS)
    return found


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(LOCAL).isoformat(timespec="seconds")


def _named(name: Named | None) -> str | None:
    return None if name is None else name.name(language())


# --- what there is ---------------------------------------------------------------------------------------


@blueprint.get("/discovery", defaults={"extension": ""})
@blueprint.get("/discovery.<any(xml, json):extension>")
@_guarded
def discovery(extension: str) -> Response:  # noqa: ARG001
    """Where this server is, whom to ask, which formats it speaks."""
    county = open311.jurisdiction(db())
    demo = county is not None and county.demo_version is not None
    contact = gettext("{county}, whoever runs gridmap {version} there", county=county.name if county else "-",
                      version=__version__)  # fmt: skip
    document = {
        "changeset": CHANGESET,
        "contact": contact,
        "key_service": gettext("A key is made by the administrator: gridmap case api-key NAME"),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{public_root()}/open311/v2",
                "changeset": CHANGESET,
                "type": "test" if demo else "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return _answer("discovery", document)


@blueprint.get("/services", defaults={"extension": ""})
@blueprint.get("/services.<any(xml, json):extension>")
@_guarded
def services(extension: str) -> Response:  # noqa: ARG001
    """The kinds of requests."""
    rows = [
        {
            "service_code": each.name.code,
            "service_name": _named(each.name),
            "description": each.words,
            "metadata": bool(each.questions),
            "type": "realtime",
            "keywords": ",".join(part for part in each.words.replace("、", ",").split(",") if part),
            "group": _named(each.group),
        }
        for each in open311.services(db())
    ]
    return _answer("services", rows)


@blueprint.get("/services/<code>", defaults={"extension": ""})
@blueprint.get("/services/<code>.<any(xml, json):extension>")
@_guarded
def definition(code: str, extension: str) -> Response:  # noqa: ARG001
    """The questions asked with one kind of request."""
    found = open311.service(db(), code)
    if found is None:
        refuse(404, Message("There is no service {name}.", {"name": code}))
    rows = [
        {
            "variable": bool(each.get("variable", True)),
            "code": str(each.get("code", "")),
            "datatype": each.get("datatype", "string"),
            "required": bool(each.get("required", False)),
            "datatype_description": each.get("datatype_description") or None,
            "order": int(each.get("order", place)),
            "description": each.get("description", ""),
            **(
                {"values": [{"key": str(v["key"]), "name": v.get("name", v["key"])} for v in each["values"]]}
                if each.get("values")
                else {}
            ),
        }
        for place, each in enumerate(found.questions, start=1)
    ]
    return _answer("service_definition", {"service_code": found.name.code, "attributes": rows})


# --- requests --------------------------------------------------------------------------------------------


@blueprint.get("/requests", defaults={"extension": ""})
@blueprint.get("/requests.<any(xml, json):extension>")
@_guarded
def requests(extension: str) -> Response:  # noqa: ARG001
    """Requests of the last 90 days, or those that were asked for."""
    more = _extensions()
    rows = open311.requests(db(), asked.asked(), with_notes=more)
    return _answer("service_requests", [_request(each, more) for each in rows])


@blueprint.get("/requests/<number>", defaults={"extension": ""})
@blueprint.get("/requests/<number>.<any(xml, json):extension>")
@_guarded
def single(number: str, extension: str) -> Response:  # noqa: ARG001
    """One request (a list of numbers works too)."""
    more = _extensions()
    numbers = tuple(part for part in number.split(",") if part)
    rows = open311.requests(db(), open311.Asked(numbers=numbers), with_notes=more) if numbers else []
    if not rows:
        refuse(404, Message("There is no service request {name}.", {"name": number}))
    return _answer("service_requests", [_request(each, more) for each in rows])


@blueprint.get("/tokens/<token>", defaults={"extension": ""})
@blueprint.get("/tokens/<token>.<any(xml, json):extension>")
@_guarded
def tokens(token: str, extension: str) -> Response:  # noqa: ARG001
    """The number that became of a token. Numbers are given at once here, so a token is the number itself."""
    found = open311.request(db(), token)
    if found is None:
        refuse(404, Message("There is no token {name}.", {"name": token}))
    return _answer("service_requests", [{"service_request_id": found.number, "token": found.number}])


@blueprint.post("/requests", defaults={"extension": ""})
@blueprint.post("/requests.<any(xml, json):extension>")
@_guarded
def send(extension: str) -> Response:  # noqa: ARG001
    """Take a request in."""
    by = _key()
    code = asked.text("service_code")
    if code is None:
        refuse(400, Message("service_code is missing."))
    if open311.service(db(), code) is None:
        refuse(404, Message("There is no service {name}.", {"name": code}))
    place, address, address_id = asked.place(), asked.text("address_string"), asked.text("address_id")
    if place is None and address is None and address_id is None:
        refuse(400, Message("Say where it is: lat and long, address_string, or address_id."))
    files = [file for name in ("media", "media[]") for file in request.files.getlist(name) if file.filename]
    if len(files) > MOST_PHOTOS:
        refuse(400, Message("At most {most} photos go with a report.", {"most": MOST_PHOTOS}))
    given = Report(
        kind=code,
        words=asked.description(),
        source=CaseSource.OPEN311,
        place=place,
        address=address or "",
        contact=asked.contact(),
        attributes=asked.attributes(),
        photos=tuple(file.read() for file in files),
        key=_once(by),
    )
    try:
        taken = open311.send(db(), by, given, address_id=address_id)
    except NotFound as error:
        raise Wrong(400, explain(error, language())) from error
    notice = gettext("It is shown to everybody once somebody has looked at it. Followed with the code {code}.",
                     code=taken.follow_code)  # fmt: skip
    return _answer(
        "service_requests",
        [{"service_request_id": taken.number, "service_notice": notice, "account_id": None}],
    )


def _once(by: Key) -> str | None:
    """A client that repeats a request after a fault may name it, and it is taken in once."""
    named = request.headers.get("Idempotency-Key")
    return f"open311:{by.id}:{named}"[:100] if named else None


def _request(each: Shown, more: bool) -> dict[str, Any]:
    state = gettext(STATUS_NAMES[each.status])
    notes = [state]
    if each.reason is not None:
        notes.append(gettext(REASON_NAMES[each.reason]))
    if each.words is None:
        notes.append(gettext("not looked at yet for publishing"))
    if each.answer:
        notes.append(each.answer)
    document: dict[str, Any] = {
        "service_request_id": each.number,
        "status": "open" if each.is_open else "closed",
        "status_notes": " · ".join(notes),
        "service_name": _named(each.kind),
        "service_code": each.kind.code,
        "description": each.words,
        "agency_responsible": _named(each.agency),
        "service_notice": each.where_to_go or None,
        "requested_datetime": _time(each.reported_at),
        "updated_datetime": _time(each.updated_at),
        "expected_datetime": _time(each.due_at),
        "address": each.address or None,
        "address_id": each.unit,
        "zipcode": None,
        "lat": each.lat,
        "long": each.lon,
        "media_url": None if each.photo is None else _photo_url(each.photo),
    }
    if more:
        document["extended_attributes"] = _extended(each)
        document["notes"] = [{"datetime": _time(at), "description": words} for at, words in each.notes]
    return document


def _extended(each: Shown) -> list[dict[str, Any]]:
    pairs: list[tuple[str, Any]] = [
        ("state", each.status.value),
        ("extended_status", _extended_status(each.status, each.reason)),
        ("closing_reason", each.reason.value if each.reason else None),
        *((f"attribute[{code}]", value) for code, value in each.answers.items()),
    ]
    return [
        {"code": code, "value": ",".join(value) if isinstance(value, list) else str(value)}
        for code, value in pairs
        if value is not None
    ]


def _extended_status(status: CaseStatus, reason: ClosingReason | None) -> str:
    if status in _EXTENDED:
        return _EXTENDED[status]
    return _EXTENDED_REASON.get(reason, "CLOSED") if reason is not None else "CLOSED"


def _photo_url(photo: int) -> str:
    return public_root() + url_for("resident.photo", photo_id=photo)


def _extensions() -> bool:
    return (asked.text("extensions") or "").lower() in ("true", "1", "yes")


# --- updates ---------------------------------------------------------------------------------------------


@blueprint.get("/servicerequestupdates", defaults={"extension": ""})
@blueprint.get("/servicerequestupdates.<any(xml, json):extension>")
@_guarded
def updates(extension: str) -> Response:  # noqa: ARG001
    """What changed in a period."""
    rows = open311.updates(db(), asked.moment("start_date"), asked.moment("end_date"))
    document: list[Mapping[str, Any]] = [
        {
            "update_id": str(each.id),
            "service_request_id": each.number,
            "status": "REOPEN" if each.act == "reopen" else _extended_status(each.status, each.reason),
            "updated_datetime": _time_exact(each.at),
            "description": each.words or None,
            "media_url": None,
        }
        for each in rows
    ]
    return _answer("service_requests_updates", document)


@blueprint.post("/servicerequestupdates", defaults={"extension": ""})
@blueprint.post("/servicerequestupdates.<any(xml, json):extension>")
@_guarded
def send_update(extension: str) -> Response:  # noqa: ARG001
    """Take an update in: staff read it, and it moves nothing."""
    by = _key()
    number = asked.text("service_request_id")
    if number is None:
        refuse(400, Message("service_request_id is missing."))
    at = asked.moment("updated_datetime")
    if at is None:
        refuse(400, Message("updated_datetime is missing."))
    words, status = asked.description(), (asked.text("status") or "").upper()
    if not words and not status:
        refuse(400, Message("An update says something: description or status."))
    if status and status not in _KNOWN_STATUS:
        refuse(400, Message("status is one of: {known}.", {"known": ", ".join(sorted(_KNOWN_STATUS))}))
    line = open311.send_update(
        db(),
        by,
        number,
        words,
        at=at,
        status=status,
        update_id=asked.text("update_id"),
        media_url=(asked.text("media_url") or "")[:500],
    )
    return _answer("service_requests_updates", [{"update_id": str(line)}])


_KNOWN_STATUS = {*_EXTENDED.values(), *_EXTENDED_REASON.values(), "CLOSED", "REOPEN", "OPEN"}


def _time_exact(at: datetime) -> str:
    """With fractions, so that a window around it holds it."""
    return at.astimezone(LOCAL).isoformat()


@blueprint.route("/", defaults={"rest": "", "extension": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/<path:rest>", defaults={"extension": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@_guarded
def other(rest: str, extension: str) -> Response:  # noqa: ARG001
    """Anything else, as an error that a program can read."""
    refuse(404, Message("There is nothing at this address: {name}", {"name": rest[:200]}))
