"""The map of a dossier: as one picture, and as the sheets that the report prints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from gridmap.geometry.lenses.base import Blindness
from gridmap.maps import static_png
from gridmap.maps.sheet import BlindArea, Sheet, Style
from gridmap.maps.themes import HATCHES
from gridmap.services.exporting.dossier import BLINDNESSES, Dossier, share

SUFFIX, MEDIA_TYPE = "png", "image/png"
DPI = 220


def write(dossier: Dossier) -> bytes:
    """Return the map alone, at print quality."""
    return static_png.draw(overview(dossier), dpi=DPI)


def overview(dossier: Dossier, numbers: Mapping[str, int] | None = None) -> Sheet:
    """The map of the chosen lens, or of all "must" lenses over the coverage index.

    ``numbers`` (finding key → number) are written on the map.
    """
    lens = dossier.lens
    shown = (lens.name,) if lens else dossier.must
    title = dossier.say("Blind areas") if lens else dossier.say("Blind areas of the “must” lenses")
    return _sheet(dossier, shown, dossier.title, title, numbers or {}, touched_by=lens.name if lens else None)


def of_blindness(dossier: Dossier, kind: Blindness, numbers: Mapping[str, int] | None = None) -> Sheet | None:
    """The map of everything that is blind in one sense; None where there is nothing to draw."""
    shown = tuple(lens.name for lens in dossier.lenses if lens.blindness == kind)
    drawn = any(f.lens in shown and f.geometry is not None for f in dossier.findings)
    if not drawn:
        return None
    title = dossier.say("{unit}: {what}", unit=dossier.unit.name, what=dossier.blindness(kind))
    return _sheet(dossier, shown, title, dossier.say("Blind areas"), numbers or {}, touched_by=None)


def _sheet(
    dossier: Dossier,
    lenses: tuple[str, ...],
    title: str,
    legend: str,
    numbers: Mapping[str, int],
    *,
    touched_by: str | None,
) -> Sheet:
    blind = [
        BlindArea(f.geometry, f.style, numbers.get(f.key))
        for f in dossier.findings
        if f.lens in lenses and f.geometry is not None and not f.geometry.is_empty
    ]
    used = {area.style for area in blind}
    styles = {
        key: Style(HATCHES[key], dossier.say(name)) for key, name in BLINDNESSES.values() if key in used or not blind
    }
    drawn = [unit for unit in dossier.grids if unit.geometry is not None and not unit.geometry.is_empty]
    if touched_by is None:
        measure, ramp_title = "index", dossier.say("Coverage index, by grid")
        values: list[float | None] = [unit.index for unit in drawn]
        notes = [dossier.index_words]
    else:
        measure, ramp_title = "touched", dossier.say("Households touched, by grid")
        shares = dossier.shares.get(touched_by, {})
        values = [shares.get(unit.place.code, 0.0) if unit.households else None for unit in drawn]
        notes = [dossier.lens.question] if dossier.lens else []
    if any(max(area.shape.bounds[2] - area.shape.bounds[0], 0) < 600 for area in blind):
        notes.append(dossier.say("A ring marks a blind area too small to see at this scale."))
    if dossier.demo:
        notes.append(dossier.say("Demo: an invented county"))
    subtitle = dossier.say(
        "As of {day} · coverage index {index} · {touched} of {households} households touched · {count} blind areas",
        day=dossier.day,
        index=share(dossier.figures.index),
        touched=f"{dossier.figures.touched:,}",
        households=f"{dossier.figures.households:,}",
        count=f"{dossier.figures.findings:,}",
    )
    return Sheet(
        title=title,
        subtitle=subtitle,
        language=dossier.language,
        units=np.array([unit.geometry for unit in drawn], dtype=object),
        values=values,
        measure=measure,
        outlines=dossier.outlines,
        ground={kind: list(lines) for kind, lines in dossier.ground.items()},
        blind=blind,
        styles=styles,
        labels=dossier.names,
        legend_title=legend,
        ramp_title=ramp_title,
        notes=notes,
    )


def drawable(dossier: Dossier) -> bool:
    """Whether any unit has a boundary to draw."""
    return any(unit.geometry is not None and not shapely.is_empty(unit.geometry) for unit in dossier.grids)
