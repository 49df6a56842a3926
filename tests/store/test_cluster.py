"""The private cluster: made, found, recovered, refused; never an orphan, never on TCP."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gridmap.errors import DataFolderVersion, ServerUnavailable
from gridmap.settings import Settings
from gridmap.store.cluster import SOCKET_FOLDER_LIMIT, WATCH_S, Cluster
from gridmap.store.database import open_database

pytestmark = pytest.mark.slow


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="gm-cluster-"))
    path.chmod(0o755)
    yield path
    with contextlib.suppress(ServerUnavailable):
        Cluster(Settings(home=path)).stop()
    shutil.rmtree(path, ignore_errors=True)


def settings_in(home: Path) -> Settings:
    return Settings(home=home, database_fsync=False)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_it_listens_on_a_socket_only_and_runs_unprivileged(home: Path) -> None:
    cluster = Cluster(settings_in(home))
    assert cluster.status().state == "absent"
    assert cluster.start() is True
    assert cluster.start() is False
    with psycopg.connect(cluster.url("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    status = cluster.status()
    assert status.state == "running" and status.pid is not None
    assert Path(f"/proc/{status.pid}").stat().st_uid != 0
    assert cluster.socket.stat().st_mode & 0o077 == 0
    cluster.stop_child()
    assert cluster.status().state == "stopped"


def test_real_use_is_durable(home: Path) -> None:
    cluster = Cluster(Settings(home=home))
    cluster.start()
    with psycopg.connect(cluster.url("postgres")) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
    cluster.stop_child()


def test_it_recovers_from_kill_9_without_losing_a_commit(home: Path) -> None:
    cluster = Cluster(Settings(home=home))
    cluster.start(background=True)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not alive(pid))
    assert (cluster.folder / "postmaster.pid").exists()
    assert cluster.status().state == "stopped"
    assert cluster.start() is True
    with psycopg.connect(cluster.url("postgres")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    cluster.stop_child()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_the_server_dies_with_a_killed_parent(home: Path) -> None:
    program = (
        "import time, pathlib, sys\n"
        "from gridmap.settings import Settings\n"
        "from gridmap.store.cluster import Cluster\n"
        "cluster = Cluster(Settings(home=pathlib.Path(sys.argv[1]), database_fsync=False))\n"
        "cluster.start()\n"
        "print(cluster.status().pid, flush=True)\n"
        "time.sleep(120)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: not alive(pid))


def test_a_background_server_outlives_its_starter_and_is_stopped_by_another(home: Path) -> None:
    environment = {**os.environ, "GRIDMAP_HOME": str(home), "GRIDMAP_DATABASE_FSYNC": "false"}
    command = [sys.executable, "-m", "gridmap", "db"]
    assert subprocess.run([*command, "up"], env=environment, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*command, "status"], env=environment, capture_output=True, check=False).returncode == 0
    with open_database(settings_in(home)) as database:
        assert database.is_current()
    assert Cluster(settings_in(home)).status().state == "running"  # closing leaves what others started alone
    assert subprocess.run([*command, "down"], env=environment, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*command, "status"], env=environment, capture_output=True, check=False).returncode == 1


def test_a_folder_of_another_version_is_refused_and_left_alone(home: Path) -> None:
    cluster = Cluster(settings_in(home))
    cluster.start()
    cluster.stop_child()
    (cluster.folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(DataFolderVersion, match="made by PostgreSQL 9"):
        cluster.start()
    assert cluster.status().state == "stopped"


def test_a_foreign_folder_is_not_taken_over(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "letters.txt").write_text("mine")
    with pytest.raises(ServerUnavailable, match="not empty"):
        Cluster(settings_in(home)).start()
    assert (home / "postgres" / "letters.txt").read_text() == "mine"


def test_a_stale_pid_file_that_names_another_process_is_seen_through(home: Path) -> None:
    cluster = Cluster(settings_in(home))
    cluster.start()
    cluster.stop_child()
    (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder}\n")
    assert cluster.status().state == "stopped"


def test_a_long_path_gets_a_short_socket_folder(home: Path) -> None:
    deep = home / ("long" * 20) / ("path" * 10)
    cluster = Cluster(settings_in(deep))
    assert len(os.fsencode(cluster.socket)) <= SOCKET_FOLDER_LIMIT
    cluster.start()
    with psycopg.connect(cluster.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    cluster.reset()
    assert cluster.status().state == "absent"


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from gridmap.settings import Settings\n"
        "from gridmap.store.database import open_database\n"
        "database = open_database(Settings(home=pathlib.Path(sys.argv[1]), database_fsync=False))\n"
        "print(database.is_current(), flush=True)\n"
        "sys.stdin.readline()\n"
        "database.close()\n"
    )
    command = [sys.executable, "-c", program, str(home)]
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.stdout.readline().strip() for process in both if process.stdout] == ["True", "True"]
    for process in both:
        process.communicate("\n")
        assert process.returncode == 0
    assert Cluster(settings_in(home)).status().state == "stopped"


def test_a_computing_backend_of_a_killed_server_does_not_hinder_the_next(home: Path) -> None:
    cluster = Cluster(settings_in(home))
    cluster.start()

    def compute() -> None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(cluster.url("postgres")) as connection:
            connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)")

    computing = threading.Thread(target=compute)
    computing.start()
    wait_for(lambda: _is_computing(cluster))
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    again = Cluster(settings_in(home))
    assert again.start() is True
    assert time.monotonic() - started < 20
    computing.join(20)
    assert not computing.is_alive()
    again.stop_child()


def _is_computing(cluster: Cluster) -> bool:
    with psycopg.connect(cluster.url("postgres")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series(1, 1000%'"
            " AND pid <> pg_backend_pid()"
        ).fetchone()
    return found == (1,)


def test_a_watched_server_comes_back_when_killed_and_stays_down_when_told(home: Path) -> None:
    cluster = Cluster(settings_in(home))
    cluster.start(watch=True)
    first = cluster.status().pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: cluster.status().pid not in (None, first))
    assert Cluster(settings_in(home)).stop() is True
    time.sleep(2 * WATCH_S + 0.5)
    assert cluster.status().state == "stopped"
    cluster.stop_child()


def test_a_watcher_takes_over_when_the_process_that_started_the_server_ends(home: Path) -> None:
    starter, watcher = Cluster(settings_in(home)), Cluster(settings_in(home))
    assert starter.start() is True
    assert watcher.start(watch=True) is False
    starter.stop_child()
    wait_for(lambda: watcher.status().state == "running")
    starter.stop_child()  # the second server is not its child
    assert watcher.status().state == "running"
    watcher.stop_child()
    assert watcher.status().state == "stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_forked_worker_that_ends_leaves_the_server_alone(home: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from gridmap.settings import Settings\n"
        "from gridmap.store.database import open_database\n"
        "chosen = Settings(home=pathlib.Path(sys.argv[1]), database_fsync=False)\n"
        "with open_database(chosen, upgrade=False) as database:\n"
        "    database.engine.dispose()\n"
        "    worker = os.fork()\n"
        "    if worker:\n"
        "        os.waitpid(worker, 0)\n"
        "        print(database.cluster.status().state, flush=True)\n"
        "    else:\n"
        "        sys.exit(0)\n"
    )
    command = [sys.executable, "-c", program, str(home)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == ["running"]
    assert Cluster(settings_in(home)).status().state == "stopped"


def test_a_stale_pid_file_that_names_another_postgres_is_seen_through(home: Path, cluster: Cluster) -> None:
    other = cluster.status().pid
    mine = Cluster(settings_in(home))
    mine.start()
    mine.stop_child()
    (mine.folder / "postmaster.pid").write_text(f"{other}\n{mine.folder}\n")
    assert mine.status().state == "stopped"
    assert mine.stop() is False
    assert cluster.status().pid == other
