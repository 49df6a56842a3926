"""A piece of ground stays the same blind area while only its outline changes."""

from __future__ import annotations

from shapely import box

from gridmap.geometry.identity import carry_keys


def test_equal_keys_match_whatever_the_shape():
    assert carry_keys([("a", box(0, 0, 1, 1))], [("a", box(5, 5, 6, 6))]) == {"a": "a"}


def test_a_piece_that_shrank_or_grew_is_the_same():
    assert carry_keys([("new", box(0, 0, 4, 4))], [("old", box(0, 0, 10, 10))]) == {"new": "old"}
    assert carry_keys([("new", box(0, 0, 10, 10))], [("old", box(0, 0, 4, 4))]) == {"new": "old"}


def test_a_piece_beside_it_is_another():
    assert carry_keys([("new", box(8, 0, 18, 10))], [("old", box(0, 0, 10, 10))]) == {}
    assert carry_keys([("new", box(10, 0, 20, 10))], [("old", box(0, 0, 10, 10))]) == {}


def test_of_two_parts_the_larger_stays_and_the_other_is_new():
    now = [("small", box(0, 0, 3, 10)), ("large", box(4, 0, 10, 10))]
    assert carry_keys(now, [("old", box(0, 0, 10, 10))]) == {"large": "old"}


def test_of_two_that_merged_one_stays_and_the_other_is_cured():
    before = [("left", box(0, 0, 4, 10)), ("right", box(4, 0, 10, 10))]
    assert carry_keys([("both", box(0, 0, 10, 10))], before) == {"both": "right"}


def test_without_an_earlier_run_all_are_new():
    assert carry_keys([("a", box(0, 0, 1, 1))], []) == {}
