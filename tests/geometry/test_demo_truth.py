"""Every lens finds exactly what was planted in the demo county: recall and precision 1."""

from __future__ import annotations

import pytest

from gridmap.geometry.coverage import cover
from gridmap.geometry.lenses.registry import LENSES
from gridmap.services.demo.generate import generate
from gridmap.services.demo.inputs import coverage_inputs

GROUND = ("uncovered_ground", "double_cover", "spill")


@pytest.fixture(scope="module")
def demo():
    return generate()


@pytest.fixture(scope="module")
def report(demo):
    return cover(coverage_inputs(demo))


def things(findings, lens):
    """Codes of units, or numbers of posts and cases."""
    if lens in ("unmatched_post", "unlocated_case"):
        return [int(finding.key.rsplit(" ", 1)[1]) for finding in findings if finding.lens == lens]
    return [finding.units[0] for finding in findings if finding.lens == lens]


@pytest.mark.parametrize("lens", sorted(set(LENSES) - set(GROUND)))
def test_each_lens_finds_exactly_the_planted(demo, report, lens):
    planted = [row.thing or row.units[0] for row in demo.truth if row.lens == lens]
    assert planted
    assert sorted(things(report.findings, lens)) == sorted(planted)


@pytest.mark.parametrize("lens", GROUND)
def test_each_piece_of_ground_is_a_planted_one(demo, report, lens):
    planted = [row for row in demo.truth if row.lens == lens]
    found = [finding for finding in report.findings if finding.lens == lens]
    assert len(found) == len(planted)
    areas = sorted((round(row.area_m2, 3), row.sliver) for row in planted)
    assert [area for area, _ in areas] == pytest.approx(sorted(finding.area_m2 for finding in found), abs=2e-3)
    assert [sliver for _, sliver in areas] == [
        finding.sliver for finding in sorted(found, key=lambda finding: finding.area_m2)
    ]
    if lens == "double_cover":
        owners = {frozenset(row.units) for row in planted}
        assert all(any(units <= set(finding.units) for units in owners) for finding in found)


def test_the_index_counts_each_household_once(report):
    county = report.units["990001000000"]
    assert 0 < county.touched <= sum(county.by_lens.get(lens.name, 0) for lens in LENSES.values() if lens.must)
    grids = [row for code, row in report.units.items() if len(code) == 15]
    assert sum(row.households for row in grids) <= county.households
    assert all(0 <= row.touched <= row.households for row in report.units.values())


def test_a_run_takes_seconds(report):
    assert sum(report.seconds.values()) < 15  # measured: under 5 s on 2 cores; room for a busy machine
    assert report.ledger_error_m2 < 2e-3
