"""The coverage map page. It holds the frame and the words; shapes and figures are fetched by its scripts."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask_wtf.csrf import generate_csrf

from gridmap.domain.permissions import GRANTS, Permission
from gridmap.maps import themes
from gridmap.maps.compose import coverage_frame
from gridmap.services import units
from gridmap.web import signin
from gridmap.web.assets import asset
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.pages.menu import menu
from gridmap.web.security import nonce

blueprint = Blueprint("inspect", __name__)


@blueprint.get("/inspect")
@signin.signed_in
def page() -> str:
    """The coverage map of the account's area."""
    actor = signin.actor()
    home = units.find(db(), actor, actor.scope)
    granted = GRANTS[actor.role]
    boot = {
        "home": {"code": actor.scope, "name": home.name if home else ""},
        "empty": home is None,
        "data": url_for("coverage.root").rstrip("/"),
        "downloads": url_for("downloads.root").rstrip("/"),
        "csrf": generate_csrf(),
        "theme": themes.as_json(),
        "words": script_words(language()),
    }
    return render_template(
        "inspect/page.html",
        frame=coverage_frame(language(), nonce(), asset),
        boot=boot,
        empty=home is None,
        demo=actor.scope.startswith(units.DEMO_PREFIX),
        searchable=home is not None,
        may_run=Permission.RUN_COVERAGE in granted,
        may_export=Permission.EXPORT in granted,
        downloads=menu(gettext, language()),
    )
