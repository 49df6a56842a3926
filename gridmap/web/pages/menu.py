"""The download menu: which files there are, what each is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class MenuEntry:
    """One line of the download menu."""

    kind: str
    language: str
    icon: str
    title: str
    about: str


def menu(gettext: Callable[[str], str], own: str) -> list[MenuEntry]:
    """Return the lines of the download menu in the words of ``gettext``.

    Files speak the language ``own``; the report comes in both.
    """
    about = gettext("To read and to hand on")
    return [
        MenuEntry("pdf", "zh_Hans", "file-type-pdf", gettext("Report in Chinese (PDF)"), about),
        MenuEntry("pdf", "en", "file-type-pdf", gettext("Report in English (PDF)"), about),
        MenuEntry(
            "excel", own, "file-spreadsheet", gettext("Workbook (Excel)"), gettext("Every blind area and figure")
        ),
        MenuEntry("geopackage", own, "database", gettext("GeoPackage"), gettext("For QGIS and other map programs")),
        MenuEntry("html", own, "world", gettext("Map as one file (HTML)"), gettext("Opens without a network")),
        MenuEntry("png", own, "photo", gettext("Map picture (PNG)"), gettext("For a presentation")),
    ]
