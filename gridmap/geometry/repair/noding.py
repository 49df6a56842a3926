"""Points where edges meet, put into every edge that passes them: snap-rounding on the lattice, near defects only.

Every vertex and every crossing is a lattice point; an edge that passes through the unit square around one is led
through it. Edges so led cross at lattice points only, and two units that share an edge get the same points.
Method: Hobby, Practical segment intersection with finite precision output (1999).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.geometry.topology.ground import Geometries, Ground, Indices, Integers, Numbers
from gridmap.geometry.topology.locate import edges_near

#: Steps around a defect's border within which points are put into edges; rounding moves nothing farther than one.
REACH = 3

#: Rounds after which edges no longer change; two are the rule, nearly parallel edges can take more.
ROUNDS = 8


@dataclass(frozen=True)
class Noded:
    """A ground with points inserted. ``edges``: first vertices of all edges near the defects, of all rings.

    ``hot``: which vertices of the ground lie near defects. ``gained``: units and the jurisdiction whose rings changed.
    """

    ground: Ground
    edges: Indices
    hot: NDArray[np.bool_]
    gained: NDArray[np.bool_]


def node_near(ground: Ground, borders: Geometries, points: Numbers) -> Noded:
    """Insert the points where edges meet near ``borders`` (polygons) or ``points`` into all edges there.

    Both in steps from the origin; points of shape (n, 2). At least one of the two is needed.
    """
    boxes = np.concatenate([_boxes(borders), np.concatenate([points - REACH, points + REACH], axis=1)])
    near = shapely.STRtree(np.asarray(shapely.box(*boxes.T), dtype=object))
    gained = np.zeros(len(ground.double_area), dtype=bool)
    look = boxes
    for _ in range(ROUNDS):
        at, x, y = _missing_points(ground, edges_near(ground, look), near)
        if not len(at):
            break
        gained[ground.unit[np.searchsorted(ground.starts, at, side="right") - 1]] = True
        look = _pieces_boxes(ground, at, x, y)
        ground = _inserted(ground, at, x, y)
    edges = edges_near(ground, boxes)
    ends = np.unique(np.concatenate([edges, edges + 1]))
    hot = np.zeros(len(ground.x), dtype=bool)
    places = np.asarray(shapely.points(np.stack([ground.x[ends], ground.y[ends]], axis=1).astype(float)), dtype=object)
    hot[ends[np.unique(near.query(places, predicate="intersects")[0])]] = True
    return Noded(ground, edges, hot, gained)


def _pieces_boxes(ground: Ground, at: Indices, x: Integers, y: Integers) -> Numbers:
    """Boxes of edges that points go into, cut at those points: only there can the next round find anything new."""
    order = np.argsort(at, kind="stable")
    edge, first = np.unique(at[order], return_index=True)
    count = np.diff(np.append(first, len(at)))
    # point after point from each edge's start to its end
    begin = np.cumsum(np.concatenate([[0], count[:-1] + 2]))
    last = begin + count + 1
    path = np.empty((len(at) + 2 * len(edge), 2))
    ends = np.zeros(len(path), dtype=bool)
    ends[begin], ends[last] = True, True
    path[begin] = np.stack([ground.x[edge], ground.y[edge]], axis=1)
    path[last] = np.stack([ground.x[edge + 1], ground.y[edge + 1]], axis=1)
    path[~ends] = np.stack([x[order], y[order]], axis=1)
    inner = np.ones(len(path), dtype=bool)
    inner[last] = False
    a, b = path[inner], path[np.flatnonzero(inner) + 1]
    return np.concatenate([np.minimum(a, b) - 1, np.maximum(a, b) + 1], axis=1)


def passed_points(start: Integers, end: Integers) -> Numbers:
    """Ends of edges (shape (edges, 2) each) that another of the edges passes without ending there, shape (n, 2)."""
    lines: Geometries = np.asarray(shapely.linestrings(np.stack([start, end], axis=1).astype(float)), dtype=object)
    points = np.unique(np.concatenate([start, end]), axis=0)
    squares = shapely.box(points[:, 0] - 0.5, points[:, 1] - 0.5, points[:, 0] + 0.5, points[:, 1] + 0.5)
    point, edge = shapely.STRtree(lines).query(squares, predicate="intersects")
    passed = (points[point] != start[edge]).any(axis=1) & (points[point] != end[edge]).any(axis=1)
    found: Numbers = points[np.unique(point[passed])].astype(float)
    return found


def _boxes(borders: Geometries) -> Numbers:
    rings = shapely.get_rings(borders)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    a, b = xy[:-1][inner], xy[1:][inner]
    return np.concatenate([np.minimum(a, b) - REACH, np.maximum(a, b) + REACH], axis=1)


def _missing_points(ground: Ground, edges: Indices, near: shapely.STRtree) -> tuple[Indices, Integers, Integers]:
    """Points to insert: the vertex after which, and where. Several in one edge follow each other in its direction."""
    a = np.stack([ground.x[edges], ground.y[edges]], axis=1)
    b = np.stack([ground.x[edges + 1], ground.y[edges + 1]], axis=1)
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    ends = np.concatenate([np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)], axis=1)
    once, back = np.unique(ends, axis=0, return_inverse=True)
    lines: Geometries = np.asarray(shapely.linestrings(once.reshape(-1, 2, 2).astype(float)), dtype=object)
    tree = shapely.STRtree(lines)
    points = np.unique(np.concatenate([once[:, :2], once[:, 2:], _crossings(once, tree, lines)]), axis=0)
    points = points[np.unique(near.query(shapely.points(points.astype(float)), predicate="intersects")[0])]
    squares = shapely.box(points[:, 0] - 0.5, points[:, 1] - 0.5, points[:, 0] + 0.5, points[:, 1] + 0.5)
    point, edge = tree.query(squares, predicate="intersects")
    at = points[point]
    other = (at != once[edge, :2]).any(axis=1) & (at != once[edge, 2:]).any(axis=1)
    at, edge = at[other], edge[other]
    if not len(edge):
        none = np.empty(0, dtype=np.int64)
        return none.astype(np.intp), none, none
    run = (once[edge, 2:] - once[edge, :2]).astype(float)
    along = ((at - once[edge, :2]) * run).sum(axis=1)
    order = np.lexsort((along, edge))
    at, edge = at[order], edge[order]
    first = np.searchsorted(edge, np.arange(len(once) + 1))
    count = np.diff(first)[back]
    owner = np.repeat(np.arange(len(edges)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    step = np.where(swap[owner], count[owner] - 1 - step, step)
    chosen = at[first[back[owner]] + step]
    return edges[owner], chosen[:, 0], chosen[:, 1]


def _crossings(once: Integers, tree: shapely.STRtree, lines: Geometries) -> Integers:
    """Crossing points of edges, rounded; ends that only touch are vertices already."""
    i, j = tree.query(lines, predicate="crosses")
    i, j = i[i < j], j[i < j]
    p, q = once[i, :2].astype(float), once[j, :2].astype(float)
    r, s = (once[i, 2:] - once[i, :2]).astype(float), (once[j, 2:] - once[j, :2]).astype(float)
    turn = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    some = turn != 0
    p, q, r, s, turn = p[some], q[some], r[some], s[some], turn[some]
    t = ((q - p)[:, 0] * s[:, 1] - (q - p)[:, 1] * s[:, 0]) / turn
    found: Integers = np.rint(p + np.clip(t, 0, 1)[:, None] * r).astype(np.int64)
    return found


def _inserted(ground: Ground, at: Indices, x: Integers, y: Integers) -> Ground:
    order = np.argsort(at, kind="stable")
    at = at[order]
    ring = np.searchsorted(ground.starts, at, side="right") - 1
    more = np.bincount(ring, minlength=len(ground.unit))
    starts = ground.starts.copy()
    starts[1:] += np.cumsum(more)
    return replace(
        ground, x=np.insert(ground.x, at + 1, x[order]), y=np.insert(ground.y, at + 1, y[order]), starts=starts
    )
