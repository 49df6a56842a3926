"""Files to hand on: the coverage of a unit as GeoPackage, workbook, report, map from disk, or picture.

Each format is a module with ``SUFFIX``, ``MEDIA_TYPE`` and ``write(dossier) -> bytes``; a new format is one new module
and one row in :data:`FORMATS`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from gridmap.domain.permissions import Actor
from gridmap.errors import NotFound, NothingToDraw
from gridmap.services.exporting.collect import collect
from gridmap.services.exporting.dossier import Dossier
from gridmap.store.database import Session

#: kind → module of this package. Imported when first asked for: WeasyPrint and matplotlib take a second to load.
FORMATS = {
    "geopackage": "geopackage",
    "excel": "workbook",
    "pdf": "report",
    "html": "page",
    "png": "picture",
}
_DRAWN = {"html", "png"}


class Export(NamedTuple):
    """A finished file: the name to save it under, what it is, and its bytes."""

    filename: str
    media_type: str
    content: bytes


def export(
    session: Session,
    actor: Actor,
    kind: str,
    run_id: int,
    unit: str,
    lens: str | None = None,
    language: str = "zh_Hans",
) -> Export:
    """Make a file of one run for a unit; with ``lens``, of that lens alone.

    Raises
    ------
    PermissionMissing, OutsideScope
        The actor may not export, or not there.
    NotFound
        No such kind, unit or finished run of it.
    LensUnknown, NothingToDraw
    """
    if kind not in FORMATS:
        raise NotFound(what="export", key=kind)
    return make(collect(session, actor, run_id, unit, lens, language), kind)


def make(dossier: Dossier, kind: str) -> Export:
    """Turn a dossier into a file of a kind.

    Raises
    ------
    NothingToDraw
        A map is asked for, and no grid of the unit has a boundary.
    """
    drawable = any(unit.geometry is not None and not unit.geometry.is_empty for unit in dossier.grids)
    if kind in _DRAWN and not drawable:
        raise NothingToDraw(unit=dossier.unit.name, day=dossier.day)
    module = importlib.import_module(f"gridmap.services.exporting.{FORMATS[kind]}")
    return Export(filename(dossier, module.SUFFIX), module.MEDIA_TYPE, module.write(dossier))


def filename(dossier: Dossier, suffix: str) -> str:
    """Return a name that every system can save: unit, day, lens; letters, digits and hyphens of any script."""
    lens = dossier.lens.title if dossier.lens else dossier.say("coverage and blind areas")
    return f"{safe_name((dossier.unit.name, lens, dossier.as_of.isoformat()), dossier.unit.code)}.{suffix}"


def safe_name(words: Iterable[str], otherwise: str) -> str:
    """A name that every system can save: letters, digits and hyphens of any script, at most 80."""
    return re.sub(r"[^\w-]+", "-", "-".join(words)).strip("-_")[:80] or otherwise


__all__ = ["FORMATS", "Dossier", "Export", "export", "make", "safe_name"]
