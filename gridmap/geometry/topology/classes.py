"""What a remnant face is: nobody's ground, double cover, or spill; its owners, its neighbours, its pieces joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.geometry.precision import LOOK_BEYOND_M
from gridmap.geometry.topology.arrangement import OUTSIDE, Arrangement, Sides
from gridmap.geometry.topology.ground import Geometries, Ground, Indices, Integers, Numbers
from gridmap.geometry.topology.locate import windings

Kind = Literal["gap", "overlap", "spill"]


@dataclass
class Piece:
    """One item: an edge-connected piece of one kind with one set of owners. Steps from the origin, lengths too."""

    kind: Kind
    polygon: shapely.Polygon
    owners: tuple[int, ...]
    neighbours: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cover:
    """How often each point of some faces is covered. ``count``: units winding around it, with multiplicity;
    ``inside``: 1 where it lies in the jurisdiction (0 everywhere when there is none); ``owners``: units covering it."""

    count: Integers
    inside: Integers
    owners: list[tuple[int, ...]]


def cover_of(ground: Ground, points: Numbers) -> Cover:
    """Look up who covers each point (steps from the origin, shape (points, 2))."""
    found = windings(ground, points)
    units = np.ones(len(ground.double_area), dtype=np.int64)
    boundary = np.zeros_like(units)
    if ground.jurisdiction is not None:
        units[ground.jurisdiction] = 0
        boundary[ground.jurisdiction] = 1
    own = (found.unit != ground.jurisdiction) & (found.times > 0)
    if ground.jurisdiction is None:
        own = found.times > 0
    split = np.searchsorted(found.point[own], np.arange(len(points) + 1))
    unit = found.unit[own].tolist()
    owners = [tuple(unit[a:b]) for a, b in pairwise(split.tolist())]
    return Cover(found.total(len(points), units), found.total(len(points), boundary), owners)


@dataclass(frozen=True)
class Rim:
    """Stretches of border of some pieces: piece, length and a point just beyond, in steps. Parallel arrays."""

    piece: Indices
    length: Numbers
    beyond: Numbers


def join(
    kind: Kind, arrangement: Arrangement, chosen: Indices, owners: Sequence[tuple[int, ...]]
) -> tuple[list[Piece], Rim]:
    """Join the chosen faces that share an edge and have the same owners. ``owners`` runs parallel to ``chosen``."""
    if not len(chosen):
        return [], Rim(np.empty(0, dtype=np.intp), np.empty(0), np.empty((0, 2)))
    label = _labels(arrangement, chosen, owners)
    groups = int(label.max()) + 1
    by_group = np.argsort(label[chosen], kind="stable")
    cuts = np.searchsorted(label[chosen][by_group], np.arange(groups + 1))
    pieces = []
    for a, b in pairwise(cuts.tolist()):
        members = by_group[a:b]
        polygon = _joined(arrangement.faces[chosen[members]])
        pieces.append(Piece(kind, polygon, owners[int(members[0])]))
    return pieces, _rim(arrangement.sides, label, LOOK_BEYOND_M * arrangement.per_metre)


def _labels(arrangement: Arrangement, chosen: Indices, owners: Sequence[tuple[int, ...]]) -> Indices:
    """Number of the item that each face belongs to, or -1; one more entry, for OUTSIDE, at the end."""
    numbers: dict[tuple[int, ...], int] = {}
    owner_set = np.full(len(arrangement.faces) + 1, -1, dtype=np.int64)
    owner_set[chosen] = [numbers.setdefault(names, len(numbers)) for names in owners]
    sides = arrangement.sides
    same = (owner_set[sides.face] >= 0) & (owner_set[sides.face] == owner_set[sides.other])
    size = len(arrangement.faces)
    label = np.full(size + 1, OUTSIDE, dtype=np.intp)
    label[chosen] = np.arange(len(chosen))
    if same.any():
        ends = (sides.face[same], sides.other[same])
        links = coo_array((np.ones(len(ends[0]), dtype=bool), ends), shape=(size, size))
        component = connected_components(links, directed=False)[1]
        label[chosen] = np.unique(component[chosen], return_inverse=True)[1]
    return label


def _joined(faces: Geometries) -> shapely.Polygon:
    if len(faces) == 1:
        only: shapely.Polygon = faces[0]
        return only
    whole = shapely.union_all(faces)
    if isinstance(whole, shapely.Polygon):
        return whole
    # Faces that share an edge are one piece; what else comes out is the rounding of a crossing point.
    parts: list[shapely.Polygon] = shapely.get_parts(whole).tolist()
    return max(parts, key=lambda part: part.area)


def _rim(sides: Sides, label: Indices, step: float) -> Rim:
    at = np.flatnonzero((label[sides.face] >= 0) & (label[sides.face] != label[sides.other]))
    run = sides.end[at] - sides.start[at]
    length = np.hypot(run[:, 0], run[:, 1])
    at, run, length = at[length > 0], run[length > 0], length[length > 0]
    outward = np.stack([run[:, 1], -run[:, 0]], axis=1) / length[:, None]
    middle = (sides.start[at] + sides.end[at]) / 2
    return Rim(label[sides.face[at]], length, middle + outward * step)


def add_neighbours(ground: Ground, joined: Sequence[tuple[list[Piece], Rim]]) -> list[Piece]:
    """Fill in who covers the ground beyond the border, and along how many metres; return all pieces in one list.

    Owners of an overlap or a spill are neighbours of it where they go on alone.
    """
    pieces = [piece for some, _ in joined for piece in some]
    if not pieces:
        return []
    first = np.cumsum([0] + [len(some) for some, _ in joined])
    piece = np.concatenate([rim.piece + k for (_, rim), k in zip(joined, first[:-1], strict=True)])
    length = np.concatenate([rim.length for _, rim in joined])
    found = windings(ground, np.concatenate([rim.beyond for _, rim in joined]))
    keep = found.times > 0
    if ground.jurisdiction is not None:
        keep &= found.unit != ground.jurisdiction
    count = len(ground.double_area)
    key = piece[found.point[keep]].astype(np.int64) * count + found.unit[keep]
    distinct, back = np.unique(key, return_inverse=True)
    metres = np.bincount(back, weights=length[found.point[keep]]) / ground.per_metre
    for k, shared in zip(distinct.tolist(), metres.tolist(), strict=True):
        pieces[k // count].neighbours[k % count] = shared
    return pieces
