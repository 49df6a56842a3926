"""The whole repair of one set of units: audit, close what the limits allow, audit again until nothing is left of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.precision import FILE_STEPS_PER_METRE
from gridmap.geometry.repair.apply import close
from gridmap.geometry.repair.file_coordinates import in_file_numbers
from gridmap.geometry.repair.proposals import Limits, Proposal, propose
from gridmap.geometry.topology import Audit, Defect, audit
from gridmap.geometry.topology.ground import Geometries, Numbers, as_valid, polygonal, read_ground
from gridmap.geometry.topology.locate import edges_near

#: Audits and closings before giving up. Rounding the first one's crossing points can leave a speck for the second.
PASSES: Final = 5


@dataclass(frozen=True)
class ClosedDefect:
    """A defect that was closed. ``given_to``: row → m² that it has of the ground now; none where spill was cut off."""

    defect: Defect
    given_to: dict[int, float]


@dataclass(frozen=True)
class Act:
    """What was done to one unit on account of one defect: ``area_m2`` gained (above 0) or given up (below)."""

    kind: str
    area_m2: float


@dataclass
class Repaired:
    """A repaired set of units; rows are those given.

    ``polygons``: in the file's own system, the given objects wherever a unit was not touched. ``working``: the same in
    metres. ``left``: what nobody closed, in the last audit's words. ``unclosed``: what should have been closed and was
    not: the repair is not proven.
    """

    before: Audit
    after: Audit
    polygons: Geometries
    working: Geometries
    closed: list[ClosedDefect] = field(default_factory=list)
    left: list[Proposal] = field(default_factory=list)
    unclosed: list[Proposal] = field(default_factory=list)
    acts: dict[int, list[Act]] = field(default_factory=dict)
    area_moved_m2: float = 0.0

    @property
    def proven(self) -> bool:
        """The last audit found nothing that should have been closed, and no polygon that was valid before is not."""
        return not self.unclosed and {w.name for w in self.after.invalid} <= {w.name for w in self.before.invalid}


def repair(
    given: Geometries,
    working: Geometries,
    jurisdiction: BaseGeometry | None,
    limits: Limits,
    *,
    to_file: Callable[[Numbers], Numbers] | None = None,
    to_working: Callable[[Numbers], Numbers] | None = None,
) -> Repaired:
    """Close the defects of a coverage that the limits allow, and prove by another audit that they are gone.

    Parameters
    ----------
    given
        Polygons in the file's own system, vertex by vertex those of ``working``.
    working
        The same in metres of one projected system, x east.
    jurisdiction
        Ground that must be covered, in the working system; it is never changed.
    to_file, to_working
        Between metres and the file's system, for points of shape (n, 2). Left out where both are the same.

    Raises
    ------
    LedgerUnbalanced, GroundTooWide
    """
    rows = [str(row) for row in range(len(given))]

    def audited() -> Audit:
        return audit(working, rows, jurisdiction, steps_per_metre=FILE_STEPS_PER_METRE)

    given, working = given.copy(), working.copy()
    bounds = None if jurisdiction is None else polygonal(jurisdiction)
    before = audited()
    result = Repaired(before, before, given, working)
    for number in range(PASSES):
        valid, _invalid = as_valid(working, rows)
        proposals = propose(result.after.defects, valid, limits)
        result.left = [proposal for proposal in proposals if not proposal.closes]
        result.unclosed = [proposal for proposal in proposals if proposal.closes]
        if limits.to == "ask" or (number and not result.unclosed):
            break
        if not _one_pass(result, valid, bounds, proposals, to_file, to_working):
            break
        result.after = audited()
    return result


def _one_pass(
    result: Repaired,
    valid: Geometries,
    jurisdiction: BaseGeometry | None,
    proposals: Sequence[Proposal],
    to_file: Callable[[Numbers], Numbers] | None,
    to_working: Callable[[Numbers], Numbers] | None,
) -> bool:
    """Close once; tell whether anything changed."""
    ground = read_ground(valid, jurisdiction, FILE_STEPS_PER_METRE)
    done = close(ground, proposals)
    own = np.array(
        [shape if same else None for shape, same in zip(result.polygons, valid == result.working, strict=True)]
    )
    shapes = np.array([*done.polygons.values()], dtype=object)
    beside: list[int] = []
    if len(shapes):
        near = edges_near(ground, shapely.bounds(shapes))
        units = ground.unit[np.searchsorted(ground.starts, near, side="right") - 1]
        beside = [unit for unit in np.unique(units).tolist() if unit < ground.units and unit not in done.polygons]
    new = in_file_numbers(ground, done.polygons, own, beside, to_file or (lambda xy: xy))
    for row, shape in new.items():
        if shape.is_empty:
            # thinner than the lattice: better not proven than lost
            continue
        kept = _as_before(shape, result.polygons[row])
        result.polygons[row] = kept
        result.working[row] = kept if to_working is None else shapely.transform(kept, to_working)
        result.acts.setdefault(row, [])
    square = ground.per_metre**2
    for change in done.changes:
        area = change.sign * change.face.area / square
        kind = proposals[change.proposal].defect.kind
        result.acts.setdefault(change.unit, []).append(Act(kind, area))
        result.area_moved_m2 += abs(area)
    for number, proposal in enumerate(proposals):
        if proposal.closes:
            result.closed.append(ClosedDefect(proposal.defect, done.kept.get(number, {})))
    return bool(new)


def _as_before(shape: BaseGeometry, before: BaseGeometry) -> BaseGeometry:
    """The new shape with shells turned as they were and as a MultiPolygon where it was one."""
    parts = shapely.get_parts(before)
    clockwise = len(parts) > 0 and not shapely.is_ccw(shapely.get_exterior_ring(parts[0]))
    turned: BaseGeometry = shapely.orient_polygons(shape, exterior_cw=clockwise)
    if before.geom_type == "MultiPolygon" and isinstance(turned, shapely.Polygon):
        return shapely.MultiPolygon([turned])
    return turned


def renamed(found: Audit, names: Sequence[str]) -> Audit:
    """The audit with units' names instead of row numbers."""

    def named(defect: Defect) -> Defect:
        return replace(
            defect,
            owners=tuple(names[int(row)] for row in defect.owners),
            neighbours={names[int(row)]: metres for row, metres in defect.neighbours.items()},
        )

    return replace(
        found,
        invalid=tuple(replace(wrong, name=names[int(wrong.name)]) for wrong in found.invalid),
        gaps=tuple(named(defect) for defect in found.gaps),
        overlaps=tuple(named(defect) for defect in found.overlaps),
        spills=tuple(named(defect) for defect in found.spills),
    )
