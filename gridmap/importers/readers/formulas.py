"""Formulas that failed in a workbook: calamine reads their cells as empty, and an empty cell says something else."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET  # the guards have looked at the archive: it declares no entities

_MARK = re.compile(rb'\bt="e"')
_PIECE = 1 << 20
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def failed(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Cells of a sheet whose formula failed: row and column from 0 → what stands there. Empty for an xls.

    The parts of a workbook are those of ECMA-376, part 1, section 18: a cell of type ``e`` holds an error's name.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        part = _part(archive, sheet)
        if part is None or not _marked(archive, part):
            return {}
        return dict(_cells(archive, part))


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The member of the archive that holds a sheet."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
        return None
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = next((one for one in book.iter(f"{_MAIN}sheet") if one.get("name") == sheet), None)
    target = None if found is None else targets.get(found.get(_LINK))
    if target is None:
        return None
    name = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    return name if name in archive.namelist() else None


def _marked(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether any cell is marked as failed; far cheaper than reading the cells once more."""
    with archive.open(part) as file:
        rest = b""
        while piece := file.read(_PIECE):
            if _MARK.search(rest + piece):
                return True
            rest = piece[-8:]
    return False


def _cells(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[tuple[int, int], str]]:
    with archive.open(part) as file:
        for _, cell in ET.iterparse(file):  # noqa: S314
            if cell.tag == f"{_MAIN}row":
                cell.clear()
            elif cell.tag == f"{_MAIN}c" and cell.get("t") == "e":
                place = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", cell.get("r", ""))
                if place is not None:
                    column = 0
                    for letter in place[1]:
                        column = 26 * column + ord(letter) - 64
                    yield (int(place[2]) - 1, column - 1), cell.findtext(f"{_MAIN}v") or "#N/A"
