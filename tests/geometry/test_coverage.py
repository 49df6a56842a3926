"""A coverage run over drawn counties: index, scope, parameters, order."""

from __future__ import annotations

import pytest
from shapely import box

from gridmap.errors import BadInput, LensUnknown, ParameterOutOfBounds
from gridmap.geometry.coverage import cover, settle
from gridmap.geometry.frames import CoverageInputs
from gridmap.geometry.lenses.base import Blindness
from gridmap.geometry.lenses.registry import LENSES, MUST
from tests.geometry.lenses.drawn import COUNTY, TOWN, VILLAGE, A, B, household, inputs, serving, strip, unit

OTHER_TOWN, OTHER_VILLAGE = "990001002000", "990001002001"


def organisations():
    levels = {COUNTY: "county", TOWN: "town", VILLAGE: "community", A: "grid", B: "grid"}
    above = {TOWN: 1, VILLAGE: 2, A: 3, B: 3}
    return [
        {"unit": code, "level": level, "parent_id": above.get(code), "functional": False}
        for code, level in levels.items()
    ]


def in_order(units, **more):
    """A county of A and B with staff and organisations."""
    workers = [serving(code, role, x=500) for code in (A, B) for role in ("worker", "head")]
    return inputs(units, workers=workers, organisations=organisations(), **more)


def test_a_household_under_several_blind_areas_counts_once():
    """The place in the overlap lies in two unstaffed grids, far from everybody, and under a double cover."""
    units = [*strip(2000)[:3], unit(A, box(0, 0, 1100, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    report = cover(inputs(units, organisations=organisations(), households=[household(10, 1050), household(30, 500)]))
    county = report.units[COUNTY]
    assert (county.households, county.touched, county.index) == (40, 40, 0.0)
    assert county.by_lens["unstaffed_grid"] == 40
    assert county.by_lens["double_cover"] == 10
    assert (report.units[A].households, report.units[B].households) == (40, 0)  # the smaller code owns it
    assert report.units[B].index is None


def test_households_on_blind_ground_count_for_the_community_they_lie_in():
    units = [*strip(2000)[:3], unit(A, box(0, 0, 900, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    report = cover(in_order(units, households=[household(300, 500), household(300, 1500), household(60, 950)]))
    assert (report.units[VILLAGE].households, report.units[VILLAGE].touched) == (660, 60)
    assert report.units[COUNTY].index == pytest.approx(1 - 60 / 660)
    assert report.units[A].index == 1


def test_lenses_that_are_no_must_do_not_lower_the_index():
    report = cover(in_order(strip(1000, 1000), households=[household(10, 500), household(300, 1500)]))
    assert [finding.lens for finding in report.findings] == ["overloaded_grid"]
    assert report.units[COUNTY].index == 1


def test_without_all_must_lenses_there_is_no_index():
    report = cover(in_order(strip(1000, 1000), households=[household(300, 500)]), lenses=["unstaffed_grid"])
    assert report.units[COUNTY].index is None
    assert report.ledger_error_m2 is None
    assert cover(in_order(strip(1000, 1000), households=[household(300, 500)]), lenses=MUST).units[COUNTY].index == 1


def test_a_scope_keeps_what_concerns_it_and_is_judged_by_what_lies_beyond():
    units = [
        unit(COUNTY, box(0, 0, 2000, 1000)),
        *(unit(code, box(0, 0, 1000, 1000)) for code in (TOWN, VILLAGE)),
        *(unit(code, box(1000, 0, 2000, 1000)) for code in (OTHER_TOWN, OTHER_VILLAGE)),
        unit(A, box(0, 0, 1000, 1000)),
        unit(f"{OTHER_VILLAGE}001", box(1000, 0, 1800, 1000)),
    ]
    whole = cover(inputs(units))
    part = cover(inputs(units), scope=TOWN)
    assert {finding.lens for finding in whole.findings} >= {"uncovered_ground"}
    assert {finding.lens for finding in part.findings} == {"unstaffed_grid", "missing_organisation"} | (
        {finding.lens for finding in part.findings} & {"overloaded_grid"}
    )
    assert all(any(code.startswith(TOWN[:9]) for code in finding.units) for finding in part.findings)
    assert set(part.units) == {TOWN, VILLAGE, A}


def test_findings_come_worst_first_with_keys_of_their_own():
    report = cover(inputs(strip(1000, 1000, 1000), households=[household(5, 500), household(50, 1500)]))
    ranks = [["high", "medium", "low"].index(finding.severity) for finding in report.findings]
    assert ranks == sorted(ranks)
    assert len({finding.key for finding in report.findings}) == len(report.findings)
    assert set(report.seconds) == {*LENSES, "coverage index"}


def test_empty_frames_give_an_empty_report():
    report = cover(inputs([unit(COUNTY)]))
    assert report.findings == ()
    assert report.units[COUNTY].index is None
    assert cover(inputs([])).units == {}


def test_a_grid_without_a_boundary_leaves_its_ground_blind():
    units = [*strip(1000, 1000)[:4], unit(B)]
    report = cover(in_order(units, households=[household(300, 500), household(70, 1500)]))
    (gap,) = [finding for finding in report.findings if finding.lens == "uncovered_ground"]
    assert (gap.households, gap.area_m2) == (70, pytest.approx(1e6))
    assert report.units[B].households == 0
    assert report.units[COUNTY].touched == 70


def test_progress_rises_and_names_what_is_done():
    heard = []
    cover(inputs(strip(1000)), progress=lambda share, step: heard.append((share, str(step))))
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
    assert heard[0] == (0.0, "Looking for: Uncovered ground")
    assert len(heard) == len(LENSES)


def test_parameters_and_lenses_that_are_not_there():
    with pytest.raises(LensUnknown, match="uncovered_ground"):
        cover(inputs([]), lenses=["nonsense"])
    for wrong in ({"out_of_reach.distance_m": 99}, {"out_of_reach.colour": 1}, {"distance_m": 3000}):
        with pytest.raises(ParameterOutOfBounds):
            cover(inputs([]), parameters=wrong)
    assert settle({"out_of_reach.distance_m": 500}, [LENSES["out_of_reach"]]) == {"out_of_reach": {"distance_m": 500}}


def test_a_frame_that_lacks_a_column_is_refused():
    given = inputs(strip(1000))
    with pytest.raises(BadInput, match="holders"):
        CoverageInputs(**{**vars(given), "posts": given.posts.drop(columns="holders")})


def test_the_registry_is_complete():
    assert len(LENSES) == 15
    assert set(MUST) == {
        "uncovered_ground",
        "double_cover",
        "unstaffed_grid",
        "missing_organisation",
        "out_of_reach",
    }
    assert {lens.blindness for lens in LENSES.values()} == set(Blindness)
    for name, lens in LENSES.items():
        assert lens.name == name
        assert lens.title and lens.question.endswith("?") and lens.suggested_act.endswith(".")
        for parameter in lens.parameters:
            assert parameter.low <= parameter.default <= parameter.high
            assert parameter.reason.endswith(".")
