"""Colours and hatchings of the coverage map, one table for page, picture and document.

Chosen so that people with any colour blindness tell them apart, and so that they survive a grey print: coverage is a
single-hue ramp from pale to deep blue (deeper is worse), blind areas are warm and always hatched, and each of the three
blindnesses has its own direction of hatching. Hues are from Okabe and Ito's palette (jfly.uni-koeln.de/color), darkened
where they carry text or thin lines so that they reach a contrast of 4.5 to 1 on white.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hatch:
    """How one blindness is drawn: ``colour`` of lines and outline, ``tint`` below them, direction of the lines."""

    colour: str
    tint: str
    angle_degrees: int
    spacing_px: int
    dots: bool = False


@dataclass(frozen=True)
class Ramp:
    """Classes of a choropleth: colour ``colours[i]`` from ``bounds[i - 1]`` (inclusive) up to ``bounds[i]``."""

    bounds: tuple[float, ...]
    colours: tuple[str, ...]

    def __post_init__(self) -> None:
        assert len(self.colours) == len(self.bounds) + 1


#: blindness (name of the enum member, lower case) → its drawing
HATCHES: dict[str, Hatch] = {
    "ground": Hatch(colour="#b3410a", tint="#f5b183", angle_degrees=45, spacing_px=6),
    "job": Hatch(colour="#8a2568", tint="#e3a8cc", angle_degrees=-45, spacing_px=7),
    "near": Hatch(colour="#0b5a4a", tint="#8fd0bf", angle_degrees=0, spacing_px=6, dots=True),
}

#: coverage index of a unit (share of households that no blind area touches), worst first
INDEX_RAMP = Ramp(
    bounds=(0.5, 0.8, 0.95, 0.999999),
    colours=("#08519c", "#3f86c5", "#8fbbe0", "#c9def0", "#eef4fa"),
)

#: share of a grid's households that the chosen lens touches; the first class is "none"
TOUCHED_RAMP = Ramp(
    bounds=(0.000001, 0.05, 0.2, 0.5),
    colours=("#f1f3f6", "#d5e3f1", "#a9c8e4", "#6ea4d3", "#2f74b5"),
)

NO_DATA = "#e3e5e8"

#: load of a grid against its norm: too few is cool, too many is warm, and the grey print keeps them apart
BANDS: dict[str, str] = {"below": "#c9def0", "inside": "#ffffff", "above": "#f2a65e"}
LINES = {"county": "#1f2a37", "town": "#374151", "community": "#6b7280", "grid": "#9aa3af", "focus": "#111827"}
GROUND = {"river": "#a9cfe6", "road": "#c9c2b4", "paper": "#fafaf8"}


def as_json() -> dict[str, object]:
    """Return the whole table for a script or a legend, keys as the browser modules name them."""
    return {
        "hatches": {
            name: {
                "colour": hatch.colour,
                "tint": hatch.tint,
                "angle": hatch.angle_degrees,
                "spacing": hatch.spacing_px,
                "dots": hatch.dots,
            }
            for name, hatch in HATCHES.items()
        },
        "index": {"bounds": list(INDEX_RAMP.bounds), "colours": list(INDEX_RAMP.colours)},
        "touched": {"bounds": list(TOUCHED_RAMP.bounds), "colours": list(TOUCHED_RAMP.colours)},
        "noData": NO_DATA,
        "bands": BANDS,
        "lines": LINES,
        "ground": GROUND,
    }
