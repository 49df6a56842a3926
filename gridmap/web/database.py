"""One database session per request, opened when first asked for and closed with the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, current_app, g

from gridmap.store.database import Database, open_database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.settings import Settings


def database() -> Database:
    """Return the database of this application."""
    held: Database = current_app.extensions["gridmap_database"]
    return held


def db() -> Session:
    """Return the session of this request. Its statements are stopped after the time that the settings allow."""
    if "db" not in g:
        g.db_context = database().session(statement_timeout_s=current_app.config["GRIDMAP_STATEMENT_TIMEOUT_S"])
        g.db = g.db_context.__enter__()
    session: Session = g.db
    return session


def init_app(app: Flask, settings: Settings, given: Database | None) -> None:
    """Attach the database: the given one, or the one that the settings name."""
    app.config["GRIDMAP_STATEMENT_TIMEOUT_S"] = settings.statement_timeout_s
    app.extensions["gridmap_database"] = given or open_database(settings)

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        context = g.pop("db_context", None)
        g.pop("db", None)
        if context is not None:
            context.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
