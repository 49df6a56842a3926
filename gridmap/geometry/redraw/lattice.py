"""Polygons as whole millimetres: the ground on which operations compute.

Coordinates in whole millimetres are exact doubles, and GEOS decides on which side of a line a point lies without error,
so borders that touch are found to touch. Only where lines cross between lattice points is anything rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.precision import MILLIMETRES_PER_METRE

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Point = tuple[float, float]


def in_millimetres(geometry: BaseGeometry) -> BaseGeometry:
    """Coordinates in metres to whole millimetres; the order of vertices stays."""
    return shapely.transform(geometry, lambda xy: np.rint(xy * MILLIMETRES_PER_METRE))


def in_metres(geometry: BaseGeometry) -> BaseGeometry:
    """Whole millimetres back to metres: the very doubles they came from."""
    return shapely.transform(geometry, lambda xy: xy / MILLIMETRES_PER_METRE)


def is_whole(geometry: BaseGeometry) -> bool:
    """Whether every coordinate is a whole number."""
    xy = shapely.get_coordinates(geometry)
    return bool((xy == np.rint(xy)).all())


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """The same with every coordinate rounded to a whole number."""
    return shapely.transform(geometry, np.rint)


def polygons_of(geometry: BaseGeometry | None) -> list[shapely.Polygon]:
    """The polygons of any geometry; lines and points in it are left out."""
    if geometry is None or geometry.is_empty:
        return []
    found: list[Any] = shapely.get_parts(geometry).tolist()
    return [
        inner
        for part in found
        for inner in (polygons_of(part) if part.geom_type == "GeometryCollection" else [part])
        if inner.geom_type == "Polygon" and not inner.is_empty
    ]


def joined(parts: Iterable[BaseGeometry]) -> BaseGeometry:
    """Polygons as one geometry: a Polygon where they hang together, else a MultiPolygon."""
    return one_or_many(polygons_of(shapely.union_all(list(parts))))


def one_or_many(polygons: list[shapely.Polygon]) -> BaseGeometry:
    """A Polygon, or a MultiPolygon of several."""
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def lines_of(geometry: BaseGeometry | None) -> list[shapely.LineString]:
    """The lines of any geometry; points and polygons in it are left out."""
    if geometry is None or geometry.is_empty:
        return []
    found: list[Any] = shapely.get_parts(geometry).tolist()
    return [
        inner
        for part in found
        for inner in (lines_of(part) if part.geom_type in ("GeometryCollection", "MultiLineString") else [part])
        if inner.geom_type in ("LineString", "LinearRing") and inner.length > 0
    ]


def points_of(geometry: BaseGeometry | None) -> list[Point]:
    """The points of any geometry, and the ends of its lines."""
    if geometry is None or geometry.is_empty:
        return []
    found: list[Point] = []
    parts: list[Any] = shapely.get_parts(geometry).tolist()
    for part in parts:
        if part.geom_type in ("GeometryCollection", "MultiPoint", "MultiLineString"):
            found += points_of(part)
        elif part.geom_type == "Point":
            found.append((float(part.x), float(part.y)))
        else:
            xy = shapely.get_coordinates(part)
            found += [(float(x), float(y)) for x, y in (xy[0], xy[-1])]
    return found


def with_vertices(geometry: BaseGeometry, wanted: dict[tuple[Point, Point], list[Point]]) -> BaseGeometry:
    """Insert points into edges. ``wanted``: edge (start, end as they stand in a ring, either way) → points on it.

    Points are put in the order in which they lie along the edge; every other vertex stays where and in the order it is.
    """
    polygons = polygons_of(geometry)
    changed = []
    for polygon in polygons:
        rings = [_ring(np.asarray(ring.coords), wanted) for ring in (polygon.exterior, *polygon.interiors)]
        changed.append(shapely.Polygon(rings[0], rings[1:]))
    return one_or_many(changed) if geometry.geom_type == "Polygon" else shapely.MultiPolygon(changed)


def _ring(xy: Numbers, wanted: dict[tuple[Point, Point], list[Point]]) -> list[Point]:
    corners: list[Point] = [(float(x), float(y)) for x, y in xy]
    found = [corners[0]]
    for start, end in pairwise(corners):
        points = wanted.get((start, end)) or wanted.get((end, start)) or []
        run = (end[0] - start[0], end[1] - start[1])
        for point in sorted(
            set(points), key=lambda each: (each[0] - start[0]) * run[0] + (each[1] - start[1]) * run[1]
        ):
            if point not in (start, end) and point != found[-1]:
                found.append(point)
        found.append(end)
    return found
