"""The background queue on the same PostgreSQL: work is done, late terms are told of once however many look."""

from __future__ import annotations

import threading

from sqlalchemy import text

from gridmap.jobs import queue
from gridmap.services.cases import escalating
from gridmap.store import queue as tables


def _late_cases(database, count):
    from tests import small_county

    with database.session() as session:
        small_county.build(session)
        session.execute(
            text(
                "INSERT INTO cases (number, kind, status, source, unit_id, handler_unit_id, reported_at, due_at)"
                " SELECT 'N' || n, 'facilities', 'handling', 'phone', u.id, u.id, '2026-10-01Z', '2026-10-08Z'"
                " FROM generate_series(1, :count) n, units u WHERE u.code = '990001001001001'"
            ),
            {"count": count},
        )
        session.execute(
            text(
                "INSERT INTO case_terms (case_id, stage, clock, amount, started_at, due_at, original_due_at)"
                " SELECT id, 'total', 'natural_days', 7, reported_at, due_at, due_at FROM cases"
            )
        )
        session.commit()


def _told(database):
    with database.session() as session:
        return session.execute(
            text("SELECT count(*), count(DISTINCT case_id) FROM case_events WHERE act = 'escalate'")
        ).one()


def test_each_late_term_is_told_of_once_by_many_who_look_at_once(database):
    _late_cases(database, 60)

    def look():
        with database.session() as session:
            escalating.escalate(session)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tuple(_told(database)) == (60, 60)
    with database.session() as session:
        row = session.execute(text("SELECT detail FROM case_events WHERE act = 'escalate' LIMIT 1")).scalar_one()
    assert (row["to_level"], row["unit"]) == ("community", "990001001001")


def test_the_queue_does_its_work_and_leaves_our_tables_alone(database):
    _late_cases(database, 3)
    app = queue.app_for(database)
    with app.replace_connector(_sync(database)) as plain, plain.open():
        plain.tasks["escalate"].defer(timestamp=0)
    # in a thread: another test's browser may have left its event loop running in this one
    worker = threading.Thread(target=queue.run, args=(database,), kwargs={"wait": False})
    worker.start()
    worker.join(60)
    assert tuple(_told(database)) == (3, 3)
    assert tables.waiting(database).get("succeeded", 0) >= 1
    with database.session() as session:
        schemas = session.execute(
            text("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'procrastinate%'")
        ).scalars()
        assert set(schemas) == {"procrastinate"}


def _sync(database):
    from procrastinate import SyncPsycopgConnector

    return SyncPsycopgConnector(conninfo=database.url, kwargs={"options": tables.CONNECTION_OPTIONS})
