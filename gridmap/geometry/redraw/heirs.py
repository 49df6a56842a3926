"""Who takes over what a vanished grid had: by households, and by ground where nobody lives."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.geometry.redraw.figures import Counter
from gridmap.geometry.redraw.layout import Layout


@dataclass(frozen=True)
class Heir:
    """One grid that takes over a part: its share of the households (of the ground where there are none)."""

    code: str
    share: float
    households: int


def heirs(base: Layout, layout: Layout, counter: Counter) -> dict[str, tuple[Heir, ...]]:
    """Vanished code → its heirs, the largest share first (then the smaller code). The first is *the* heir.

    A grid whose ground nobody took has none.
    """
    gone = sorted(code for code in base.units if code not in layout.units)
    if not gone:
        return {}
    before, after = counter.holders(base), counter.holders(layout)
    found: dict[str, tuple[Heir, ...]] = {}
    for code in gone:
        outline = base.units[code].geometry
        households: dict[str, int] = {}
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            if old == code and new:
                households[new] = households.get(new, 0) + int(counter.ground.households[place])
        ground = {
            other: layout.units[other].geometry.intersection(outline).area
            for other in layout.near(outline)
            if layout.units[other].geometry.intersects(outline)
        }
        weight = households if sum(households.values()) else ground
        total = sum(weight.values())
        rows = [
            Heir(other, part / total, households.get(other, 0)) for other, part in weight.items() if total and part > 0
        ]
        if rows:
            found[code] = tuple(sorted(rows, key=lambda heir: (-heir.share, heir.code)))
    return found


def renamed(base: Layout, layout: Layout) -> dict[str, str]:
    """Old code → new code of grids that only changed their code: the outline is the same to the byte."""
    new = {unit.geometry.wkb: code for code, unit in layout.units.items() if code not in base.units}
    return {
        code: new[unit.geometry.wkb]
        for code, unit in base.units.items()
        if code not in layout.units and unit.geometry.wkb in new
    }
