"""Who should get the ground of a defect, and which defects are questions that no geometry can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import shapely

from gridmap.geometry.measures import inscribed_widths
from gridmap.geometry.precision import HAIRLINE_WIDTH_M
from gridmap.geometry.topology import Defect
from gridmap.geometry.topology.ground import Geometries, Numbers

#: Preference among those who could take a piece; ``ask`` closes nothing.
To = Literal["longest-edge", "largest", "ask"]

#: Why an owner is proposed.
Reason = Literal[
    "longest shared edge", "largest", "would lose most of itself", "nearest split", "parent's grid", "spill"
]

#: Why nobody is: two records of one unit; ground as large as a unit; a unit that lies elsewhere; nobody borders on it.
Question = Literal["duplicate", "missing unit", "unit outside", "no neighbour"]

#: No unit loses more than this share of its ground to a repair: beyond it the question is whether the unit is there.
KEPT_SHARE: Final = 0.5

#: A gap is a missing unit when it has at least this share of its neighbours' median area and of their median width.
UNIT_SHARE: Final = 0.5

#: A gap goes to several neighbours when none has this share of its shared border …
LEADING_SHARE: Final = 1 / 3

#: … and it is this many times longer than wide (area over width²): a strip along many units, not a yard among them.
STRIP_RATIO: Final = 10.0


@dataclass(frozen=True)
class Limits:
    """What may be closed without asking a person, and whom to prefer.

    Hairlines (narrower than ``hairline_m``) always, unless ``to`` is ``ask``; larger pieces only where at least one
    limit is given and none is exceeded. Lengths in metres, areas in m².
    """

    to: To = "longest-edge"
    max_width_m: float | None = None
    max_area_m2: float | None = None
    max_gap_m2: float | None = None
    hairline_m: float = HAIRLINE_WIDTH_M

    def allow(self, defect: Defect) -> bool:
        """Tell whether a defect may be closed without asking."""
        if self.to == "ask":
            return False
        area = self.max_area_m2
        if defect.kind == "gap" and self.max_gap_m2 is not None:
            area = self.max_gap_m2 if area is None else min(area, self.max_gap_m2)
        if self.max_width_m is None and area is None:
            return defect.width_m < self.hairline_m
        return (self.max_width_m is None or defect.width_m <= self.max_width_m) and (
            area is None or defect.area_m2 <= area
        )


@dataclass(frozen=True)
class Proposal:
    """A defect and what to do with it. Units are row numbers.

    ``owners``: who gets the ground: one unit; several that share it by nearness; none where spill is cut off.
    ``question``: why it is not for a machine to close, or None. ``closes``: within the limits and no question.
    """

    defect: Defect
    owners: tuple[int, ...]
    reason: Reason | None
    question: Question | None
    closes: bool


def proposed_owner(
    defect: Defect, areas: Numbers, *, to: To = "longest-edge", lost: Numbers | None = None
) -> tuple[tuple[int, ...], Reason | None, Question | None]:
    """Say who should get the ground of one defect.

    Parameters
    ----------
    defect
        As an audit found it, its owners and neighbours named by row number.
    areas
        Area of every unit, m², shape (units,).
    lost
        Area that every unit gives up to other repairs already, m².

    Returns
    -------
    Rows of the owners, the reason, and the question that keeps it from being closed (or None). Spill has no owner.
    """
    lost = np.zeros_like(areas) if lost is None else lost
    rows = [int(name) for name in defect.owners]
    share = {row: (defect.area_m2 + lost[row]) / areas[row] if areas[row] > 0 else 1.0 for row in rows}
    if defect.kind == "spill":
        return (), "spill", "unit outside" if any(share[row] > KEPT_SHARE for row in rows) else None
    border = {int(name): metres for name, metres in defect.neighbours.items()}
    if defect.kind == "gap":
        if not border:
            return (), None, "no neighbour"
        total, longest = sum(border.values()), max(border.values())
        strip = defect.area_m2 > STRIP_RATIO * defect.width_m**2
        if to != "largest" and strip and longest < LEADING_SHARE * total:
            return tuple(border), "nearest split", None
        return (_best(list(border), border, areas, to),), _reason(to), None
    needy = [row for row in rows if share[row] > KEPT_SHARE]
    if len(needy) > 1:
        return (), None, "duplicate"
    if needy:
        return (needy[0],), "would lose most of itself", None
    return (_best(rows, border, areas, to),), _reason(to), None


def propose(defects: Sequence[Defect], polygons: Geometries, limits: Limits) -> list[Proposal]:
    """Decide on every defect of one audit (owners and neighbours named by row number of ``polygons``).

    The largest come first, so that no unit gives up more than half of itself to all of them together. Ground that no
    unit borders on is proposed to the nearest one of those audited together, its parent's, and never closed.
    """
    areas = np.asarray(shapely.area(polygons))
    lost = np.zeros_like(areas)
    found = []
    for defect in sorted(defects, key=lambda one: (one.kind == "gap", -one.area_m2)):
        owners, reason, question = proposed_owner(defect, areas, to=limits.to, lost=lost)
        if question is None and defect.kind == "gap" and missing_unit(defect, polygons, areas):
            question = "missing unit"
        if question == "no neighbour" and not shapely.is_empty(polygons).all():
            owners, reason = (int(np.nanargmin(_away(defect, polygons))),), "parent's grid"
        closes = question is None and limits.allow(defect)
        if closes:
            for row in {int(name) for name in defect.owners} - set(owners):
                lost[row] += defect.area_m2
        found.append(Proposal(defect, owners, reason, question, closes))
    return found


def missing_unit(defect: Defect, polygons: Geometries, areas: Numbers) -> bool:
    """Tell whether a gap is as large and as wide as the units around it: a unit that nobody registered."""
    rows = [int(name) for name in defect.neighbours]
    if not rows or defect.area_m2 < UNIT_SHARE * float(np.median(areas[rows])):
        return False
    return defect.width_m >= UNIT_SHARE * float(np.median(inscribed_widths(polygons[rows])))


def _away(defect: Defect, polygons: Geometries) -> Numbers:
    return np.asarray(shapely.distance(polygons, defect.polygon))


def _best(rows: list[int], border: dict[int, float], areas: Numbers, to: To) -> int:
    if to == "largest":
        return max(rows, key=lambda row: (areas[row], border.get(row, 0.0), -row))
    return max(rows, key=lambda row: (border.get(row, 0.0), areas[row], -row))


def _reason(to: To) -> Reason:
    return "largest" if to == "largest" else "longest shared edge"
