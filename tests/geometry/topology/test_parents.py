"""Families: each parent's children against that parent's ground."""

from __future__ import annotations

import numpy as np
from shapely import box

from gridmap.geometry.topology.parents import audit_families, families, ground_by_name, total


def test_children_are_audited_against_their_own_parent():
    west, east = box(0, 0, 100, 100), box(100, 0, 200, 100)
    units = np.array([box(0, 0, 110, 100), box(110, 0, 200, 100)], dtype=object)
    found = audit_families(units, ["w", "e"], families(["W", "E"], {"W": west, "E": east}))
    assert [spill.area_m2 for spill in found["W"].spills] == [1_000]
    assert [gap.area_m2 for gap in found["E"].gaps] == [1_000]
    summed = total(list(found.values()))
    assert summed.units == 2
    assert summed.area_m2 == 20_000
    assert len(summed.gaps) == len(summed.spills) == 1


def test_a_parent_without_children_is_one_gap():
    found = audit_families(np.empty(0, dtype=object), [], families([], {"P": box(0, 0, 10, 10)}))
    assert [gap.area_m2 for gap in found["P"].gaps] == [100]


def test_rows_without_a_parents_ground_are_one_family():
    [family] = families(["x", None], {})
    assert family.ground is None
    assert family.children.tolist() == [0, 1]


def test_rows_of_the_same_name_are_one_ground():
    joined = ground_by_name([box(0, 0, 1, 1), box(1, 0, 2, 1)], ["a", "a"])
    assert joined["a"].equals(box(0, 0, 2, 1))
