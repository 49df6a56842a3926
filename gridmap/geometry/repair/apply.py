"""Close defects by arithmetic on borders: what a unit gains or gives up is added to its border or taken from it.

The border of every touched unit is a set of directed lattice edges, walked with the ground to the left. Adding a face
adds the face's edges; opposite ones cancel. What remains is the new border, exactly: no overlay is computed, so
nothing is left between two units that share an edge, and units far from any closed defect are never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import shapely

from gridmap.geometry.repair.noding import REACH, Noded, node_near, passed_points
from gridmap.geometry.repair.proposals import Proposal
from gridmap.geometry.repair.strips import share_out
from gridmap.geometry.topology.cancel import cancel
from gridmap.geometry.topology.classes import Cover, cover_of
from gridmap.geometry.topology.ground import Geometries, Ground, Indices, Integers, Numbers

#: Owner of a face that nobody keeps.
NOBODY: Final = -1


@dataclass(frozen=True)
class Change:
    """A face of ground that a unit gains (``sign`` 1) or gives up (-1), on account of a proposal."""

    proposal: int
    unit: int
    sign: int
    face: shapely.Polygon


@dataclass
class Closed:
    """What closing defects does. ``polygons``: row → new ground, in steps from the origin of ``ground``.

    ``changes``: every face that changed hands; ``kept``: proposal → owners of the ground afterwards, with m² each.
    """

    ground: Ground
    polygons: dict[int, shapely.Polygon | shapely.MultiPolygon] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    kept: dict[int, dict[int, float]] = field(default_factory=dict)


def close(ground: Ground, proposals: Sequence[Proposal]) -> Closed:
    """Carry out the proposals that close.

    Parameters
    ----------
    ground
        The units and the jurisdiction on a lattice; owners of the proposals are its unit numbers.

    Returns
    -------
    New polygons of the units whose border changed or gained a point; nothing of any other. A vertex that stands on a
    neighbour's edge without being one of its vertices is put into it, too, unless a defect left open begins there.
    """
    closing = [number for number, proposal in enumerate(proposals) if proposal.closes]
    borders = _in_steps(ground, [proposals[number].defect.polygon for number in closing])
    unmatched = _unmatched(ground, [proposal.defect.polygon for proposal in proposals])
    if not closing and not len(unmatched):
        return Closed(ground)
    noded = node_near(ground, borders, unmatched)
    done = Closed(noded.ground)
    faces = _faces(noded)
    if len(faces):
        cover = cover_of(noded.ground, shapely.get_coordinates(shapely.point_on_surface(faces)))
        found = _proposal_of(faces, cover, proposals, closing, borders, ground.jurisdiction is not None)
        _decide(noded, faces, cover, found, proposals, done)
    touched = {change.unit for change in done.changes} | set(np.flatnonzero(noded.gained).tolist())
    touched.discard(ground.units)
    done.polygons = _rebuilt(noded.ground, sorted(touched), done.changes)
    return done


def _unmatched(ground: Ground, defects: Sequence[shapely.Polygon]) -> Numbers:
    """Ends of edges that have no opposite although no defect is there: a neighbour lacks the vertex."""
    remnant = cancel(ground)
    ends = passed_points(remnant.start, remnant.end)
    if not len(defects) or not len(ends):
        return ends
    tree = shapely.STRtree(shapely.boundary(_in_steps(ground, defects)))
    by_defect = np.unique(tree.query(shapely.points(ends), predicate="dwithin", distance=REACH)[0])
    return np.delete(ends, by_defect, axis=0)


def _in_steps(ground: Ground, polygons: Sequence[shapely.Polygon]) -> Geometries:
    origin = np.array(ground.origin)
    if not polygons:
        return np.empty(0, dtype=object)
    moved = shapely.transform(np.array(polygons, dtype=object), lambda xy: xy * ground.per_metre - origin)
    return np.asarray(moved, dtype=object)


def _faces(noded: Noded) -> Geometries:
    """Faces between edges both ends of which lie near a defect; there everything is noded."""
    edges = noded.edges[noded.hot[noded.edges] & noded.hot[noded.edges + 1]]
    ground = noded.ground
    ends = np.stack([ground.x[edges], ground.y[edges], ground.x[edges + 1], ground.y[edges + 1]], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    once = np.unique(ends, axis=0)
    once = once[(once[:, :2] != once[:, 2:]).any(axis=1)]
    lines = shapely.linestrings(once.reshape(-1, 2, 2).astype(float))
    return np.asarray(shapely.get_parts(shapely.polygonize(lines)), dtype=object)


def _proposal_of(
    faces: Geometries,
    cover: Cover,
    proposals: Sequence[Proposal],
    closing: Sequence[int],
    borders: Geometries,
    bounded: bool,
) -> dict[int, int]:
    """Number of the proposal that decides on each face; a face that rounding has moved off its defect goes with it."""
    points = shapely.point_on_surface(faces)
    tree = shapely.STRtree(borders)
    near, border = tree.query(points, predicate="dwithin", distance=REACH)
    away = shapely.distance(points[near], borders[border])
    found: dict[int, int] = {}
    exact: set[int] = set()
    for at in np.lexsort((away, near)).tolist():
        face, number = int(near[at]), closing[int(border[at])]
        defect = proposals[number].defect
        count, outside = int(cover.count[face]), bounded and not cover.inside[face]
        kind = "spill" if outside and count else "gap" if not count else "overlap"
        if outside and not count:
            continue
        fits = defect.kind == kind or (kind == "spill" and defect.kind == "overlap" and count > 1)
        if not fits or (defect.kind == "overlap" and count < 2):
            continue
        # cutting spill settles who of several keeps it, too; else the very owners count before nearness
        same = defect.kind == "gap" or {int(name) for name in defect.owners} == set(cover.owners[face])
        better = defect.kind == "spill" and face in found and proposals[found[face]].defect.kind == "overlap"
        if face not in found or better or (same and face not in exact and kind == defect.kind):
            found[face] = number
            if same:
                exact.add(face)
    return found


def _decide(
    noded: Noded, faces: Geometries, cover: Cover, found: dict[int, int], proposals: Sequence[Proposal], done: Closed
) -> None:
    square = noded.ground.per_metre**2
    strips: dict[int, list[int]] = {}
    for face, number in found.items():
        proposal, owners = proposals[number], cover.owners[face]
        if proposal.defect.kind == "gap" and len(proposal.owners) > 1:
            strips.setdefault(number, []).append(face)
            continue
        keeper = NOBODY
        if proposal.owners:
            keeper = proposal.owners[0]
            if owners and keeper not in owners:
                keeper = owners[0]
        done.changes += [Change(number, unit, -1, faces[face]) for unit in owners if unit != keeper]
        if keeper != NOBODY:
            if keeper not in owners:
                done.changes.append(Change(number, keeper, 1, faces[face]))
            kept = done.kept.setdefault(number, {})
            kept[keeper] = kept.get(keeper, 0.0) + faces[face].area / square
    for number, parts in strips.items():
        kept = done.kept.setdefault(number, {})
        for unit, triangle in share_out(noded.ground, noded.edges, faces[parts], proposals[number].owners):
            done.changes.append(Change(number, unit, 1, triangle))
            kept[unit] = kept.get(unit, 0.0) + triangle.area / square


def _rebuilt(
    ground: Ground, units: Sequence[int], changes: Sequence[Change]
) -> dict[int, shapely.Polygon | shapely.MultiPolygon]:
    """Borders of the touched units, with the faces that they gained and without those that they gave up."""
    if not units:
        return {}
    number = np.full(len(ground.double_area), -1, dtype=np.intp)
    number[units] = np.arange(len(units))
    turn = np.repeat(np.where(number[ground.unit] >= 0, ground.turn, 0), np.diff(ground.starts)).astype(np.int64)
    turn[ground.starts[1:] - 1] = 0
    edges = np.flatnonzero(turn)
    ring_unit = number[ground.unit[np.searchsorted(ground.starts, edges, side="right") - 1]]
    rows = [_rows(ring_unit, ground.x[edges], ground.y[edges], ground.x[edges + 1], ground.y[edges + 1], turn[edges])]
    if changes:
        faces = shapely.orient_polygons(np.array([change.face for change in changes], dtype=object), exterior_cw=False)
        rings, owner = shapely.get_rings(faces, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        steps = np.rint(xy).astype(np.int64)
        inner = ring[1:] == ring[:-1]
        change = owner[ring[:-1][inner]]
        unit = number[np.array([one.unit for one in changes])][change]
        sign = np.array([one.sign for one in changes], dtype=np.int64)[change]
        a, b = steps[:-1][inner], steps[1:][inner]
        rows.append(_rows(unit, a[:, 0], a[:, 1], b[:, 0], b[:, 1], sign))
    table = np.concatenate(rows)
    order = np.lexsort(table[:, 4::-1].T)
    table = table[order]
    new = np.ones(len(table), dtype=bool)
    new[1:] = (table[1:, :5] != table[:-1, :5]).any(axis=1)
    first = np.flatnonzero(new)
    net = np.add.reduceat(table[:, 5], first)
    table = table[first][net != 0]
    net = net[net != 0]
    lines = shapely.linestrings(table[:, 1:5].reshape(-1, 2, 2).astype(float))
    cuts = np.searchsorted(table[:, 0], np.arange(len(units) + 1)).tolist()
    return {
        unit: _ground_of(lines[a:b], table[a:b, 1:5], net[a:b])
        for unit, (a, b) in zip(units, pairwise(cuts), strict=True)
    }


def _ground_of(lines: Geometries, ends: Integers, net: Integers) -> shapely.Polygon | shapely.MultiPolygon:
    """Faces to the left of one unit's directed edges: lower ends to upper ends where ``net`` is above 0."""
    faces = shapely.get_parts(shapely.polygonize(lines))
    if len(faces) > 1:
        # a hole's face has the border on its other hand; nesting alone does not tell where faces touch at points
        direction = {(*edge[:2], *edge[2:]): sign for edge, sign in zip(ends.tolist(), net.tolist(), strict=True)}
        rings = shapely.get_exterior_ring(shapely.orient_polygons(faces, exterior_cw=False))
        first, second = (
            np.rint(shapely.get_coordinates(shapely.get_point(rings, at))).astype(np.int64).tolist() for at in (0, 1)
        )
        faces = faces[
            [
                direction[(*a, *b)] > 0 if (*a, *b) in direction else direction[(*b, *a)] < 0
                for a, b in zip(first, second, strict=True)
            ]
        ]
    if len(faces) == 1:
        only: shapely.Polygon = faces[0]
        return only
    return shapely.MultiPolygon(faces.tolist())


def _rows(unit: Indices, x0: Integers, y0: Integers, x1: Integers, y1: Integers, sign: Integers) -> Integers:
    """Undirected edges: unit, lower end, upper end, and +1 or -1 for the direction; edges without length left out."""
    swap = (x0 > x1) | ((x0 == x1) & (y0 > y1))
    rows = np.stack(
        [
            unit.astype(np.int64),
            np.where(swap, x1, x0),
            np.where(swap, y1, y0),
            np.where(swap, x0, x1),
            np.where(swap, y0, y1),
            np.where(swap, -sign, sign),
        ],
        axis=1,
    )
    long: Integers = rows[(x0 != x1) | (y0 != y1)]
    return long
