"""A fast county of any size: a warped lattice whose shared borders wiggle and are shared to the millimetre.

For benchmarks and for properties. The demo county, which has to look like one, is made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]

#: How far nodes wander and borders bulge, as shares of the cell. Together they keep every border inside its own
#: diamond (half-angle under 20°) and every angle between diamonds above 15°, so no two borders can cross.
NODE_JITTER = 0.12
BULGE = 0.34


@dataclass(frozen=True)
class County:
    """Grids that cover ``jurisdiction`` exactly once, and how they lie.

    ``rings`` has the shape (n, segments + 1, 2), counter-clockwise and closed, metres on the millimetre lattice;
    ``polygons`` are the same rings as shapely polygons. Grid ``i`` stands in row ``i // columns``, column
    ``i % columns``. Per ring the sides follow each other south, east, north, west with ``side`` segments each.
    """

    polygons: NDArray[np.object_]
    names: NDArray[np.str_]
    jurisdiction: shapely.Polygon
    rings: Coordinates
    columns: int
    side: tuple[int, int]

    @property
    def rows(self) -> int:
        return -(-len(self.polygons) // self.columns)


def county(
    n_grids: int,
    vertices_per_grid: int = 24,
    seed: int = 0,
    *,
    cell_m: float = 1000.0,
    origin: tuple[float, float] = (500_000.0, 3_590_000.0),
) -> County:
    """Make ``n_grids`` grids of ``vertices_per_grid`` distinct vertices (rounded down to an even number, at least 8).

    Every border is generated once and used by both sides, so neighbours share their vertices exactly; all
    coordinates are whole millimetres. The same arguments give the same county.
    """
    rng = np.random.default_rng(seed)
    vertices = max(8, vertices_per_grid)
    along = vertices // 4
    up = (vertices - 2 * along) // 2
    columns = max(1, int(np.ceil(np.sqrt(n_grids))))
    rows = -(-n_grids // columns)
    nodes = _nodes(rows, columns, rng)
    scale = np.array([cell_m, cell_m])
    horizontal = _borders(nodes[:, :-1] * scale, nodes[:, 1:] * scale, along, origin, rng)
    vertical = _borders(nodes[:-1] * scale, nodes[1:] * scale, up, origin, rng)

    rings = np.empty((n_grids, 2 * (along + up) + 1, 2))
    row, column = np.divmod(np.arange(n_grids), columns)
    cuts = np.cumsum([0, along, up, along, up])
    rings[:, cuts[0] : cuts[1]] = horizontal[row, column, :-1]
    rings[:, cuts[1] : cuts[2]] = vertical[row, column + 1, :-1]
    rings[:, cuts[2] : cuts[3]] = horizontal[row + 1, column, :0:-1]
    rings[:, cuts[3] : cuts[4]] = vertical[row, column, :0:-1]
    rings[:, -1] = rings[:, 0]
    polygons = np.asarray(shapely.polygons(shapely.linearrings(rings)), dtype=object)
    width = len(str(n_grids))
    names = np.char.add("g", np.char.zfill(np.arange(n_grids).astype(str), width))
    outline = _outline(horizontal, vertical, n_grids, columns)
    return County(polygons, names, shapely.Polygon(outline), rings, columns, (along, up))


def _nodes(rows: int, columns: int, rng: np.random.Generator) -> Coordinates:
    """Lattice nodes in cells: bent by slow waves, then each moved a little. Shape (rows + 1, columns + 1, 2)."""
    y, x = np.mgrid[0 : rows + 1, 0 : columns + 1].astype(float)
    phase = rng.uniform(0, 2 * np.pi, 4)
    bend_x = 0.9 * np.sin(y / 9 + phase[0]) + 0.3 * np.sin(x / 5 + y / 7 + phase[1])
    bend_y = 0.9 * np.sin(x / 9 + phase[2]) + 0.3 * np.sin(y / 5 - x / 7 + phase[3])
    nodes = np.stack([x + bend_x, y + bend_y], axis=-1)
    return nodes + rng.uniform(-NODE_JITTER, NODE_JITTER, nodes.shape)


def _borders(
    start: Coordinates, end: Coordinates, segments: int, origin: tuple[float, float], rng: np.random.Generator
) -> Coordinates:
    """Wiggly polylines from ``start`` to ``end``, on the millimetre lattice. Shape (…, segments + 1, 2)."""
    t = np.linspace(0, 1, segments + 1)
    run = end - start
    normal = np.stack([-run[..., 1], run[..., 0]], axis=-1)
    diamond = BULGE * np.minimum(t, 1 - t)
    swing = rng.uniform(-1, 1, (*start.shape[:-1], segments + 1)) * diamond
    line = start[..., None, :] + run[..., None, :] * t[:, None] + normal[..., None, :] * swing[..., None]
    line += np.asarray(origin)
    rounded: Coordinates = np.rint(line * 1000) / 1000
    return rounded


def _outline(horizontal: Coordinates, vertical: Coordinates, n_grids: int, columns: int) -> Coordinates:
    """The ring around all grids: the last row may be shorter than the others."""
    full, rest = divmod(n_grids, columns)
    top = full + (1 if rest else 0)
    parts = [horizontal[0, i, :-1] for i in range(columns)]
    parts += [vertical[j, columns, :-1] for j in range(full)]
    if rest:
        parts += [horizontal[full, i, :0:-1] for i in range(columns - 1, rest - 1, -1)]
        parts.append(vertical[full, rest, :-1])
        parts += [horizontal[top, i, :0:-1] for i in range(rest - 1, -1, -1)]
    else:
        parts += [horizontal[full, i, :0:-1] for i in range(columns - 1, -1, -1)]
    parts += [vertical[j, 0, :0:-1] for j in range(top - 1, -1, -1)]
    return np.concatenate(parts)
