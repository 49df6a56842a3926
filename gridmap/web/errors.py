"""One table from error class to HTTP status, one JSON shape, one friendly page.

JSON: ``{"error": {"code": "OutsideScope", "message": "…"}}``, the message in the language of the request.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gridmap import errors
from gridmap.store.database import is_timeout
from gridmap.translations import explain
from gridmap.web.i18n import gettext, language

#: looked up along the class's ancestors, so a new error needs a row only where its family's status is wrong
STATUS: dict[type[errors.GridmapError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.BadInput: 400,
    errors.Refused: 409,
    errors.Unavailable: 503,
    errors.InvariantBroken: 500,
    errors.GridmapError: 500,
}

SENTENCES = {
    400: "The request could not be read. Go back and try again.",
    401: "Please sign in.",
    403: "You may not see this.",
    404: "This page does not exist.",
    405: "This address does not take that kind of request.",
    413: "What was sent is too large.",
    429: "Too many requests. Wait a little and try again.",
    500: "Something went wrong on our side. It has been noted in the log.",
}
TOO_SLOW = "This took longer than {seconds} s and was stopped. Choose a smaller unit or a single lens, and try again."
EXPIRED = "The form has expired. Reload the page and try again."


def status_of(error: errors.GridmapError) -> int:
    """Return the HTTP status of a named error: that of its nearest ancestor in :data:`STATUS`."""
    for ancestor in type(error).__mro__:
        if ancestor in STATUS:
            return STATUS[ancestor]
    return 500


def wants_json() -> bool:
    """Tell whether the caller is a script: a data address, or one that prefers JSON to a page."""
    if "/data/" in request.path:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return (
        best == "application/json"
        and request.accept_mimetypes["application/json"] > request.accept_mimetypes["text/html"]
    )


def answer(status: int, code: str, message: str) -> tuple[Response | str, int]:
    """Return an error as JSON or as a page, whichever the caller takes."""
    if wants_json():
        return jsonify(error={"code": code, "message": message}), status
    return render_template("errors/error.html", status=status, message=message), status


def init_app(app: Flask) -> None:
    """Catch named errors, HTTP errors, expired forms, and everything else."""

    @app.errorhandler(errors.GridmapError)
    def named(error: errors.GridmapError) -> tuple[Response | str, int]:
        status = status_of(error)
        if status >= 500:
            app.logger.error("%s: %s", error.code, error)
        return answer(status, error.code, explain(error, language()))

    @app.errorhandler(CSRFError)
    def expired(error: CSRFError) -> tuple[Response | str, int]:  # noqa: ARG001
        return answer(400, "FormExpired", gettext(EXPIRED))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        return answer(status, error.name.replace(" ", ""), gettext(SENTENCES.get(status, SENTENCES[500])))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> tuple[Response | str, int]:
        if is_timeout(error):
            seconds = app.config["GRIDMAP_STATEMENT_TIMEOUT_S"]
            app.logger.warning("stopped after %s s: %s", seconds, request.full_path)
            return answer(503, "TooSlow", gettext(TOO_SLOW, seconds=round(seconds)))
        app.logger.error("unforeseen error on %s", request.path, exc_info=error)
        return answer(500, "Unforeseen", gettext(SENTENCES[500]))
