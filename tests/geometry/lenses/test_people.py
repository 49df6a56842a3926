"""Lenses of people: staff, load, organisations, members, posts, reach."""

from __future__ import annotations

import pytest
from shapely import Point, box

from tests.geometry.lenses.drawn import (
    COUNTY,
    TOWN,
    VILLAGE,
    A,
    B,
    C,
    about,
    ask,
    case,
    household,
    serving,
    strip,
    unit,
)

COMPOUND = f"{VILLAGE}C001"


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        (["worker", "head"], None),
        (["worker", "worker", "head"], None),
        (["worker"], "no head"),
        (["head"], "no worker"),
        ([], "neither"),
    ],
)
def test_a_grid_needs_a_worker_and_a_head(roles, says):
    workers = [serving(A, role) for role in roles]
    found = ask("unstaffed_grid", strip(1000), workers=workers, households=[household(5, 500)], cases=[case(1, 500)])
    assert [says in str(each.why) for each in found] == ([True] if says else [])
    for each in found:
        assert (each.units, each.households, each.open_cases) == ((A,), 5, 1)


def test_the_nearest_worker_stands_in():
    workers = [serving(B, x=1500), serving(B, "head"), serving(C, x=2900), serving(C, "head")]
    (found,) = ask("unstaffed_grid", strip(1000, 1000, 1000), workers=workers)
    assert f"from N002 ({B}), 1000 m away" in str(found.act)


@pytest.mark.parametrize(
    ("number", "urban", "staff", "says"),
    [
        (150, False, 1, None),
        (149, False, 1, "only 149"),
        (450, False, 1, None),
        (451, False, 1, "451 households"),
        (299, True, 1, "only 299"),
        (300, True, 1, None),
        (500, True, 1, None),
        (501, True, 1, "501 households"),
        (400, True, 0, None),  # nobody to measure it by: another lens
    ],
)
def test_the_band_of_households(number, urban, staff, says):
    units = strip(1000)
    units[3]["urban"] = urban
    found = ask("overloaded_grid", units, households=[household(number, 500)], workers=[serving(A)] * staff)
    assert [says in str(each.why) for each in found] == ([True] if says else [])


def test_load_per_worker():
    units = strip(1000)
    band = {"rural_high": 5000}
    people = [household(1201, 500)]
    (found,) = ask(
        "overloaded_grid", units, band, households=people, workers=[serving(A), serving(A), serving(A, "head")]
    )
    assert "for 2 workers" in str(found.why)
    assert ask("overloaded_grid", units, band, households=people, workers=[serving(A)] * 3) == []
    assert ask("overloaded_grid", units, band, households=people) == []


def test_surplus_goes_to_a_neighbour_with_room():
    people = [household(500, 500), household(440, 1500), household(200, 2500)]
    (found,) = ask("overloaded_grid", strip(1000, 1000, 1000), households=people)
    assert found.units == (A,)
    assert "split the grid" in str(found.act)  # B borders on it and is full; C has room and is no neighbour
    people[1] = household(390, 1500)
    (found,) = ask("overloaded_grid", strip(1000, 1000, 1000), households=people)
    assert f"Move 50 households to N002 ({B}): 1000 m of common border, and room for 60 more." == str(found.act)


def test_households_in_an_overlap_burden_both():
    units = [*strip(2000)[:3], unit(A, box(0, 0, 1100, 1000)), unit(B, box(1000, 0, 2000, 1000))]
    people = [household(200, 500), household(200, 1500), household(300, 1050)]
    assert about(ask("overloaded_grid", units, households=people)) == [A, B]


def test_households_on_a_border_count_once_in_the_smaller_code():
    people = [household(200, 500), household(200, 1500), household(300, 1000)]
    assert about(ask("overloaded_grid", strip(1000, 1000), households=people)) == [A]


def chain(*codes, **changes):
    """Organisations of units, each under that of the unit above."""
    levels = {COUNTY: "county", TOWN: "town", VILLAGE: "community"}
    above = {TOWN: 1, VILLAGE: 2, A: 3, B: 3}
    return [
        {"unit": code, "level": levels.get(code, "grid"), "parent_id": above.get(code), "functional": False}
        | changes.get(f"u{code}", {})
        for code in codes
    ]


def test_every_level_has_its_organisation():
    everything = chain(COUNTY, TOWN, VILLAGE, A, B)
    assert ask("missing_organisation", strip(1000, 1000), organisations=everything) == []
    people = [household(3, 500), household(4, 1500)]
    (found,) = ask("missing_organisation", strip(1000, 1000), organisations=everything[:4], households=people)
    assert (found.units, found.households) == ((B,), 4)
    found = ask("missing_organisation", strip(1000, 1000), organisations=[], households=people)
    assert about(found) == sorted([TOWN, VILLAGE, A, B])  # the county's is the county committee
    assert {each.units[0]: each.households for each in found} == {TOWN: 7, VILLAGE: 7, A: 3, B: 4}


def test_functional_organisations_do_not_stand_in():
    organisations = chain(COUNTY, TOWN, VILLAGE, A)
    organisations[3]["functional"] = True
    assert about(ask("missing_organisation", strip(1000), organisations=organisations)) == [A]


@pytest.mark.parametrize("parent", [None, 2, 4, 99])
def test_a_chain_that_breaks(parent):
    organisations = chain(COUNTY, TOWN, VILLAGE, A)
    organisations[3]["parent_id"] = parent  # none, the town's, its own, one that is gone
    (found,) = ask("missing_organisation", strip(1000), organisations=organisations)
    assert found.units == (A,)
    assert "the chain breaks" in str(found.why)


@pytest.mark.parametrize(
    ("kind", "compound", "missing"),
    [("in_service", COMPOUND, False), ("local", COMPOUND, True), ("in_service", None, True)],
)
def test_a_compound_needs_an_in_service_member(kind, compound, missing):
    units = [*strip(1000), unit(COMPOUND, box(0, 0, 100, 100)), unit(f"{VILLAGE}Y001", box(0, 0, 100, 100))]
    found = ask("no_reporting_member", units, members=[{"kind": kind, "compound": compound, "skills": []}])
    assert about(found) == ([COMPOUND] if missing else [])


def test_posts_that_nobody_holds():
    units = [*strip(1000), unit(COMPOUND, box(0, 0, 100, 100))]
    posts = [
        {"unit": A, "skill": "law", "holders": 0},
        {"unit": A, "skill": "law", "holders": 0},
        {"unit": A, "skill": "law", "holders": 1},
        {"unit": A, "skill": "medicine", "holders": 0},
        {"unit": "990001009009009", "skill": "law", "holders": 0},  # of a unit that is gone
    ]
    members = [{"kind": "in_service", "compound": COMPOUND, "skills": ["law", "music"]}]
    found = ask("unmatched_post", units, posts=posts, members=members)
    assert [each.key for each in found] == [f"unmatched_post:post {number}" for number in (1, 2, 4)]
    assert "1 members" in str(found[0].act)
    assert "No member" in str(found[2].act)


def test_out_of_reach_of_workers_and_service_points():
    people = [household(5, 500), household(6, 3500), household(7, 3499), household(8, 9000)]
    units = strip(4000, 6000)
    workers = [serving(A, x=500), serving(A, "head")]
    found = ask("out_of_reach", units, workers=workers, households=people, cases=[case(1, 3900), case(2, 3000)])
    assert about(found) == [B]  # 3,000 m are within reach
    (far,) = found
    assert (far.households, far.open_cases) == (8, 0)
    assert list(far.geometry.geoms) == [Point(9000, 500)]
    assert "8.5 km" in str(far.why)
    point = [{"unit": B, "geometry": Point(8000, 500)}]
    assert ask("out_of_reach", units, workers=workers, households=people, service_points=point) == []
    nearer = ask("out_of_reach", units, {"distance_m": 2500}, workers=workers, households=people, cases=[case(1, 3900)])
    assert {each.units[0]: (each.households, each.open_cases) for each in nearer} == {A: (13, 1), B: (8, 0)}


def test_nobody_anywhere_is_out_of_everybodys_reach():
    (found,) = ask("out_of_reach", strip(1000), households=[household(5, 500)])
    assert found.households == 5
    assert "anywhere" in str(found.why)


def test_no_households_nobody_out_of_reach():
    assert ask("out_of_reach", strip(1000)) == []
