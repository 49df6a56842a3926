"""Awkward coverages for the operations: jittered cells, T-junctions, vertices on one side only, an enclave, an island
in two parts, a neighbouring community, and parents whose outlines have vertices of their own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.redraw import Layout, Outline

HERE, NEXT, TOWN = "990001001001", "990001001002", "990001001000"
X, Y = 500_000.0, 3_590_000.0


@dataclass(frozen=True)
class Drawn:
    """A layout, and the ground that its units cover exactly."""

    layout: Layout
    ground: BaseGeometry


def awkward(seed: int, *, wide: int = 4, high: int = 3) -> Drawn:
    """A community of up to wide × high units, and one next door. Coordinates are whole millimetres."""
    dice = np.random.default_rng(seed)
    side = 100.0
    corner = np.stack(np.meshgrid(np.arange(2 * wide + 1), np.arange(high + 1), indexing="ij"), axis=-1) * side
    jitter = dice.uniform(-0.3, 0.3, corner.shape) * side
    points = np.round(corner + jitter + [X, Y], 3)
    cells: dict[tuple[int, int], shapely.Polygon] = {}
    for i in range(2 * wide):
        for j in range(high):
            cells[i, j] = shapely.Polygon([points[i, j], points[i + 1, j], points[i + 1, j + 1], points[i, j + 1]])
    here = [key for key in cells if key[0] < wide]
    groups: list[list[tuple[int, int]]] = [[key] for key in here]
    # joined cells make T-junctions: the neighbour of two joined ones keeps the vertex between them
    for _ in range(int(dice.integers(0, 4))):
        i, j = (int(dice.integers(wide - 1)), int(dice.integers(high)))
        a = next(group for group in groups if (i, j) in group)
        b = next(group for group in groups if (i + 1, j) in group)
        if a is not b and len(a) + len(b) <= 3:
            groups.remove(b)
            a.extend(b)
    units: dict[str, BaseGeometry] = {}
    for number, group in enumerate(groups, start=1):
        units[f"{HERE}{number:03}"] = shapely.union_all([cells[key] for key in group])
    if dice.random() < 0.5:  # an enclave: a unit inside another
        host = f"{HERE}001"
        inner = shapely.Point(units[host].representative_point().coords[0]).buffer(8, quad_segs=2)
        hole = shapely.transform(inner, lambda xy: np.round(xy, 3))
        if shapely.contains_properly(units[host], hole):
            units[host] = shapely.difference(units[host], hole)
            units[f"{HERE}{len(groups) + 1:03}"] = hole
    if dice.random() < 0.4:  # a unit in two parts: it also has a piece out of another
        host = f"{HERE}002"
        islet = shapely.box(*np.round(np.add(units[host].representative_point().coords[0] * 2, [-3, -3, 3, 3]), 3))
        if shapely.contains_properly(units[host], islet) and f"{HERE}003" in units:
            units[host] = shapely.difference(units[host], islet)
            units[f"{HERE}003"] = shapely.MultiPolygon([*shapely.get_parts(units[f"{HERE}003"]), islet])
    beyond = {f"{NEXT}{j + 1:03}": cells[wide, j] for j in range(high)}
    ground = shapely.union_all(list(units.values()), grid_size=0.001)
    side_ground = shapely.union_all(list(beyond.values()), grid_size=0.001)
    # vertices that only one side has, exactly on the line: midpoints of edges with even millimetres
    units = {code: _denser(shape, dice) for code, shape in units.items()}
    parents = {HERE: _denser(ground, dice)}
    beyond = {code: _denser(shape, dice) for code, shape in beyond.items()}
    above = {NEXT: _denser(side_ground, dice), TOWN: shapely.union_all([ground, side_ground], grid_size=0.001)}
    return Drawn(
        Layout(
            units={code: Outline(code, f"Grid {code[-3:]}", HERE, shape) for code, shape in units.items()},
            parents=parents,
            beyond={**beyond, **above},
            used=frozenset(units),
        ),
        ground,
    )


def _denser(shape: BaseGeometry, dice: np.random.Generator) -> BaseGeometry:
    """Some midpoints more, where they lie on the line to the millimetre."""
    polygons = []
    for polygon in shapely.get_parts(shape).tolist():
        rings = []
        for ring in (polygon.exterior, *polygon.interiors):
            xy = np.rint(np.asarray(ring.coords) * 1000).astype(np.int64)
            found = [xy[0]]
            for a, b in pairwise(xy):
                middle = a + b
                if (middle % 2 == 0).all() and dice.random() < 0.5:
                    found.append(middle // 2)
                found.append(b)
            rings.append(np.array(found) / 1000)
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
