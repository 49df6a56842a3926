"""Files that wait to be read: below the home folder, for this account of the machine only, under names of our own."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from gridmap.domain.imports import UploadState
from gridmap.domain.messages import Message
from gridmap.errors import BadInput, UploadTooLarge
from gridmap.services.units import LOCAL
from gridmap.settings import settings
from gridmap.store.database import Session
from gridmap.store.queries import uploads as queries

_PIECE = 1 << 20
#: A file that no upload knows is left alone for an hour: somebody may still be sending it.
_SPARED_S = 3600


@dataclass(frozen=True)
class Stored:
    """A file that was taken: its name in the folder, bytes, and checksum."""

    name: str
    size: int
    sha256: str


def path_of(name: str) -> Path:
    """Where a file waits. The folder is made when it is missing."""
    folder = settings().home / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder / name


def take(file_name: str, stream: IO[bytes]) -> Stored:
    """Write what is sent to the folder; nothing stays of it when it is refused.

    Raises
    ------
    BadInput
        It is empty.
    UploadTooLarge
    """
    target = path_of(secrets.token_hex(16) + _suffixes(file_name))
    digest, size, largest = hashlib.sha256(), 0, settings().upload_largest_bytes
    try:
        with target.open("xb") as file:
            target.chmod(0o600)
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > largest:
                    raise UploadTooLarge(path=file_name, largest=largest // 1_000_000)
                digest.update(piece)
                file.write(piece)
        if not size:
            raise BadInput(detail=Message("The file is empty."))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Stored(target.name, size, digest.hexdigest())


def remove(name: str) -> None:
    """Remove a file, if it is still there."""
    path_of(name).unlink(missing_ok=True)


def _suffixes(file_name: str) -> str:
    """The ending that says what a file is, and nothing else of a name that came from outside."""
    lower = file_name.lower()
    for ending in (".csv.gz", ".csv.zip"):
        if lower.endswith(ending):
            return ending
    suffix = Path(lower).suffix
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 12 else ""


def sweep(session: Session) -> None:
    """Remove what nobody waits for: old uploads, the cells they quote, and files that a broken process left."""
    before = datetime.now(LOCAL) - timedelta(days=settings().upload_days)
    needed, old = queries.stored(session, before)
    for row in old:
        row.state = UploadState.DISCARDED.value
    session.flush()
    queries.forget_cells(session, before)
    session.commit()
    spared_since = datetime.now(LOCAL).timestamp() - _SPARED_S
    for path in path_of("").iterdir():
        if path.name not in needed and path.stat().st_mtime < spared_since:
            path.unlink(missing_ok=True)
