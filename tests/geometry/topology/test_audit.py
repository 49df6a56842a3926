"""Drawn cases, each with the answer known by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gridmap.errors import GroundTooWide, LedgerUnbalanced
from gridmap.geometry import synthetic
from gridmap.geometry.precision import FILE_STEPS_PER_METRE
from gridmap.geometry.topology import SliverRule, audit
from gridmap.geometry.topology import audit as audit_function

EAST, NORTH = 500_000.0, 3_590_000.0


def cell(x, y, w=100.0, h=100.0):
    return box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h)


def four():
    return [cell(0, 0), cell(100, 0), cell(0, 100), cell(100, 100)]


WHOLE = cell(0, 0, 200, 200)


def test_a_whole_coverage_is_clean():
    found = audit(four(), "abcd", WHOLE)
    assert found.clean
    assert (found.units, found.area_m2, found.ledger_error_m2) == (4, 40_000, 0)


def test_a_corner_grid_missing_is_a_gap_open_to_the_edge():
    found = audit(four()[:3], "abc", WHOLE)
    [gap] = found.gaps
    assert gap.area_m2 == 10_000
    assert gap.width_m == pytest.approx(100, rel=0.01)
    assert not gap.sliver
    assert gap.owners == ()
    assert gap.neighbours == {"b": 100, "c": 100}
    assert gap.polygon.equals(cell(100, 100))
    assert not found.overlaps
    assert not found.spills


def test_without_a_jurisdiction_only_enclosed_ground_is_a_gap():
    around = [cell(0, 0, 300, 100), cell(0, 200, 300, 100), cell(0, 100), cell(200, 100)]
    assert [gap.area_m2 for gap in audit(around, "abcd").gaps] == [10_000]
    assert not audit(around[:3], "abc").gaps


def test_ground_enclosed_by_corners_that_touch_is_a_gap():
    ring = [cell(100, 0), cell(0, 100), cell(200, 100), cell(100, 200)]
    assert [gap.area_m2 for gap in audit(ring, "abcd").gaps] == [10_000]


def test_a_unit_over_two_others_is_split_by_owner_although_their_edge_cancelled():
    found = audit([*four(), cell(50, 20, 100, 60)], "abcdx", WHOLE)
    assert [(item.owners, item.area_m2) for item in found.overlaps] == [(("a", "x"), 3_000), (("b", "x"), 3_000)]


def test_a_rogue_within_a_clean_cell_names_the_cell():
    found = audit([*four(), cell(20, 20, 10, 10)], "abcdx", WHOLE)
    [item] = found.overlaps
    assert item.owners == ("a", "x")
    assert item.area_m2 == 100
    assert item.neighbours == {"a": 40}


def test_an_overlap_is_counted_once_however_many_owners():
    found = audit([*four(), cell(0, 0), cell(0, 0), cell(0, 0)], "abcdxyz", WHOLE)
    [item] = found.overlaps
    assert item.owners == ("a", "x", "y", "z")
    assert item.area_m2 == 10_000
    assert found.ledger_error_m2 == 0


def test_spill_is_split_from_overlap_at_an_edge_that_cancelled():
    found = audit([*four(), cell(150, 150, 100, 40)], "abcdx", WHOLE)
    [overlap], [spill] = found.overlaps, found.spills
    assert (overlap.owners, overlap.area_m2) == (("d", "x"), 2_000)
    assert (spill.owners, spill.area_m2) == (("x",), 2_000)


def test_ground_outside_that_two_cover_is_an_overlap_and_a_spill():
    found = audit([*four(), cell(300, 0), cell(300, 0)], "abcdxy", WHOLE)
    assert [(item.owners, item.area_m2) for item in found.overlaps] == [(("x", "y"), 10_000)]
    assert [(item.owners, item.area_m2) for item in found.spills] == [(("x", "y"), 10_000)]


@pytest.mark.parametrize("width", [0.001, 0.013, 0.2, 0.499, 0.5, 1.0, 2.0])
def test_strips_from_a_millimetre_to_two_metres(width):
    units = [cell(0, 0, 100 - width, 100), *four()[1:]]
    [gap] = audit(units, "abcd", WHOLE).gaps
    assert gap.area_m2 == pytest.approx(100 * width, rel=1e-9)
    assert gap.width_m == pytest.approx(width, rel=0.01)
    assert gap.sliver == (width < 0.5)
    units = [cell(0, 0, 100 + width, 100), *four()[1:]]
    [overlap] = audit(units, "abcd", WHOLE).overlaps
    assert overlap.area_m2 == pytest.approx(100 * width, rel=1e-9)
    assert overlap.width_m == pytest.approx(width, rel=0.01)


def test_the_sliver_rule_is_an_argument():
    units = [cell(0, 0, 99.7, 100), *four()[1:]]
    assert audit(units, "abcd", WHOLE).gaps[0].sliver
    assert not audit(units, "abcd", WHOLE, rule=SliverRule(max_width_m=0.1)).gaps[0].sliver


def test_unmatched_vertices_on_the_line_are_nothing():
    corners = [(0, 0), (100, 0), (100, 33.333), (100, 100), (0, 100)]
    denser = Polygon([(EAST + x, NORTH + y) for x, y in corners])
    assert audit([denser, *four()[1:]], "abcd", WHOLE).clean


def test_unmatched_vertices_on_a_slanted_line_are_nothing():
    left = [(0, 0), (33, 11), (66, 22), (99, 33), (99, 133), (0, 100)]
    right = [(99, 33), (198, 66), (198, 166), (99, 133)]
    below = [(0, 0), (0, -50), (198, -50), (198, 66), (99, 33)]
    units = [Polygon([(EAST + x, NORTH + y) for x, y in ring]) for ring in (left, right, below)]
    assert audit(units, "abc").clean


def test_pieces_that_touch_at_a_point_are_two_items():
    nine = [cell(100 * i, 100 * j) for j in range(3) for i in range(3)]
    left = [unit for k, unit in enumerate(nine) if k not in (0, 4)]
    assert [gap.area_m2 for gap in audit(left, "abcdefg", cell(0, 0, 300, 300)).gaps] == [10_000, 10_000]


def test_pieces_that_share_an_edge_are_one_item():
    nine = [cell(100 * i, 100 * j) for j in range(3) for i in range(3)]
    left = [unit for k, unit in enumerate(nine) if k not in (0, 1, 4)]
    [gap] = audit(left, "abcdef", cell(0, 0, 300, 300)).gaps
    assert gap.area_m2 == 30_000
    assert gap.polygon.geom_type == "Polygon"


def test_holes_enclaves_and_multiparts():
    ring = cell(0, 0, 300, 300).difference(cell(100, 100))
    assert audit([ring, cell(100, 100)], "ab", cell(0, 0, 300, 300)).clean
    parts = MultiPolygon([cell(0, 0), cell(100, 100)])
    others = MultiPolygon([cell(100, 0), cell(0, 100)])
    assert audit([parts, others], "ab", WHOLE).clean
    [gap] = audit([ring], "a").gaps
    assert gap.neighbours == {"a": 400}


def test_an_island_in_a_hole_is_no_part_of_the_gap():
    ring = cell(0, 0, 300, 300).difference(cell(100, 100))
    [gap] = audit([ring, cell(140, 140, 20, 20)], "ab").gaps
    assert gap.area_m2 == 10_000 - 400
    assert gap.neighbours == {"a": 400, "b": 80}


def test_a_hole_in_the_jurisdiction_need_not_be_covered():
    ring = cell(0, 0, 300, 300).difference(cell(100, 100))
    assert audit([ring], "a", ring).clean
    [spill] = audit([ring, cell(100, 100)], "ab", ring).spills
    assert spill.owners == ("b",)


def test_a_ring_that_crosses_itself_is_reported_and_counted_by_even_and_odd():
    tie = Polygon([(EAST, NORTH), (EAST + 200, NORTH + 200), (EAST + 200, NORTH), (EAST, NORTH + 200)])
    found = audit([tie], ["tie"], WHOLE)
    [wrong] = found.invalid
    assert wrong.name == "tie"
    assert "Self-intersection" in wrong.reason
    assert [gap.area_m2 for gap in found.gaps] == [10_000, 10_000]
    assert not found.clean


@pytest.mark.parametrize(
    "geometry",
    [None, Polygon(), shapely.Point(EAST, NORTH), shapely.LineString([(EAST, NORTH), (EAST + 1, NORTH)])],
    ids=["none", "empty", "point", "line"],
)
def test_what_is_no_polygon_is_reported_and_covers_nothing(geometry):
    found = audit([*four()[:3], geometry], "abcd", WHOLE)
    assert [wrong.name for wrong in found.invalid] == ["d"]
    assert [gap.area_m2 for gap in found.gaps] == [10_000]


def test_coordinates_that_are_no_numbers_are_reported():
    ring = [(EAST, NORTH), (EAST + 100, float("nan")), (EAST + 100, NORTH + 100), (EAST, NORTH)]
    found = audit([Polygon(ring), *four()], "xabcd", WHOLE)
    assert [wrong.name for wrong in found.invalid] == ["x"]
    assert not found.defects


def test_nothing_at_all():
    found = audit([], [])
    assert found.clean
    assert found.units == 0
    [gap] = audit([], [], WHOLE).gaps
    assert gap.area_m2 == 40_000


def test_names_need_not_differ():
    found = audit([cell(0, 0), cell(0, 0)], ["same", "same"])
    assert found.overlaps[0].owners == ("same", "same")


def test_more_names_than_polygons_is_a_mistake():
    with pytest.raises(ValueError, match="names"):
        audit(four(), "abc")


def test_coordinates_beyond_doubles_are_refused():
    with pytest.raises(GroundTooWide):
        audit([box(0, 0, 1e200, 1)], "a")


def test_a_ledger_that_does_not_balance_withholds_the_result(monkeypatch):
    module = sys.modules[audit_function.__module__]
    monkeypatch.setattr(module, "_covered", lambda ground: 0.0)
    with pytest.raises(LedgerUnbalanced) as caught:
        audit(four(), "abcd", WHOLE)
    assert caught.value.params["error_m2"] == 40_000


def test_a_wide_county_on_the_fine_lattice_keeps_an_exact_ledger():
    """400 km at a hundredth of a millimetre: twice the area no longer fits 64 bits."""
    units = [cell(0, 0, 200_000, 400_000), cell(200_000, 0, 200_000, 400_000)]
    found = audit(units, "ab", cell(0, 0, 400_000, 400_000), steps_per_metre=FILE_STEPS_PER_METRE)
    assert found.clean
    assert found.area_m2 == 1.6e11
    assert found.ledger_error_m2 == 0


def test_planted_damage_is_found_exactly():
    damaged = synthetic.damage(synthetic.county(2_000, 24, seed=11), share=0.05, seed=4)
    found = audit(damaged.polygons, damaged.names.tolist(), damaged.jurisdiction)
    for kind, items in (("gap", found.gaps), ("overlap", found.overlaps), ("spill", found.spills)):
        truth = [planted for planted in damaged.truth if planted.kind == kind]
        assert len(items) == len(truth)
        assert sorted(item.area_m2 for item in items) == pytest.approx(sorted(p.area_m2 for p in truth), abs=1e-4)
    planted_owners = sorted(tuple(sorted(p.units)) for p in damaged.truth if p.kind == "overlap")
    assert sorted(tuple(sorted(item.owners)) for item in found.overlaps) == planted_owners


def test_the_json_document_has_the_stated_fields():
    units = [*four()[:3], cell(150, 0)]
    document = audit(units, "abcx", WHOLE).as_json(lambda xy: xy)
    assert list(document) == ["units", "area_m2", "ledger_error_m2", "invalid", "gaps", "overlaps", "spills"]
    for kind in ("gaps", "overlaps", "spills"):
        assert list(document[kind]) == ["count", "area_m2", "items"]
        for item in document[kind]["items"]:
            assert list(item) == ["area_m2", "width_m", "sliver", "units", "neighbours", "centroid"]
    [item] = document["overlaps"]["items"]
    assert item["centroid"] == [EAST + 175, NORTH + 50]


def test_importing_the_geometry_loads_no_web_no_database_no_folium():
    code = (
        "import sys, gridmap.geometry.topology, gridmap.geometry.measures, gridmap.geometry.topology.parents;"
        "bad = {'flask', 'sqlalchemy', 'folium', 'psycopg', 'gridmap.settings'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
