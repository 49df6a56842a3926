"""A process that moves cases with many threads, and says of each move that was acknowledged: ``ok KEY``.

Run by test_faults.py: ``python -m tests.services.cases.mover URL FIRST LAST``. A move that failed is tried again with
the same key until it is acknowledged, as a phone does.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from gridmap.domain.cases import Move
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import GridmapError
from gridmap.services import cases
from gridmap.store.database import Database

ACTOR = Actor(None, "mover", Role.DISPATCHER, "990001000000")
#: Seconds after which a move is given up: the test has failed by then.
PATIENCE_S = 60.0


def main(url: str, first: int, last: int) -> None:
    database = Database(url)

    def one(case: int) -> None:
        key, until = f"move-{case}", time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                with database.session() as session:
                    cases.move(session, ACTOR, case, None, Move.FILE, key=key)
            except (GridmapError, Exception) as error:
                if isinstance(error, GridmapError) and "is not possible" in str(error):
                    raise
                time.sleep(0.05)
                continue
            sys.stdout.write(f"ok {key}\n")
            sys.stdout.flush()
            return

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(first, last + 1)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
