"""The background queue: Procrastinate on our own PostgreSQL. It escalates late cases and sweeps what is not needed.

One worker runs inside ``gridmap serve``; ``gridmap jobs run`` is one of its own. Several may run: periodic work is
deferred once however many there are, and each late term is marked in the transaction that tells of it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta

from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager

from gridmap.services.cases.escalating import escalate
from gridmap.services.cases.retention import sweep
from gridmap.store import queue
from gridmap.store.database import Database

log = logging.getLogger(__name__)

#: Finished jobs are kept this long, in hours.
KEPT_H = 48


def app_for(database: Database) -> App:
    """The queue with its tasks, over a database; its tables are made where they are missing."""
    queue.install(database, SchemaManager.get_schema())
    app = App(
        connector=PsycopgConnector(
            conninfo=database.url, kwargs={"options": queue.CONNECTION_OPTIONS}, min_size=1, max_size=3
        )
    )

    @app.periodic(cron="* * * * *", periodic_id="escalate")
    @app.task(name="escalate", queueing_lock="escalate")
    def escalate_late(timestamp: int) -> None:  # noqa: ARG001
        with database.session() as session:
            told = escalate(session)
        if told:
            log.info("escalated %s late terms", len(told))

    @app.periodic(cron="17 3 * * *", periodic_id="sweep")
    @app.task(name="sweep", queueing_lock="sweep")
    def sweep_daily(timestamp: int) -> None:  # noqa: ARG001
        with database.session() as session:
            sweep(session)

    @app.periodic(cron="41 * * * *", periodic_id="tidy")
    @app.task(name="tidy", queueing_lock="tidy", pass_context=True)
    async def tidy(context: object, timestamp: int) -> None:  # noqa: ARG001
        await app.job_manager.delete_old_jobs(nb_hours=KEPT_H, include_failed=True)

    return app


def run(database: Database, *, wait: bool = True) -> None:
    """Work until stopped (``wait``), or until nothing is left to do."""
    app = app_for(database)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                wait=wait,
                concurrency=1,
                install_signal_handlers=False,
                listen_notify=wait,
                fetch_job_polling_interval=5.0,
            )

    asyncio.run(work())


def start(database: Database) -> threading.Thread:
    """Work in a thread of this process, which ends with it. It begins again where the database was away."""

    def keep_on() -> None:
        pause = timedelta(seconds=5)
        while True:
            try:
                run(database)
            except Exception:
                log.exception("the background queue stopped; it begins again in %s", pause)
            threading.Event().wait(pause.total_seconds())

    thread = threading.Thread(target=keep_on, name="background queue", daemon=True)
    thread.start()
    return thread
