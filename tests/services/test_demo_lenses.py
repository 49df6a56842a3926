"""Each lens, with its default parameters, finds exactly what was planted in the demo county: recall and precision 1."""

from __future__ import annotations

from collections import Counter

import pytest

from gridmap.geometry.coverage import cover
from gridmap.geometry.lenses.registry import LENSES
from gridmap.services.demo.inputs import coverage_inputs

GROUND = ("uncovered_ground", "double_cover", "spill")


@pytest.fixture(scope="module")
def report(demo):
    return cover(coverage_inputs(demo))


def of(rows, lens):
    return [row for row in rows if row.lens == lens]


def test_every_lens_of_the_registry_has_something_to_find(demo):
    assert {row.lens for row in demo.truth} == set(LENSES)


@pytest.mark.parametrize("lens", [name for name in LENSES if name not in GROUND])
def test_findings_are_the_planted_ones(demo, report, lens):
    """A finding may name further units that it touches; what it is about is among them, and once."""
    found, planted = of(report.findings, lens), of(demo.truth, lens)
    assert len(found) == len(planted)
    for row in planted:
        about = [finding for finding in found if set(row.units) <= set(finding.units)]
        if row.thing is None:
            assert len(about) == 1, row.sentence
        else:
            assert about, row.sentence


@pytest.mark.parametrize("lens", GROUND)
def test_blind_ground_is_the_planted_to_the_square_millimetre(demo, report, lens):
    found, planted = of(report.findings, lens), of(demo.truth, lens)
    assert Counter((round(row.area_m2, 3), row.sliver) for row in found) == Counter(
        (round(row.area_m2, 3), row.sliver) for row in planted
    )
    for row in planted:
        assert any(
            set(row.units) <= set(finding.units) and round(finding.area_m2, 3) == round(row.area_m2, 3)
            for finding in found
        ), row.sentence


def test_blind_ground_touches_households_and_cases(report):
    for lens in GROUND:
        assert sum(finding.households for finding in of(report.findings, lens)) > 0
    assert sum(finding.open_cases for finding in of(report.findings, "uncovered_ground")) == 3


def test_the_index_is_the_share_of_households_that_nothing_touches(demo, report):
    county = report.units[demo.given.code]
    assert county.households == demo.places.households["households"].sum()
    assert 0.9 < county.index < 1
