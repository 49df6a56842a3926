"""A database: engine, sessions, statement timeout. The same code for the private cluster and an external PostGIS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import ServerUnavailable
from gridmap.settings import Settings, settings
from gridmap.store import schema
from gridmap.store.cluster import Cluster

#: ``Session`` is what services take: they get it from here, since SQLAlchemy lives in ``store`` alone.
__all__ = ["Database", "Session", "create_if_missing", "is_timeout", "open_database"]


class Database:
    """One open database. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, cluster: Cluster | None = None) -> None:
        self.url = url
        self.cluster = cluster
        self.engine: Engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(url, connect_timeout=10, application_name="gridmap"),
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=True,
        )
        event.listen(self.engine, "connect", _speak_utc)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextlib.contextmanager
    def session(self, *, statement_timeout_s: float | None = None) -> Iterator[Session]:
        """A session that rolls back unless its user commits. ``statement_timeout_s`` limits every statement."""
        with _reachable(self.url), self._sessions() as session:
            if statement_timeout_s is not None:
                limit = {"ms": str(int(statement_timeout_s * 1000))}

                # At every begin: the setting ends with its transaction, and a service may commit more than once.
                @event.listens_for(session, "after_begin")
                def set_limit(_session: Session, _transaction: object, connection: Connection) -> None:
                    connection.execute(text("SELECT set_config('statement_timeout', :ms, true)"), limit)

            yield session

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        """A bare connection, for looking at the database itself."""
        with _reachable(self.url), self.engine.connect() as connection:
            yield connection

    def upgrade(self, srid: int) -> bool:
        """Bring the tables to this version; True when there was anything to do."""
        with _reachable(self.url):
            return schema.upgrade(self.engine, srid=srid)

    def is_current(self) -> bool:
        """Tell whether the tables are of this version."""
        with self.connect() as connection:
            return schema.is_current(connection)

    def close(self) -> None:
        """Give back the connections, and stop the private server if this process started it."""
        self.engine.dispose()
        if self.cluster is not None:
            self.cluster.stop_child()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_database(given: Settings | None = None, *, upgrade: bool = True, watch: bool = False) -> Database:
    """Open the database that the settings name, starting the private cluster where it is used and down.

    A server started here is a child of this process and ends with it. ``upgrade`` also brings the tables to this
    version; ``watch`` starts such a child again when it is killed.

    Raises
    ------
    ServerUnavailable, ProgramMissing, DataFolderVersion
    """
    chosen = given or settings()
    if chosen.database_url:
        database = Database(chosen.database_url)
    else:
        cluster = Cluster(chosen)
        cluster.start(watch=watch)
        create_if_missing(cluster, chosen.database_name)
        database = Database(cluster.url(), cluster=cluster)
    try:
        if upgrade:
            database.upgrade(chosen.srid)
    except BaseException:
        database.close()
        raise
    return database


def create_if_missing(cluster: Cluster, name: str, *, template: str = "template0") -> None:
    """Create a database in the private cluster unless it exists."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            identifier = psycopg.sql.Identifier
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier(name), identifier(template))
                )


def is_timeout(error: BaseException) -> bool:
    """Tell whether a statement was ended by the statement timeout."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.errors.QueryCanceled)


def _speak_utc(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET timezone TO 'UTC'")
    connection.commit()


_LOST = (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown, psycopg.errors.CannotConnectNow)


@contextlib.contextmanager
def _reachable(url: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        # Losing or not finding the server; not a deadlock or a statement that was stopped.
        if type(error.orig) is not psycopg.OperationalError and not isinstance(error.orig, _LOST):
            raise
        reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        place = psycopg.conninfo.conninfo_to_dict(url).get("host", "")
        raise ServerUnavailable(detail=f"{reason} (host {place})") from error
