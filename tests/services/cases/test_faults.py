"""The process that moves, or the database under it, is killed amid 200 moves: none is lost, none doubled."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.settings import Settings
from gridmap.store.cluster import Cluster
from gridmap.store.database import Database, create_if_missing
from tests import small_county

MOVES = 200


@pytest.fixture
def own():
    """A cluster of this test's own, which it may kill; durable, as in production."""
    home = Path(tempfile.mkdtemp(prefix="gm-fault-"))
    home.chmod(0o755)
    cluster = Cluster(Settings(home=home))
    cluster.start()
    try:
        create_if_missing(cluster, "faults")
        database = Database(cluster.url("faults"))
        database.upgrade(4549)
        with database.session() as session:
            small_county.build(session)
            session.execute(
                text(
                    "INSERT INTO cases (number, kind, status, source, unit_id, handler_unit_id, reported_at,"
                    " updated_at)"
                    " SELECT 'N' || n, 'facilities', 'reported', 'phone', u.id, u.id, '2026-10-01Z', '2026-10-01Z'"
                    " FROM generate_series(1, :count) n, units u WHERE u.code = '990001001001001'"
                ),
                {"count": MOVES},
            )
            session.commit()
        yield cluster, database
        database.close()
    finally:
        with contextlib.suppress(Exception):
            cluster.stop_child()
        shutil.rmtree(home, ignore_errors=True)


def _begin(database):
    with database.session() as session:
        first, last = session.execute(text("SELECT min(id), max(id) FROM cases")).one()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.cases.mover", database.url, str(first), str(last)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )


def _acknowledged(process, count):
    """Wait for so many acknowledgements; return their keys."""
    keys = []
    for line in process.stdout:
        keys.append(line.decode().split()[1])
        if len(keys) >= count:
            break
    return keys


def _filed(database):
    with database.session() as session:
        rows = session.execute(
            text(
                "SELECT c.id, c.status, count(e.id) FROM cases c LEFT JOIN case_events e ON e.case_id = c.id"
                " AND e.act = 'file' GROUP BY c.id ORDER BY c.id"
            )
        ).all()
        receipts = set(session.execute(text("SELECT key FROM receipts")).scalars())
    # a case is filed exactly where its one line of history stands, and where a receipt says so
    assert all((status == "filed") == (count == 1) and count <= 1 for _, status, count in rows)
    assert {f"move-{key}" for key, status, _ in rows if status == "filed"} == receipts
    return receipts


@pytest.mark.slow
def test_a_killed_process_loses_no_acknowledged_move_and_a_new_one_doubles_none(own):
    _, database = own
    process = _begin(database)
    told = set(_acknowledged(process, 60))
    process.send_signal(signal.SIGKILL)
    told |= {line.decode().split()[1] for line in process.stdout if line.endswith(b"\n")}
    process.wait()
    filed = _filed(database)
    assert told <= filed
    assert len(filed) < MOVES
    again = _begin(database)
    assert len(set(_acknowledged(again, MOVES))) == MOVES
    assert again.wait(60) == 0
    assert len(_filed(database)) == MOVES


@pytest.mark.slow
def test_a_killed_database_loses_no_acknowledged_move(own):
    cluster, database = own
    process = _begin(database)
    told = set(_acknowledged(process, 60))
    postmaster = int((cluster.folder / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGQUIT)  # immediate shutdown: no checkpoint, as after a crash
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            cluster.start()
            break
        except Exception:
            time.sleep(0.2)
    told |= set(_acknowledged(process, MOVES - len(told)))
    assert process.wait(60) == 0
    assert len(told) == MOVES
    database.engine.dispose()
    assert _filed(database) == told
