"""The audit: which ground has no unit, which has several, and what lies outside; nothing dropped for being small."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import LedgerUnbalanced
from gridmap.geometry.measures import inscribed_widths
from gridmap.geometry.precision import (
    FILE_NOISE_WIDTH_M,
    LEDGER_FLOOR_M2,
    LEDGER_SHARE,
    MILLIMETRES_PER_METRE,
    SLIVER_WIDTH_M,
)
from gridmap.geometry.topology.arrangement import Arrangement, arrange
from gridmap.geometry.topology.cancel import Remnant, cancel, distinct
from gridmap.geometry.topology.classes import Cover, Kind, Piece, add_neighbours, cover_of, join
from gridmap.geometry.topology.ground import (
    Geometries,
    Ground,
    Indices,
    Invalid,
    Numbers,
    as_valid,
    polygonal,
    read_ground,
)
from gridmap.geometry.topology.locate import edges_near


@dataclass(frozen=True)
class SliverRule:
    """When a piece is a sliver: its largest inscribed circle is narrower than ``max_width_m``.

    Width, not area: a strip of 5 mm along 10 km of border has 50 m² and is still two drawings of one line, while a
    forgotten courtyard of 50 m² is ground. The reason for the default stands at
    :data:`gridmap.geometry.precision.SLIVER_WIDTH_M`.
    """

    max_width_m: float = SLIVER_WIDTH_M


@dataclass(frozen=True)
class Defect:
    """One gap, overlap or spill. ``polygon`` in metres of the working system; ``area_m2`` planar there.

    ``owners``: names of the units that cover it (none for a gap), in the order of the input. ``neighbours``: name →
    metres of border beyond which that unit covers the ground.
    """

    kind: Kind
    polygon: shapely.Polygon
    area_m2: float
    width_m: float
    sliver: bool
    owners: tuple[str, ...]
    neighbours: dict[str, float]


@dataclass(frozen=True)
class Audit:
    """What an audit found. ``area_m2`` is the sum of the units' planar areas; items are ordered, largest first.

    ``ledger_error_m2`` is by how much area(jurisdiction) - sum of units = gaps - overlap excess - spill fails.
    """

    units: int
    area_m2: float
    ledger_error_m2: float
    invalid: tuple[Invalid, ...]
    gaps: tuple[Defect, ...]
    overlaps: tuple[Defect, ...]
    spills: tuple[Defect, ...]

    @cached_property
    def defects(self) -> tuple[Defect, ...]:
        return self.gaps + self.overlaps + self.spills

    @property
    def clean(self) -> bool:
        """Nothing found, and every polygon was one."""
        return not self.defects and not self.invalid

    def as_json(self, to_lonlat: Callable[[Numbers], Numbers]) -> dict[str, Any]:
        """The document of ``gridmap check --json``. ``to_lonlat`` turns points (n, 2) into EPSG:4326, x before y."""
        document: dict[str, Any] = {
            "units": self.units,
            "area_m2": self.area_m2,
            "ledger_error_m2": self.ledger_error_m2,
            "invalid": [{"unit": wrong.name, "reason": wrong.reason} for wrong in self.invalid],
        }
        for name, defects in (("gaps", self.gaps), ("overlaps", self.overlaps), ("spills", self.spills)):
            centroids = to_lonlat(centroids_of(defects))
            document[name] = {
                "count": len(defects),
                "area_m2": sum(defect.area_m2 for defect in defects),
                "items": [
                    {
                        "area_m2": defect.area_m2,
                        "width_m": defect.width_m,
                        "sliver": defect.sliver,
                        "units": list(defect.owners),
                        "neighbours": defect.neighbours,
                        "centroid": [float(lon), float(lat)],
                    }
                    for defect, (lon, lat) in zip(defects, centroids, strict=True)
                ],
            }
        return document


def centroids_of(defects: Sequence[Defect]) -> Numbers:
    """Centroids in the working system, shape (defects, 2)."""
    if not defects:
        return np.empty((0, 2))
    return shapely.get_coordinates(shapely.centroid(np.array([defect.polygon for defect in defects], dtype=object)))


def audit(
    polygons: Sequence[BaseGeometry | None] | Geometries,
    names: Sequence[str],
    jurisdiction: BaseGeometry | None = None,
    *,
    rule: SliverRule = SliverRule(),  # frozen
    steps_per_metre: int = MILLIMETRES_PER_METRE,
) -> Audit:
    """Find every piece of ground that no unit covers, that several cover, or that lies outside the jurisdiction.

    Parameters
    ----------
    polygons
        Polygons or MultiPolygons in metres of one projected system, x east. Empty ones and
        ones that are not valid are reported in :attr:`Audit.invalid`; the latter count as the even-odd rule reads them.
    names
        One name per polygon; they need not differ.
    jurisdiction
        The ground that must be covered. Without it gaps are the ground that the units enclose, and nothing spills.
    rule
        Marks slivers; drops none.
    steps_per_metre
        Coordinates are rounded to this lattice: whole millimetres, as stored ones are, unless the polygons come from
        elsewhere (then :data:`~gridmap.geometry.precision.FILE_STEPS_PER_METRE`).

    Returns
    -------
    Audit
        A *gap* is covered by no unit; an *overlap* by two or more, counted once however many, inside the jurisdiction
        or out; a *spill* lies outside the jurisdiction. Pieces of one kind that share an edge and have the same owners
        are one item; pieces that touch at a point are two.

    Raises
    ------
    LedgerUnbalanced
        when the areas found do not explain the difference between the jurisdiction and the units.
    GroundTooWide
    """
    if len(names) != len(polygons):
        raise ValueError("as many names as polygons are needed")
    valid, invalid = as_valid(polygons, names)
    ground = read_ground(valid, None if jurisdiction is None else polygonal(jurisdiction), steps_per_metre)
    remnant = cancel(ground)
    pieces, error = _pieces(ground, remnant, snapped=False)
    allowed = LEDGER_FLOOR_M2 + LEDGER_SHARE * float(ground.double_area.sum()) / 2 / steps_per_metre**2
    if error > allowed:
        pieces, error = _pieces(ground, remnant, snapped=True)
    if error > allowed:
        raise LedgerUnbalanced(error_m2=error, allowed_m2=allowed)
    defects = _defects(ground, pieces, names, rule)
    return Audit(
        units=len(polygons),
        area_m2=_covered(ground) / steps_per_metre**2,
        ledger_error_m2=error,
        invalid=tuple(invalid),
        gaps=tuple(defect for defect in defects if defect.kind == "gap"),
        overlaps=tuple(defect for defect in defects if defect.kind == "overlap"),
        spills=tuple(defect for defect in defects if defect.kind == "spill"),
    )


def _pieces(ground: Ground, remnant: Remnant, *, snapped: bool) -> tuple[list[Piece], float]:
    """Arrange the remnant, class its faces; return the items and the ledger's error in m²."""
    coarse = arrange(remnant.start, remnant.end, ground.per_metre, snapped=snapped)
    cover = cover_of(ground, coarse.points)
    empty = (cover.count <= 0) & ((cover.inside > 0) if ground.jurisdiction is not None else True)
    crowded = cover.count - cover.inside > (0 if ground.jurisdiction is not None else 1)
    fine = _split_by_owner(ground, coarse, np.flatnonzero(crowded), snapped=snapped)
    fine_cover = cover_of(ground, fine.points)
    double = fine_cover.count >= 2
    spilt = (fine_cover.count >= 1) & (fine_cover.inside == 0)
    if ground.jurisdiction is None:
        spilt[:] = False

    if ground.jurisdiction is not None:
        due = float(ground.double_area[ground.jurisdiction]) / 2
    else:
        # Without a jurisdiction the ground is everything that the units cover or enclose.
        due = float(coarse.area.sum())
    gaps = float(((cover.inside - cover.count)[empty] * coarse.area[empty]).sum())
    if ground.jurisdiction is None:
        gaps = float(coarse.area[empty].sum())
    excess = float(((fine_cover.count - 1)[double] * fine.area[double]).sum())
    spill = float(fine.area[spilt].sum())
    error = abs((due - _covered(ground)) - (gaps - excess - spill))

    joined = [
        join("gap", coarse, *_chosen(coarse, empty & ~_rounding_at_rim(ground, coarse), cover, least=0)),
        join("overlap", fine, *_chosen(fine, double, fine_cover, least=2)),
        join("spill", fine, *_chosen(fine, spilt & ~_rounding_at_rim(ground, fine), fine_cover, least=1)),
    ]
    return add_neighbours(ground, joined), error / ground.per_metre**2


def _rounding_at_rim(ground: Ground, arrangement: Arrangement) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Faces along the jurisdiction's edge that only the rounding of a file's vertices has opened.

    Two units that meet on a straight stretch of the jurisdiction have a vertex there that no lattice can hold exactly;
    between units both sides can be given the vertex, but the jurisdiction is not theirs to change.
    """
    found = np.zeros(len(arrangement.faces), dtype=bool)
    if ground.jurisdiction is None or ground.per_metre <= MILLIMETRES_PER_METRE:
        return found
    thin = np.flatnonzero(arrangement.real & ~arrangement.wider(FILE_NOISE_WIDTH_M))
    if len(thin):
        edges = edges_near(ground, shapely.bounds(arrangement.faces[thin]))
        ring = np.searchsorted(ground.starts, edges, side="right") - 1
        edges = edges[ground.unit[ring] == ground.jurisdiction]
        xy = np.stack([ground.x, ground.y], axis=1).astype(float)
        lines: Geometries = np.asarray(shapely.linestrings(np.stack([xy[edges], xy[edges + 1]], axis=1)), dtype=object)
        rim = shapely.STRtree(lines)
        points = shapely.points(arrangement.points[thin])
        found[thin[np.unique(rim.query(points, predicate="dwithin", distance=1.0)[0])]] = True
    return found


def _chosen(
    arrangement: Arrangement, wanted: np.ndarray[Any, np.dtype[np.bool_]], cover: Cover, *, least: int
) -> tuple[Indices, list[tuple[int, ...]]]:
    """Faces of one class and their owners, without rounding noise.

    A ring that only crosses itself since it was rounded can wind twice around a speck: one owner, no overlap.
    """
    faces = [face for face in np.flatnonzero(wanted & arrangement.real).tolist() if len(cover.owners[face]) >= least]
    return np.array(faces, dtype=np.intp), [cover.owners[face] for face in faces]


def _split_by_owner(ground: Ground, coarse: Arrangement, crowded: Indices, *, snapped: bool) -> Arrangement:
    """Arrange every edge near crowded faces: those of their owners and of the jurisdiction that cancelled, too.

    A unit can lie over two others whose common edge cancelled, over the jurisdiction's edge where that cancelled, and a
    small one can lie within a large one that has no edge in the remnant at all.
    """
    edges = np.empty(0, dtype=np.intp)
    if len(crowded):
        edges = edges_near(ground, shapely.bounds(coarse.faces[crowded]))
    low, high, _ = distinct(ground, edges, np.ones(len(edges), dtype=np.int64))
    return arrange(low, high, ground.per_metre, snapped=snapped)


def _defects(ground: Ground, pieces: list[Piece], names: Sequence[str], rule: SliverRule) -> list[Defect]:
    if not pieces:
        return []
    polygons = np.array([piece.polygon for piece in pieces], dtype=object)
    areas = shapely.area(polygons) / ground.per_metre**2
    in_metres = ground.to_metres(polygons)
    widths = inscribed_widths(polygons) / ground.per_metre
    order = np.lexsort((np.arange(len(pieces)), -areas))
    return [
        Defect(
            kind=pieces[i].kind,
            polygon=in_metres[i],
            area_m2=float(areas[i]),
            width_m=float(widths[i]),
            sliver=bool(widths[i] < rule.max_width_m),
            owners=tuple(str(names[unit]) for unit in pieces[i].owners),
            neighbours={
                str(names[unit]): metres
                for unit, metres in sorted(pieces[i].neighbours.items(), key=lambda pair: -pair[1])
            },
        )
        for i in order.tolist()
    ]


def _covered(ground: Ground) -> float:
    """Sum of the units' areas in square steps, rounded once."""
    return math.fsum(ground.double_area[: ground.units].tolist()) / 2
