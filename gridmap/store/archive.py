"""Backup and restore through PostgreSQL's own programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gridmap.errors import FileUnreadable, ServerUnavailable
from gridmap.store.database import Database
from gridmap.store.programs import find_programs


def backup(database: Database, path: Path) -> None:
    """Write everything into one file; an existing file is replaced only when all went well.

    Raises
    ------
    ServerUnavailable
    """
    partial = path.with_name(path.name + ".partial")
    try:
        _run([str(find_programs().pg_dump), "--format=custom", "--no-owner", f"--file={partial}", database.url])
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def restore(database: Database, path: Path) -> None:
    """Replace everything by a backup, in one transaction: a damaged file leaves the data as it was.

    Raises
    ------
    FileUnreadable, ServerUnavailable
    """
    programs = find_programs()
    try:
        _run([str(programs.pg_restore), "--list", str(path)])
    except ServerUnavailable as error:
        raise FileUnreadable(path=path, detail="it is no backup of gridmap") from error
    _run(
        [
            str(programs.pg_restore),
            "--single-transaction",
            "--clean",
            "--if-exists",
            "--no-owner",
            f"--dbname={database.url}",
            str(path),
        ]
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    if done.returncode != 0:
        raise ServerUnavailable(detail=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else command[0])
