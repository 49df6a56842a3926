"""The lists that can be uploaded, as cards: what each holds, which files it takes, which levels there are to choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.importers.layers import LAYERS, Shape
from gridmap.translations import say
from gridmap.web.contexts import LEVEL_NAMES

#: what the picker of files offers; which of them are read is for the importers to say
EXTENSIONS = (
    ".zip", ".shp", ".dbf", ".shx", ".prj", ".cpg", ".geojson", ".json", ".gpkg", ".kml", ".kmz", ".fgb", ".parquet",
    ".csv", ".gz", ".xlsx", ".xls",
)  # fmt: skip

#: list → icon and one line of explanation, in the order of a county that begins with nothing
_ABOUT: dict[str, tuple[str, Message, Message]] = {
    "boundaries": (
        "map-2",
        Message("Boundaries"),
        Message("Outlines of the county, towns, communities or grids, each with code and name"),
    ),
    "compounds": (
        "building-community",
        Message("Compounds and courtyards"),
        Message("Outlines or names of compounds and courtyards, with their codes"),
    ),
    "households": ("home", Message("Household counts"), Message("How many households live at a place; no names")),
    "organisations": ("sitemap", Message("Organisations"), Message("Committees and branches, and the unit of each")),
    "members": ("users-group", Message("Members"), Message("Numbers of members, their organisation and skills")),
    "workers": ("user-check", Message("Workers"), Message("Grid workers and grid heads, and the grid of each")),
    "posts": ("briefcase", Message("Posts"), Message("Service posts that members can take")),
    "service-points": ("map-pin", Message("Service points"), Message("Where residents find help, with a place")),
    "cases": ("message-circle", Message("Cases"), Message("What was reported, where, and what became of it")),
    "meetings": ("calendar-event", Message("Meetings"), Message("Courtyard meetings: when, where, how many came")),
}

_LEVELS: dict[str, tuple[Level, ...]] = {
    "boundaries": (Level.COUNTY, Level.TOWN, Level.COMMUNITY, Level.GRID),
    "compounds": (Level.COMPOUND, Level.COURTYARD),
}

_SHAPES = Message("Shapefile (as .zip, or all its parts at once), GeoPackage, GeoJSON, KML/KMZ, FlatGeobuf, GeoParquet")
_EITHER = Message("Excel or CSV; with places also as Shapefile (.zip), GeoPackage, GeoJSON, KML/KMZ")
_TABLE = Message("Excel (.xlsx, .xls) or CSV")


@dataclass(frozen=True)
class Card:
    """One list to choose. ``levels``: value and name of the levels that can be stated; empty where there are none."""

    name: str
    icon: str
    title: str
    about: str
    takes: str
    levels: tuple[tuple[str, str], ...]


def title(layer: str, language: str) -> str:
    """Return what people call a list."""
    return say(_ABOUT[layer][1], language) if layer in _ABOUT else layer


def cards(language: str, gettext: Callable[[str], str]) -> list[Card]:
    """Return the cards of all lists in a language."""
    made = []
    for name, (icon, heading, about) in _ABOUT.items():
        layer = LAYERS[name]
        takes = _SHAPES if layer.shape_required and layer.shape is Shape.AREA else _EITHER
        if layer.shape is Shape.NONE:
            takes = _TABLE
        levels = tuple((level.value, gettext(LEVEL_NAMES[level])) for level in _LEVELS.get(name, ()))
        made.append(Card(name, icon, say(heading, language), say(about, language), say(takes, language), levels))
    return made
