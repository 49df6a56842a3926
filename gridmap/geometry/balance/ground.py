"""Pieces out of real ground: every compound whole, the rest divided among the nearest houses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.adjacency import adjacency
from gridmap.geometry.balance.pieces import Integers, Pieces
from gridmap.geometry.redraw.figures import COMPOUND_SHARE, Ground
from gridmap.geometry.redraw.layout import Layout

Geometries = np.ndarray[Any, np.dtype[np.object_]]

#: Pieces are cut on the millimetre grid, so that two that share a border share its vertices.
GRID_M = 0.001
#: Border within this distance of a barrier counts as divided by it: roads and rivers are drawn by hand.
BARRIER_M = 5.0
#: A pair is divided when this share of its border runs along a barrier.
BARRIER_SHARE = 0.5


@dataclass(frozen=True)
class GroundPieces:
    """``grid``: position in ``codes`` of each piece; ``compound``: its code, or no text.

    ``faces``: the ground the pieces are made of, on the millimetre grid; ``label``: the piece of each face.
    """

    pieces: Pieces
    grid: Integers
    codes: tuple[str, ...]
    compound: tuple[str, ...]
    faces: Geometries
    label: Integers

    def ground_of(self, pieces: Integers) -> BaseGeometry:
        """The ground of some pieces, joined."""
        return shapely.union_all(self.faces[np.isin(self.label, pieces)], grid_size=GRID_M)


def pieces_of(
    layout: Layout, ground: Ground, codes: Sequence[str] | None = None, barriers: Sequence[BaseGeometry] = ()
) -> GroundPieces:
    """Divide grids into pieces that a proposal may hand over, but never cut.

    A compound that lies mostly in one grid is one piece with all its households; the ground between is divided by
    nearness to the places where households are counted, one piece each (Voronoi cells cut by the grid).

    Parameters
    ----------
    codes
        Grids to divide; all of the layout unless named.
    barriers
        Lines (rivers, main roads): pieces on either side are no neighbours.
    """
    chosen = tuple(sorted(codes if codes is not None else layout.units))
    outlines = np.array([layout.units[code].geometry for code in chosen], dtype=object)
    kept = _whole_compounds(layout, outlines)
    faces, grid = _faces(outlines, kept, ground)
    label, compound = _labels(faces, grid, outlines, kept, ground)
    _, first = np.unique(label, return_index=True)
    owner = grid[first]
    number = {code: at for at, code in enumerate(sorted({layout.units[code].parent for code in chosen}))}
    parents = np.array([number[layout.units[code].parent] for code in chosen], dtype=np.int64)
    a, b, border = _neighbours(faces, label, barriers)
    return GroundPieces(
        pieces=Pieces(load=_loads(faces, label, ground), a=a, b=b, border=border, parent=parents[owner]),
        grid=owner,
        codes=chosen,
        compound=tuple(compound),
        faces=faces,
        label=label,
    )


def _whole_compounds(layout: Layout, outlines: Geometries) -> list[tuple[str, BaseGeometry, int]]:
    """Compounds that lie mostly in one grid: code, the part inside it, and the grid's row."""
    codes = list(layout.compounds)
    shapes = np.array([layout.compounds[code] for code in codes], dtype=object)
    if not len(shapes):
        return []
    row, compound = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    inside = shapely.intersection(outlines[row], shapes[compound])
    share = np.asarray(shapely.area(inside)) / np.asarray(shapely.area(shapes[compound]))
    found = [(codes[compound[k]], inside[k], int(row[k])) for k in np.flatnonzero(share > COMPOUND_SHARE).tolist()]
    return sorted(found, key=lambda each: each[0])


def _faces(
    outlines: Geometries, kept: list[tuple[str, BaseGeometry, int]], ground: Ground
) -> tuple[Geometries, Integers]:
    """The finest division: faces between all lines, on the millimetre grid, and the grid each lies in."""
    lines = [shapely.boundary(outlines)]
    if kept:
        lines.append(shapely.boundary(np.array([shape for _, shape, _ in kept], dtype=object)))
    box = shapely.box(*shapely.total_bounds(outlines))
    near = np.flatnonzero(shapely.contains_xy(box, ground.places)) if len(ground.places) else np.empty(0, dtype=np.intp)
    points = np.unique(ground.places[near], axis=0)
    if len(points) > 1:
        edges = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box.buffer(1), only_edges=True)
        cells = shapely.get_parts(edges)
        open_ground = shapely.union_all(outlines)
        if kept:
            open_ground = open_ground.difference(shapely.union_all([shape for _, shape, _ in kept]))
        lines.append(np.atleast_1d(shapely.intersection(cells, open_ground)))
    noded = shapely.union_all(np.concatenate(lines), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(faces)
    at, face = _first(shapely.STRtree(outlines).query(inner, predicate="intersects"))
    return np.asarray(faces[at], dtype=object), face.astype(np.int64)


def _first(pairs: Any) -> tuple[Any, Any]:
    """Of pairs (item, found), the first found of each item."""
    item, found = pairs
    order = np.lexsort((found, item))
    items, at = np.unique(item[order], return_index=True)
    return items, found[order][at]


def _labels(
    faces: Geometries,
    grid: Integers,
    outlines: Geometries,
    kept: list[tuple[str, BaseGeometry, int]],
    ground: Ground,
) -> tuple[Integers, list[str]]:
    """Number of the piece that each face belongs to, and each piece's compound."""
    inner = shapely.point_on_surface(faces)
    key: list[tuple[int, int, int]] = [(-1, -1, -1)] * len(faces)
    in_compound = np.full(len(faces), -1, dtype=np.int64)
    if kept:
        shapes = np.array([shape for _, shape, _ in kept], dtype=object)
        item, found = _first(shapely.STRtree(shapes).query(inner, predicate="intersects"))
        in_compound[item] = found
    nearest = np.zeros(len(faces), dtype=np.int64)
    if len(ground.places):
        points = np.asarray(shapely.points(np.unique(ground.places, axis=0)), dtype=object)
        nearest = shapely.STRtree(points).nearest(inner).astype(np.int64)
    for face in range(len(faces)):
        row, compound = int(grid[face]), int(in_compound[face])
        mine = compound >= 0 and kept[compound][2] == row
        key[face] = (row, compound, -1) if mine else (row, -1, int(nearest[face]))
    names: dict[tuple[int, int, int], int] = {}
    label = np.array([names.setdefault(each, len(names)) for each in key], dtype=np.int64)
    assert len(outlines) > int(grid.max(initial=-1))
    return label, [kept[compound][0] if compound >= 0 else "" for _, compound, _ in names]


def _loads(faces: Geometries, label: Integers, ground: Ground) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Households of each piece; a place on a border counts for the first face."""
    load = np.zeros(int(label.max(initial=-1)) + 1)
    if len(ground.places) and len(faces):
        found = shapely.STRtree(faces).query(shapely.points(ground.places), predicate="intersects")
        place, face = _first(found)
        np.add.at(load, label[face], ground.households[place])
    return load


def _neighbours(
    faces: Geometries, label: Integers, barriers: Sequence[BaseGeometry]
) -> tuple[
    np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.float64]]
]:
    """Pairs of pieces with common border and its length, those along barriers left out."""
    found = adjacency(faces)
    a, b, metres = label[found.a], label[found.b], found.metres
    some = a != b
    rows_a, rows_b = found.a[some], found.b[some]
    a, b, metres = a[some], b[some], metres[some]
    if len(barriers) and len(a):
        wall = shapely.union_all(list(barriers)).buffer(BARRIER_M)
        shared = shapely.intersection(shapely.boundary(faces[rows_a]), shapely.boundary(faces[rows_b]))
        along = np.asarray(shapely.length(shapely.intersection(shared, wall)))
        open_ = along < BARRIER_SHARE * np.asarray(shapely.length(shared))
        a, b, metres = a[open_], b[open_], metres[open_]
    low, high = np.minimum(a, b), np.maximum(a, b)
    pair, inverse = np.unique(np.stack([low, high], axis=1), axis=0, return_inverse=True)
    total = np.asarray(np.bincount(inverse.ravel(), weights=metres, minlength=len(pair)), dtype=np.float64)
    return np.asarray(pair[:, 0], dtype=np.intp), np.asarray(pair[:, 1], dtype=np.intp), total
