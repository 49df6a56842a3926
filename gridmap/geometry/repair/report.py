"""What a repair did and left, as plain data: the document of ``gridmap repair --json`` and its table for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from gridmap.geometry.repair.passes import Repaired, renamed
from gridmap.geometry.repair.proposals import Proposal
from gridmap.geometry.topology import Audit, Defect
from gridmap.geometry.topology.audit import centroids_of
from gridmap.geometry.topology.ground import Geometries, Indices, Numbers
from gridmap.geometry.topology.parents import total

#: Why a person must decide, by question.
QUESTIONS: Final = {
    "duplicate": "registration: several records of one unit",
    "missing unit": "registration: ground as large as a unit, perhaps one that is not on record",
    "unit outside": "registration: most of the unit lies outside the jurisdiction",
    "no neighbour": "registration: no unit borders on this ground",
}


@dataclass(frozen=True)
class Loads:
    """Households, where known: by unit (``of_unit``, NaN where not), and as counts at places (``points``, ``counts``).

    ``points``: working system, shape (places, 2).
    """

    of_unit: Numbers | None = None
    points: Numbers | None = None
    counts: Numbers | None = None


@dataclass(frozen=True)
class Part:
    """Units repaired together: their rows in the file and what came of it."""

    rows: Indices
    repaired: Repaired


class Report:
    """The parts of one file's repair put together. ``names`` and ``working`` (before, metres) are of all its rows."""

    def __init__(self, parts: Sequence[Part], names: Sequence[str], working: Geometries, loads: Loads) -> None:
        self.parts, self.names, self.working, self.loads = parts, names, working, loads
        self.before: Audit = total([self._renamed(part, part.repaired.before) for part in parts])
        self.after: Audit = total([self._renamed(part, part.repaired.after) for part in parts])
        self._places: shapely.STRtree | None = None
        if loads.points is not None:
            self._places = shapely.STRtree(np.asarray(shapely.points(loads.points), dtype=object))
        self._known: dict[int, float | None] = {}

    def _renamed(self, part: Part, found: Audit) -> Audit:
        return renamed(found, [self.names[row] for row in part.rows.tolist()])

    @property
    def proven(self) -> bool:
        """Every part's last audit found nothing that should have been closed."""
        return all(part.repaired.proven for part in self.parts)

    @property
    def area_moved_m2(self) -> float:
        """Ground that units gained and gave up, added up."""
        return sum(part.repaired.area_moved_m2 for part in self.parts)

    @property
    def touched(self) -> set[int]:
        """Rows of the file whose geometry is another than before."""
        return {int(part.rows[row]) for part in self.parts for row in part.repaired.acts}

    def closed(self) -> list[dict[str, Any]]:
        """Every defect that was closed, with who has its ground now."""
        return [
            {
                "kind": one.defect.kind,
                "area_m2": one.defect.area_m2,
                "width_m": one.defect.width_m,
                "units": self._names(part, one.defect.owners),
                "given_to": [self.names[int(part.rows[row])] for row in one.given_to],
                "area_given_m2": list(one.given_to.values()),
            }
            for part in self.parts
            for one in part.repaired.closed
        ]

    def left_for_people(self, to_lonlat: Callable[[Numbers], Numbers]) -> list[dict[str, Any]]:
        """Every defect that was not closed: what it is, who should have it and why, and what that does to the load."""
        found: list[dict[str, Any]] = []
        for part in self.parts:
            proposals = [*part.repaired.unclosed, *part.repaired.left]
            centroids = to_lonlat(centroids_of([one.defect for one in proposals]))
            for number, (one, (lon, lat)) in enumerate(zip(proposals, centroids, strict=True)):
                failed = number < len(part.repaired.unclosed)
                found.append(self._left(part, one, [float(lon), float(lat)], failed=failed))
            for wrong in part.repaired.after.invalid:
                name = self.names[int(part.rows[int(wrong.name)])]
                found.append({"kind": "invalid", "units": [name], "why": wrong.reason, "proposed_owner": None})
        return sorted(found, key=lambda one: -float(one.get("area_m2", 0.0)))

    def _left(self, part: Part, one: Proposal, centroid: list[float], *, failed: bool) -> dict[str, Any]:
        defect = one.defect
        owners = [self.names[int(part.rows[row])] for row in one.owners]
        why = QUESTIONS[one.question] if one.question else one.reason
        return {
            "kind": defect.kind,
            "area_m2": defect.area_m2,
            "width_m": defect.width_m,
            "units": self._names(part, defect.owners),
            "neighbours": {self.names[int(part.rows[int(n)])]: metres for n, metres in defect.neighbours.items()},
            "proposed_owner": None if not owners else owners[0] if len(owners) == 1 else owners,
            "why": "could not be closed" if failed else why,
            "question": one.question,
            "load": self._load(part, one),
            "centroid": centroid,
        }

    def _names(self, part: Part, owners: Sequence[str]) -> list[str]:
        return [self.names[int(part.rows[int(row)])] for row in owners]

    def _load(self, part: Part, one: Proposal) -> dict[str, Any] | None:
        """Households in the piece, and of every unit concerned before and after; None where nothing is known."""
        if self.loads.of_unit is None and self._places is None:
            return None
        inside = self._counted(one.defect.polygon)
        sharing = max(1, len(one.owners))
        units: dict[str, dict[str, float | None]] = {}
        for row in dict.fromkeys([*one.owners, *(int(name) for name in one.defect.owners)]):
            whole = int(part.rows[row])
            before = self._households(whole)
            change: float | None = 0.0
            if row in one.owners and one.defect.kind == "gap":
                change = None if inside is None else inside / sharing
            elif row not in one.owners and (one.owners or one.defect.kind == "spill"):
                change = self._given_up(one.defect, whole, before, inside)
            after = None if before is None or change is None else before + change
            units[self.names[whole]] = {"before": before, "after": after}
        return {"households": inside, "estimated": inside is None or sharing > 1, "units": units}

    def _given_up(self, defect: Defect, row: int, before: float | None, inside: float | None) -> float | None:
        """Minus the households that leave with a piece; by its share of the unit's area where places are not known."""
        if inside is not None:
            return -inside
        area = float(self.working[row].area)
        return None if before is None or not area else -before * min(1.0, defect.area_m2 / area)

    def _households(self, row: int) -> float | None:
        if row not in self._known:
            given = None if self.loads.of_unit is None else float(self.loads.of_unit[row])
            self._known[row] = self._counted(self.working[row]) if given is None or np.isnan(given) else given
        return self._known[row]

    def _counted(self, polygon: Any) -> float | None:
        if self._places is None or self.loads.counts is None:
            return None
        return float(self.loads.counts[self._places.query(polygon, predicate="contains")].sum())

    def changed_units(self) -> list[dict[str, Any]]:
        """Every unit whose geometry is another than before: its area, and what was done to it."""
        found = []
        for part in self.parts:
            for row, acts in sorted(part.repaired.acts.items()):
                whole = int(part.rows[row])
                done: dict[str, dict[str, float]] = {}
                for act in acts:
                    entry = done.setdefault(act.kind, {"gained_m2": 0.0, "given_up_m2": 0.0})
                    entry["gained_m2" if act.area_m2 > 0 else "given_up_m2"] += abs(act.area_m2)
                before = float(shapely.area(self.working[whole]))
                after = float(part.repaired.working[row].area)
                found.append(
                    {
                        "unit": self.names[whole],
                        "area_before_m2": before,
                        "area_after_m2": after,
                        "area_change_m2": after - before,
                        "done": [{"kind": kind, **areas} for kind, areas in done.items()]
                        or [{"kind": "vertex", "gained_m2": 0.0, "given_up_m2": 0.0}],
                    }
                )
        return found

    def as_json(self, to_lonlat: Callable[[Numbers], Numbers]) -> dict[str, Any]:
        """The document of ``gridmap repair --json``. ``to_lonlat``: working system to EPSG:4326, shape (n, 2)."""
        return {
            "before": self.before.as_json(to_lonlat),
            "after": self.after.as_json(to_lonlat),
            "proven": self.proven,
            "closed": self.closed(),
            "left_for_people": self.left_for_people(to_lonlat),
            "area_moved_m2": self.area_moved_m2,
            "untouched_units": len(self.names) - len(self.touched),
            "changed_units": self.changed_units(),
        }
