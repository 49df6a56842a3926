"""What the private cluster asks the system: which account, which processes, and an end that follows the parent's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from gridmap.errors import ServerUnavailable

_PR_SET_PDEATHSIG = 1


def account(name: str) -> tuple[int, int]:
    """Uid and gid of the account that runs the server when we are root; ``nobody`` where it does not exist."""
    for candidate in (name, "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(candidate)
            if entry.pw_uid != 0:
                return entry.pw_uid, entry.pw_gid
    raise ServerUnavailable(detail=f"there is no account {name!r} to run the database; set GRIDMAP_DATABASE_ACCOUNT")


def die_with(parent: int) -> Callable[[], None]:
    """Between fork and exec, after the change of account: ask Linux for SIGQUIT when the parent dies.

    Elsewhere there is no such call; the server is then stopped at exit only, and ``gridmap db down`` stops one that a
    killed process left behind.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def set_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGQUIT), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return set_signal


def is_server_of(folder: Path, pid: int, *, unsure: bool = False) -> bool:
    """Tell whether a process is a living PostgreSQL server (or backend) of a data folder.

    A pid can be taken over by another program, also by another PostgreSQL; every process of a server works in its data
    folder. ``unsure`` is the answer where the system does not tell: elsewhere than on Linux, or of another account.
    """
    if sys.platform != "linux":
        return unsure
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[0]
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace")
        if not name.startswith("postgres") or state == "Z":
            return False
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except PermissionError:
        return unsure
    except (OSError, IndexError):
        return False


def servers_of(folder: Path) -> list[int]:
    """Pids of all living server processes of a data folder. Empty where there is no /proc."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if is_server_of(folder, int(entry.name))]
