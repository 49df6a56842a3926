"""What one drawn map shows: the same description serves the picture (PNG, in reports) and tests.

Everything is plain data, in metres of one projected system. Words in it are final: already translated, and possibly
written by users; whoever draws a sheet writes them as text and never interprets them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from gridmap.maps.themes import INDEX_RAMP, TOUCHED_RAMP, Hatch, Ramp
from gridmap.translations import translate

RAMPS = {"index": INDEX_RAMP, "touched": TOUCHED_RAMP}


@dataclass(frozen=True)
class BlindArea:
    """One blind area to draw. ``style`` is a key of :attr:`Sheet.styles`; ``number`` stands on the map where given."""

    shape: BaseGeometry
    style: str
    number: int | None = None


@dataclass(frozen=True)
class Style:
    """How one sort of blind area is drawn, and what the legend calls it."""

    hatch: Hatch
    label: str


@dataclass(frozen=True)
class Sheet:
    """A map to draw.

    ``units`` are the filled polygons, ``values`` their figures (None: no figure) on the ramp ``measure`` names
    (``index``, ``touched``, or None for a plain fill). ``outlines`` maps a level to its polygons, ``ground`` ``river``
    and ``road`` to lines, ``labels`` are points with a name. ``notes`` stand below the legend.
    """

    title: str
    subtitle: str
    language: str
    units: npt.NDArray[np.object_]
    values: Sequence[float | None] = ()
    measure: str | None = None
    outlines: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    ground: Mapping[str, Sequence[BaseGeometry]] = field(default_factory=dict)
    blind: Sequence[BlindArea] = ()
    styles: Mapping[str, Style] = field(default_factory=dict)
    labels: Sequence[tuple[float, float, str]] = ()
    legend_title: str = ""
    ramp_title: str = ""
    notes: Sequence[str] = ()

    @property
    def ramp(self) -> Ramp | None:
        return RAMPS[self.measure] if self.measure else None


def class_of(ramp: Ramp, value: float) -> int:
    """Return the number of the ramp's class that a value falls in."""
    return int(np.searchsorted(ramp.bounds, value, side="right"))


def legend_rows(measure: str, language: str) -> list[tuple[str, str]]:
    """Return (colour, words) of each class of a ramp, the order of the page's legend."""
    ramp = RAMPS[measure]
    rows = []
    for place, colour in enumerate(ramp.colours):
        low = ramp.bounds[place - 1] if place else None
        high = ramp.bounds[place] if place < len(ramp.bounds) else None
        rows.append((colour, _class_words(measure, low, high, language)))
    return rows[::-1] if measure == "index" else rows


def _class_words(measure: str, low: float | None, high: float | None, language: str) -> str:
    if low is None:
        if measure == "touched":
            return translate("none", language)
        return translate("under {high}", language, high=percent(high))
    if high is None:
        if measure == "index":
            return translate("all households", language)
        return translate("{low} and more", language, low=percent(low))
    if low < 0.001:
        return translate("under {high}", language, high=percent(high))
    if high > 0.99:
        return translate("{low} and more", language, low=percent(low))
    return translate("{low} – {high}", language, low=percent(low), high=percent(high))


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as text; a share below one never rounds up to 100 %, one above nothing never down to 0 %."""
    if value is None:
        return "–"
    step = 10.0 ** -(digits + 2)
    if 0 < value < 1:
        value = min(max(value, step), 1 - step)
    return f"{value * 100:.{digits}f}%"


def one_line(text: str, longest: int = 120) -> str:
    """Return text fit for a picture: no control or direction-changing characters, one line, cut with an ellipsis."""
    kept = "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " for c in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
