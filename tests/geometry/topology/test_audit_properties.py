"""On random coverages the audit equals an independent full arrangement, in areas, counts and owners."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import HealthCheck, given, settings

from gridmap.geometry.topology import audit
from tests.geometry.topology.arrangement_reference import full_arrangement
from tests.geometry.topology.coverages import DAMAGES, coverages, in_metres

KINDS = ("gaps", "overlaps", "spills")

#: mm². Faces below it are the rounding of crossing points in one method or the other; their area still counts.
SPECK = 1.0

quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def check_against_reference(plan, jurisdiction):
    reference = full_arrangement(plan.polygons, plan.names, jurisdiction)
    found = audit([in_metres(polygon) for polygon in plan.polygons], plan.names, in_metres(jurisdiction))
    for kind in KINDS:
        ours = sorted((d.owners, round(d.area_m2 * 1e6, 1)) for d in getattr(found, kind))
        theirs = sorted((owners, round(area, 1)) for owners, area in getattr(reference, kind))
        assert sum(area for _, area in ours) == pytest.approx(reference.area(kind), abs=SPECK, rel=1e-9), kind
        ours = [item for item in ours if item[1] > SPECK]
        theirs = [item for item in theirs if item[1] > SPECK]
        assert [owners for owners, _ in ours] == [owners for owners, _ in theirs], kind
        for (_, a), (_, b) in zip(ours, theirs, strict=True):
            assert a == pytest.approx(b, abs=SPECK, rel=1e-9), kind
    return found


@quick
@given(coverages())
def test_any_mixture_of_damages(case):
    check_against_reference(*case)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_by_itself(damage):
    @settings(parent=quick, max_examples=15)
    @given(coverages(damages=(damage,), max_damages=3))
    def hold(case):
        check_against_reference(*case)

    hold()


@quick
@given(coverages(damages=("exact_midpoint", "enclave"), with_jurisdiction="outline"))
def test_whole_coverages_are_clean(case):
    plan, jurisdiction = case
    found = check_against_reference(plan, jurisdiction)
    assert found.clean
    assert found.ledger_error_m2 == 0
    assert found.area_m2 == pytest.approx(jurisdiction.area / 1e6, rel=1e-12)


@quick
@given(coverages())
def test_the_order_of_units_and_rings_does_not_matter(case):
    plan, jurisdiction = case
    polygons = [in_metres(polygon) for polygon in plan.polygons]
    found = audit(polygons, plan.names, in_metres(jurisdiction))
    turned = [shapely.reverse(polygon) for polygon in polygons[::-1]]
    again = audit(turned, plan.names[::-1], in_metres(jurisdiction))
    for kind in KINDS:
        one = sorted((sorted(d.owners), round(d.area_m2, 6)) for d in getattr(found, kind))
        other = sorted((sorted(d.owners), round(d.area_m2, 6)) for d in getattr(again, kind))
        assert one == other
