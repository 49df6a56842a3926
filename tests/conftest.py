"""Fixtures: one private PostGIS per test run, databases copied from templates, a session that is rolled back, actors.

The cluster is a child of the process that runs pytest (under xdist: of the controller), so it cannot outlive it. Its
folder lies outside pytest's own, which only its owner may enter.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from gridmap.domain.permissions import Actor, Role
from gridmap.settings import Settings, settings
from gridmap.store.cluster import Cluster
from gridmap.store.database import Database, Session

# The same examples on every run and machine; `--hypothesis-seed` or another profile searches further.
hypothesis.settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("same")

DEMO_COUNTY = "990001000000"
SRID = 4549
_copies = itertools.count(1)


# --- the cluster of this run -----------------------------------------------------------------------------


class TestCluster:
    """A private cluster in a folder of its own, not durable, removed at the end."""

    __test__ = False

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="gm-test-"))
        self.home.chmod(0o755)  # the unprivileged account passes through
        self.cluster = Cluster(Settings(home=self.home, database_fsync=False))
        self.cluster.start()

    def end(self) -> None:
        self.cluster.stop_child()
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Xdist's controller owns the cluster and tells each worker where it is."""
    config = node.config
    if not hasattr(config, "gridmap_cluster"):
        config.gridmap_cluster = TestCluster()
    node.workerinput["gridmap_home"] = str(config.gridmap_cluster.home)


def pytest_unconfigure(config: pytest.Config) -> None:
    running = getattr(config, "gridmap_cluster", None)
    if running is not None:
        running.end()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The private cluster of this test run."""
    told = getattr(request.config, "workerinput", {}).get("gridmap_home")
    if told is None:
        own = TestCluster()
        request.config.gridmap_cluster = own  # type: ignore[attr-defined]
        return own.cluster
    return Cluster(Settings(home=Path(told), database_fsync=False))


# --- databases -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def taking_turns(cluster: Cluster) -> Iterator[None]:
    """One worker at a time makes a template."""
    with (cluster.home / "templates.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def database_exists(cluster: Cluster, name: str) -> bool:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def copy_database(cluster: Cluster, name: str, template: str) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Name of an empty, migrated database."""
    name = "template_empty"
    with taking_turns(cluster):
        if not database_exists(cluster, name):
            copy_database(cluster, "making_empty", "template0")
            with contextlib.closing(Database(cluster.url("making_empty"))) as making:
                making.upgrade(SRID)
            with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE making_empty RENAME TO {name}")
    return name


@pytest.fixture(scope="session")
def demo_template(cluster: Cluster, template: str) -> str:
    """Name of a database that holds the demo county with its two coverage runs."""
    from gridmap.services.demo.load import load

    name = "template_demo"
    with taking_turns(cluster):
        if not database_exists(cluster, name):
            drop_database(cluster, "making_demo")
            copy_database(cluster, "making_demo", template)
            with contextlib.closing(Database(cluster.url("making_demo"))) as making:
                load(making, Settings(home=cluster.home, database_fsync=False))
            with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE making_demo RENAME TO {name}")
    return name


@contextlib.contextmanager
def copied(cluster: Cluster, template: str) -> Iterator[Database]:
    """A copy of a template, dropped afterwards."""
    name = f"copy_{os.getpid()}_{next(_copies)}"
    with taking_turns(cluster):
        copy_database(cluster, name, template)
    database = Database(cluster.url(name))
    try:
        yield database
    finally:
        database.engine.dispose()
        drop_database(cluster, name)


@pytest.fixture(scope="session")
def shared_database(cluster: Cluster, template: str) -> Iterator[Database]:
    """An empty database that the rolled-back sessions of this worker share."""
    with copied(cluster, template) as database:
        yield database


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """An empty, migrated database of one test's own: it may commit."""
    with copied(cluster, template) as database:
        yield database


@pytest.fixture(scope="session")
def demo_database(cluster: Cluster, demo_template: str) -> Iterator[Database]:
    """The demo county with its runs; shared by the tests of this worker, which must leave it as it is."""
    with copied(cluster, demo_template) as database:
        yield database


@pytest.fixture
def own_demo_database(cluster: Cluster, demo_template: str) -> Iterator[Database]:
    """The demo county with its runs, in a copy of one test's own."""
    with copied(cluster, demo_template) as database:
        yield database


@contextlib.contextmanager
def rolled_back(database: Database) -> Iterator[Session]:
    with database.engine.connect() as connection:
        transaction = connection.begin()
        # Commits of the code under test become savepoints; the outer transaction takes them back.
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A session on an empty database; whatever it commits is taken back after the test."""
    with rolled_back(shared_database) as session:
        yield session


@pytest.fixture
def demo_session(demo_database: Database) -> Iterator[Session]:
    """A session on the demo county; whatever it commits is taken back after the test."""
    with rolled_back(demo_database) as session:
        yield session


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """``settings_of(database)``: make the settings of this process name a test's database, as commands read them."""

    def point(database: Database) -> Settings:
        monkeypatch.setenv("GRIDMAP_DATABASE_URL", database.url)
        monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
        settings.cache_clear()
        return settings()

    yield point
    settings.cache_clear()


# --- actors ----------------------------------------------------------------------------------------------


@pytest.fixture
def administrator() -> Actor:
    return Actor(account_id=None, name="administrator", role=Role.ADMINISTRATOR, scope=DEMO_COUNTY)


@pytest.fixture
def inspector() -> Actor:
    return Actor(account_id=None, name="inspector", role=Role.INSPECTOR, scope=DEMO_COUNTY)


@pytest.fixture
def planner() -> Actor:
    """A planner of one town."""
    return Actor(account_id=None, name="planner", role=Role.PLANNER, scope="990001001000")


@pytest.fixture
def worker() -> Actor:
    """A worker of one grid."""
    return Actor(account_id=None, name="worker", role=Role.WORKER, scope="990001001001001")
