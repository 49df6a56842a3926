"""Plant blind ground in a faultless partition: gaps, double cover, spill, hairlines, and borders as surveys have them.

Large defects move whole mesh cells, so their area is known without any overlay; hairlines move one vertex of one
side only, so their area is a quadrilateral. Unmatched vertices and T-junctions lie exactly on their straight
edge and must be reported by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.geometry.synthetic.ground import Ground, polygon_of

Coordinates = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Flaw:
    """One planted piece of blind ground. ``grids`` number its owners (gap: the grid it was taken from)."""

    lens: str
    cause: str
    grids: tuple[int, ...]
    polygon: shapely.Polygon | shapely.MultiPolygon
    area_m2: float
    sliver: bool
    cells: tuple[int, ...] = ()


@dataclass
class BlindGround:
    """Grids after damage: the cells that each one claims, and vertices moved, added or dropped on one side only."""

    ground: Ground
    rng: np.random.Generator
    claims: list[set[int]] = field(init=False)
    outside: set[int] = field(default_factory=set)
    flaws: list[Flaw] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    moved: dict[tuple[int, int], Coordinates] = field(default_factory=dict)
    dropped: set[tuple[int, int]] = field(default_factory=set)
    added: dict[tuple[int, int], Coordinates] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grid = self.ground.grid
        self.claims = [set(np.flatnonzero(grid == g).tolist()) for g in range(int(grid.max()) + 1)]
        self._rim = _rim_cells(self.ground)

    # --- pieces of whole cells ---------------------------------------------------------------------------

    def gap(self, grid: int, size_m2: float, *, rim: bool = False) -> bool:
        """Take a piece away from a grid, at the county's edge or inside. False if the grid has no room for it."""
        return self._cut(grid, size_m2, rim, "uncovered_ground", "rim piece" if rim else "piece")

    def spill(self, grid: int, size_m2: float) -> bool:
        """Draw the county's edge back behind a piece that the grid keeps."""
        return self._cut(grid, size_m2, True, "spill", "edge drawn back")

    def overlap(self, grid: int, size_m2: float, *, owners: int = 2) -> bool:
        """Let neighbours claim a piece of a grid as well: ``owners`` in all."""
        around = self._neighbours(grid)
        if len(around) < owners - 1 or self.touched.intersection([grid, *around]):
            return False
        others = [int(g) for g in self.rng.permutation(sorted(around))[: owners - 1]]
        first = self.claims[others[0]]
        piece = self._piece(
            grid,
            size_m2,
            lambda cell: bool(first.intersection(self.ground.graph.around(cell))) and cell not in self._rim,
        )
        if piece is None or self._rim.intersection(piece):
            return False
        for other in others:
            self.claims[other] |= piece
        self._note("double_cover", "claimed by neighbours", (grid, *others), piece)
        return True

    def _cut(self, grid: int, size_m2: float, rim: bool, lens: str, cause: str) -> bool:
        if self.touched.intersection([grid, *self._neighbours(grid)]):
            return False
        own = self.claims[grid]
        graph = self.ground.graph

        def start(cell: int) -> bool:
            if rim:
                return cell in self._rim
            return any(to not in own for to in graph.around(cell)) and cell not in self._rim

        piece = self._piece(grid, size_m2, start)
        if piece is None or (not rim and self._rim.intersection(piece)):
            return False
        if lens == "spill":
            self.outside |= piece
        else:
            self.claims[grid] = own - piece
        self._note(lens, cause, (grid,), piece)
        return True

    def _piece(self, grid: int, size_m2: float, start: Callable[[int], bool]) -> set[int] | None:
        """A connected piece of a grid's cells, of about ``size_m2``; what stays is connected and more than half."""
        graph, area = self.ground.graph, self.ground.mesh.area_m2
        own = self.claims[grid]
        starts = [cell for cell in sorted(own) if start(cell)]
        if not starts or size_m2 > 0.45 * area[sorted(own)].sum():
            return None
        for first in self.rng.permutation(starts)[:6].tolist():
            piece, edge = {first}, [first]
            while edge and area[sorted(piece)].sum() < 0.9 * size_m2:
                here = edge.pop(0)
                for to in graph.around(here):
                    if to in own and to not in piece and area[sorted(piece)].sum() < 0.9 * size_m2:
                        piece.add(to)
                        edge.append(to)
            rest = np.array(sorted(own - piece))
            if len(rest) and graph.part(rest).pieces().max() == 0:
                rings = self.ground.mesh.dissolve(np.array(sorted(piece)))
                if len(rings) == 1:
                    return piece
        return None

    def piece_of(self, grid: int) -> set[int]:
        """Some cells at the border of a grid, a fifth of its area: what an earlier edition forgot.

        Raises ValueError where the grid's shape allows none.
        """
        own = self.claims[grid]
        size = 0.2 * float(self.ground.mesh.area_m2[sorted(own)].sum())
        piece = self._piece(grid, size, lambda cell: any(to not in own for to in self.ground.graph.around(cell)))
        if piece is None:
            raise ValueError(f"grid {grid} has no piece to spare")
        return piece

    def _note(self, lens: str, cause: str, grids: tuple[int, ...], piece: set[int]) -> None:
        cells = np.array(sorted(piece))
        metres = self.ground.mesh.vertices / 1000
        polygon = polygon_of([metres[ring] for ring in self.ground.mesh.dissolve(cells)])
        area = float(self.ground.mesh.area_m2[cells].sum())
        self.flaws.append(Flaw(lens, cause, grids, polygon, area, False, tuple(cells.tolist())))
        for grid in grids:
            self.touched |= {grid, *self._neighbours(grid)}

    def _neighbours(self, grid: int) -> set[int]:
        label = self.ground.grid
        cells = np.flatnonzero(label == grid).tolist()
        return {int(label[to]) for cell in cells for to in self.ground.graph.around(cell)} - {grid}

    # --- single vertices ---------------------------------------------------------------------------------

    def hairline(self, grid: int, millimetres: float) -> bool:
        """Move one vertex of a grid's side of a shared border: outward (overlap) or inward, negative (gap)."""
        if self.touched.intersection([grid, *self._neighbours(grid)]):
            return False
        ring = max(self.ground.mesh.dissolve(np.array(sorted(self.claims[grid]))), key=len)
        at = self.ground.mesh.vertices
        for k in self.rng.permutation(len(ring)).tolist():
            trio = [int(ring[k - 1]), int(ring[k]), int(ring[(k + 1) % len(ring)])]
            other = self._only_neighbour(trio)
            before, here, after = at[trio] / 1000
            legs = np.array([np.hypot(*(here - before)), np.hypot(*(after - here))])
            chord = after - before
            if other is None or legs.min() < 15 or np.hypot(*chord) < 0.9 * legs.sum():
                continue
            outward = np.array([chord[1], -chord[0]]) / np.hypot(*chord)
            new = np.rint(here * 1000 + outward * millimetres) / 1000
            quad = shapely.Polygon([before, here, after, new])
            if not quad.is_valid or (new == here).all():
                continue
            self.moved[grid, trio[1]] = new
            lens = "double_cover" if millimetres > 0 else "uncovered_ground"
            owners = (grid, other) if millimetres > 0 else (grid,)
            self.flaws.append(Flaw(lens, "hairline", owners, quad, float(quad.area), True))
            self.touched |= {grid, *self._neighbours(grid)}
            return True
        return False

    def densify(self, grids: Iterable[int]) -> int:
        """Add midpoints on one side of straight edges whose ends differ by even millimetres. Returns how many."""
        at = self.ground.mesh.vertices
        count = 0
        for grid in grids:
            for ring in self.ground.mesh.dissolve(np.array(sorted(self.claims[grid]))):
                following = np.roll(ring, -1)
                even = ((at[following] - at[ring]) % 2 == 0).all(axis=1)
                for a, b in zip(ring[even].tolist(), following[even].tolist(), strict=True):
                    self.added[grid, a] = (at[a] + at[b]) / 2000
                    count += 1
        return count

    def t_junctions(self, wanted: int, *, within_m: float = 12.0) -> int:
        """Make places where a border of two grids meets the straight edge of a third that has no vertex there.

        The meeting point moves onto the middle of the edge, exactly, and the third grid drops it. Only grids that
        nothing else has touched. Returns how many were made.
        """
        at = self.ground.mesh.vertices
        label = self.ground.grid
        across = self._across
        made = 0
        for grid in self.rng.permutation(len(self.claims)).tolist():
            if made == wanted:
                break
            if grid in self.touched:
                continue
            ring = max(self.ground.mesh.dissolve(np.array(sorted(self.claims[grid]))), key=len).tolist()
            for k, here in enumerate(ring):
                before, after = ring[k - 1], ring[(k + 1) % len(ring)]
                owners = {int(label[cell]) for cell in self._at[here]}
                sides = {across.get((here, before)), across.get((after, here))}
                if len(owners) != 3 or len(sides) != 2 or None in sides or owners & self.touched:
                    continue
                middle = at[before] + at[after]
                if (middle % 2).any() or np.hypot(*(middle // 2 - at[here])) > within_m * 1000:
                    continue
                kept = at[here].copy()
                at[here] = middle // 2
                self.dropped.add((grid, here))
                if all(self._drawn(owner).is_valid for owner in owners):
                    self.touched |= owners
                    made += 1
                    break
                at[here] = kept
                self.dropped.discard((grid, here))
        return made

    def _only_neighbour(self, trio: list[int]) -> int | None:
        """The one grid on the other side of two consecutive border segments, if there is exactly one."""
        sides = [self._across.get((b, a)) for a, b in pairwise(trio)]
        if sides[0] is None or sides[0] != sides[1] or len(self._at[trio[1]]) != 2:
            return None
        return sides[0]

    @property
    def _across(self) -> dict[tuple[int, int], int]:
        if not hasattr(self, "_across_cache"):
            label = self.ground.grid
            across: dict[tuple[int, int], int] = {}
            at: dict[int, set[int]] = {}
            for cell, ring in enumerate(self.ground.mesh.rings):
                owner = int(label[cell])
                numbers = ring.tolist()
                for a, b in zip(numbers, numbers[1:] + numbers[:1], strict=True):
                    across[a, b] = owner
                    at.setdefault(a, set()).add(cell)
            self._across_cache, self._at = across, at
        return self._across_cache

    # --- results -----------------------------------------------------------------------------------------

    def polygons(self) -> NDArray[np.object_]:
        """The grids as they are drawn, one polygon or multipolygon each, metres on the millimetre lattice."""
        return np.array([self._drawn(grid) for grid in range(len(self.claims))], dtype=object)

    def _drawn(self, grid: int) -> shapely.Polygon | shapely.MultiPolygon:
        at = self.ground.mesh.vertices
        rings = []
        for ring in self.ground.mesh.dissolve(np.array(sorted(self.claims[grid]))):
            points: list[Coordinates] = []
            for vertex in ring.tolist():
                if (grid, vertex) not in self.dropped:
                    points.append(self.moved.get((grid, vertex), at[vertex] / 1000))
                if (grid, vertex) in self.added:
                    points.append(self.added[grid, vertex])
            rings.append(np.array(points))
        return polygon_of(rings)

    def inside(self, label: Indices) -> NDArray[np.object_]:
        """Faultless polygons of an upper level: cells outside the county's drawn edge belong to nobody."""
        metres = self.ground.mesh.vertices / 1000
        keep = np.array([cell not in self.outside for cell in range(len(label))])
        parts = []
        for value in range(int(label.max()) + 1):
            rings = self.ground.mesh.dissolve(np.flatnonzero((label == value) & keep))
            parts.append(polygon_of([metres[ring] for ring in rings]))
        return np.array(parts, dtype=object)

    def single_cells(self) -> list[list[int]]:
        """Per grid the cells that it alone claims, inside the county: where people and things may stand."""
        count = np.zeros(len(self.ground.grid), dtype=int)
        for cells in self.claims:
            count[sorted(cells)] += 1
        return [[c for c in sorted(cells) if count[c] == 1 and c not in self.outside] for cells in self.claims]


def _rim_cells(ground: Ground) -> set[int]:
    """Cells at the edge of the county."""
    every = ground.mesh.dissolve(np.arange(len(ground.grid)))
    edge = set(np.concatenate(every).tolist())
    return {cell for cell, ring in enumerate(ground.mesh.rings) if len(edge.intersection(ring.tolist())) > 1}
