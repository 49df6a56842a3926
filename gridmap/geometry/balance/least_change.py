"""Least change: how much load must cross each border (a flow programme), then whole pieces that carry it across.

The flow is the linear programme of the least total load that crosses borders between grids until every grid lies in
its band, solved by HiGHS (Huangfu and Hall, Parallelizing the dual revised simplex method, 2018) through scipy. Pieces
are then moved one at a time, each only while both grids keep hanging together, and the flow is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from gridmap.geometry.balance.pieces import Integers, Numbers, Parts, Pieces

#: A household that no border can carry costs as much as this many that cross one: grids out of their band are the last
#: resort, not the cheapest.
UNMET = 1_000.0
#: Times that the flow is asked again.
ROUNDS = 24
#: A border of this many metres costs half a household more per household carried: short borders are awkward.
SHORT_BORDER_M = 50.0


@dataclass(frozen=True)
class Balanced:
    """``grid`` of each piece; ``outside``: numbers of the grids that are still outside their band."""

    grid: Integers
    outside: tuple[int, ...]


def least_change(
    pieces: Pieces,
    grid: Integers,
    low: Numbers,
    high: Numbers,
    *,
    locked: frozenset[int] = frozenset(),
    compact: float = 1.0,
) -> Balanced:
    """Bring every grid into its band with few households changing hands.

    Parameters
    ----------
    grid
        Present grid of each piece, 0…m-1, or -1 for ground outside the plan.
    low, high
        Band of each of the m grids, households.
    locked
        Grids that neither give nor take.
    compact
        How much the shape counts in the choice of pieces: 0 looks at loads only.
    """
    parts = Parts(pieces, grid, len(low))
    lows, highs = low.tolist(), high.tolist()
    for _ in range(ROUNDS):
        if not _outside(parts, lows, highs, locked):
            break
        flows = _flows(parts, low, high, locked)
        if not _carry(parts, flows, lows, highs, compact):
            break
    _mend(parts, lows, highs, locked)
    _take_back(parts, grid, lows, highs)
    return Balanced(parts.as_array(), tuple(_outside(parts, lows, highs, locked)))


def _outside(parts: Parts, low: list[float], high: list[float], locked: frozenset[int]) -> list[int]:
    return [
        number
        for number, load in enumerate(parts.load)
        if number not in locked and parts.members[number] and not low[number] <= load <= high[number]
    ]


def _flows(parts: Parts, low: Numbers, high: Numbers, locked: frozenset[int]) -> list[tuple[float, int, int]]:
    """Load that should cross each border: (load, from, to), the largest first."""
    owner = parts.as_array()
    pieces = parts.pieces
    some = pieces.within & (owner[pieces.a] != owner[pieces.b]) & (owner[pieces.a] >= 0) & (owner[pieces.b] >= 0)
    pairs: dict[tuple[int, int], float] = {}
    for i, j, metres in zip(
        owner[pieces.a[some]].tolist(), owner[pieces.b[some]].tolist(), pieces.border[some].tolist(), strict=True
    ):
        if i not in locked and j not in locked:
            key = (i, j) if i < j else (j, i)
            pairs[key] = pairs.get(key, 0.0) + metres
    if not pairs:
        return []
    arcs = [
        (i, j, metres) for (a, b), metres in sorted(pairs.items()) for i, j, metres in ((a, b, metres), (b, a, metres))
    ]
    m, n = len(parts.load), len(arcs)
    give = np.array([i for i, _, _ in arcs])
    take = np.array([j for _, j, _ in arcs])
    cost = 1 + 0.5 * SHORT_BORDER_M / (SHORT_BORDER_M + np.array([metres for *_, metres in arcs]))
    load = np.array(parts.load)
    # in - out - over <= high - load;  out - in - under <= load - low
    column = np.arange(n)
    sign = np.concatenate([np.ones(n), -np.ones(n)])
    rows, columns = np.concatenate([take, give]), np.concatenate([column, column])
    slack = np.arange(m)
    net = coo_array(
        (
            np.concatenate([sign, -np.ones(m), -sign, -np.ones(m)]),
            (
                np.concatenate([rows, slack, rows + m, slack + m]),
                np.concatenate([columns, n + slack, columns, n + m + slack]),
            ),
        ),
        shape=(2 * m, n + 2 * m),
    ).tocsr()
    found = linprog(
        np.concatenate([cost, np.full(2 * m, UNMET)]),
        A_ub=net,
        b_ub=np.concatenate([high - load, load - low]),
        bounds=(0, None),
        method="highs",
    )
    if found.x is None:
        return []
    flow = np.asarray(found.x[:n])
    return sorted(
        ((float(flow[k]), int(give[k]), int(take[k])) for k in np.flatnonzero(flow > 0.5).tolist()), reverse=True
    )


def _carry(
    parts: Parts, flows: list[tuple[float, int, int]], low: list[float], high: list[float], compact: float
) -> bool:
    """Move pieces along the flows; whether any moved."""
    moved = False
    for wanted, giver, taker in flows:
        left = wanted
        while left > 0:
            best = _best(parts, giver, taker, left, low, high, compact)
            if best is None:
                break
            left -= parts.weight(best)
            parts.move(best, taker)
            moved = True
    return moved


def _best(
    parts: Parts, giver: int, taker: int, left: float, low: list[float], high: list[float], compact: float
) -> int | None:
    """The piece to hand over next: near the load that is wanted, better joined to the taker than to the giver."""
    scored: list[tuple[float, int]] = []
    for piece in parts.touching(giver, taker):
        weight = parts.weight(piece)
        # overshooting by more than half a piece is left to another piece, unless the giver needs it out anyway
        if weight <= 0 or (weight > 2 * left and not parts.load[giver] - weight >= low[giver]):
            continue
        if weight > 2 * left and parts.load[taker] + weight > high[taker]:
            continue
        gain = parts.border_with(piece, taker) - parts.border_with(piece, giver)
        around = sum(parts.pieces.neighbours[piece].values())
        scored.append((abs(weight - left) / max(left, 1.0) - compact * gain / max(around, 1.0), piece))
    for _, piece in sorted(scored):
        if parts.stays_whole_without(piece):
            return piece
    return None


def _mend(parts: Parts, low: list[float], high: list[float], locked: frozenset[int]) -> None:
    """What is still outside: single moves, then exchanges of two pieces, that bring it nearer and harm nobody."""
    for _ in range(len(parts.load)):
        done = False
        for number in _outside(parts, low, high, locked):
            done |= _one_move(parts, number, low, high, locked) or _exchange(parts, number, low, high, locked)
        if not done:
            return


def _miss(load: float, low: float, high: float) -> float:
    return max(low - load, load - high, 0.0)


def _around(parts: Parts, number: int, locked: frozenset[int]) -> list[int]:
    """Grids next door that may give and take."""
    near = {parts.grid[other] for piece in parts.members[number] for other in parts.pieces.neighbours[piece]}
    return sorted(near - {number, -1} - locked)


def _one_move(parts: Parts, number: int, low: list[float], high: list[float], locked: frozenset[int]) -> bool:
    over = parts.load[number] > high[number]
    best: tuple[float, int, int] | None = None
    for other in _around(parts, number, locked):
        giver, taker = (number, other) if over else (other, number)
        for piece in parts.touching(giver, taker):
            weight = parts.weight(piece)
            before = _miss(parts.load[giver], low[giver], high[giver]) + _miss(
                parts.load[taker], low[taker], high[taker]
            )
            after = _miss(parts.load[giver] - weight, low[giver], high[giver]) + _miss(
                parts.load[taker] + weight, low[taker], high[taker]
            )
            gain = before - after
            if gain > 0 and (best is None or gain > best[0]) and parts.stays_whole_without(piece):
                best = (gain, piece, taker)
    if best is None:
        return False
    parts.move(best[1], best[2])
    return True


def _exchange(parts: Parts, number: int, low: list[float], high: list[float], locked: frozenset[int]) -> bool:
    """Two pieces that change places, where one alone would be too much."""
    for other in _around(parts, number, locked):
        mine, theirs = parts.touching(number, other), parts.touching(other, number)
        here, there = parts.load[number], parts.load[other]
        before = _miss(here, low[number], high[number]) + _miss(there, low[other], high[other])
        for a in mine:
            for b in theirs:
                shift = parts.weight(a) - parts.weight(b)
                after = _miss(here - shift, low[number], high[number]) + _miss(there + shift, low[other], high[other])
                if after >= before or not parts.stays_whole_without(a):
                    continue
                parts.move(a, other)
                if parts.border_with(b, number) > 0 and parts.stays_whole_without(b):
                    parts.move(b, number)
                    if parts.parts(number) == 1 and parts.parts(other) == 1:
                        return True
                    parts.move(b, other)
                parts.move(a, number)
    return False


def _take_back(parts: Parts, before: Integers, low: list[float], high: list[float]) -> None:
    """Pieces that need not have moved go home: fewer households change hands."""
    away = [piece for piece, home in enumerate(before.tolist()) if home >= 0 and parts.grid[piece] != home]
    for piece in sorted(away, key=lambda each: -parts.weight(each)):
        home, here, weight = int(before[piece]), parts.grid[piece], parts.weight(piece)
        fits = parts.load[home] + weight <= high[home] and parts.load[here] - weight >= low[here]
        if fits and parts.border_with(piece, home) > 0 and parts.stays_whole_without(piece):
            parts.move(piece, home)


def moved_share(pieces: Pieces, before: Integers, after: Integers) -> float:
    """Share of all households whose grid is another than before."""
    total = float(pieces.load.sum())
    return float(pieces.load[before != after].sum()) / total if total else 0.0
