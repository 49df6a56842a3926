"""``gridmap import``: a rehearsal unless told to commit; problems by row; one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner, Result

from gridmap.cli import gridmap
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, CrsMissing, ShiftSuspected
from gridmap.geometry.offsets import Offset, from_wgs84
from gridmap.services import units
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


def test_a_vendor_s_shift_is_refused_until_the_system_is_stated(
    demo_database: Database, settings_of: Any, tmp_path: Path
) -> None:
    settings_of(demo_database)
    actor = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope=COUNTY)
    with demo_database.session() as session:
        frame = units.boundaries(session, actor, "community", scope="990001001000", as_of=units.today(session))
    frame = frame[["code", "name", "geometry"]].to_crs(4326)
    frame["geometry"] = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: from_wgs84(np.asarray(xy), Offset.GCJ02)
    )
    frame.to_file(tmp_path / "社区.geojson", driver="GeoJSON")
    with pytest.raises(ShiftSuspected, match="gcj02"):
        run("boundaries", tmp_path / "社区.geojson", "--json")
    stated = json.loads(run("boundaries", tmp_path / "社区.geojson", "--crs", "gcj02", "--json").stdout)
    assert (stated["new"], stated["changed"], stated["same"]) == (0, 0, len(frame))
