"""The demo county holds exactly the planted blind areas: checked by plain means, without the engine and a database."""

from __future__ import annotations

import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import resources
from gridmap.domain.codes import level_of, parent
from gridmap.services.demo.files import lines_geojson
from gridmap.services.demo.generate import generate
from gridmap.services.demo.inputs import coverage_inputs
from tests.services import brute_force


@pytest.fixture(scope="module")
def inputs(demo):
    return coverage_inputs(demo)


def truth(demo, lens):
    return {row.thing or row.units[0] for row in demo.truth if row.lens == lens}


@pytest.mark.parametrize("lens", sorted(brute_force.LENSES))
def test_each_lens_would_find_exactly_what_was_planted(demo, inputs, lens):
    assert truth(demo, lens)
    assert brute_force.LENSES[lens](inputs) == truth(demo, lens)


def test_every_lens_has_planted_defects(demo):
    ground = {"uncovered_ground", "double_cover", "spill"}
    assert {row.lens for row in demo.truth} == set(brute_force.LENSES) | ground


def test_the_planted_ground_is_all_there_is(demo, inputs):
    """Areas by plain overlay: union, difference, and what neighbours cover twice."""
    grids = brute_force.level(inputs, "grid").geometry.to_numpy()
    county = brute_force.level(inputs, "county").geometry.iloc[0]
    union = shapely.union_all(grids)

    def planted(lens):
        return sum(row.area_m2 for row in demo.truth if row.lens == lens)

    # a union of 100,000 borders is itself only exact to square decimetres: hence the tolerance
    assert county.difference(union).area == pytest.approx(planted("uncovered_ground"), abs=1)
    assert union.difference(county).area == pytest.approx(planted("spill"), abs=1)
    a, b = shapely.STRtree(grids).query(grids, predicate="intersects")
    twice = [grids[i].intersection(grids[j]) for i, j in zip(a, b, strict=True) if i < j]
    assert shapely.union_all([piece for piece in twice if piece.area]).area == pytest.approx(
        planted("double_cover"), abs=1
    )


def test_the_county_has_the_figures_it_should(demo):
    levels = demo.units["level"].value_counts()
    assert levels["town"] == 14
    assert levels["community"] == 330
    assert levels["grid"] == 908
    assert levels["compound"] == 1000
    assert levels["courtyard"] == 500
    assert demo.units.loc[demo.units["level"] == "community", "urban"].sum() == 25
    assert demo.people.organisations["functional"].sum() == 139
    assert (demo.people.members["kind"] == "in_service").sum() == 7000
    assert len(demo.affairs.cases) == 60_000
    assert 15_000 <= len(demo.places.households) <= 20_000
    assert demo.places.households["households"].sum() == pytest.approx(400_000, rel=0.06)
    serving = demo.people.assignments[demo.people.assignments["role"] == "worker"]
    assert serving[serving["valid_to"].isna()]["worker_id"].nunique() == pytest.approx(1100, rel=0.02)


def test_codes_state_the_tree_and_lie_outside_the_national_list(demo):
    assert demo.units["code"].is_unique
    assert demo.units["code"].str.startswith("99").all()
    for row in demo.units.itertuples():
        assert level_of(row.code).value == row.level
        assert parent(row.code) == (None if row.level == "county" else row.parent)


def test_names_are_distinct_among_siblings(demo):
    for _, siblings in demo.units.groupby(["parent", "level"]):
        assert siblings["name"].is_unique


def test_upper_levels_are_covered_exactly_once(demo, inputs):
    county = brute_force.level(inputs, "county").geometry.iloc[0]
    for name in ("town", "community"):
        shapes = brute_force.level(inputs, name).geometry.to_numpy()
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.area(shapes).sum() == pytest.approx(county.area, abs=0.01)


def test_boundaries_are_valid_whole_millimetres_and_never_two_at_a_time(demo):
    shapes = demo.boundaries["geometry"].to_numpy()
    assert shapely.is_valid(shapes).all()
    millimetres = shapely.get_coordinates(shapes) * 1000
    np.testing.assert_allclose(millimetres, np.rint(millimetres), atol=1e-3)
    for _, rows in demo.boundaries.groupby("unit"):
        ordered = rows.sort_values("valid_from")
        assert ordered["valid_to"].iloc[:-1].tolist() == ordered["valid_from"].iloc[1:].tolist()
        assert pd.isna(ordered["valid_to"].iloc[-1])
    earlier = demo.boundaries[demo.boundaries["valid_to"].notna()]
    now = demo.boundaries[demo.boundaries["valid_to"].isna()].set_index("unit")["geometry"]
    redrawn = [row.unit for row in earlier.itertuples() if not row.geometry.equals(now[row.unit])]
    assert len(redrawn) >= 4  # two grids of one community, and those that the autumn edition changed


def test_edges_are_as_surveys_have_them(demo, inputs):
    """Vertices on one side only: collinear to the millimetre, so GEOS calls the coverage broken, yet no area arises."""
    grids = brute_force.level(inputs, "grid").geometry.to_numpy()
    vertices = shapely.get_coordinates(grids)
    keys, counts = np.unique(np.rint(vertices * 1000).astype(np.int64), axis=0, return_counts=True)
    edge = shapely.get_coordinates(brute_force.level(inputs, "county").geometry.iloc[0].boundary)
    lone = {tuple(key) for key in keys[counts == 1].tolist()} - {
        tuple(key) for key in np.rint(edge * 1000).astype(np.int64).tolist()
    }
    assert len(lone) > 1000
    assert not shapely.coverage_is_valid(grids)


def test_nobody_can_be_recognised(demo):
    """Members and workers are numbers; no frame has a column for a name, a telephone or a home."""
    assert demo.people.members["label"].map(re.compile(r"党员-\d{6}").fullmatch).notna().all()
    assert demo.people.workers["label"].map(re.compile(r"网格员-\d{4}").fullmatch).notna().all()
    for frame in (demo.people.members, demo.people.workers, demo.places.households, demo.affairs.cases):
        assert not {"phone", "address", "person", "resident", "health", "faith"} & set(frame.columns)


def test_cases_keep_their_order_of_times(demo):
    cases = demo.affairs.cases
    end = pd.Timestamp(date(2026, 11, 1)) + pd.Timedelta(hours=16)
    assert (cases["reported_at"] < cases["due_at"]).all()
    closed = cases[cases["closed_at"].notna()]
    assert (closed["closed_at"] > closed["reported_at"]).all()
    assert (closed["closed_at"] < end).all()
    assert (cases["reported_at"] < end).all()
    assert cases["closed_at"].isna().sum() == (~cases["status"].isin(["closed", "archived"])).sum()


def test_the_same_parameters_give_the_same_county(demo):
    again = generate()
    assert again.truth == demo.truth
    assert (shapely.to_wkb(again.boundaries["geometry"]) == shapely.to_wkb(demo.boundaries["geometry"])).all()
    pd.testing.assert_frame_equal(again.affairs.cases, demo.affairs.cases)
    pd.testing.assert_frame_equal(again.places.households, demo.places.households)
    pd.testing.assert_frame_equal(again.people.members, demo.people.members)


def test_the_shipped_files_are_those_of_this_generator(demo):
    folder = resources.folder("geodata") / "demo"
    assert json.loads((folder / "truth.json").read_text(encoding="utf-8")) == demo.truth_json()
    lines = json.loads((folder / "lines.geojson").read_text(encoding="utf-8"))
    assert lines == lines_geojson(demo)
    assert {feature["properties"]["kind"] for feature in lines["features"]} == {"river", "road"}


def test_blind_areas_are_new_still_there_and_cured(demo, inputs):
    earlier = coverage_inputs(demo, demo.given.earlier)
    for lens in ("unstaffed_grid", "missing_organisation", "unmatched_post", "overdue_cases"):
        before, now = brute_force.LENSES[lens](earlier), brute_force.LENSES[lens](inputs)
        assert before - now, f"{lens}: nothing cured"
        assert now - before, f"{lens}: nothing new"
        assert before & now, f"{lens}: nothing remains"
    county = brute_force.level(earlier, "county").geometry.iloc[0]
    then = county.difference(shapely.union_all(brute_force.level(earlier, "grid").geometry.to_numpy()))
    today = county.difference(shapely.union_all(brute_force.level(inputs, "grid").geometry.to_numpy()))
    for change in (then.difference(today), today.difference(then), then.intersection(today)):
        assert change.area > 1e5
