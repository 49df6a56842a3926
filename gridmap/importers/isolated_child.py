"""The process that reads one file: limits first, then the look at the file. Started by ``isolated``, never imported.

It has no network where the system lets us take it away, may not start privileged programs, dies with its parent, writes
only below its own folder (its working folder and temporary folder), and answers one line of JSON on its output.
"""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000

#: A reader has few files open at a time: a Shapefile's five parts, temporary ones, Python's own.
OPEN_FILES = 256

_ANSWERS = 9


def main() -> NoReturn:
    """Read the request from the input, answer on the output, leave without any farewell of libraries."""
    request = json.loads(sys.stdin.buffer.read())
    from gridmap.importers.wire import unpacked

    request["limits"] = unpacked(request["limits"])
    os.dup2(1, _ANSWERS)  # what a library prints must not look like an answer
    os.dup2(2, 1)
    _confine(request)
    answer = _answer(request)
    _say(answer)
    os._exit(0)


def _confine(request: dict[str, Any]) -> None:
    limits = request["limits"]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != request["parent"]:  # it died before the call
            os._exit(1)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        # Without the right to it this fails and the settings of GDAL alone keep it off the network.
        # (A network of one's own alone keeps root's rights to files; others need a user space of their own for it.)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWNET | _CLONE_NEWUSER)
    cpu = int(limits["cpu_s"])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, cpu, cpu + 2)
    _limit(resource.RLIMIT_FSIZE, int(limits["unpacked_bytes"]))
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    from gridmap.importers.limits import BASE_BYTES

    _limit(resource.RLIMIT_AS, int(limits["memory_bytes"]) + BASE_BYTES)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    _, ceiling = resource.getrlimit(kind)
    top = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, top = min(soft, ceiling), min(top, ceiling)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
        resource.setrlimit(kind, (soft, top))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from gridmap.errors import FileDamaged, GridmapError
    from gridmap.importers.limits import Limits, too_hard
    from gridmap.importers.wire import packed_error

    limits, path = Limits(**request["limits"]), request["path"]
    try:
        try:
            rows = _read(request, limits)
        except GridmapError as error:
            return {"error": packed_error(error)}
        except MemoryError:
            return {"error": packed_error(too_hard(path, "memory_bytes", limits))}
        except OSError as error:
            full = error.errno in (27, 28)  # EFBIG, ENOSPC
            named = too_hard(path, "unpacked_bytes", limits) if full else FileDamaged(path=path, detail=str(error))
            return {"error": packed_error(named)}
        except Exception as error:
            # A defect that nobody foresaw: told as such, never as a traceback. (The fuzz target lists them.)
            if "alloc" in str(error).lower() or "memory" in str(error).lower():
                return {"error": packed_error(too_hard(path, "memory_bytes", limits))}
            detail = f"{type(error).__name__}: {error}"[:200]
            return {"error": packed_error(FileDamaged(path=path, detail=detail))}
    except MemoryError:
        os._exit(-int(signal.SIGABRT) & 0xFF)
    return {"rows": rows}


def _read(request: dict[str, Any], limits: Any) -> int:
    from gridmap.importers import carry, progress, registry
    from gridmap.importers import limits as bounds
    from gridmap.importers.guards import measured

    bounds.use(limits)
    progress.follow(lambda share: _say({"progress": 0.05 + 0.85 * share}))
    _say({"progress": 0.05})
    read = registry.read_table if request["crs"] is None else registry.read_frame
    known = inspect.signature(read).parameters
    asked = {name: value for name, value in request["asked"].items() if name in known}
    if request["crs"] is not None:
        asked["crs"] = request["crs"]
    frame = measured(request["path"], read(request["path"], **asked), limits)
    _say({"progress": 0.9})
    carry.write_frame(frame, Path(request["folder"]) / "answer.arrow")
    return len(frame)


def _say(word: dict[str, Any]) -> None:
    line = json.dumps(word).encode() + b"\n"
    while line:
        line = line[os.write(_ANSWERS, line) :]


if __name__ == "__main__":
    main()
