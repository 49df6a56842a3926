"""Least change and fresh drawing on graphs of pieces: bands kept, grids whole, parents and locks respected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.geometry.balance import Pieces, fresh, least_change
from gridmap.geometry.balance.fresh import matched
from gridmap.geometry.balance.least_change import moved_share
from gridmap.geometry.balance.pieces import Parts


def board(wide: int, high: int, load: object = 30.0, parent: object = 0) -> Pieces:
    """Squares of 100 m; number = row * wide + column."""
    number = np.arange(wide * high).reshape(high, wide)
    a = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    b = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    count = wide * high
    return Pieces(
        load=np.broadcast_to(np.asarray(load, dtype=float), count).copy(),
        a=a,
        b=b,
        border=np.full(len(a), 100.0),
        parent=np.broadcast_to(np.asarray(parent, dtype=np.int64), count).copy(),
    )


def whole(pieces: Pieces, grid: np.ndarray, number: int) -> bool:
    """Independent of Parts: connected by scipy on the subgraph."""
    rows = np.flatnonzero(grid == number)
    own = np.isin(pieces.a, rows) & np.isin(pieces.b, rows)
    graph = csr_array((np.ones(own.sum()), (pieces.a[own], pieces.b[own])), shape=(pieces.count,) * 2)
    _, part = connected_components(graph, directed=False)
    return len(set(part[rows].tolist())) == 1


def test_one_full_grid_gives_to_the_neighbour_with_room() -> None:
    pieces = board(6, 1, [100, 100, 100, 100, 50, 50])
    before = np.array([0, 0, 0, 0, 1, 1])
    found = least_change(pieces, before, np.array([200.0, 200]), np.array([300.0, 300]))
    assert found.grid.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.outside == ()


def test_load_travels_through_a_grid_between() -> None:
    pieces = board(12, 1, 10.0)
    before = np.array([0] * 8 + [1] * 3 + [2] * 1)
    found = least_change(pieces, before, np.full(3, 35.0), np.full(3, 45.0))
    assert np.bincount(found.grid, weights=pieces.load).tolist() == [40, 40, 40]
    assert found.grid.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_what_lies_inside_its_band_is_left_alone() -> None:
    pieces = board(8, 8)
    before = (np.arange(64) // 16).astype(np.int64)
    found = least_change(pieces, before, np.full(4, 400.0), np.full(4, 500.0))
    assert (found.grid == before).all()


def test_no_load_crosses_between_parents() -> None:
    pieces = board(4, 1, [100, 100, 10, 10], parent=[0, 0, 1, 1])
    found = least_change(pieces, np.array([0, 0, 1, 1]), np.array([50.0, 50]), np.array([150.0, 150]))
    assert found.grid.tolist() == [0, 0, 1, 1]
    assert found.outside == (0, 1)


def test_locked_grids_neither_give_nor_take() -> None:
    pieces = board(6, 1, 50.0)
    before = np.array([0, 0, 0, 0, 1, 2])
    found = least_change(pieces, before, np.full(3, 80.0), np.full(3, 120.0), locked=frozenset({1}))
    assert found.grid.tolist() == before.tolist()
    assert 1 not in found.outside


def test_a_barrier_is_no_border() -> None:
    pieces = board(4, 1, [100, 100, 10, 10])
    river = Pieces(pieces.load, pieces.a[[0, 2]], pieces.b[[0, 2]], pieces.border[[0, 2]], pieces.parent)
    found = least_change(river, np.array([0, 0, 1, 1]), np.array([50.0, 50]), np.array([150.0, 150]))
    assert found.grid.tolist() == [0, 0, 1, 1]


def test_too_much_for_all_is_said() -> None:
    pieces = board(4, 1, 100.0)
    found = least_change(pieces, np.array([0, 0, 1, 1]), np.array([10.0, 10]), np.array([150.0, 150]))
    assert found.outside


@pytest.mark.parametrize("seed", range(3))
def test_thirty_overloaded_grids_of_a_county_are_mended(seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces = board(60, 45, random.integers(15, 46, 2700))
    grid = fresh(pieces, 180, seed=seed)
    load = pieces.load.copy()
    for full in random.choice(180, 6, replace=False):
        load[grid == full] = np.rint(load[grid == full] * random.uniform(1.5, 1.83))
    fuller = Pieces(load, pieces.a, pieces.b, pieces.border, pieces.parent)
    mean = pieces.load.sum() / 180
    found = least_change(fuller, grid, np.full(180, 0.8 * mean), np.full(180, 1.2 * mean))
    loads = np.bincount(found.grid, weights=load)
    assert found.outside == ()
    assert (np.abs(loads / mean - 1) <= 0.2).all()
    assert moved_share(fuller, grid, found.grid) < 0.03
    assert all(whole(fuller, found.grid, number) for number in range(180))


def test_fresh_divides_evenly_and_always_alike() -> None:
    pieces = board(40, 30, np.random.default_rng(7).integers(10, 50, 1200))
    one, two = fresh(pieces, 60, seed=3), fresh(pieces, 60, seed=3)
    assert (one == two).all()
    loads = np.bincount(one, weights=pieces.load)
    assert len(loads) == 60
    assert (np.abs(loads / loads.mean() - 1) <= 0.1).mean() >= 0.99
    assert all(whole(pieces, one, number) for number in range(60))


def test_fresh_gives_every_island_a_grid() -> None:
    pieces = board(10, 1)
    cut = np.flatnonzero(pieces.a == 6)
    islands = Pieces(
        pieces.load, np.delete(pieces.a, cut), np.delete(pieces.b, cut), np.delete(pieces.border, cut), pieces.parent
    )
    grid = fresh(islands, 4)
    assert len(np.unique(grid)) == 4
    assert not set(grid[:7].tolist()) & set(grid[7:].tolist())
    assert len(np.unique(fresh(islands, 1))) == 2  # the ground falls apart: one grid cannot hold both


def test_fresh_without_any_households_divides_the_ground() -> None:
    grid = fresh(board(6, 6, 0.0), 4)
    assert sorted(np.unique(grid).tolist()) == [0, 1, 2, 3]


def test_matched_keeps_as_many_households_as_can_be() -> None:
    pieces = board(4, 1, [10, 20, 30, 40])
    assert matched(pieces, np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), 2).tolist() == [0, 0, 1, 1]


@settings(max_examples=60)
@given(st.data())
def test_grids_stay_whole_whatever_the_loads(data: st.DataObject) -> None:
    wide, high, grids = data.draw(st.integers(3, 9)), data.draw(st.integers(2, 7)), data.draw(st.integers(2, 5))
    load = data.draw(st.lists(st.integers(0, 60), min_size=wide * high, max_size=wide * high))
    pieces = board(wide, high, load)
    before = fresh(pieces, grids, seed=data.draw(st.integers(0, 99)))
    number = int(before.max()) + 1
    low = np.full(number, float(data.draw(st.integers(0, 200))))
    high_ = low + data.draw(st.integers(1, 300))
    found = least_change(pieces, before, low, high_)
    loads = np.bincount(found.grid, weights=pieces.load, minlength=number)
    assert set(found.outside) == {at for at in range(number) if not low[at] <= loads[at] <= high_[at]}
    assert loads.sum() == pieces.load.sum()
    assert all(whole(pieces, found.grid, at) for at in range(number))


def test_a_piece_in_the_middle_of_a_chain_may_not_leave() -> None:
    parts = Parts(board(3, 1), np.array([0, 0, 0]), 2)
    assert [parts.stays_whole_without(piece) for piece in range(3)] == [True, False, True]
