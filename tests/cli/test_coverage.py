"""``gridmap coverage`` on a real database."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
from click.testing import CliRunner

from gridmap.cli import gridmap
from gridmap.errors import (
    BadInput,
    FileUnwritable,
    FormatUnknown,
    LensUnknown,
    NotFound,
    ParameterOutOfBounds,
)
from gridmap.geometry.lenses.registry import INDEX_DEFINITION, LENSES
from tests.small_county import COUNTY, EAST, WEST, build


@pytest.fixture
def given(database, settings_of):
    settings_of(database)
    with database.session() as session:
        build(session)
    return database


def run(*arguments):
    result = CliRunner().invoke(gridmap, ["coverage", *map(str, arguments)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def refused(*arguments):
    result = CliRunner().invoke(gridmap, ["coverage", "run", *map(str, arguments)])
    assert result.exit_code != 0
    return result.exception


def test_json_is_one_document(given):
    document = json.loads(run("run", "--json").stdout)
    assert document["unit"] == COUNTY
    assert document["as_of"] == "2026-11-01"
    assert (document["households"], document["touched"]) == (1210, 10)
    assert document["index"] == pytest.approx(1 - 10 / 1210)
    assert document["index_definition"] == INDEX_DEFINITION
    assert [row["name"] for row in document["lenses"]] == list(LENSES)
    (found,) = document["findings"]
    assert (found["lens"], found["households"], found["units"]) == ("uncovered_ground", 10, ["990001002001002"])
    lon, lat = found["centroid"]
    assert 119 < lon < 121 and 32 < lat < 33


def test_people_get_a_table_with_the_index_and_its_definition(given):
    output = run("run").stdout
    assert "Uncovered ground" in output
    assert "Coverage index 99.2%: 10 of 1,210 households touched." in output
    assert " ".join(INDEX_DEFINITION.split()) in " ".join(output.split())


@pytest.mark.parametrize("name", ["found.gpkg", "found.geojson"])
def test_findings_as_a_file_in_longitude_and_latitude(given, tmp_path, name):
    path = tmp_path / name
    for _ in range(2):  # an existing file is written anew
        document = json.loads(run("run", "--json", "--out", path).stdout)
    frame = gpd.read_file(path)
    assert frame.crs.to_epsg() == 4326
    assert frame["key"].tolist() == [row["key"] for row in document["findings"]]
    assert frame.geometry.iloc[0].centroid.x == pytest.approx(document["findings"][0]["centroid"][0], abs=1e-6)


def test_a_file_without_findings_is_a_file(given, tmp_path):
    path = tmp_path / "none.gpkg"
    run("run", "--lens", "spill", "--out", path)
    assert len(gpd.read_file(path)) == 0


def test_unit_lens_day_and_parameter_are_chosen(given):
    document = json.loads(
        run(
            "run", "--json", "--unit", EAST, "--lens", "overloaded_grid", "--set", "overloaded_grid.rural_high=299"
        ).stdout
    )
    assert document["index"] is None
    assert {code for row in document["findings"] for code in row["units"]} == {"990001002001001", "990001002001002"}
    before = json.loads(run("run", "--json", "--as-of", "2020-06-01", "--unit", WEST).stdout)
    assert before["as_of"] == "2020-06-01"
    assert before["findings"] == []


def test_wrong_use_is_refused_with_a_reason(given, tmp_path):
    assert isinstance(refused("--lens", "nonsense"), LensUnknown)
    assert isinstance(refused("--unit", "990001099000"), NotFound)
    assert isinstance(refused("--unit", "nonsense"), BadInput)
    assert isinstance(refused("--set", "out_of_reach.distance_m=1"), ParameterOutOfBounds)
    assert isinstance(refused("--set", "out_of_reach.distance_m"), BadInput)
    assert isinstance(refused("--out", tmp_path / "found.xyz"), FormatUnknown)
    assert isinstance(refused("--out", tmp_path / "no" / "found.gpkg"), FileUnwritable)
    assert isinstance(refused("--as-of", "yesterday"), SystemExit)


def test_an_empty_database_is_explained(database, settings_of):
    settings_of(database)
    assert "gridmap demo" in str(refused())


def test_lenses_are_listed_with_their_parameters():
    output = run("lenses").stdout
    assert all(name in output for name in LENSES)
    assert "out_of_reach.distance_m = 3000 m (100 to 100000)" in output
    assert [row["name"] for row in json.loads(run("lenses", "--json").stdout)] == list(LENSES)
