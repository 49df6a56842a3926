"""Sites: counted from the choice, never better than the bound, optimal where everything can be tried."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.geometry.siting import choose_sites


def counted(places: np.ndarray, households: np.ndarray, sites: np.ndarray, reach: float) -> int:
    away = np.sqrt(((places[:, None] - sites[None]) ** 2).sum(axis=2)).min(axis=1)
    return int(households[away <= reach].sum())


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_never_far_from_the_best_of_all_choices(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    places, households = random.random((40, 2)) * 1000, random.integers(0, 50, 40)
    candidates = random.random((9, 2)) * 1000
    found = choose_sites(places, households, candidates, count, 250.0)
    best = max(counted(places, households, candidates[list(some)], 250.0) for some in combinations(range(9), count))
    assert found.covered == counted(places, households, candidates[list(found.sites)], 250.0)
    assert found.covered <= best <= found.bound
    assert found.covered >= 0.9 * best
    assert found.before == 0
    assert sum(found.gains) == found.covered
    assert list(found.gains) == sorted(found.gains, reverse=True)


def test_what_stands_already_is_not_counted_twice() -> None:
    places = np.array([[0.0, 0], [1000, 0], [2000, 0]])
    households = np.array([50, 10, 40])
    found = choose_sites(places, households, places, 1, 100.0, standing=places[:1])
    assert (found.sites, found.before, found.covered, found.total) == ((2,), 50, 90, 100)
    assert found.bound == 90


def test_nobody_in_reach() -> None:
    found = choose_sites(np.array([[0.0, 0]]), np.array([5]), np.array([[9000.0, 0]]), 1, 100.0)
    assert (found.covered, found.bound) == (0, 0)


def test_no_places_at_all() -> None:
    found = choose_sites(np.empty((0, 2)), np.empty(0, dtype=np.int64), np.array([[0.0, 0]]), 1, 100.0)
    assert (found.covered, found.total) == (0, 0)


@pytest.mark.parametrize(("count", "reach"), [(0, 100.0), (3, 100.0), (1, 0.0), (1, float("nan"))])
def test_nonsense_is_refused(count: int, reach: float) -> None:
    with pytest.raises(BadInput):
        choose_sites(np.zeros((2, 2)), np.ones(2, dtype=np.int64), np.zeros((2, 2)), count, reach)
