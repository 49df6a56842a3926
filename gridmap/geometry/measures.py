"""Measures of polygons that GEOS does not give directly: geodesic area, width, compactness."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Polygons with a perimeter² / area above this many times that of a circle are thin. The search for the largest
#: inscribed circle that GEOS offers divides the bounding box into squares, which takes for ever in a thin polygon.
THIN = 8.0

#: Points at which a circle is laid against each edge of a thin polygon, and the rounds in which the best is refined.
SAMPLES, ROUNDS = 9, 2


def geodesic_areas(geometries: Geometries, crs: CRS) -> Numbers:
    """Area of polygons on the ellipsoid of their own reference system, m².

    Edges are taken as geodesics between their vertices; at the length of grid borders the difference from an edge that
    is straight in the projected system is below a millionth of the area.
    """
    geodetic = crs.geodetic_crs
    if geodetic is None:
        raise ValueError(f"{crs.name} has no ellipsoid")
    transformer = Transformer.from_crs(crs, geodetic, always_xy=True)
    geod = geodetic.get_geod()
    if geod is None:
        raise ValueError(f"{crs.name} has no ellipsoid")

    def to_degrees(xy: Numbers) -> Numbers:
        return np.stack(transformer.transform(xy[:, 0], xy[:, 1]), axis=1)

    degrees = shapely.orient_polygons(shapely.transform(np.asarray(geometries, dtype=object), to_degrees))
    return np.array([geod.geometry_area_perimeter(geometry)[0] for geometry in degrees], dtype=np.float64)


def compactness(polygons: Geometries) -> Numbers:
    """Polsby-Popper compactness: 4π area / perimeter², 1 for a circle; 0 for an empty polygon.

    Source: Polsby and Popper, The third criterion (1991).
    """
    perimeter = np.asarray(shapely.length(polygons))
    score = np.zeros_like(perimeter)
    np.divide(4 * np.pi * shapely.area(polygons), perimeter**2, out=score, where=perimeter > 0)
    return score


def inscribed_widths(polygons: Geometries) -> Numbers:
    """Diameter of the largest circle inside each polygon, in the unit of its coordinates, within about 1 %.

    Thin polygons, where a grid search needs millions of cells, are measured from their border: against every edge the
    largest circle is laid that fits inside (the shrinking ball of Ma, Bae and Choi, 3D medial axis point approximation
    using nearest neighbors and the normal field, 2012, in the plane and against segments), and the best is refined.
    """
    area, perimeter = np.asarray(shapely.area(polygons)), np.asarray(shapely.length(polygons))
    widths = np.zeros(len(area))
    filled = area > 0
    thin = filled & (perimeter**2 > THIN * 4 * np.pi * area)
    compact = np.flatnonzero(filled & ~thin)
    if len(compact):
        mean = 2 * area[compact] / perimeter[compact]
        circles = shapely.maximum_inscribed_circle(polygons[compact], tolerance=mean * 0.01)
        widths[compact] = 2 * shapely.length(circles)
    thin_ones = np.flatnonzero(thin)
    if len(thin_ones):
        widths[thin_ones] = 2 * _largest_radii(polygons[thin_ones])
    return widths


def _largest_radii(polygons: Geometries) -> Numbers:
    """Radius of the largest inscribed circle of thin polygons."""
    rings, owner = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    # Each polygon near its own origin: large coordinates would eat the digits of a thin one.
    first = np.flatnonzero(np.diff(owner[ring], prepend=-1))
    xy = xy - xy[first][owner[ring]]
    step = (ring[1:] == ring[:-1]) & np.any(xy[1:] != xy[:-1], axis=1)
    a, b, item = xy[:-1][step], xy[1:][step], owner[ring[:-1][step]]
    reach = 2 * np.sqrt(np.asarray(shapely.area(polygons)) / np.pi) * 1.001
    edges = _Edges(a, b, item, reach)

    edge = np.repeat(np.arange(len(a)), SAMPLES)
    share = np.tile((np.arange(SAMPLES) + 0.5) / SAMPLES, len(a))
    radius = edges.radii(edge, share)
    best = np.zeros(len(polygons))
    np.maximum.at(best, item, 0)
    spacing = 1 / SAMPLES
    for _ in range(ROUNDS):
        np.maximum.at(best, item[edge], radius)
        # The best few samples of each polygon, looked at more closely.
        order = np.lexsort((-radius, item[edge]))
        rank = np.arange(len(order)) - np.searchsorted(item[edge][order], item[edge][order])
        top = order[rank < 4]
        spread = np.linspace(-1, 1, SAMPLES) * spacing
        edge, share = np.repeat(edge[top], SAMPLES), (share[top][:, None] + spread).ravel()
        share = np.clip(share, 0.0, 1.0)
        radius = edges.radii(edge, share)
        spacing *= 2 / (SAMPLES - 1)
    np.maximum.at(best, item[edge], radius)
    return best


class _Edges:
    """Edges of many polygons, interior to the left, and the circles that can be laid against them."""

    def __init__(self, a: Numbers, b: Numbers, item: Indices, reach: Numbers) -> None:
        self.a, self.b, self.item, self.reach = a, b, item, reach
        self.run = b - a
        self.length = np.hypot(self.run[:, 0], self.run[:, 1])
        self.normal = np.stack([-self.run[:, 1], self.run[:, 0]], axis=1) / self.length[:, None]
        order = np.argsort(item, kind="stable")
        self.by_item = order
        self.cuts = np.searchsorted(item[order], np.arange(len(reach) + 1))

    def radii(self, edge: Indices, share: Numbers) -> Numbers:
        """Radius of the largest inscribed circle that touches ``edge`` at ``share`` of its length from its start."""
        point = self.a[edge] + self.run[edge] * share[:, None]
        normal = self.normal[edge]
        radius = self.reach[self.item[edge]] / 2
        count = self.cuts[self.item[edge] + 1] - self.cuts[self.item[edge]]
        cuts = np.flatnonzero(np.diff(np.cumsum(count) // 2_000_000)) + 1
        for some in np.split(np.arange(len(edge)), cuts):
            sample = np.repeat(some, count[some])
            within = np.arange(len(sample)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
            against = self.by_item[self.cuts[self.item[edge[sample]]] + within]
            near = self._near(point[sample], against, radius[sample])
            sample, against = sample[near], against[near]
            limit = self._limit(point[sample], normal[sample], against)
            limit[against == edge[sample]] = np.inf
            np.minimum.at(radius, sample, limit)
        return radius

    def _near(self, p: Numbers, j: Indices, r: Numbers) -> NDArray[np.bool_]:
        """Whether the box of edge ``j`` comes within two radii of ``p``: no other edge can limit the circle."""
        low, high = np.minimum(self.a[j], self.b[j]), np.maximum(self.a[j], self.b[j])
        return np.asarray(np.all((low - 2 * r[:, None] <= p) & (high + 2 * r[:, None] >= p), axis=1))

    def _limit(self, p: Numbers, n: Numbers, j: Indices) -> Numbers:
        """Largest r such that the circle around p + r n with radius r does not cross edge ``j``."""
        a, normal = self.a[j], self.normal[j]
        offset = np.einsum("ij,ij->i", p - a, normal)
        toward = np.einsum("ij,ij->i", n, normal)
        limit = np.full(len(j), np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            # the line through the edge: |offset + r toward| = r, from whichever side p lies on
            line = np.where(offset >= 0, offset / (1 - toward), -offset / (1 + toward))
            along = np.einsum("ij,ij->i", p + n * line[:, None] - a, self.run[j]) / self.length[j] ** 2
            # a hair beyond either end, so that a circle laid at a corner does not slip past the next edge
            on_edge = (along >= -1e-9) & (along <= 1 + 1e-9) & np.isfinite(line)
            limit[on_edge] = line[on_edge]
            for end in (a, self.b[j]):
                away = end - p
                ahead = np.einsum("ij,ij->i", away, n)
                corner = np.einsum("ij,ij->i", away, away) / (2 * ahead)
                np.minimum(limit, corner, out=limit, where=ahead > 1e-12 * self.length[j])
        return limit
