"""The tables of the background queue (Procrastinate), in a schema of their own beside ours."""

from __future__ import annotations

from sqlalchemy import text

from gridmap.store.database import Database

#: Name of the schema, and what a connection of the queue is told.
SCHEMA = "procrastinate"
CONNECTION_OPTIONS = f"-c search_path={SCHEMA},public"
#: Held while the tables are made, so that two processes that start at once take turns.
LOCK = 0x67716A6F


def install(database: Database, statements: str) -> bool:
    """Make the queue's tables unless they stand; True when they were made."""
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if connection.execute(text(f"SELECT to_regclass('{SCHEMA}.procrastinate_jobs') IS NOT NULL")).scalar_one():
            return False
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}, public")
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute(statements)
        return True


def waiting(database: Database) -> dict[str, int]:
    """How many jobs there are by state; empty while the queue was never used."""
    with database.engine.connect() as connection:
        if not connection.execute(text(f"SELECT to_regclass('{SCHEMA}.procrastinate_jobs') IS NOT NULL")).scalar_one():
            return {}
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}, public")
        rows = connection.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"))
        return {row[0]: int(row[1]) for row in rows}
