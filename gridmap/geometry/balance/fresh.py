"""A fresh drawing: cut the graph of pieces in two along random spanning trees, again and again, into even parts.

The method of recursive spanning-tree bisection (DeFord, Duchin and Solomon, Recombination: a family of Markov chains
for redistricting, 2021; there with networkx graphs) on sparse arrays: each cut is the tree edge whose two sides come
nearest to whole numbers of grids, the best of several trees. Single pieces are then moved where a grid is still off.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from gridmap.geometry.balance.least_change import least_change
from gridmap.geometry.balance.pieces import Indices, Integers, Numbers, Pieces

#: Trees tried per cut, at least and at most: small parts are cheap, and their cuts decide the balance.
FEWEST_TREES, MOST_TREES = 4, 48
#: A cut this near to whole numbers of grids is good enough: a share of one grid's load per grid.
GOOD_ENOUGH = 0.02
#: Band that is mended afterwards, as a share of the mean load on either side.
TOLERANCE = 0.1


def fresh(pieces: Pieces, grids: int, *, seed: int = 0, tolerance: float = TOLERANCE) -> Integers:
    """Divide pieces into ``grids`` grids of even load, each whole, none across two parents. Same seed, same answer.

    Returns
    -------
    Grid of each piece, 0…grids-1. Every connected part of a parent gets at least one, so there may be more than asked
    for where the ground falls apart.
    """
    random = np.random.default_rng(seed)
    _, part = connected_components(pieces.graph, directed=False)
    loads = np.asarray(np.bincount(part, weights=pieces.load), dtype=np.float64)
    share = _shares(loads, grids, np.bincount(part).astype(np.int64))
    assigned = np.full(pieces.count, -1, dtype=np.int64)
    used = 0
    for number, wanted in enumerate(share.tolist()):
        rows = np.flatnonzero(part == number)
        assigned[rows] = used + _cut(pieces.graph[rows][:, rows], pieces.load[rows], wanted, random)
        used += wanted
    mean = loads / share
    target = mean[np.array([part[np.flatnonzero(assigned == grid)[0]] for grid in range(used)])]
    return least_change(pieces, assigned, target * (1 - tolerance), target * (1 + tolerance)).grid


def _shares(loads: Numbers, grids: int, sizes: Integers) -> Integers:
    """Grids per connected part: in proportion to the load (largest remainders), at least one, at most one per piece."""
    total = float(loads.sum())
    exact = loads / total * grids if total else np.full(len(loads), grids / len(loads))
    share = np.clip(np.floor(exact), 1, sizes).astype(np.int64)
    order = np.argsort(-(exact - np.floor(exact)), kind="stable")
    while share.sum() < grids:
        grown = False
        for part in order.tolist():
            if share.sum() < grids and share[part] < sizes[part]:
                share[part] += 1
                grown = True
        if not grown:
            break
    return share


def _cut(graph: csr_array, load: Numbers, grids: int, random: np.random.Generator) -> Integers:
    """Cut one connected part into grids; numbers 0…grids-1."""
    assigned = np.zeros(len(load), dtype=np.int64)
    todo: list[tuple[Indices, int, int]] = [(np.arange(len(load)), grids, 0)]
    while todo:
        rows, count, first = todo.pop()
        if count == 1:
            assigned[rows] = first
            continue
        side, left = _best_cut(graph[rows][:, rows], load[rows], count, random)
        todo.append((rows[side], left, first))
        todo.append((rows[~side], count - left, first + left))
    return assigned


def _best_cut(
    graph: csr_array, load: Numbers, count: int, random: np.random.Generator
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], int]:
    """The cut that leaves whole numbers of grids on both sides; which pieces lie on the first side, and its grids."""
    trees = int(np.clip(2_000 // len(load) + FEWEST_TREES, FEWEST_TREES, MOST_TREES))
    one = float(load.sum()) / count
    best: tuple[float, np.ndarray[tuple[int], np.dtype[np.bool_]], int] | None = None
    for _ in range(trees):
        order, above, below, size = _tree(graph, load, random)
        within = below / one if one else size / len(load) * count
        # keep enough pieces on either side, and cut near the middle: depth costs balance
        low, high = max(1, count // 3), min(count - 1, -(-2 * count // 3))
        grids = np.clip(np.rint(within), low, high)
        grids = np.minimum(np.maximum(grids, count - (len(load) - size)), size)
        smaller = np.minimum(grids, count - grids)
        off = np.full(len(load), np.inf)
        np.divide(np.abs(within - grids), smaller, out=off, where=smaller > 0)
        off[order[0]] = np.inf  # the root has no edge above it
        at = int(np.argmin(off))
        if best is None or off[at] < best[0]:
            best = (float(off[at]), _below(order, above, at), int(grids[at]))
        if best[0] <= GOOD_ENOUGH:
            break
    assert best is not None
    return best[1], best[2]


def _tree(graph: csr_array, load: Numbers, random: np.random.Generator) -> tuple[Indices, Indices, Numbers, Integers]:
    """A random spanning tree: pieces from the root down, the piece above each, load and number of pieces below each."""
    weighted = csr_array((random.random(graph.nnz) + 1e-9, graph.indices, graph.indptr), shape=graph.shape)
    tree = minimum_spanning_tree(weighted)
    order, above = breadth_first_order(tree, int(random.integers(len(load))), directed=False)
    below, size, up = load.tolist(), [1] * len(load), above.tolist()
    for piece in reversed(order[1:].tolist()):
        parent = up[piece]
        below[parent] += below[piece]
        size[parent] += size[piece]
    return order, above, np.array(below), np.array(size, dtype=np.int64)


def _below(order: Indices, above: Indices, top: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which pieces hang below one in a tree, itself included."""
    inside = [False] * len(order)
    inside[top] = True
    up = above.tolist()
    for piece in order.tolist():
        if piece != top and up[piece] >= 0 and inside[up[piece]]:
            inside[piece] = True
    return np.array(inside)


def matched(pieces: Pieces, before: Integers, after: Integers, grids: int) -> Integers:
    """Number fresh grids so that as many households as possible keep the grid they have (optimal assignment)."""
    count = max(grids, int(after.max()) + 1)
    known = before >= 0
    kept = np.zeros((count, count))
    np.add.at(kept, (after[known], before[known]), pieces.load[known] + 1e-6)
    rows, columns = linear_sum_assignment(kept, maximize=True)
    number = np.empty(count, dtype=np.int64)
    number[rows] = columns
    return number[after]
