"""Brings a database to this version: extensions, the working system, migrations, then functions and triggers."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gridmap.errors import DatabaseVersion, ServerUnavailable
from gridmap.store import seeds

_HERE = Path(__file__).resolve().parent
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")
#: Held while a database is upgraded, so that two processes that start at once take turns.
UPGRADE_LOCK = 0x67726964


def config(connection: Connection) -> Config:
    """Alembic's configuration, bound to an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(_HERE / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(engine: Engine, *, srid: int) -> bool:
    """Upgrade in one transaction. Returns True when anything was to do.

    ``srid`` is the working system of a *new* database; an existing one keeps its own.

    Raises
    ------
    DatabaseVersion
        Another version of gridmap made the database, and this one does not know its tables.
    ServerUnavailable
        An extension is missing, or the account may not create it.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        if is_current(connection):
            return False
        _refuse_unknown(connection)
        for extension in EXTENSIONS:
            try:
                connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
            except SQLAlchemyError as error:
                raise ServerUnavailable(detail=f"the extension {extension} cannot be created: {error}") from error
        fix_working_system(connection, srid)
        command.upgrade(config(connection), "head")
        for path in sorted((_HERE / "sql").glob("*.sql")):
            connection.exec_driver_sql(
                path.read_text(encoding="utf-8").replace("%", "%%")
            )  # psycopg reads % as a blank
        seeds.plant(connection)
        return True


def _refuse_unknown(connection: Connection) -> None:
    known = {script.revision for script in ScriptDirectory(str(_HERE / "migrations")).walk_revisions()}
    strange = set(MigrationContext.configure(connection).get_current_heads()) - known
    if strange:
        raise DatabaseVersion(found=", ".join(sorted(strange)))


def is_current(connection: Connection) -> bool:
    """Tell whether the database has had every migration."""
    heads = set(ScriptDirectory(str(_HERE / "migrations")).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def fix_working_system(connection: Connection, srid: int) -> None:
    """Make ``gridmap_srid()``, an immutable constant of this database, unless it stands."""
    stands = connection.execute(text("SELECT to_regproc('gridmap_srid') IS NOT NULL")).scalar_one()
    if not stands:
        connection.exec_driver_sql(
            "CREATE FUNCTION gridmap_srid() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE"
            f" AS 'SELECT {int(srid)}'"
        )
