"""The pieces that grids are put together from, and which piece borders on which: a graph with loads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Indices = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class Pieces:
    """Ground that is never cut: a compound, or the surroundings of some houses.

    ``load``: households of each of the n pieces. ``a``, ``b``: pairs of pieces that share border (not corners), and
    ``border``, metres of it; pairs divided by a barrier (a river, a main road) are left out. ``parent``: number of the
    unit above each piece; no grid reaches across two.
    """

    load: Numbers
    a: Indices
    b: Indices
    border: Numbers
    parent: Integers

    @property
    def count(self) -> int:
        return len(self.load)

    @cached_property
    def within(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which pairs lie inside one parent."""
        return np.asarray(self.parent[self.a] == self.parent[self.b])

    @cached_property
    def graph(self) -> csr_array:
        """Symmetric matrix of shared border, inside parents only."""
        a, b, border = self.a[self.within], self.b[self.within], self.border[self.within]
        both = (np.concatenate([a, b]), np.concatenate([b, a]))
        return csr_array((np.concatenate([border, border]), both), shape=(self.count, self.count))

    @cached_property
    def neighbours(self) -> list[dict[int, float]]:
        """For each piece: neighbouring piece → metres of shared border, inside its parent."""
        found: list[dict[int, float]] = [{} for _ in range(self.count)]
        some = self.within
        for i, j, metres in zip(self.a[some].tolist(), self.b[some].tolist(), self.border[some].tolist(), strict=True):
            found[i][j] = found[i].get(j, 0.0) + metres
            found[j][i] = found[j].get(i, 0.0) + metres
        return found


class Parts:
    """Which grid each piece belongs to, kept while pieces change hands."""

    def __init__(self, pieces: Pieces, grid: Integers, grids: int) -> None:
        self.pieces = pieces
        self.grid: list[int] = grid.tolist()
        self.members: list[set[int]] = [set() for _ in range(grids)]
        for piece, owner in enumerate(self.grid):
            if owner >= 0:
                self.members[owner].add(piece)
        self._load: list[float] = pieces.load.tolist()
        self.load = [sum(self._load[piece] for piece in members) for members in self.members]

    def weight(self, piece: int) -> float:
        """Households of a piece."""
        return self._load[piece]

    def move(self, piece: int, to: int) -> None:
        """Give a piece to another grid."""
        old = self.grid[piece]
        self.members[old].discard(piece)
        self.members[to].add(piece)
        self.load[old] -= self._load[piece]
        self.load[to] += self._load[piece]
        self.grid[piece] = to

    def stays_whole_without(self, piece: int) -> bool:
        """Whether a piece's grid keeps hanging together (and keeps something) when it goes.

        A grid that consists of several parts already (an enclave) may not fall into more.
        """
        rest = self.members[self.grid[piece]]
        if len(rest) <= 1:
            return False
        mine = [near for near in self.pieces.neighbours[piece] if near in rest]
        if len(mine) <= 1:
            return bool(mine) or self._parts(rest) > 1
        return self._reaches(mine, rest, without=piece)

    def _reaches(self, ends: Sequence[int], inside: set[int], *, without: int) -> bool:
        """Whether the first of some pieces reaches all the others inside a set."""
        wanted = set(ends[1:])
        seen = {ends[0], without}
        queue = deque([ends[0]])
        while queue and wanted:
            for near in self.pieces.neighbours[queue.popleft()]:
                if near in inside and near not in seen:
                    seen.add(near)
                    wanted.discard(near)
                    queue.append(near)
        return not wanted

    def _parts(self, members: Iterable[int]) -> int:
        left, count = set(members), 0
        while left:
            count += 1
            queue = deque([left.pop()])
            while queue:
                for near in self.pieces.neighbours[queue.popleft()]:
                    if near in left:
                        left.discard(near)
                        queue.append(near)
        return count

    def parts(self, grid: int) -> int:
        """Into how many parts without common border a grid falls; 1 is whole."""
        return self._parts(self.members[grid])

    def touching(self, giver: int, taker: int) -> list[int]:
        """Pieces of one grid that share border with another, in a stable order."""
        inside, near = self.members[giver], self.pieces.neighbours
        return sorted(piece for piece in inside if any(self.grid[other] == taker for other in near[piece]))

    def border_with(self, piece: int, grid: int) -> float:
        """Metres of border that a piece shares with the pieces of a grid."""
        return sum(metres for other, metres in self.pieces.neighbours[piece].items() if self.grid[other] == grid)

    def as_array(self) -> Integers:
        """Grid of each piece."""
        return np.array(self.grid, dtype=np.int64)
