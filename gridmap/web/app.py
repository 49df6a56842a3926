"""The application factory. ``gunicorn "gridmap.web.app:create_app()"`` or ``gridmap serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, redirect, url_for
from flask_compress import Compress
from flask_login import current_user
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from gridmap import resources
from gridmap.domain.permissions import Role
from gridmap.settings import Settings
from gridmap.settings import settings as settings_of_process
from gridmap.web import assets, database, errors, i18n, security, signin, timing
from gridmap.web.api import cases as cases_data
from gridmap.web.api import coverage as coverage_data
from gridmap.web.api import field as field_data
from gridmap.web.api import imports as imports_data
from gridmap.web.api import open311
from gridmap.web.api import plans as plans_data
from gridmap.web.pages import (
    account,
    accounts,
    board,
    case_rules,
    cases,
    downloads,
    field,
    imports,
    inspect,
    meetings,
    moderation,
    plans,
    resident,
    whistles,
)

if TYPE_CHECKING:
    from gridmap.store.database import Database

#: Where somebody of a role begins; the others begin with the coverage map.
HOMES = {Role.WORKER: "field.page", Role.DISPATCHER: "cases.page", Role.LEADER: "board.page"}


def create_app(settings: Settings | None = None, given_database: Database | None = None) -> Flask:
    """Return the application: settings, database, extensions, blueprints, errors.

    Tests give their own settings and database; without them, those of the process are used and the database is
    opened (the private cluster is started when it does not run).

    Raises
    ------
    Unavailable
        The database cannot be opened, or the installation lacks its templates.
    """
    chosen = settings or settings_of_process()
    app = Flask(__name__, template_folder=str(resources.folder("templates")), static_folder=None)
    app.config.update(
        GRIDMAP_LANGUAGE=chosen.language,
        COMPRESS_MIMETYPES=["text/html", "application/json", "application/geo+json"],
        GRIDMAP_UPLOAD_LARGEST_BYTES=chosen.upload_largest_bytes,
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_LEVEL=5,
    )
    if hops := chosen.trusted_proxies:
        # without it, everybody behind the proxy would share one address, and one allowance of reports
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    security.init_app(app, chosen)
    Compress(app)
    database.init_app(app, chosen, given_database)
    i18n.init_app(app)
    assets.init_app(app)
    signin.init_app(app)
    errors.init_app(app)
    timing.init_app(app)
    security.csrf.exempt(open311.blueprint)  # programs with a key, no sessions
    for blueprint in (
        account.blueprint,
        accounts.blueprint,
        inspect.blueprint,
        coverage_data.blueprint,
        downloads.blueprint,
        imports.blueprint,
        imports_data.blueprint,
        plans.blueprint,
        plans_data.blueprint,
        field.blueprint,
        field_data.blueprint,
        case_rules.blueprint,
        cases.blueprint,
        cases_data.blueprint,
        board.blueprint,
        whistles.blueprint,
        meetings.blueprint,
        open311.blueprint,
        resident.blueprint,
        moderation.blueprint,
    ):
        app.register_blueprint(blueprint)

    @app.get("/")
    def home() -> BaseResponse:
        if not current_user.is_authenticated:
            return redirect(url_for("inspect.page"))
        return redirect(url_for(HOMES.get(current_user.actor.role, "inspect.page")))

    @app.get("/healthz")
    def health() -> Response:
        return Response("ok\n", mimetype="text/plain")

    return app
