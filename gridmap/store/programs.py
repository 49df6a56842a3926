"""Finds PostgreSQL's own programs, with PostGIS beside them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import ProgramMissing

OLDEST_MAJOR = 14
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Programs:
    """The programs of one installed version."""

    folder: Path
    major: str

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def pg_isready(self) -> Path:
        return self.folder / "pg_isready"

    @property
    def pg_dump(self) -> Path:
        return self.folder / "pg_dump"

    @property
    def pg_restore(self) -> Path:
        return self.folder / "pg_restore"


def find_programs(prefer: str | None = None) -> Programs:
    """Return the programs of major version ``prefer`` where installed, else of the newest version with PostGIS.

    Raises
    ------
    ProgramMissing
        Naming what is missing and the line that installs it.
    """
    found = sorted(_installed(), key=lambda programs: int(programs.major), reverse=True)
    found = [programs for programs in found if int(programs.major) >= OLDEST_MAJOR]
    if not found:
        raise ProgramMissing(program="PostgreSQL", cure=_cure())
    for programs in found:
        if programs.major == prefer:
            return programs
    with_postgis = [programs for programs in found if _has_postgis(programs)]
    if not with_postgis:
        raise ProgramMissing(program=f"PostGIS for PostgreSQL {found[0].major}", cure=_cure(found[0].major))
    return with_postgis[0]


def _installed() -> list[Programs]:
    folders = [path for pattern in _FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    programs: dict[str, Programs] = {}
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            major = _major(folder / "postgres")
            if major:
                programs.setdefault(major, Programs(folder, major))
    return list(programs.values())


def _major(postgres: Path) -> str | None:
    try:
        text = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"(\d+)(?:\.|devel|beta|rc|$)", text)
    return match[1] if match else None


def _has_postgis(programs: Programs) -> bool:
    pg_config = programs.folder / "pg_config"
    shares = [Path(f"/usr/share/postgresql/{programs.major}")]
    if pg_config.exists() and os.access(pg_config, os.X_OK):
        done = subprocess.run([str(pg_config), "--sharedir"], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode == 0:
            shares.append(Path(done.stdout.strip()))
    return any((share / "extension" / "postgis.control").exists() for share in shares)


def _cure(major: str = "15") -> str:
    if sys.platform == "darwin":
        return "Install it:  brew install postgresql@17 postgis"
    return f"Install it:  apt-get install postgresql-{major}-postgis-3  (the number is your system's PostgreSQL)"
