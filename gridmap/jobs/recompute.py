"""Compute the coverage anew in a thread of this process, with its state in the database for everybody to follow."""

from __future__ import annotations

import logging
import threading

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import GridmapError
from gridmap.services import coverage
from gridmap.store.database import Database

log = logging.getLogger(__name__)

#: Seconds between two signs of life; a run without one for a minute counts as failed.
BEAT_S = 5.0


def start(database: Database, actor: Actor) -> int:
    """Begin to compute the actor's scope; return the run's number at once.

    While one that covers it is queued or under way, in whatever process, its number is returned instead.

    Raises
    ------
    PermissionMissing, NotFound, BadInput
    """
    with database.session() as session:
        run_id, is_new = coverage.queue_run(session, actor)
    if is_new:
        threading.Thread(
            target=_compute, args=(database, actor, run_id), name=f"coverage run {run_id}", daemon=True
        ).start()
    return run_id


def _compute(database: Database, actor: Actor, run_id: int) -> None:
    over = threading.Event()
    pulse = threading.Thread(target=_beat, args=(database, run_id, over), name=f"pulse of run {run_id}", daemon=True)
    pulse.start()

    def follow(share: float, step: Message) -> None:
        with database.session() as session:
            coverage.report_progress(session, run_id, share, step)

    try:
        with database.session() as session:
            coverage.run_coverage(session, actor, run_id=run_id, progress=follow)
    except Exception as error:
        log.exception("coverage run %s failed", run_id)
        # a named error explains itself; anything else could hold paths or data, and stands in the log
        reason = str(error) if isinstance(error, GridmapError) else type(error).__name__
        with database.session() as session:
            coverage.report_failure(session, run_id, reason)
    finally:
        over.set()
        pulse.join()


def _beat(database: Database, run_id: int, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        try:
            with database.session() as session:
                coverage.report_progress(session, run_id)
        except Exception:
            log.exception("run %s: no sign of life could be given", run_id)
