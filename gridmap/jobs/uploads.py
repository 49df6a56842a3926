"""Read and rehearse an upload in a thread of this process; the reading itself runs in a limited process of its own."""

from __future__ import annotations

import logging
import threading

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import GridmapError
from gridmap.services.importing import uploads
from gridmap.store.database import Database

log = logging.getLogger(__name__)

#: Seconds between two signs of life.
BEAT_S = 5.0
#: One file at a time: reading may take as much memory as the settings allow.
_turn = threading.Lock()


def start(database: Database, actor: Actor, upload_id: int) -> threading.Thread:
    """Begin to read an upload; the upload itself says how far it is."""
    thread = threading.Thread(target=_run, args=(database, actor, upload_id), name=f"upload {upload_id}", daemon=True)
    thread.start()
    return thread


def _run(database: Database, actor: Actor, upload_id: int) -> None:
    over = threading.Event()
    pulse = threading.Thread(target=_beat, args=(database, upload_id, over), name=f"pulse {upload_id}", daemon=True)
    pulse.start()

    def follow(share: float, step: Message | None = None) -> None:
        with database.session() as session:
            uploads.report_progress(session, upload_id, share, step)

    try:
        with _turn, database.session() as session:
            uploads.read_and_rehearse(session, actor, upload_id, follow)
    except Exception as error:
        log.exception("upload %s failed", upload_id)
        # a named error explains itself; anything else could hold paths or data, and stands in the log
        reason = (
            Message(error.sentence, error.params)
            if isinstance(error, GridmapError)
            else Message("The file could not be read. It has been noted in the log.")
        )
        with database.session() as session:
            uploads.report_failure(session, upload_id, reason)
    finally:
        over.set()
        pulse.join()


def _beat(database: Database, upload_id: int, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        try:
            with database.session() as session:
                uploads.report_progress(session, upload_id)
        except Exception:
            log.exception("upload %s: no sign of life could be given", upload_id)
