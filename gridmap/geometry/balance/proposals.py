"""Proposals: several ways to bring the grids of a draft into their band, each as operations that a plan can hold.

Nothing here changes anything: a proposal is tried on the layout, and one whose operations are refused is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.balance.fresh import fresh, matched
from gridmap.geometry.balance.ground import GroundPieces
from gridmap.geometry.balance.least_change import Balanced, least_change
from gridmap.geometry.balance.pieces import Integers, Numbers, Parts, Pieces
from gridmap.geometry.measures import compactness
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Operation, as_geojson
from gridmap.geometry.redraw.registry import operation_from_json

#: Grids that may be founded or given up beyond what the loads demand, before a way is given up.
MOST_EXTRA = 3

#: Band of a grid in households, by whether it is urban.
Band = Callable[[bool], tuple[int, int]]


@dataclass(frozen=True)
class Proposal:
    """One way. ``price``: households that change hands. ``outside``: grids still outside the band afterwards.

    ``documents``: the operations, to be applied in order to the layout it was made for.
    """

    way: str
    title: Message
    documents: tuple[dict[str, Any], ...]
    layout: Layout
    price: int
    share: float
    outside: tuple[str, ...]
    founded: int
    given_up: int
    compactness: float


@dataclass(frozen=True)
class _Drawn:
    """Grid numbers after a way; numbers from ``known`` on are new grids."""

    grid: Integers
    known: int


def propose(layout: Layout, ground: GroundPieces, band: Band, *, seed: int = 0) -> tuple[Proposal, ...]:
    """Ways to balance, the best first: fewest grids outside their band, then fewest households changing hands.

    Ways: least change; the same with an eye to the shape; with grids founded or given up where the loads demand it;
    and a fresh drawing, numbered so that as many as possible keep their grid. Empty where every grid lies inside.
    """
    pieces, grid = ground.pieces, ground.grid
    urban = np.array([layout.units[code].urban for code in ground.codes], dtype=bool)
    limits = np.array([band(bool(each)) for each in urban], dtype=np.float64).reshape(-1, 2)
    locked = frozenset(at for at, code in enumerate(ground.codes) if code in layout.locked)
    loads = np.bincount(grid, weights=pieces.load, minlength=len(ground.codes))
    if bool(((limits[:, 0] <= loads) & (loads <= limits[:, 1])).all()):
        return ()
    ways: list[tuple[str, Message, _Drawn]] = []
    for way, compact, title in (
        ("least_change", 0.5, Message("Least change")),
        ("compact", 2.0, Message("Least change, with an eye to the shape")),
    ):
        found = least_change(pieces, grid, limits[:, 0], limits[:, 1], locked=locked, compact=compact)
        ways.append((way, title, _Drawn(found.grid, len(ground.codes))))
    more = _with_other_count(pieces, grid, limits, locked, seed)
    if more is not None:
        ways.append(("other_count", Message("Least change, with another number of grids"), more))
    if not locked:
        ways.append(("fresh", Message("Drawn afresh"), _afresh(pieces, grid, limits, seed)))
    proposals: list[Proposal] = []
    seen: set[bytes] = set()
    for way, title, drawn in ways:
        key = drawn.grid.tobytes()
        if key in seen or bool((drawn.grid == grid).all()):
            continue
        seen.add(key)
        proposal = _tried(layout, ground, drawn, way, title, band)
        if proposal is not None:
            proposals.append(proposal)
    return tuple(sorted(proposals, key=lambda each: (len(each.outside), each.price, -each.compactness)))


# --- ways ------------------------------------------------------------------------------------------------


def _with_other_count(
    pieces: Pieces, grid: Integers, limits: Numbers, locked: frozenset[int], seed: int
) -> _Drawn | None:
    """Split the fullest grid, or give up the emptiest, until the loads fit; None where the present count does."""
    now, bands, changed = grid.copy(), limits.copy(), False
    best = least_change(pieces, now, bands[:, 0], bands[:, 1], locked=locked)
    for _ in range(_missing(pieces, grid, limits) + MOST_EXTRA):
        if not best.outside:
            break
        loads = np.bincount(now, weights=pieces.load, minlength=len(bands))
        over = [at for at in best.outside if _load(pieces, best.grid, at) > bands[at, 1]]
        if over:
            at = max(over, key=lambda each: (loads[each], -each))
            rows = np.flatnonzero(now == at)
            if len(rows) < 2:
                break
            half = fresh(_part(pieces, rows), 2, seed=seed)
            now[rows[half > 0]] = len(bands)
            bands = np.vstack([bands, bands[at]])
        else:
            at = min(best.outside, key=lambda each: (loads[each], each))
            heir = _heir(pieces, now, at, locked)
            if heir is None:
                break
            now[now == at] = heir
            bands[at] = (0.0, 0.0)
        changed = True
        best = _of_present(least_change(pieces, now, bands[:, 0], bands[:, 1], locked=locked), now)
    return _Drawn(best.grid, len(limits)) if changed else None


def _of_present(found: Balanced, now: Integers) -> Balanced:
    present = set(now.tolist())
    return Balanced(found.grid, tuple(at for at in found.outside if at in present))


def _missing(pieces: Pieces, grid: Integers, limits: Numbers) -> int:
    """How many grids too few or too many there are, summed over the parents."""
    count = 0
    for parent in np.unique(pieces.parent):
        own = pieces.parent == parent
        grids = np.unique(grid[own])
        total, low, high = pieces.load[own].sum(), limits[grids, 0].sum(), limits[grids, 1].sum()
        if total > high:
            count += int(np.ceil((total - high) / max(limits[grids, 1].max(), 1)))
        elif total < low:
            count += int(np.ceil((low - total) / max(limits[grids, 0].max(), 1)))
    return count


def _load(pieces: Pieces, grid: Integers, at: int) -> float:
    return float(pieces.load[grid == at].sum())


def _heir(pieces: Pieces, grid: Integers, at: int, locked: frozenset[int]) -> int | None:
    """The neighbour with the least load, so that giving a grid up overloads nobody."""
    parts = Parts(pieces, grid, int(grid.max()) + 1)
    near = {parts.grid[other] for piece in parts.members[at] for other in pieces.neighbours[piece]} - {at} - locked
    return min(near, key=lambda each: (parts.load[each], each)) if near else None


def _part(pieces: Pieces, rows: Integers) -> Pieces:
    """Some of the pieces, numbered anew."""
    number = np.full(pieces.count, -1, dtype=np.int64)
    number[rows] = np.arange(len(rows))
    some = (number[pieces.a] >= 0) & (number[pieces.b] >= 0)
    return Pieces(
        pieces.load[rows],
        number[pieces.a[some]].astype(np.intp),
        number[pieces.b[some]].astype(np.intp),
        pieces.border[some],
        pieces.parent[rows],
    )


def _afresh(pieces: Pieces, grid: Integers, limits: Numbers, seed: int) -> _Drawn:
    """Each parent drawn anew with as many grids as its load asks for."""
    after = np.empty_like(grid)
    used = len(limits)
    for parent in np.unique(pieces.parent):
        rows = np.flatnonzero(pieces.parent == parent)
        present, before = np.unique(grid[rows], return_inverse=True)
        total, middle = float(pieces.load[rows].sum()), float(limits[present].mean())
        count = int(np.clip(round(total / middle) if middle else 1, 1, len(rows)))
        drawn = fresh(_part(pieces, rows), count, seed=seed)
        number = matched(_part(pieces, rows), before.astype(np.int64), drawn, max(len(present), int(drawn.max()) + 1))
        extra = int(number.max()) + 1 - len(present)
        names = np.concatenate([present, used + np.arange(max(extra, 0))])
        after[rows] = names[number]
        used += max(extra, 0)
    return _Drawn(after, len(limits))


# --- as operations ---------------------------------------------------------------------------------------


def _tried(
    layout: Layout, ground: GroundPieces, drawn: _Drawn, way: str, title: Message, band: Band
) -> Proposal | None:
    """The way as operations, carried out on the layout; None where one is refused."""
    documents, now = [], layout
    for document in _documents(layout, ground, drawn):
        done = _first_accepted(now, document)
        if done is None:
            return None
        taken, now = done
        documents.append(taken)
    shown = _same_as(ground, drawn)
    load = np.bincount(drawn.grid, weights=ground.pieces.load, minlength=int(drawn.grid.max()) + 1)
    outside = []
    for at in np.unique(drawn.grid).tolist():
        unit = _unit(layout, ground, drawn, at)
        low, high = band(unit.urban)
        if unit.code not in layout.locked and not low <= load[at] <= high:
            outside.append(unit.code or f"+{at - drawn.known + 1}")
    total = float(ground.pieces.load.sum())
    moved = float(ground.pieces.load[~shown].sum())
    touched = [unit for code, unit in now.units.items() if not unit.same(layout.units.get(code))]
    shapes = np.array([unit.geometry for unit in touched], dtype=object)
    present = set(drawn.grid.tolist())
    return Proposal(
        way=way,
        title=title,
        documents=tuple(documents),
        layout=now,
        price=round(moved),
        share=moved / total if total else 0.0,
        outside=tuple(outside),
        founded=sum(at >= drawn.known for at in present),
        given_up=sum(at not in present for at in range(drawn.known)),
        compactness=float(compactness(shapes).mean()) if len(shapes) else 0.0,
    )


def _same_as(ground: GroundPieces, drawn: _Drawn) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(ground.grid == drawn.grid)


def _unit(layout: Layout, ground: GroundPieces, drawn: _Drawn, at: int) -> Outline:
    """The outline a grid number stands for; for a new one, that of the grid that most of it was."""
    if at < drawn.known:
        return layout.units[ground.codes[at]]
    was = ground.grid[drawn.grid == at]
    one = layout.units[ground.codes[int(np.bincount(was).argmax())]]
    return Outline("", one.name, one.parent, one.geometry, one.urban)


def _documents(layout: Layout, ground: GroundPieces, drawn: _Drawn) -> Iterable[dict[str, Any]]:
    """Grids given up are merged first, new ones drawn next, then ground goes over pair by pair."""
    before, after = ground.grid.copy(), drawn.grid
    present = set(after.tolist())
    for at in range(drawn.known):
        if at in present:
            continue
        heirs = after[before == at]
        inside = heirs[heirs < drawn.known]
        if not len(inside):
            continue
        heir = int(np.bincount(inside, weights=ground.pieces.load[before == at][heirs < drawn.known] + 1e-6).argmax())
        yield {"kind": "merge", "units": [ground.codes[at], ground.codes[heir]], "into": ground.codes[heir]}
        before[before == at] = heir
    for at in sorted(each for each in present if each >= drawn.known):
        unit = _unit(layout, ground, drawn, at)
        for area in _areas(ground, np.flatnonzero(after == at))[:1]:
            yield {"kind": "create", "name": unit.name, "parent": unit.parent, "urban": unit.urban, "area": area}
        before[after == at] = at
    pairs = sorted({(int(i), int(j)) for i, j in zip(before.tolist(), after.tolist(), strict=True) if i != j})
    for i, j in pairs:
        for area in _areas(ground, np.flatnonzero((before == i) & (after == j))):
            yield {"kind": "reassign", "to": ground.codes[j], "from": [ground.codes[i]], "area": area}


def _areas(ground: GroundPieces, rows: Integers) -> list[dict[str, Any]]:
    """Connected areas of some pieces, as GeoJSON polygons."""
    parts: Sequence[BaseGeometry] = shapely.get_parts(ground.ground_of(rows)).tolist()
    return [as_geojson(part) for part in sorted(parts, key=lambda each: -each.area) if part.geom_type == "Polygon"]


def _first_accepted(layout: Layout, document: dict[str, Any]) -> tuple[dict[str, Any], Layout] | None:
    """Carry an operation out; on the way from one drawing to another a grid may fall apart for a moment."""
    tries = [document] if document["kind"] == "merge" else [document, {**document, "allow_parts": True}]
    for each in tries:
        try:
            operation: Operation = operation_from_json(each)
            return each, operation.apply(layout).on(layout)
        except OperationRefused:
            continue
    return None
