"""The map as a picture for print: hatched blind areas over shaded units, legend, scale bar, north arrow.

Drawn with matplotlib's object interface, so that threads do not share a figure. Words are drawn with mathematics
switched off: a unit called ``$\\frac`` is a name, not a formula.
"""

from __future__ import annotations

import threading
from io import BytesIO
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, IdentityTransform
from PIL import Image

from gridmap.maps.defects import defect_sheet
from gridmap.maps.sheet import BlindArea, Sheet, class_of, legend_rows, one_line
from gridmap.maps.themes import GROUND, LINES, NO_DATA, Hatch
from gridmap.translations import translate

#: first of these that the machine has draws the words
FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "DejaVu Sans",
)
INK, QUIET = "#111827", "#4b5563"
#: inches
MARGIN, HEAD, LEGEND, GUTTER = 0.32, 0.78, 2.55, 0.22
#: a blind area smaller than this on paper gets a ring, so that a sliver can't be missed; inches
SMALL = 0.13
#: Fonts are read by FreeType through one shared cache.
DRAWING = threading.Lock()

Shapes = npt.NDArray[np.object_]


def draw(sheet: Sheet, *, dpi: int = 200, longest_in: float = 10.4) -> bytes:
    """Return the map as a PNG.

    ``longest_in`` bounds the longer side of the map's own frame in inches; the legend stands to its right. Shapes are
    simplified here to what ``dpi`` can show.
    """
    with DRAWING:
        return _draw(sheet, dpi, longest_in)


def write_defect_png(
    path: str | FilePath, units: gpd.GeoDataFrame, defects: gpd.GeoDataFrame, *, language: str = "en"
) -> None:
    """Draw the defects that an audit of plain files found, and write the picture to ``path``.

    ``units`` and ``defects`` may be in any coordinate system they state; columns of ``defects`` are those of
    :func:`gridmap.maps.defects.defect_sheet`.

    Raises
    ------
    BadInput
        A frame states no coordinate system, or there is no unit.
    """
    FilePath(path).write_bytes(draw(defect_sheet(units, defects, language)))


def fonts() -> list[str]:
    """Return the families that draw the words, those that the machine has, the best first."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in known] or ["DejaVu Sans"]


def _draw(sheet: Sheet, dpi: int, longest_in: float) -> bytes:
    west, south, east, north = _frame_of(sheet)
    wide, high = east - west, north - south
    scale = min(longest_in / wide, 7.35 / high)
    width, height = max(wide * scale, 3.6), max(high * scale, 4.9)
    total = (MARGIN + width + GUTTER + LEGEND + MARGIN, HEAD + height + MARGIN)
    figure = Figure(figsize=total, dpi=dpi, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((MARGIN / total[0], MARGIN / total[1], width / total[0], height / total[1]))
    # The frame may be wider than the ground: the ground stays in the middle, at the same scale both ways.
    middle = ((west + east) / 2, (south + north) / 2)
    axes.set_xlim(middle[0] - width / scale / 2, middle[0] + width / scale / 2)
    axes.set_ylim(middle[1] - height / scale / 2, middle[1] + height / scale / 2)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("white")
    for spine in axes.spines.values():
        spine.set_edgecolor("#c4c9d1")
        spine.set_linewidth(0.6)

    pixel = 1 / (scale * dpi)
    _draw_units(axes, sheet, pixel)
    _draw_blind(axes, sheet, scale)
    _draw_labels(axes, sheet)
    family = fonts()
    _head(figure, sheet, total)
    _legend(figure, sheet, total, width, scale)
    for text in figure.findobj(match=Text):
        assert isinstance(text, Text)
        text.set_parse_math(False)
        text.set_fontfamily(family)
    buffer = BytesIO()
    canvas.draw()  # type: ignore[no-untyped-call]
    # Three channels: nothing is transparent here, and a fourth makes documents slow and heavy.
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])  # type: ignore[no-untyped-call]
    picture.save(buffer, format="PNG", dpi=(dpi, dpi), compress_level=6)
    return buffer.getvalue()


def _frame_of(sheet: Sheet) -> tuple[float, float, float, float]:
    bounds = [shapely.total_bounds(sheet.units)]
    if sheet.blind:
        bounds.append(shapely.total_bounds([area.shape for area in sheet.blind]))
    both = np.array(bounds)
    low, high = np.nanmin(both[:, :2], axis=0), np.nanmax(both[:, 2:], axis=0)
    if not np.isfinite(low).all():
        low, high = np.zeros(2), np.ones(2)
    side = max(float((high - low).max()), 1.0)
    # a border of 2 %, and no frame thinner than a quarter of its length
    pad = np.maximum(0.02 * side, (0.25 * side - (high - low)) / 2)
    west, south = low - pad
    east, north = high + pad
    return float(west), float(south), float(east), float(north)


def path_of(shape: shapely.Geometry) -> Path:
    """Return polygon rings as one compound path. Shells turn left and holes right, so that both fill rules agree."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    vertices, codes = [], []
    for ring in rings:
        xy = shapely.get_coordinates(ring)
        code = np.full(len(xy), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        vertices.append(xy)
        codes.append(code)
    if not vertices:
        return Path(np.empty((0, 2)))
    return Path(np.concatenate(vertices), np.concatenate(codes))


def lines_of(shapes: Any) -> list[npt.NDArray[np.float64]]:
    array = np.asarray(shapes, dtype=object)
    parts = shapely.get_parts(array)
    polygons = shapely.get_dimensions(parts) == 2
    lines = np.concatenate([parts[~polygons], shapely.get_rings(parts[polygons])])
    return [shapely.get_coordinates(line) for line in lines]


def _draw_units(axes: Axes, sheet: Sheet, pixel: float) -> None:
    shapes = _lighter(sheet.units, pixel)
    colours = [NO_DATA] * len(shapes) if sheet.ramp else ["#e9eef4"] * len(shapes)
    if sheet.ramp:
        for place, value in enumerate(sheet.values):
            if value is not None:
                colours[place] = sheet.ramp.colours[class_of(sheet.ramp, value)]
    paths = [path_of(shape) for shape in shapes]
    # many units: thinner lines, or the borders alone would colour the map
    line = 0.35 if len(paths) < 3000 else 0.12
    axes.add_collection(
        PathCollection(paths, facecolors=colours, edgecolors=LINES["grid"], linewidths=line, zorder=1), autolim=False
    )
    for kind, width in (("road", 0.7), ("river", 1.4)):
        lines = lines_of(sheet.ground[kind]) if sheet.ground.get(kind) is not None else []
        if lines:
            axes.add_collection(
                LineCollection(lines, colors=GROUND[kind], linewidths=width, capstyle="round", zorder=2), autolim=False
            )
    for level, width in (("community", 0.55), ("town", 1.0), ("county", 1.6)):
        if level in sheet.outlines:
            lines = lines_of(_lighter(sheet.outlines[level], pixel))
            axes.add_collection(
                LineCollection(lines, colors=LINES[level], linewidths=width, joinstyle="round", zorder=3),
                autolim=False,
            )


def _lighter(shapes: Shapes, pixel: float) -> Shapes:
    """Drop the vertices that the picture can't show; one by one, as the shapes need not be a coverage."""
    array = np.asarray(shapes, dtype=object)
    simple = shapely.simplify(array, 0.4 * pixel, preserve_topology=False)
    return np.where(shapely.is_empty(simple), array, simple)


def _draw_blind(axes: Axes, sheet: Sheet, scale: float) -> None:
    for key, style in sheet.styles.items():
        own = [area for area in sheet.blind if area.style == key and not area.shape.is_empty]
        if not own:
            continue
        shapes = np.array([area.shape for area in own], dtype=object)
        flat = shapely.get_dimensions(shapes) == 2
        if flat.any():
            _hatched(axes, Path.make_compound_path(*map(path_of, shapes[flat])), style.hatch, zorder=4)
        lines = lines_of(shapes[shapely.get_dimensions(shapes) == 1])
        if lines:
            axes.add_collection(LineCollection(lines, colors=style.hatch.colour, linewidths=1.6, zorder=4))
        xy = shapely.get_coordinates(shapes[shapely.get_dimensions(shapes) == 0])
        if len(xy):
            axes.scatter(xy[:, 0], xy[:, 1], s=7, c=style.hatch.colour, edgecolors="white", linewidths=0.3, zorder=5)
        bounds = shapely.bounds(shapes)
        size = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) * scale
        centre = np.column_stack([bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1)])[size < SMALL]
        if len(centre):
            for width, colour in ((2.6, "white"), (1.3, style.hatch.colour)):
                axes.scatter(
                    centre[:, 0], centre[:, 1], s=62, facecolors="none", edgecolors=colour, linewidths=width, zorder=6
                )
    for area in sheet.blind:
        if area.number is not None:
            _numbered(axes, area, sheet.styles[area.style].hatch, scale)


def _numbered(axes: Axes, area: BlindArea, hatch: Hatch, scale: float) -> None:
    west, _, east, north = area.shape.bounds
    small = max(east - west, north - area.shape.bounds[1]) * scale < 0.34
    place = ((west + east) / 2, north) if small else shapely.get_coordinates(area.shape.representative_point())[0]
    axes.annotate(
        str(area.number),
        place,
        xytext=(0, 8 if small else 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=6.6,
        fontweight="bold",
        color="white",
        zorder=9,
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": hatch.colour, "edgecolor": "white", "linewidth": 0.7},
    )


def _hatched(axes: Axes, path: Path, hatch: Hatch, zorder: float) -> None:
    """Fill a path with tint and hatching at a spacing on paper, whatever the map's scale."""
    axes.add_artist(PathPatch(path, facecolor=hatch.tint, edgecolor="none", alpha=0.88, zorder=zorder))
    figure = axes.get_figure(root=True)
    assert figure is not None
    box = axes.get_position()
    size = np.array([box.width, box.height]) * figure.get_size_inches() * 72
    step = hatch.spacing_px * 0.62
    clip = PathPatch(path, facecolor="none", edgecolor="none", transform=axes.transData)
    axes.add_artist(clip)
    offset = np.array([box.x0, box.y0]) * figure.get_size_inches() * 72
    to_paper = _points_of(figure)
    if hatch.dots:
        x, y = np.meshgrid(np.arange(0, size[0], step), np.arange(0, size[1], step))
        x[1::2] += step / 2
        dots = PathCollection(
            [Path.unit_circle()],
            sizes=[(step * 0.26) ** 2],
            offsets=np.column_stack([x.ravel(), y.ravel()]) + offset,
            offset_transform=to_paper,
            facecolors=hatch.colour,
            edgecolors="none",
            zorder=zorder + 0.1,
        )
        # sizes are in points; without this the axes would stretch them as map metres
        dots.set_transform(IdentityTransform())
        axes.add_collection(dots, autolim=False)
        dots.set_clip_path(path, axes.transData)
    else:
        angle = np.deg2rad(hatch.angle_degrees)
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        reach = float(np.hypot(*size))
        shifts = np.arange(-reach, reach, step)
        start = size / 2 + offset + shifts[:, None] * across - reach * along
        lines = LineCollection(
            list(np.stack([start, start + 2 * reach * along], axis=1)),
            colors=hatch.colour,
            linewidths=step * 0.3,
            transform=to_paper,
            zorder=zorder + 0.1,
        )
        axes.add_collection(lines, autolim=False)
        lines.set_clip_path(path, axes.transData)
    axes.add_artist(
        PathPatch(path, facecolor="none", edgecolor=hatch.colour, linewidth=1.0, joinstyle="round", zorder=zorder + 0.2)
    )


def _points_of(figure: Any) -> Any:
    """Points of 1/72 inch from the figure's lower left corner to pixels."""
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans


def _draw_labels(axes: Axes, sheet: Sheet) -> None:
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for x, y, name in sheet.labels:
        axes.text(
            x,
            y,
            one_line(name, 14),
            ha="center",
            va="center",
            fontsize=7.4,
            fontweight="bold",
            color=INK,
            path_effects=halo,
            zorder=8,
            clip_on=True,
        )


def _head(figure: Figure, sheet: Sheet, total: tuple[float, float]) -> None:
    top = total[1]
    room = (total[0] - 2 * MARGIN) * 72
    figure.text(
        MARGIN / total[0],
        (top - 0.2) / top,
        _fitting(sheet.title, room / 15),
        fontsize=15,
        fontweight="bold",
        color=INK,
        va="top",
    )
    figure.text(
        MARGIN / total[0], (top - 0.5) / top, _fitting(sheet.subtitle, room / 9), fontsize=9, color=QUIET, va="top"
    )


def _fitting(text: str, room_em: float) -> str:
    """Cut one line to a width in ems; a Chinese character is one em wide, others 0.56 on average."""
    line = one_line(text, 400)
    widths = np.cumsum([1.0 if ord(c) > 0x2E80 else 0.56 for c in line])
    fits = int(np.searchsorted(widths, room_em - 1.0, side="right"))
    return line if fits >= len(line) else line[:fits] + "…"


def _legend(figure: Figure, sheet: Sheet, total: tuple[float, float], width: float, scale: float) -> None:
    """North arrow, blind areas, ramp, notes from the top down; the scale bar at the foot."""
    left = MARGIN + width + GUTTER
    panel = figure.add_axes(
        (left / total[0], MARGIN / total[1], LEGEND / total[0], (total[1] - HEAD - MARGIN) / total[1])
    )
    high = total[1] - HEAD - MARGIN
    panel.set_xlim(0, LEGEND)
    panel.set_ylim(0, high)
    panel.axis("off")
    y = high - 0.1
    if sheet.legend_title:
        y = _legend_title(panel, y, sheet.legend_title)
        for style in sheet.styles.values():
            box = Path([(0, y - 0.17), (0.36, y - 0.17), (0.36, y + 0.05), (0, y + 0.05), (0, y - 0.17)])
            _hatched(panel, box, style.hatch, zorder=2)
            _words(panel, 0.48, y - 0.06, style.label)
            y -= 0.31
        y -= 0.12
    if sheet.measure:
        y = _legend_title(panel, y, sheet.ramp_title)
        swatches, colours = [], []
        rows = legend_rows(sheet.measure, sheet.language)
        if any(value is None for value in sheet.values):
            rows.append((NO_DATA, translate("no figure", sheet.language)))
        for colour, words in rows:
            swatches.append(Rectangle((0, y - 0.17), 0.36, 0.22))
            colours.append(colour)
            _words(panel, 0.48, y - 0.06, words)
            y -= 0.27
        panel.add_collection(
            PatchCollection(swatches, facecolors=colours, edgecolors="#9aa3af", linewidths=0.5), autolim=False
        )
        y -= 0.14
    for note in sheet.notes:
        for line in _wrapped(one_line(note, 400), 33):
            panel.text(0, y, line, fontsize=7, color=QUIET, va="top")
            y -= 0.145
        y -= 0.08
    _scale_bar(panel, scale)
    _north(panel)


def _legend_title(panel: Axes, y: float, text: str) -> float:
    for line in _wrapped(one_line(text), 30):
        panel.text(0, y, line, fontsize=8.6, fontweight="bold", color=INK, va="center")
        y -= 0.19
    return y - 0.12


def _words(panel: Axes, x: float, y: float, text: str) -> None:
    panel.text(x, y, one_line(text, 34), fontsize=8, color=INK, va="center")


def _scale_bar(panel: Axes, scale: float) -> None:
    longest = 1.6 / scale
    unit = 10.0 ** np.floor(np.log10(longest))
    metres = max(step * unit for step in (1, 2, 5) if step * unit <= longest)
    length = metres * scale
    for place, (start, end) in enumerate(pairwise(np.linspace(0, length, 5))):
        panel.add_artist(
            Rectangle(
                (start, 0.06),
                end - start,
                0.075,
                facecolor=INK if place % 2 == 0 else "white",
                edgecolor=INK,
                linewidth=0.6,
            )
        )
    name = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    panel.text(0, 0.2, "0", fontsize=7, color=INK, ha="center", va="bottom", clip_on=False)
    panel.text(length, 0.2, name, fontsize=7, color=INK, ha="center", va="bottom")


def _north(panel: Axes) -> None:
    x, foot = LEGEND - 0.3, 0.06
    panel.add_artist(
        PathPatch(
            Path([(x, foot), (x, foot + 0.5), (x - 0.13, foot - 0.04), (x, foot)]),
            facecolor=INK,
            edgecolor=INK,
            linewidth=0.6,
        )
    )
    panel.add_artist(
        PathPatch(
            Path([(x, foot), (x, foot + 0.5), (x + 0.13, foot - 0.04), (x, foot)]),
            facecolor="white",
            edgecolor=INK,
            linewidth=0.6,
        )
    )
    panel.text(x, foot + 0.55, "N", fontsize=8.5, fontweight="bold", color=INK, ha="center", va="bottom")


def _wrapped(text: str, room: int) -> list[str]:
    """Break text into lines of ``room`` columns; a Chinese character takes two and may be broken after."""
    lines, line, used = [], "", 0
    for piece in _pieces(text):
        size = sum(1 + (ord(c) > 0x2E80) for c in piece)
        if used + size > room * 1.25 and line:
            lines.append(line.rstrip())
            line, used, piece = "", 0, piece.lstrip()
        line += piece
        used += size
    return [*lines, line] if line else lines


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for character in text:
        wide = ord(character) > 0x2E80
        joins = pieces and not wide and not pieces[-1].endswith(" ") and ord(pieces[-1][-1]) <= 0x2E80
        # a full stop or comma never begins a line
        if pieces and (joins or character in "，。；：、）！？”》"):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
