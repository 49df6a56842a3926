"""The grid worker's phone: the frame of the page, its service worker, its manifest. The rest is fetched or kept."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask_wtf.csrf import generate_csrf

from gridmap.domain.permissions import Permission
from gridmap.maps.compose import coverage_frame
from gridmap.services import units
from gridmap.web import assets, case_words, signin
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.security import nonce

blueprint = Blueprint("field", __name__, url_prefix="/field")


@blueprint.get("")
@signin.signed_in
def page() -> Response:
    """The page. Browsers may keep it: the service worker shows it where there is no signal."""
    actor = signin.actor()
    actor.require(Permission.HANDLE_CASES)
    home = units.find(db(), actor, actor.scope)
    boot = {
        "account": actor.account_id,
        "scope": actor.scope,
        "name": home.name if home else actor.scope,
        "data": "/field/data",
        "photo": "/cases/photos/",
        "csrf": generate_csrf(),
        "statuses": {key.value: gettext(word) for key, word in case_words.STATUS_NAMES.items()},
        "moves": {key.value: gettext(word) for key, word in case_words.MOVE_NAMES.items()},
        "reasons": {key.value: gettext(word) for key, word in case_words.REASON_NAMES.items()},
        "lights": {key: gettext(word) for key, word in case_words.LIGHT_NAMES.items()},
        "language": language(),
        "words": script_words(language()),
    }
    return Response(
        render_template("field/page.html", boot=boot, frame=coverage_frame(language(), nonce(), asset), home=home)
    )


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker: served from here so that its scope is /field and no more."""
    loaded = assets.STATIC / "js" / "field" / "sw.js"
    response = Response(loaded.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to put the page on its home screen."""
    answer = jsonify(
        name="gridmap",
        short_name="gridmap",
        start_url=url_for("field.page"),
        scope=url_for("field.page"),
        display="standalone",
        background_color="#ffffff",
        theme_color="#0b3c6f",
        icons=[{"src": asset("images/gridmap.svg"), "sizes": "any", "type": "image/svg+xml"}],
    )
    answer.mimetype = "application/manifest+json"
    return answer
