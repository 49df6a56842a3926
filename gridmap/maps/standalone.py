"""A map that opens from disk with no network: one HTML file with Leaflet, the data and our own script inside.

Data lie in a ``<script type="application/json">`` in which every ``<`` is escaped, and the script writes them with
``textContent``. A content policy in the file itself allows exactly the scripts and the style put in here (by checksum)
and no connection at all, so a word that came from a user can't become markup, let alone run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import InvariantBroken, Unavailable
from gridmap.geometry.simplify import simplify_coverage, to_lonlat
from gridmap.maps.assets import remote_addresses
from gridmap.maps.defects import KINDS, readable_area
from gridmap.maps.themes import GROUND, LINES, Hatch
from gridmap.translations import translate

OWN = Path(__file__).resolve().parent / "standalone_page"
VENDOR = Path(__file__).resolve().parent.parent / "web" / "static" / "vendor"
#: square root of the triangles that are cut from shown shapes, metres; below a pixel until one looks closely
TOLERANCE_M = 18.0
#: decimals of a degree: 1 m for units, 1 cm for blind areas, which may be narrow
UNIT_DIGITS, BLIND_DIGITS = 5, 7
#: bytes of unit shapes above which they are simplified more
MOST_BYTES = 2_600_000

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Entry:
    """One line of the list: a finding or defect. ``facts`` are short finished texts; ``unit`` the place in the units
    that is shown where there is no shape."""

    lens: str
    style: str
    title: str
    facts: Sequence[str]
    sentences: Sequence[str]
    shape: BaseGeometry | None
    unit: int | None = None
    rank: str = ""


@dataclass(frozen=True)
class Choice:
    """One thing the map can show: a lens. ``colours`` of the units in their order, ``legend`` of those colours.

    ``lenses`` are the entries that are shown with it; ``group`` heads it in the chooser.
    """

    key: str
    title: str
    about: str
    group: str
    lenses: Sequence[str]
    colours: Sequence[str] = ()
    legend_title: str = ""
    legend: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Page:
    """Everything in the file. Shapes are in ``crs`` (metres); words are final."""

    title: str
    subtitle: str
    language: str
    crs: int | pyproj.CRS
    units: Shapes
    unit_names: Sequence[str]
    choices: Sequence[Choice]
    entries: Sequence[Entry]
    styles: Mapping[str, tuple[Hatch, str]]
    figures: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    outlines: Mapping[str, Shapes] = field(default_factory=dict)
    ground: Mapping[str, Sequence[BaseGeometry]] = field(default_factory=dict)


def write_defect_map(
    path: str | Path, units: gpd.GeoDataFrame, defects: gpd.GeoDataFrame, *, language: str = "en"
) -> None:
    """Write the defects of an audit of plain files as a map that opens without a network.

    ``units`` and ``defects`` state their coordinate system. Columns of ``defects``: ``kind`` (gap, overlap or
    spill), ``area_m2``, ``width_m``, ``sliver``, ``units`` (names) and ``neighbours`` (name → metres), each a text or
    a collection. The name of a unit is in column ``name`` or ``unit``, else its index.

    Raises
    ------
    BadInput
        A frame states no coordinate system, or there is no unit.
    Unavailable
        The browser library is not installed.
    """
    from gridmap.maps.defects import in_metres

    moved = in_metres(units, units)
    found = in_metres(defects, units) if len(defects) else defects
    column = next((name for name in ("name", "unit") if name in units.columns), None)
    names = [str(name) for name in (units.index if column is None else units[column])]
    entries = [_defect_entry(row, language) for row in found.to_dict("records")] if len(found) else []
    entries.sort(key=lambda entry: -(entry.shape.area if entry.shape is not None else 0.0))
    counts = {kind: sum(entry.lens == kind for entry in entries) for kind in KINDS}
    everything = Choice(
        key="all",
        title=translate("All defects", language),
        about="",
        group="",
        lenses=tuple(KINDS),
    )
    page = Page(
        title=translate("Gaps, overlaps and spills", language),
        subtitle=translate("{count} units", language, count=f"{len(units):,}"),
        language=language,
        crs=pyproj.CRS(moved.crs),
        units=np.asarray(moved.geometry.array, dtype=object),
        unit_names=names,
        choices=[everything]
        + [
            Choice(key=kind, title=translate(name, language), about="", group="", lenses=(kind,))
            for kind, (_, name) in KINDS.items()
        ],
        entries=entries,
        styles={kind: (hatch, translate(name, language)) for kind, (hatch, name) in KINDS.items()},
        figures=[(translate(KINDS[kind][1], language), f"{count:,}") for kind, count in counts.items()],
        notes=(translate("A ring marks a defect too small to see at this scale.", language),),
    )
    Path(path).write_bytes(render(page))


def _defect_entry(row: Mapping[Any, Any], language: str) -> Entry:
    kind = str(row["kind"])
    facts = [readable_area(float(row["area_m2"]))]
    if row.get("width_m") is not None:
        facts.append(translate("{width} m wide", language, width=f"{float(row['width_m']):,.3g}"))
    if row.get("sliver"):
        facts.append(translate("sliver", language))
    joint = "、" if language.startswith("zh") else ", "
    owned, neighbours = row.get("units") or (), row.get("neighbours") or {}
    owners = [owned] if isinstance(owned, str) else [str(name) for name in owned]
    if isinstance(neighbours, str):
        beside = [neighbours]
    elif isinstance(neighbours, Mapping):
        longest = sorted(neighbours.items(), key=lambda item: -float(item[1]))
        beside = [f"{name} ({float(metres):,.1f} m)" for name, metres in longest]
    else:
        beside = [str(name) for name in neighbours]
    sentences = []
    if owners:
        sentences.append(translate("Covered by: {units}", language, units=joint.join(owners)))
    if beside:
        sentences.append(translate("Borders on: {units}", language, units=joint.join(beside[:12])))
    title = translate(KINDS[kind][1], language)
    return Entry(lens=kind, style=kind, title=title, facts=facts, sentences=sentences, shape=row.get("geometry"))


def render(page: Page) -> bytes:
    """Return the HTML file.

    Raises
    ------
    Unavailable
        The browser library is not installed.
    InvariantBroken
        The finished frame names an address of another host.
    """
    library, sheet = _library()
    own = (OWN / "map.js").read_text(encoding="utf-8")
    style = sheet + (OWN / "map.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_checksum(library)} {_checksum(own)}; "
        f"style-src {_checksum(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = (
        f'<!DOCTYPE html>\n<html lang="{"zh-Hans" if page.language.startswith("zh") else "en"}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    )
    title = f"<title>{html.escape(page.title)}</title>\n"
    body = (
        f"<style>{style}</style>\n</head>\n<body>\n"
        '<header><div><h1 id="title" dir="auto"></h1><p id="subtitle" dir="auto"></p></div>'
        '<dl id="figures"></dl></header>\n'
        '<main><nav id="chooser"></nav><div class="middle"><div id="map"></div><div id="legend"></div></div>'
        '<section id="side"><h2 id="list-title"></h2><ol id="list"></ol>'
        '<button id="more" type="button" hidden></button>'
        "</section></main>\n"
    )
    data = f'<script type="application/json" id="data">{_json(_data(page))}</script>\n'
    scripts = f"<script>{library}</script>\n<script>{own}</script>\n</body>\n</html>\n"
    leftover = remote_addresses(head + body + scripts)
    if leftover:
        raise InvariantBroken(detail=f"the standalone map names {leftover[0]}")
    return (head + title + body + data + scripts).encode()


@cache
def _library() -> tuple[str, str]:
    """Return Leaflet's script and style without addresses: its pictures and its link to its own site are not used."""
    folder = VENDOR / "leaflet"
    try:
        script = (folder / "leaflet.js").read_text(encoding="utf-8")
        style = (folder / "leaflet.css").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Unavailable(
            detail=f"the browser library {error.filename} is not there; run make assets (needs npm), then try again"
        ) from error
    script = re.sub(r"https?://(?!www\.w3\.org/)", "", script)
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"[^{}]*\{[^{}]*url\([^)]*\)[^{}]*\}", "", style)
    if "</script" in script.lower() or "</style" in style.lower():
        raise InvariantBroken(detail="the browser library can't be put into a page")
    return script, style


def _checksum(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: object) -> str:
    """Return JSON that can't end the element it stands in, nor break a line of script (U+2028, U+2029)."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _data(page: Page) -> dict[str, Any]:
    tongue = page.language
    words = {
        word: translate(word, tongue)
        for word in (
            "Blind areas",
            "Show more",
            "Nothing found here.",
            "Show the whole map",
            "{count} in all",
        )
    }
    return {
        "title": page.title,
        "subtitle": page.subtitle,
        "figures": [list(figure) for figure in page.figures],
        "notes": list(page.notes),
        "words": words,
        "lines": LINES,
        "groundColours": GROUND,
        "styles": {
            key: {
                "colour": hatch.colour,
                "tint": hatch.tint,
                "angle": hatch.angle_degrees,
                "spacing": hatch.spacing_px,
                "dots": hatch.dots,
                "label": label,
            }
            for key, (hatch, label) in page.styles.items()
        },
        "choices": [
            {
                "key": choice.key,
                "title": choice.title,
                "about": choice.about,
                "group": choice.group,
                "lenses": list(choice.lenses),
                "colours": _packed(choice.colours),
                "legendTitle": choice.legend_title,
                "legend": [list(row) for row in choice.legend],
            }
            for choice in page.choices
        ],
        "names": list(page.unit_names),
        "units": _unit_shapes(page),
        "outlines": {
            level: _geojson(_lighter(shapes, page.crs, TOLERANCE_M), UNIT_DIGITS)
            for level, shapes in page.outlines.items()
        },
        "ground": {
            kind: _geojson(_lonlat(lines, page.crs, UNIT_DIGITS), UNIT_DIGITS) for kind, lines in page.ground.items()
        },
        "entries": _entries(page),
    }


def _packed(colours: Sequence[str]) -> dict[str, Any]:
    """A palette and one number per unit: a colour word per unit and lens would be half of the file."""
    palette = sorted(set(colours))
    place = {colour: number for number, colour in enumerate(palette)}
    return {"palette": palette, "places": [place[colour] for colour in colours]}


def _entries(page: Page) -> list[dict[str, Any]]:
    shapes = np.array([_thinned(entry.shape) for entry in page.entries], dtype=object)
    drawn = _geojson(_lonlat(shapes, page.crs, BLIND_DIGITS), BLIND_DIGITS) if len(shapes) else []
    return [
        {
            "lens": entry.lens,
            "style": entry.style,
            "title": entry.title,
            "facts": list(entry.facts),
            "sentences": list(entry.sentences),
            "unit": entry.unit,
            "rank": entry.rank,
            "shape": shape,
        }
        for entry, shape in zip(page.entries, drawn, strict=True)
    ]


def _thinned(shape: BaseGeometry | None) -> BaseGeometry | None:
    """A blind area as it is drawn: large ones lose what the eye can't see, narrow ones nothing."""
    if shape is None or shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    return shape if max(east - west, north - south) < 200 else shape.simplify(6.0)


def _unit_shapes(page: Page) -> list[Any]:
    tolerance = TOLERANCE_M
    while True:
        shapes = _geojson(_lighter(page.units, page.crs, tolerance), UNIT_DIGITS)
        if tolerance > 400 or len(json.dumps(shapes)) < MOST_BYTES:
            return shapes
        tolerance *= 2


def _lighter(shapes: Shapes, crs: int | pyproj.CRS, tolerance: float) -> Shapes:
    try:
        light = simplify_coverage(list(shapes), tolerance)
    except shapely.GEOSException:
        # broken rings, which plain files may hold: one by one then
        light = shapely.simplify(np.asarray(shapes, dtype=object), tolerance / 2)
    return _lonlat(light, crs, UNIT_DIGITS)


def _lonlat(shapes: Any, crs: int | pyproj.CRS, digits: int) -> Shapes:
    return to_lonlat(np.asarray(shapes, dtype=object), crs, digits=digits)


def _geojson(shapes: Shapes, digits: int) -> list[Any]:
    """Shapes as GeoJSON geometries; None where there is none."""
    texts = shapely.to_geojson(shapes)
    return [
        None if text is None else json.loads(text, parse_float=lambda number: round(float(number), digits))
        for text in texts
    ]
