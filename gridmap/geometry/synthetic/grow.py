"""Divide cells into connected units of about equal weight whose borders keep to rivers and roads."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

Coordinates = NDArray[np.float64]
Indices = NDArray[np.int64]


class Graph:
    """Neighbourhood of cells: links with a cost of crossing each and the weight of its border when straightening.

    ``step`` is the mean length of a link in metres.
    """

    def __init__(
        self, cells: int, links: Indices, cost: NDArray[np.float64], border: NDArray[np.float64], step: float
    ) -> None:
        self.cells = cells
        self.links = links
        self.cost = cost
        self.border = border
        self.step = step
        both = np.vstack([links, links[:, ::-1]])
        order = np.lexsort((both[:, 1], both[:, 0]))
        self._to: list[int] = both[order, 1].tolist()
        self._cost = np.concatenate([cost, cost])[order].tolist()
        self._border: list[float] = np.concatenate([border, border])[order].tolist()
        self._start: list[int] = np.searchsorted(both[order, 0], np.arange(cells + 1)).tolist()

    def around(self, cell: int) -> list[int]:
        return self._to[self._start[cell] : self._start[cell + 1]]

    def borders(self, cell: int) -> tuple[list[int], list[float]]:
        """Neighbours of a cell and the weight of the border to each."""
        span = slice(self._start[cell], self._start[cell + 1])
        return self._to[span], self._border[span]

    def part(self, members: Indices) -> Graph:
        """The graph of some cells only, renumbered in their order."""
        number = np.full(self.cells, -1, dtype=np.int64)
        number[members] = np.arange(len(members))
        inside = (number[self.links] >= 0).all(axis=1)
        return Graph(len(members), number[self.links[inside]], self.cost[inside], self.border[inside], self.step)

    def pieces(self) -> Indices:
        """Number of the connected piece of every cell."""
        shape = (self.cells, self.cells)
        ones = np.ones(len(self.links))
        matrix = coo_array((ones, (self.links[:, 0], self.links[:, 1])), shape=shape)
        return np.asarray(connected_components(matrix)[1], dtype=np.int64)

    def spread(self, sources: list[int], delay: NDArray[np.float64]) -> Indices:
        """Label of the source that reaches each cell first, source ``i`` starting ``delay[i]`` later.

        Dijkstra from all sources at once: every region is connected by construction. A source that another reaches
        before it starts keeps its own cell.
        """
        label = [-1] * self.cells
        late = delay.tolist()
        for i, cell in enumerate(sources):
            label[cell] = i
        heap = [
            (late[i] + self._cost[k], self._to[k], i)
            for i, cell in enumerate(sources)
            for k in range(self._start[cell], self._start[cell + 1])
        ]
        heapq.heapify(heap)
        while heap:
            far, cell, i = heapq.heappop(heap)
            if label[cell] >= 0:
                continue
            label[cell] = i
            for k in range(self._start[cell], self._start[cell + 1]):
                to = self._to[k]
                if label[to] < 0:
                    heapq.heappush(heap, (far + self._cost[k], to, i))
        return np.array(label, dtype=np.int64)


def divide(
    graph: Graph,
    centres: Coordinates,
    weight: NDArray[np.float64],
    parts: int,
    rng: np.random.Generator,
    *,
    seats: Coordinates | None = None,
    share: NDArray[np.float64] | None = None,
    rounds: int = 14,
) -> Indices:
    """Divide a connected graph into ``parts`` connected regions; returns the region of each cell.

    ``seats`` (parts, 2) fixes where regions start (town seats), else starts are spread by weighted k-means and move
    to the middle of their region each round. ``share`` (sums to 1) states the wanted share of the weight.
    """
    if parts == 1:
        return np.zeros(graph.cells, dtype=np.int64)
    wanted = np.full(parts, 1 / parts) if share is None else share
    moving = seats is None
    points = _starts(centres, weight, parts, rng) if seats is None else seats
    sources = _distinct(centres, points)
    delay = np.zeros(parts)
    reach = float(np.sqrt(np.prod(np.ptp(centres, axis=0)) / parts)) * float(graph.cost.mean()) / graph.step
    best: tuple[float, Indices] | None = None
    for turn in range(rounds):
        label = graph.spread(sources, delay)
        load = np.bincount(label, weight, minlength=parts) / weight.sum()
        ratio = np.maximum(load, 1e-9) / wanted
        miss = float(np.abs(np.log(ratio)).max())
        if best is None or miss < best[0]:
            best = (miss, label)
        delay += reach * (0.35 if turn < rounds // 2 else 0.2) * np.log(np.clip(ratio, 0.2, 5))
        delay -= delay.min()
        if moving and turn < rounds // 2:
            middle = (
                np.stack([np.bincount(label, weight * centres[:, i], minlength=parts) for i in (0, 1)], axis=1)
                / np.maximum(np.bincount(label, weight, minlength=parts), 1e-9)[:, None]
            )
            sources = [
                int(members[np.argmin(((centres[members] - middle[i]) ** 2).sum(axis=1))])
                for i, members in enumerate(_members(label, parts))
            ]
    assert best is not None
    return tidy(graph, best[1])


def tidy(graph: Graph, label: Indices, rounds: int = 4) -> Indices:
    """Straighten borders: a cell joins the region it shares most border with, if its own stays in one piece."""
    label = label.copy()
    size = np.bincount(label)
    for _ in range(rounds):
        moved = 0
        for cell in range(graph.cells):
            own = int(label[cell])
            around, border = graph.borders(cell)
            shared: dict[int, float] = {}
            for to, metres in zip(around, border, strict=True):
                shared[int(label[to])] = shared.get(int(label[to]), 0.0) + metres
            best = max(shared, key=lambda name: shared[name])
            if best == own or shared[best] <= shared.get(own, 0.0) * 1.02 or size[own] < 4:
                continue
            if not _holds_without(graph, label, cell):
                continue
            label[cell] = best
            size[own] -= 1
            size[best] += 1
            moved += 1
        if not moved:
            break
    return label


def _holds_without(graph: Graph, label: Indices, cell: int) -> bool:
    """Whether the cell's neighbours of its own region hang together without it (looking at these cells only)."""
    own = [to for to in graph.around(cell) if label[to] == label[cell]]
    if len(own) < 2:
        return bool(own)
    left, seen = set(own[1:]), [own[0]]
    while seen:
        near = left.intersection(graph.around(seen.pop()))
        left -= near
        seen.extend(near)
    return not left


def _members(label: Indices, parts: int) -> list[Indices]:
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, parts)))


def _starts(centres: Coordinates, weight: NDArray[np.float64], parts: int, rng: np.random.Generator) -> Coordinates:
    """Weighted k-means: first starts far apart, then ten rounds."""
    chance = weight / weight.sum()
    points = centres[[rng.choice(len(centres), p=chance)]]
    while len(points) < parts:
        far = (cdist(centres, points, "sqeuclidean").min(axis=1)) * weight
        points = np.vstack([points, centres[rng.choice(len(centres), p=far / far.sum())]])
    for _ in range(10):
        label = cdist(centres, points, "sqeuclidean").argmin(axis=1)
        mass = np.bincount(label, weight, minlength=parts)
        moved = np.stack([np.bincount(label, weight * centres[:, i], minlength=parts) for i in (0, 1)], axis=1)
        points = np.where(mass[:, None] > 0, moved / np.maximum(mass, 1e-9)[:, None], points)
    return points


def _distinct(centres: Coordinates, points: Coordinates) -> list[int]:
    """The nearest cell to each point, no cell twice."""
    taken: list[int] = []
    for row in cdist(points, centres):
        taken.append(next(int(cell) for cell in np.argsort(row)[: len(points) + 1] if cell not in taken))
    return taken
