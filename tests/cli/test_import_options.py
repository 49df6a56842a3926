"""``gridmap import`` by its options: repairs taken, problems as Excel, templates, the log, and taking back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from click.testing import CliRunner, Result
from sqlalchemy import text

from gridmap.cli import gridmap
from gridmap.store.database import Database
from tests.factories import square

COUNTY, TOWN, COMMUNITY = "990001000000", "990001001000", "990001001001"
GRID = f"{COMMUNITY}001"


def run(*words: object) -> Result:
    return CliRunner().invoke(gridmap, ["import", *map(str, words)])


def outlines(path: Path, rows: dict[str, shapely.Geometry]) -> Path:
    frame = gpd.GeoDataFrame({"code": list(rows), "name": list(rows)}, geometry=list(rows.values()), crs=4549)
    frame.to_file(path)
    return path


@pytest.fixture
def county(database: Database, settings_of: Any, tmp_path: Path) -> Database:
    settings_of(database)
    for code in (COUNTY, TOWN, COMMUNITY):
        done = run("boundaries", outlines(tmp_path / f"{code}.gpkg", {code: square(0, 0, 2000)}), "--commit")
        assert done.exit_code == 0, done.output
    return database


def areas(database: Database) -> list[int]:
    with database.session() as session:
        query = "SELECT round(ST_Area(b.geom)) FROM boundaries b JOIN units u ON u.id = b.unit_id WHERE u.code = :code"
        return [int(area) for area in session.execute(text(query), {"code": GRID}).scalars()]


def test_repairs_that_change_the_area_are_loaded_once_taken(county: Database, tmp_path: Path) -> None:
    x, y = square(0, 0).bounds[:2]
    bow_tie = shapely.Polygon([(x, y), (x + 900, y + 900), (x + 900, y), (x, y + 900)])
    path = outlines(tmp_path / "bow.gpkg", {GRID: bow_tie})
    asked = run("boundaries", path, "--commit")
    assert asked.exit_code == 1
    assert "--take-repairs" in asked.stdout
    assert areas(county) == []
    found = json.loads(run("boundaries", path, "--commit", "--take-repairs", "--json").stdout)
    assert (found["committed"], found["new"]) == (True, 1)
    (problem,) = found["problems"]
    assert problem["question"]
    assert areas(county) == [round(problem["after_m2"])]
    assert areas(county)[0] > 0
    assert problem["before_m2"] != pytest.approx(problem["after_m2"], rel=0.01)


def test_another_outline_becomes_a_plan(county: Database, tmp_path: Path) -> None:
    assert run("boundaries", outlines(tmp_path / "1.gpkg", {GRID: square(0, 0)}), "--commit").exit_code == 0
    result = run("boundaries", outlines(tmp_path / "2.gpkg", {GRID: square(0, 0, 900)}), "--commit", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["changed"], found["committed"]) == (1, True)
    assert isinstance(found["plan_id"], int)
    assert areas(county) == [1_000_000], "what stands is not overwritten"


def test_the_log_and_taking_back(county: Database, tmp_path: Path) -> None:
    log = json.loads(run("log", "--json").stdout)["imports"]
    assert [row["counts"]["new"] for row in log] == [1, 1, 1]
    assert "Shapefile" not in run("log").stdout
    upper = run("undo", log[1]["id"], "--commit")
    assert upper.exit_code != 0, "a community stands on its town"
    last = log[0]["id"]
    tried = run("undo", last)
    assert (tried.exit_code, "Add --commit" in tried.stdout) == (0, True)
    with county.session() as session:
        assert session.execute(text("SELECT count(*) FROM units")).scalar_one() == 3
    done = json.loads(run("undo", last, "--commit", "--json").stdout)
    assert (done["committed"], done["removed"] > 0) == (True, True)
    with county.session() as session:
        assert session.execute(text("SELECT count(*) FROM units")).scalar_one() == 2
    assert "It was undone already." in run("log").stdout
    assert run("undo", last, "--commit").exit_code == 1
    assert run("undo", "none").exit_code == 2


def test_problems_as_excel(county: Database, tmp_path: Path) -> None:
    path, out = tmp_path / "网格员.csv", tmp_path / "问题.xlsx"
    path.write_text(f"工号,网格编码\nW1,{COMMUNITY}099\n", encoding="gb18030")
    result = run("workers", path, "--problems", out, "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["problems"]) == 1
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in sheet[2]][:3] == [1, "W1", f"{COMMUNITY}099"]
    assert sheet["C2"].comment is not None


def test_a_template_is_read_again(county: Database, tmp_path: Path) -> None:
    out = tmp_path / "户数.xlsx"
    assert run("--template", "households", "--out", out).exit_code == 0
    result = run("households", out, "--crs", "4326", "--json")
    assert result.stdout, repr(result.exception)
    assert set(json.loads(result.stdout)["columns"]) >= {"code", "households"}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("households",),
        ("--template", "households"),
        ("--template", "secrets", "--out", "x.xlsx"),
        ("households", "a.csv", "--out", "x.xlsx"),
        ("households", "a.csv", "--header-row", "0"),
        ("households", "--template", "households", "--out", "x.xlsx"),
    ],
)
def test_wrong_usage(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
