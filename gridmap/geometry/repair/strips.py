"""A strip of nobody's ground along many units, shared out: every part to the unit it lies along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from gridmap.geometry.topology.ground import Geometries, Ground, Indices

Vertex = tuple[int, int]


def share_out(
    ground: Ground, edges: Indices, faces: Geometries, owners: Sequence[int]
) -> Iterator[tuple[int, shapely.Polygon]]:
    """Cut faces (steps from the origin) into triangles between their own vertices and give each to a unit.

    A triangle goes to the unit that it shares its longest border edge with; one without such an edge follows the
    neighbouring triangle across its longest side. No new point arises, so no other unit's edge gains one.

    Yields
    ------
    Unit number and triangle.
    """
    beyond = _beyond(ground, edges, set(owners))
    for face in faces:
        triangles = shapely.orient_polygons(
            shapely.get_parts(shapely.constrained_delaunay_triangles(face)), exterior_cw=False
        )
        corners = [[(int(x), int(y)) for x, y in np.rint(shapely.get_coordinates(one)[:3])] for one in triangles]
        taker = _takers(corners, beyond, owners[0])
        yield from zip(taker, triangles, strict=True)


def _beyond(ground: Ground, edges: Indices, owners: set[int]) -> dict[tuple[Vertex, Vertex], int]:
    """Unit on the far side of an edge that is walked with the face to the left."""
    ring = np.searchsorted(ground.starts, edges, side="right") - 1
    unit = ground.unit[ring]
    wanted = np.isin(unit, np.fromiter(owners, dtype=np.intp))
    at = np.where(ground.turn[ring] > 0, edges, edges + 1)[wanted]
    to = np.where(ground.turn[ring] > 0, edges + 1, edges)[wanted]
    a = zip(ground.x[at].tolist(), ground.y[at].tolist(), strict=True)
    b = zip(ground.x[to].tolist(), ground.y[to].tolist(), strict=True)
    return {(end, start): owner for start, end, owner in zip(a, b, unit[wanted].tolist(), strict=True)}


def _takers(corners: Sequence[Sequence[Vertex]], beyond: dict[tuple[Vertex, Vertex], int], default: int) -> list[int]:
    sides = [[(p[k], p[(k + 1) % 3]) for k in range(3)] for p in corners]
    taker: dict[int, int] = {}
    triangle_of = {side: number for number, three in enumerate(sides) for side in three}
    for number, three in enumerate(sides):
        bordering = [side for side in three if side in beyond]
        if bordering:
            taker[number] = beyond[max(bordering, key=_length)]
    # the others follow their neighbours, the widest passage first, from the border inwards
    front = sorted(taker)
    while front:
        passages = []
        for number in front:
            for a, b in sides[number]:
                other = triangle_of.get((b, a))
                if other is not None and other not in taker:
                    passages.append((-_length((a, b)), other, taker[number]))
        front = []
        for _, other, unit in sorted(passages):
            if other not in taker:
                taker[other] = unit
                front.append(other)
    return [taker.get(number, default) for number in range(len(sides))]


def _length(side: tuple[Vertex, Vertex]) -> float:
    (x0, y0), (x1, y1) = side
    return float(np.hypot(x1 - x0, y1 - y0))
