"""On random coverages a repair that may close everything leaves nothing but questions, judged by shapely, too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings

from gridmap.geometry.repair import Limits, repair
from tests.geometry.topology.coverages import coverages, in_metres

EVERYTHING = Limits(max_width_m=1e9, max_area_m2=1e12)

quick = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def repaired(case, limits):
    plan, jurisdiction = case
    polygons = np.array([in_metres(polygon) for polygon in plan.polygons], dtype=object)
    # no unit thinner than a millimetre
    assume((2 * shapely.area(polygons) > 1e-3 * shapely.length(polygons)).all())
    ground = None if jurisdiction is None else in_metres(jurisdiction)
    return polygons, ground, repair(polygons, polygons, ground, limits)


@quick
@given(coverages())
def test_everything_closes_but_questions(case):
    polygons, ground, result = repaired(case, EVERYTHING)
    assert result.proven
    assert all(proposal.question for proposal in result.left)
    assert len(result.after.defects) == len(result.left)
    before, after = shapely.area(polygons), shapely.area(result.polygons)
    assert (after[before > 0] > 0).all(), "no unit is lost"
    was_valid = shapely.is_valid(polygons)
    assert shapely.is_valid(result.polygons[was_valid]).all()
    for row, (one, two) in enumerate(zip(polygons, result.polygons, strict=True)):
        assert (one is two) == (row not in result.acts)
    if result.left or not was_valid.all():
        return
    # an independent judge
    assert shapely.coverage_is_valid(result.polygons)
    whole = shapely.union_all(result.polygons)
    assert after.sum() == pytest.approx(whole.area, rel=1e-9)
    if ground is not None:
        assert shapely.symmetric_difference(whole, ground).area == pytest.approx(0, abs=1e-4 * shapely.length(ground))


@quick
@given(coverages())
def test_hairlines_only_touch_what_they_touch(case):
    polygons, _, result = repaired(case, Limits())
    assert result.proven
    assert not any(proposal.defect.width_m < 0.05 and not proposal.question for proposal in result.left)
    moved = sum(closed.defect.area_m2 * max(1, len(closed.defect.owners)) for closed in result.closed)
    rounding = 1e-5 * shapely.length(polygons).sum() + 1e-3
    assert result.area_moved_m2 <= moved + rounding
    change = np.abs(shapely.area(result.working) - shapely.area(polygons))[shapely.is_valid(polygons)]
    assert change.sum() <= result.area_moved_m2 + rounding


@quick
@given(coverages())
def test_asking_changes_nothing(case):
    polygons, _, result = repaired(case, Limits(to="ask", max_width_m=1e9))
    assert all(one is two for one, two in zip(polygons, result.polygons, strict=True))
    assert result.before is result.after
    assert len(result.left) == len(result.before.defects)
    assert not result.closed
