"""Where to put a service point: the sites from which most households are in reach (maximal covering location).

The problem is that of Church and ReVelle (The maximal covering location problem, 1974). Greedy choice with swaps, and a
bound from the linear relaxation that says how much better any choice could be. What is covered is always counted from
the chosen sites, never taken from a solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack, vstack
from scipy.spatial import KDTree

from gridmap.domain.messages import Message
from gridmap.errors import BadInput

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: The relaxation is solved up to this many pairs of place and site in reach; above it, the bound is the greedy one.
MOST_PAIRS = 400_000
#: Seconds that the relaxation may take.
RELAXATION_S = 5.0
#: Rounds of swaps; each looks at every chosen site once.
ROUNDS = 8


@dataclass(frozen=True)
class Siting:
    """Chosen sites, in the order in which they help most.

    ``gains``: households that each adds, in that order; ``covered``: households in reach of the standing and the chosen
    sites, counted; ``before``: of the standing ones alone. ``bound``: no choice of as many sites covers more;
    ``bound_from`` says whether by the ``relaxation`` or by the ``marginal gains``.
    """

    sites: tuple[int, ...]
    gains: tuple[int, ...]
    covered: int
    before: int
    total: int
    bound: int
    bound_from: str


def choose_sites(
    places: Numbers,
    households: Integers,
    candidates: Numbers,
    count: int,
    reach_m: float,
    *,
    standing: Numbers | None = None,
) -> Siting:
    """Choose ``count`` of the candidates so that most households have a site within ``reach_m``, in a straight line.

    Parameters
    ----------
    places, households
        Points (n, 2) in metres, and the number of households at each.
    candidates
        Points (k, 2) where a service point could stand.
    standing
        Points (s, 2) that stand already; what they reach is not counted twice.

    Raises
    ------
    BadInput
    """
    if not 1 <= count <= len(candidates):
        raise BadInput(detail=Message("Ask for 1 to {most} service points.", {"most": len(candidates)}))
    if not 0 < reach_m < 1e6:
        raise BadInput(detail=Message("The reach must be a number of metres above 0."))
    weight = households.astype(np.float64)
    reached = np.zeros(len(places), dtype=bool)
    if standing is not None and len(standing) and len(places):
        reached = np.asarray(KDTree(standing).query(places)[0]) <= reach_m
    pairs = _in_reach(places, candidates, reach_m)
    open_ = weight * ~reached
    chosen = _swapped(pairs, open_, _greedy(pairs, open_, count))
    sites, gains = _ordered(pairs, open_, chosen)
    before = int(weight[reached].sum())
    covered = before + round(sum(gains))
    bound, source = _bound(pairs, open_, count, sum(gains), chosen)
    return Siting(
        sites=tuple(sites),
        gains=tuple(round(each) for each in gains),
        covered=covered,
        before=before,
        total=int(weight.sum()),
        bound=max(covered, before + int(np.floor(bound + 1e-6))),
        bound_from=source,
    )


def _in_reach(places: Numbers, candidates: Numbers, reach_m: float) -> csr_array:
    """Matrix site × place: 1 where the place is in reach."""
    if not len(places):
        return csr_array((len(candidates), 0))
    near = KDTree(candidates).query_ball_tree(KDTree(places), reach_m)
    sizes = [len(row) for row in near]
    columns = np.fromiter((place for row in near for place in row), dtype=np.int64, count=sum(sizes))
    rows = np.repeat(np.arange(len(candidates)), sizes)
    return csr_array((np.ones(len(columns)), (rows, columns)), shape=(len(candidates), len(places)))


def _greedy(pairs: csr_array, weight: Numbers, count: int) -> list[int]:
    """The site that adds most, again and again; ties go to the smaller number."""
    left = weight.copy()
    chosen: list[int] = []
    for _ in range(count):
        gain = pairs @ left
        gain[chosen] = -1.0
        site = int(np.argmax(gain))
        chosen.append(site)
        left[_row(pairs, site)] = 0.0
    return chosen


def _row(pairs: csr_array, site: int) -> Integers:
    return np.asarray(pairs.indices[pairs.indptr[site] : pairs.indptr[site + 1]], dtype=np.int64)


def _swapped(pairs: csr_array, weight: Numbers, chosen: list[int]) -> list[int]:
    """Exchange one chosen site for another while that covers more."""
    times = np.zeros(pairs.shape[1], dtype=np.int64)
    for site in chosen:
        times[_row(pairs, site)] += 1
    for _ in range(ROUNDS):
        better = False
        for at, site in enumerate(chosen):
            mine = _row(pairs, site)
            times[mine] -= 1
            gain = pairs @ (weight * (times == 0))
            gain[[each for each in chosen if each != site]] = -1.0
            best = int(np.argmax(gain))
            if gain[best] > gain[site] + 1e-9:
                chosen[at], better = best, True
            times[_row(pairs, chosen[at])] += 1
        if not better:
            break
    return chosen


def _ordered(pairs: csr_array, weight: Numbers, chosen: Sequence[int]) -> tuple[list[int], list[float]]:
    """The chosen sites, the one that adds most first, and what each adds. Counted, not estimated."""
    left, rest = weight.copy(), sorted(chosen)
    sites: list[int] = []
    gains: list[float] = []
    while rest:
        added = [float(left[_row(pairs, site)].sum()) for site in rest]
        at = int(np.argmax(added))
        sites.append(rest.pop(at))
        gains.append(added[at])
        left[_row(pairs, sites[-1])] = 0.0
    return sites, gains


def _bound(pairs: csr_array, weight: Numbers, count: int, covered: float, chosen: Sequence[int]) -> tuple[float, str]:
    """No choice covers more than this: the relaxation where it is small enough, else what the best sites could add.

    The second is the online bound of submodular functions (Nemhauser, Wolsey and Fisher, 1978): what is covered, plus
    the largest gains that as many more sites could have.
    """
    left = weight.copy()
    for site in chosen:
        left[_row(pairs, site)] = 0.0
    online = covered + float(np.sort(pairs @ left)[-count:].sum())
    loose = min(online, float(weight.sum()))
    if pairs.nnz > MOST_PAIRS:
        return loose, "marginal gains"
    places = np.flatnonzero((weight > 0) & (np.asarray(pairs.sum(axis=0)).ravel() > 0))
    if not len(places):
        return 0.0, "relaxation"
    inside = pairs[:, places]
    n, k = len(places), pairs.shape[0]
    # covered place <= sum of sites in reach; sites <= count
    upper = vstack(
        [
            hstack([_identity(n), -inside.T]),
            hstack([csr_array((1, n)), csr_array(np.ones((1, k)))]),
        ]
    ).tocsr()
    found = linprog(
        -np.concatenate([weight[places], np.zeros(k)]),
        A_ub=upper,
        b_ub=np.concatenate([np.zeros(n), [float(count)]]),
        bounds=(0, 1),
        method="highs",
        options={"time_limit": RELAXATION_S},
    )
    if found.status != 0:
        return loose, "marginal gains"
    return min(float(-found.fun), loose), "relaxation"


def _identity(n: int) -> coo_array:
    row = np.arange(n)
    return coo_array((np.ones(n), (row, row)), shape=(n, n))
