"""A raster of cells over polygons that answers "which polygons hold this point" without asking most polygons.

A cell that no border comes near lies wholly in one polygon (or in none): its answer is stored. In a cell with borders
a point is reached from the cell's lower left corner, whose answer is stored too, by going up the left side and then
right: every border crossed on the way flips one polygon's answer. Points close to a border, and the very few whose way
runs into a vertex, are left open (:data:`OPEN`) for an exact test. Only numpy, so that a cold start costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
Geometries = NDArray[np.object_]

NOWHERE = -1
#: The raster cannot tell: too close to a border.
OPEN = -2

#: Cells per border segment of a raster that is kept. More cells make questions cheaper and the raster dearer; beyond 8
#: a million questions no longer gain what the building costs more (benchmarks/locate.py).
CELLS_PER_EDGE = 8
FEWEST_CELLS, MOST_CELLS = 1 << 10, 1 << 24

#: Cells with more segments than this are not walked through: their points go to the exact test, which has a tree.
CROWDED = 96

#: A sign is trusted when the point is farther than this from the line, in metres. Coordinates up to 10,000 km from
#: the origin carry rounding errors of 2e-9 m; this is five hundred times as much.
SURE_M = 1e-6

#: Pairs of point and segment handled at a time.
PAIRS = 2_000_000


@dataclass(frozen=True)
class _Lattice:
    """Cells ``columns`` × ``rows`` of ``size``; cell (i, j) has its lower left corner at ``origin + (i, j) * size``.

    The outermost ring of cells is empty, so that clipping a far point puts it nowhere.
    """

    origin: tuple[float, float]
    size: float
    columns: int
    rows: int


@dataclass(frozen=True)
class _Edges:
    """Border segments of all polygons: ends and the polygon."""

    a: Numbers
    b: Numbers
    unit: Indices


@dataclass(frozen=True)
class Cells:
    """The finished raster. ``state`` per cell: polygon ≥ 0, :data:`NOWHERE`, :data:`OPEN`, or −3 − (border cell).

    ``slot_starts``: first slot of each border cell; a slot is one polygon with borders in the cell: ``slot_unit``,
    ``slot_inside`` (whether it holds the corner), ``entry_starts`` (first of its segments). ``behind``: the first
    polygon that holds the whole border cell, or a number beyond all. ``entries``: 4 × segment, + 2 where the segment
    crosses the line of the cell's left side, + 1 where the corner is on the positive side of it. ``lines``, one row
    per segment: unit normal (x, y), its offset, lower y, upper y.
    """

    lattice: _Lattice
    near: float
    beyond: int
    state: NDArray[np.int32]
    slot_starts: Indices
    slot_unit: Indices
    slot_inside: Flags
    behind: Indices
    entry_starts: Indices
    entries: Indices
    lines: Numbers

    def first(self, x: Numbers, y: Numbers) -> Indices:
        """For each point: the first polygon (lowest number) that holds it, :data:`NOWHERE`, or :data:`OPEN`."""
        grid = self.lattice
        across, up = _positions(x, y, grid)
        cell = up * grid.columns + across
        answer: Indices = self.state[cell].astype(np.int64)
        border = np.flatnonzero(answer < OPEN)
        if not len(border):
            return answer
        number = -3 - answer[border]
        weight = self.entry_starts[self.slot_starts[number + 1]] - self.entry_starts[self.slot_starts[number]]
        portions = np.cumsum(weight) // PAIRS
        for some in np.split(np.arange(len(border)), np.flatnonzero(np.diff(portions)) + 1):
            at = border[some]
            corner = (grid.origin[0] + across[at] * grid.size).astype(np.float64)
            answer[at] = self._walk(x[at], y[at], corner, number[some])
        return answer

    def _walk(self, x: Numbers, y: Numbers, corner_x: Numbers, number: Indices) -> Indices:
        """Answers for points in border cells ``number`` whose left side has the coordinate ``corner_x``."""
        slots = self.slot_starts[number + 1] - self.slot_starts[number]
        point, slot = _expand(self.slot_starts[number], slots)
        counts = self.entry_starts[slot + 1] - self.entry_starts[slot]
        pair, entry = _expand(self.entry_starts[slot], counts)
        whose = point[pair]
        packed = self.entries[entry]
        normal_x, normal_y, offset, low, high = self.lines[packed >> 2].T
        py = y[whose]
        px = x[whose]
        at_point = normal_x * px + normal_y * py - offset
        at_side = at_point - normal_x * (px - corner_x[whose])
        side = at_side > 0
        crossed = ((packed & 2) != 0) & (side != ((packed & 1) != 0))
        crossed ^= (low <= py) & (py < high) & (side != (at_point > 0))
        unsure = (np.abs(at_point) <= self.near) | (np.abs(at_side) <= SURE_M)
        starts = np.cumsum(counts) - counts
        flips = np.add.reduceat(crossed, starts, dtype=np.int32)
        held = self.slot_inside[slot] ^ (flips % 2 == 1)
        unit = np.where(held, self.slot_unit[slot], self.beyond)
        first: Indices = np.minimum.reduceat(unit, np.cumsum(slots) - slots)
        answer: Indices = np.minimum(first, self.behind[number])
        answer[answer == self.beyond] = NOWHERE
        answer[whose[unsure]] = OPEN
        return answer


def build(polygons: Geometries, *, near: float, cells: int | None = None) -> Cells | None:
    """Lay a raster over polygons in metres (missing, empty ones and other shapes hold nothing).

    ``near``: points at most this far from a border line are left open. ``cells``: how many, about; by default
    :data:`CELLS_PER_EDGE` per segment. None when there is nothing to lay it over.
    """
    edges = _edges(polygons)
    if not len(edges.unit):
        return None
    wanted = CELLS_PER_EDGE * len(edges.unit) if cells is None else cells
    margin = 2 * near + SURE_M
    grid = _lattice(edges, int(np.clip(wanted, FEWEST_CELLS, MOST_CELLS)), least=2 * margin)
    units = len(polygons)
    cell, edge = _touched(edges, grid, margin)
    order = np.argsort(cell * units + edges.unit[edge], kind="stable")
    cell, edge = cell[order], edge[order]
    held_cell, held_unit = _corners(edges, grid)
    return _assemble(edges, grid, units, near, cell, edge, held_cell, held_unit)


def _edges(polygons: Geometries) -> _Edges:
    parts, owner = shapely.get_parts(polygons, return_index=True)
    while np.any(collections := shapely.get_type_id(parts) >= 4):
        inner, back = shapely.get_parts(parts[collections], return_index=True)
        owner = np.concatenate([owner[~collections], owner[collections][back]])
        parts = np.concatenate([parts[~collections], inner])
    flat = shapely.get_type_id(parts) == 3
    rings, part = shapely.get_rings(parts[flat], return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    joined &= (xy[1:] != xy[:-1]).any(axis=1)
    unit = owner[flat][part][ring[:-1][joined]].astype(np.int64)
    return _Edges(xy[:-1][joined], xy[1:][joined], unit)


def _lattice(edges: _Edges, cells: int, *, least: float) -> _Lattice:
    low, high = edges.a.min(axis=0), edges.a.max(axis=0)
    width, height = np.maximum(high - low, 1e-3)
    # A thin ground still gets cells: never more than `cells` in one direction.
    # Nor cells so small that the margin around a segment reaches across the empty rim.
    size = max(float(np.sqrt(width * height / cells)), float(max(width, height)) / cells, least)
    # Borders of regular grids lie on round numbers; a lattice line on them would leave all their points open.
    size *= 1.0 + 1.0 / 577.0
    origin = (float(low[0]) - size * 1.381966, float(low[1]) - size * 1.414214)
    columns = int((high[0] - origin[0]) / size) + 2
    rows = int((high[1] - origin[1]) / size) + 2
    return _Lattice(origin, size, columns, rows)


def _positions(x: Numbers, y: Numbers, grid: _Lattice) -> tuple[Indices, Indices]:
    """Column and row of each point; far points and NaN fall into the empty rim."""
    across = np.fmin(np.fmax((x - grid.origin[0]) / grid.size, 0.0), grid.columns - 1.0)
    up = np.fmin(np.fmax((y - grid.origin[1]) / grid.size, 0.0), grid.rows - 1.0)
    return across.astype(np.int64), up.astype(np.int64)


def _expand(first: Indices, count: Indices) -> tuple[Indices, Indices]:
    """Flatten ranges [first, first + count): which range, and each number in it."""
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) + (first - (np.cumsum(count) - count))[which]


def _touched(edges: _Edges, grid: _Lattice, margin: float) -> tuple[Indices, Indices]:
    """All pairs of cell and segment that come within ``margin`` of each other, row by row: linear in their number."""
    x0, y0 = (edges.a - grid.origin).T
    x1, y1 = (edges.b - grid.origin).T
    low, high = np.minimum(y0, y1), np.maximum(y0, y1)
    first = ((low - margin) / grid.size).astype(np.int64)
    last = ((high + margin) / grid.size).astype(np.int64)
    edge, row = _expand(first, last - first + 1)
    x0, y0, x1, y1 = x0[edge], y0[edge], x1[edge], y1[edge]
    # the part of the segment inside the row, widened by the margin
    rise = y1 - y0
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.clip((row * grid.size - margin - y0) / rise, 0.0, 1.0)
        t = np.clip(((row + 1) * grid.size + margin - y0) / rise, 0.0, 1.0)
    flat = rise == 0
    s[flat], t[flat] = 0.0, 1.0
    start, end = x0 + s * (x1 - x0), x0 + t * (x1 - x0)
    first = ((np.minimum(start, end) - margin) / grid.size).astype(np.int64)
    last = ((np.maximum(start, end) + margin) / grid.size).astype(np.int64)
    pair, column = _expand(first, last - first + 1)
    return row[pair] * grid.columns + column, edge[pair]


def _corners(edges: _Edges, grid: _Lattice) -> tuple[Indices, Indices]:
    """All pairs of cell and polygon such that the polygon holds the cell's lower left corner (even-odd rule)."""
    x0, y0 = (edges.a - grid.origin).T
    x1, y1 = (edges.b - grid.origin).T
    # A lattice row passes a segment from its lower end (included) to its upper end (excluded): both segments at a
    # vertex round alike, so that every ring is crossed an even number of times.
    row0, row1 = np.ceil(y0 / grid.size).astype(np.int64), np.ceil(y1 / grid.size).astype(np.int64)
    first = np.minimum(row0, row1)
    edge, row = _expand(first, np.abs(row1 - row0))
    share = (row * grid.size - y0[edge]) / (y1[edge] - y0[edge])
    crossing = x0[edge] + share * (x1[edge] - x0[edge])
    column = np.ceil(crossing / grid.size).astype(np.int64)
    order = np.argsort((edges.unit[edge] * grid.rows + row) * grid.columns + column, kind="stable")
    enter, leave = order[0::2], order[1::2]
    start, count = column[enter], column[leave] - column[enter]
    span, corner = _expand(start, count)
    return row[enter][span] * grid.columns + corner, edges.unit[edge[enter]][span]


def _assemble(
    edges: _Edges,
    grid: _Lattice,
    units: int,
    near: float,
    cell: Indices,
    edge: Indices,
    held_cell: Indices,
    held_unit: Indices,
) -> Cells:
    new_cell = np.diff(cell, prepend=-1) != 0
    new_slot = new_cell | (np.diff(edges.unit[edge], prepend=-1) != 0)
    cell_first, slot_first = np.flatnonzero(new_cell), np.flatnonzero(new_slot)
    border = cell[cell_first]
    slot_unit, slot_cell = edges.unit[edge[slot_first]], cell[slot_first]
    number_of = np.full(grid.columns * grid.rows, -1, dtype=np.int64)
    number_of[border] = np.arange(len(border))

    state = np.full(grid.columns * grid.rows, NOWHERE, dtype=np.int32)
    # held_* come sorted by polygon; written backwards, the first polygon of a cell is the one that stays
    state[held_cell[::-1]] = held_unit[::-1]
    in_border = number_of[held_cell] >= 0
    held_cell, held_unit = held_cell[in_border], held_unit[in_border]
    slot_key, held_key = slot_cell * units + slot_unit, held_cell * units + held_unit
    place = np.minimum(np.searchsorted(slot_key, held_key), len(slot_key) - 1)
    has_slot = slot_key[place] == held_key
    slot_inside = np.zeros(len(slot_key), dtype=bool)
    slot_inside[place[has_slot]] = True
    behind = np.full(len(border), units, dtype=np.int64)
    behind[number_of[held_cell[~has_slot][::-1]]] = held_unit[~has_slot][::-1]

    lines = _lines(edges)
    entries, sure = _entries(edges, lines, grid, cell, edge)
    unclear = np.add.reduceat(~sure, cell_first, dtype=np.int64) > 0
    unclear |= np.diff(cell_first, append=len(cell)) > CROWDED
    state[border] = np.where(unclear, OPEN, -3 - np.arange(len(border)))
    return Cells(
        lattice=grid,
        near=near,
        beyond=units,
        state=state,
        slot_starts=np.append(np.searchsorted(slot_first, cell_first), len(slot_first)),
        slot_unit=slot_unit,
        slot_inside=slot_inside,
        behind=behind,
        entry_starts=np.append(slot_first, len(cell)),
        entries=entries,
        lines=lines,
    )


def _lines(edges: _Edges) -> Numbers:
    """Rows of :attr:`Cells.lines`."""
    run = edges.b - edges.a
    length = np.hypot(run[:, 0], run[:, 1])
    rows = np.empty((len(run), 5))
    rows[:, 0] = -run[:, 1] / length
    rows[:, 1] = run[:, 0] / length
    rows[:, 2] = rows[:, 0] * edges.a[:, 0] + rows[:, 1] * edges.a[:, 1]
    np.minimum(edges.a[:, 1], edges.b[:, 1], out=rows[:, 3])
    np.maximum(edges.a[:, 1], edges.b[:, 1], out=rows[:, 4])
    return rows


def _entries(edges: _Edges, lines: Numbers, grid: _Lattice, cell: Indices, edge: Indices) -> tuple[Indices, Flags]:
    """:attr:`Cells.entries`, and whether the corner is surely on one side of the segment's line."""
    row, column = np.divmod(cell, grid.columns)
    corner_x, corner_y = grid.origin[0] + column * grid.size, grid.origin[1] + row * grid.size
    line = lines[edge, :3]
    side = line[:, 0] * corner_x + line[:, 1] * corner_y - line[:, 2]
    left = (edges.a[edge, 0] <= corner_x) != (edges.b[edge, 0] <= corner_x)
    return edge << 2 | left.astype(np.int64) << 1 | (side > 0), np.abs(side) > SURE_M
