"""Before and after: two maps of one ground side by side at one scale, grids coloured by their load against the norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from PIL import Image
from shapely.geometry.base import BaseGeometry

from gridmap.maps.static_png import DRAWING, INK, QUIET, fonts, lines_of, path_of
from gridmap.maps.themes import BANDS, LINES, NO_DATA

#: Most grids whose numbers are written on the map; beyond, they would cover it.
MOST_LABELLED = 60


@dataclass(frozen=True)
class PlanUnit:
    """A grid as drawn: outline, short label, ``band`` (below, inside, above, none), and whether the plan changes it."""

    shape: BaseGeometry
    label: str
    band: str | None
    changed: bool


@dataclass(frozen=True)
class PlanSheet:
    """What the picture shows; words are in the reader's language already."""

    title_before: str
    title_after: str
    before: Sequence[PlanUnit]
    after: Sequence[PlanUnit]
    parents: Sequence[BaseGeometry]
    legend: Sequence[tuple[str, str]]  # band or "changed", its words


def draw(sheet: PlanSheet, *, dpi: int = 190, wide_in: float = 10.4) -> bytes:
    """Return the two maps as one PNG."""
    with DRAWING:
        return _draw(sheet, dpi, wide_in)


def _draw(sheet: PlanSheet, dpi: int, wide_in: float) -> bytes:
    shapes = [unit.shape for unit in (*sheet.before, *sheet.after)] + list(sheet.parents)
    low_x, low_y, high_x, high_y = shapely.total_bounds(shapes) if shapes else (0.0, 0.0, 1.0, 1.0)
    pad = 0.03 * max(high_x - low_x, high_y - low_y, 1.0)
    low_x, low_y, high_x, high_y = low_x - pad, low_y - pad, high_x + pad, high_y + pad
    gutter, head, foot = 0.2, 0.36, 0.42
    width = (wide_in - gutter) / 2
    height = float(np.clip(width * (high_y - low_y) / (high_x - low_x), 2.2, 7.0))
    total = (wide_in, head + height + foot)
    figure = Figure(figsize=total, dpi=dpi, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for column, (title, units) in enumerate(((sheet.title_before, sheet.before), (sheet.title_after, sheet.after))):
        left = column * (width + gutter)
        axes = figure.add_axes((left / total[0], foot / total[1], width / total[0], height / total[1]))
        axes.set_xlim(low_x, high_x)
        axes.set_ylim(low_y, high_y)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_edgecolor("#c4c9d1")
        figure.text(left / total[0], 1 - 0.2 / total[1], title, fontsize=11, fontweight="bold", color=INK, va="center")
        _units(axes, units, sheet.parents)
    _legend(figure, sheet.legend, total)
    family = fonts()
    for text in figure.findobj(match=Text):
        assert isinstance(text, Text)
        text.set_parse_math(False)
        text.set_fontfamily(family)
    canvas.draw()  # type: ignore[no-untyped-call]
    buffer = BytesIO()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])  # type: ignore[no-untyped-call]
    picture.save(buffer, format="PNG", dpi=(dpi, dpi), compress_level=6)
    return buffer.getvalue()


def _units(axes: Axes, units: Sequence[PlanUnit], parents: Sequence[BaseGeometry]) -> None:
    axes.add_collection(
        PathCollection(
            [path_of(unit.shape) for unit in units],
            facecolors=[BANDS[unit.band] if unit.band else NO_DATA for unit in units],
            edgecolors=LINES["grid"],
            linewidths=0.5,
            zorder=1,
        ),
        autolim=False,
    )
    edges = lines_of([unit.shape for unit in units if unit.changed])
    if edges:
        axes.add_collection(
            LineCollection(edges, colors=LINES["focus"], linewidths=1.5, joinstyle="round", zorder=3), autolim=False
        )
    if len(parents):
        axes.add_collection(
            LineCollection(lines_of(list(parents)), colors=LINES["community"], linewidths=1.0, zorder=2), autolim=False
        )
    if len(units) <= MOST_LABELLED:
        for unit in units:
            at = shapely.point_on_surface(unit.shape)
            axes.text(
                at.x,
                at.y,
                unit.label,
                fontsize=7.5,
                ha="center",
                va="center",
                color=INK,
                zorder=4,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )


def _legend(figure: Figure, rows: Sequence[tuple[str, str]], total: tuple[float, float]) -> None:
    x = 0.0
    panel = figure.add_axes((0, 0, 1, 0.36 / total[1]))
    panel.set_xlim(0, total[0])
    panel.set_ylim(0, 0.36)
    panel.axis("off")
    for name, words in rows:
        filled = BANDS.get(name)
        panel.add_patch(
            Rectangle(
                (x + 0.02, 0.1),
                0.24,
                0.15,
                facecolor=filled or "white",
                edgecolor=LINES["focus"] if filled is None else LINES["grid"],
                linewidth=1.5 if filled is None else 0.5,
            )
        )
        panel.text(x + 0.33, 0.175, words, fontsize=8.5, va="center", color=QUIET)
        # letters of Chinese are about twice as wide as those of English
        x += 0.55 + 0.075 * sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
