"""Reading in a process of its own, with limits: whatever a file does, the server goes on and nothing stays behind.

The child (:mod:`gridmap.importers.isolated_child`) sets its own limits before it looks at the file, reads with
:func:`gridmap.importers.registry.read_table`, and answers with an Arrow file and one line of JSON. Our side waits,
watches the clock, reads the answer and removes the folder, also where the child was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import pandas as pd

from gridmap.errors import FileDamaged, FileTooHard
from gridmap.importers.carry import read_back
from gridmap.importers.limits import Limits, too_hard
from gridmap.importers.wire import packed, unpacked_error

#: Drivers that GDAL may load in the child: those of the formats of the list, and nothing that opens other sources.
DRIVERS = frozenset({"GPKG", "ESRI Shapefile", "FlatGeobuf", "KML", "LIBKML", "GeoJSON", "GeoJSONSeq"})

#: Drivers to leave out even where pyogrio does not list them.
_NEVER = ("VRT", "OGR_VRT", "GDALG", "WMS", "WFS", "WCS", "HTTP", "CSW", "OAPIF", "OGCAPI", "PostgreSQL", "ODBC")

#: What the child inherits of our environment: where programs and languages are, nothing secret.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH", "SYSTEMROOT")

_LOOK_S = 0.25
_PREFIX = "gridmap-read-"


def read_isolated(
    path: str | Path,
    *,
    encoding: str | None = None,
    layer: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    crs: str | None = None,
    limits: Limits | None = None,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Read any file of the list as :func:`~gridmap.importers.registry.read_table` does, in a limited process.

    Parameters
    ----------
    crs
        With it the answer is that of :func:`~gridmap.importers.registry.read_frame`: shapes with their system set.
    limits
        By default what the settings state.
    progress
        Called with a share from 0 to 1 as reading goes on.

    Returns
    -------
    The frame, with its system, its attributes and its problems.

    Raises
    ------
    FileTooHard
        A limit was reached; it is named with its setting.
    FileDamaged
        The reader broke down in a way that nobody foresaw.
    And every named error of the readers, with its values.
    """
    local, bounds = Path(path), limits or Limits.stated()
    asked = {"encoding": encoding, "layer": layer, "sheet": sheet, "header_row": header_row}
    sweep()
    with TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        request = {
            # an address ("http://…") is no path: it goes as it was written, to be refused with its own words
            "path": str(path) if "://" in str(path) else str(local.absolute()),
            "asked": {name: value for name, value in asked.items() if value is not None},
            "crs": crs,
            "limits": packed(asdict(bounds)),
            "parent": os.getpid(),
            "folder": folder,
        }
        answer = _run(request, Path(folder), bounds, local, progress)
        if "error" in answer:
            error = unpacked_error(answer["error"], local)
            raise error
        return read_back(Path(folder) / "answer.arrow")


def _run(
    request: Mapping[str, object],
    folder: Path,
    limits: Limits,
    path: Path,
    progress: Callable[[float], None] | None,
) -> dict[str, object]:
    """Start the child, follow it, and return its last word.

    ``start_new_session`` makes it the head of a group of its own, so that killing the group leaves nobody behind.
    """
    command = [sys.executable, "-I", "-X", "utf8", "-m", "gridmap.importers.isolated_child"]
    with subprocess.Popen(  # noqa: S603 — our own interpreter and module, no shell, nothing of the user's in it
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment(folder),
        start_new_session=True,
        close_fds=True,
    ) as child:
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                pipe.write(json.dumps(request).encode())
            answer = _follow(child, child.stdout.fileno(), limits, path, progress)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    if answer is None:
        raise _ended(child.returncode, limits, path)
    return answer


def _follow(
    child: subprocess.Popen[bytes], pipe: int, limits: Limits, path: Path, progress: Callable[[float], None] | None
) -> dict[str, object] | None:
    """Read the child's lines until it ends; None where it ended without an answer.

    Raises
    ------
    FileTooHard
        The clock ran out.
    """
    end = time.monotonic() + limits.wall_s
    rest, answer = b"", None
    while True:
        if time.monotonic() > end:
            raise too_hard(path, "wall_s", limits)
        ended = child.poll() is not None  # asked before the look: what it said last is in the pipe by then
        if not select.select([pipe], [], [], _LOOK_S)[0]:
            if ended:
                break
            continue
        piece = os.read(pipe, 1 << 16)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            word = json.loads(line)
            if "progress" in word:
                if progress is not None:
                    progress(min(1.0, max(0.0, float(word["progress"]))))
            else:
                answer = word
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=5)
    return answer


def _ended(code: int, limits: Limits, path: Path) -> FileTooHard | FileDamaged:
    if code == -signal.SIGXCPU:
        return too_hard(path, "cpu_s", limits)
    if code == -signal.SIGXFSZ:
        return too_hard(path, "unpacked_bytes", limits)
    if code in (-signal.SIGKILL, -signal.SIGABRT):
        # the system's own memory guard, or a library that gives up where memory is refused
        return too_hard(path, "memory_bytes", limits)
    return FileDamaged(path=str(path), detail=f"the reader ended with {code}")


def sweep() -> None:
    """Remove the folders of readings whose own process was killed: their names begin with a pid that is gone."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if not owner.isdigit() or folder.is_symlink():
            continue
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, OverflowError):
            continue  # another account's process: it is alive


def environment(folder: Path) -> dict[str, str]:
    """The child's variables: no secrets, no network, no drivers but ours, one thread, temporary files in ``folder``."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **kept,
        "TMPDIR": str(folder),
        "HOME": str(folder),
        "CPL_TMPDIR": str(folder),
        "OGR_SKIP": ",".join(_unwanted()),
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_PYTHON_DRIVER_PATH": str(folder),
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": "1",
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
        "CPL_AWS_CREDENTIALS_FILE": "/dev/null",
        "GDAL_CONFIG_FILE": "",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_SQLITE_PRAGMA": "trusted_schema=OFF",
        "PROJ_NETWORK": "OFF",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GDAL_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


@cache
def _unwanted() -> tuple[str, ...]:
    import pyogrio

    known = set(pyogrio.list_drivers()) | set(_NEVER)
    return tuple(sorted(known - DRIVERS))
