"""``gridmap import``: a rehearsal unless told to commit; problems by row; one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner, Result

from gridmap.cli import gridmap
from gridmap.errors import BadInput, CrsMissing
from gridmap.store.database import Database

COUNTY = "990001000000"


@pytest.fixture
def county(tmp_path: Path) -> Path:
    path = tmp_path / "县界.geojson"
    gpd.GeoDataFrame(
        {"编码": [COUNTY], "名称": ["云河县"]}, geometry=[shapely.box(120, 32, 120.2, 32.2)], crs=4326
    ).to_file(path)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(gridmap, ["import", *map(str, words)], catch_exceptions=False, standalone_mode=False)


def test_rehearse_commit_and_again(database: Database, settings_of: Any, county: Path, tmp_path: Path) -> None:
    settings_of(database)
    words = ("boundaries", county, "--level", "county", "--json")
    first = json.loads(run(*words).stdout)
    assert (first["new"], first["committed"], first["problems"]) == (1, False, [])
    done = json.loads(run(*words, "--commit").stdout)
    assert (done["new"], done["committed"]) == (1, True)
    again = json.loads(run(*words, "--commit").stdout)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 1)

    (tmp_path / "w.csv").write_text("工号,网格编码\nW1,990001001001001\n", encoding="gb18030")
    result = CliRunner().invoke(gridmap, ["import", "workers", str(tmp_path / "w.csv"), "--commit"])
    assert result.exit_code == 1
    assert "row 1, unit: '990001001001001'" in result.stdout
    assert "Nothing was written: 1 problems." in result.stdout


def test_people_read_a_rehearsal(database: Database, settings_of: Any, county: Path) -> None:
    settings_of(database)
    result = run("boundaries", county, "--map", "名称=name")
    assert "new 1   changed 0   same 0" in result.stdout
    assert "Add --commit" in result.stdout


def test_bad_usage(county: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="COL=FIELD"):
        run("boundaries", county, "--map", "名称")
    gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(120, 30, 121, 31)]).to_file(tmp_path / "g.shp")
    with pytest.raises(CrsMissing):
        run("boundaries", tmp_path / "g.shp")
    assert CliRunner().invoke(gridmap, ["import", "secrets", str(county)]).exit_code == 2
