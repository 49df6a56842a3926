"""Lenses of ground: gaps, double cover, spill, split compounds, stale boundaries."""

from __future__ import annotations

import pytest
import shapely
from shapely import box

from tests.geometry.lenses.drawn import COUNTY, TOWN, VILLAGE, A, B, C, about, ask, case, household, strip, unit

COMPOUND, YARD = f"{VILLAGE}C001", f"{VILLAGE}Y001"


def test_whole_cover_has_no_findings():
    for lens in ("uncovered_ground", "double_cover", "spill"):
        assert ask(lens, strip(1000, 1000, 1000)) == []


def test_a_gap_goes_to_the_longest_neighbour_with_room():
    units = [*strip(1000, 1000)[:3], unit(A, box(0, 0, 900, 1000)), unit(B, box(900, 0, 2000, 400))]
    units += [unit(C, box(1000, 400, 2000, 1000))]
    people = [household(440, 100), household(100, 1500, 200), household(100, 1500), household(20, 950)]
    (found,) = ask("uncovered_ground", units, households=people, cases=[case(1, 950), case(2, 100), case(3)])
    assert found.geometry.equals(box(900, 400, 1000, 1000))
    assert (found.households, found.open_cases, found.area_m2) == (20, 1, pytest.approx(60_000))
    assert found.severity == "high"
    assert set(found.units) == {A, B, C}
    assert C in str(found.act) and "600 m" in str(found.act) and "350 more" in str(found.act)  # A has no room for 20


def test_a_gap_whose_neighbours_are_full_is_to_be_redrawn():
    units = [*strip(1000, 1000)[:3], unit(A, box(0, 0, 900, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    people = [household(450, 100), household(450, 1500), household(20, 950)]
    (found,) = ask("uncovered_ground", units, households=people)
    assert "No neighbour has room" in str(found.act)


def test_a_county_without_grids_is_one_gap():
    (found,) = ask("uncovered_ground", strip(1000)[:3], households=[household(7, 500)])
    assert found.units == (COUNTY,)
    assert found.households == 7
    assert "draw a new grid" in str(found.act)


def test_a_hairline_is_a_finding_of_low_severity():
    units = [*strip(1000, 1000)[:3], unit(A, box(0, 0, 999.995, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    (found,) = ask("uncovered_ground", units)
    assert (found.severity, found.sliver) == ("low", True)
    assert found.width_m == pytest.approx(0.005, rel=0.05)
    (found,) = ask("uncovered_ground", units, {"sliver_width_m": 0.001})
    assert (found.severity, found.sliver) == ("high", False)


def test_double_cover_is_one_finding_however_many_owners():
    whole = box(0, 0, 1000, 1000)
    units = [*strip(1000)[:3], unit(A, whole), unit(B, whole), unit(C, whole)]
    (found,) = ask("double_cover", units, households=[household(30, 500)])
    assert found.units == (A, B, C)
    assert found.area_m2 == pytest.approx(1e6)
    assert found.households == 30
    assert "3 grids" in str(found.why)


def test_double_cover_is_kept_by_the_lightest():
    units = [*strip(2000)[:3], unit(A, box(0, 0, 1100, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    (found,) = ask("double_cover", units, households=[household(30, 500), household(20, 1500)])
    assert f"({B}) has the fewest households (20)" in str(found.act)


def test_what_lies_beyond_the_county_is_spill():
    units = [*strip(1000)[:3], unit(A, box(0, 0, 1200, 1000))]
    (found,) = ask("spill", units, households=[household(5, 1100)])
    assert found.units == (A,)
    assert (found.area_m2, found.households) == (pytest.approx(200_000), 5)
    assert ask("uncovered_ground", units) == []


def test_the_key_names_the_piece_and_not_its_neighbours():
    units = [*strip(1000, 1000)[:3], unit(A, box(0, 0, 900, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    renamed = [*units[:4], unit(C, box(1000, 0, 2000, 1000))]
    assert ask("uncovered_ground", units)[0].key == ask("uncovered_ground", renamed)[0].key


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (box(100, 100, 200, 200), False),  # inside one grid
        (box(950, 100, 1050, 200), True),  # half and half
        (box(901, 100, 1001, 200), False),  # a hundredth over the line
        (box(902, 100, 1002, 200), True),  # two hundredths
        (box(5000, 100, 5100, 200), True),  # in none
        (box(1940, 100, 2040, 200), False),  # most in one, the rest in none
        (box(1970, 100, 2070, 200), True),  # less than half in any
        (box(900, 100, 1000, 200), False),  # up to the line
    ],
)
def test_compounds_across_grids_or_in_none(shape, found):
    units = [*strip(1000, 1000), unit(COMPOUND, shape)]
    assert about(ask("split_compound", units)) == ([COMPOUND] if found else [])


def test_a_split_compound_counts_its_own_households():
    units = [*strip(1000, 1000), unit(YARD, box(960, 100, 1060, 200))]
    people = [household(9, 980, 150), household(8, 1020, 150, compound=YARD), household(7, 500)]
    (found,) = ask("split_compound", units, households=people, cases=[case(1, 1000, 150)])
    assert found.units == (YARD, B, A)  # the larger part first
    assert (found.households, found.open_cases) == (8, 1)
    assert B in str(found.act)
    (found,) = ask("split_compound", units, households=[household(9, 980, 150), household(7, 500)])
    assert found.households == 9  # nobody names the courtyard: whoever lies in it counts


def test_a_compound_without_geometry_is_no_question_of_ground():
    assert ask("split_compound", [*strip(1000), unit(COMPOUND), unit(YARD, shapely.Polygon())]) == []


def test_boundaries_older_than_their_communitys_change():
    units = strip(1000, 1000)
    units[2] |= {"changed_on": "2024-05-01", "boundary_from": "2024-05-01"}
    units[3] |= {"boundary_from": "2024-04-30"}
    units[4] |= {"boundary_from": "2024-05-01"}
    (found,) = ask("stale_boundary", units)
    assert found.units == (A,)
    assert "2024-04-30" in str(found.why) and "2024-05-01" in str(found.why)


def test_communities_that_left_the_list():
    units = strip(1000)
    units[1] |= {"in_code_list": False}  # a town: not asked
    units[2] |= {"in_code_list": False}
    (found,) = ask("stale_boundary", units, households=[household(3, 500)])
    assert (found.units, found.households) == ((VILLAGE,), 3)


def test_a_boundary_without_a_date_is_not_called_old():
    units = strip(1000)
    units[2] |= {"changed_on": "2024-05-01", "boundary_from": "2024-06-01"}
    assert ask("stale_boundary", units) == []
    assert TOWN not in about(ask("stale_boundary", units))
