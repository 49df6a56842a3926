"""``gridmap check`` as a user runs it: files in, exit code, document, table, pieces out."""

from __future__ import annotations

import json
import sys

import geopandas as gpd
import pytest
from shapely import Polygon, box

from gridmap import cli

EAST, NORTH = 500_000.0, 3_590_000.0


def cell(x, y, w=100.0, h=100.0):
    return box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h)


WHOLE = cell(0, 0, 200, 200)


def write(path, geometries, crs=4549, **columns):
    columns = {"id": [f"g{k}" for k in range(len(geometries))]} | columns
    gpd.GeoDataFrame(columns, geometry=geometries, crs=crs).to_file(path)
    return str(path)


@pytest.fixture
def run(monkeypatch, capfdbinary):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["gridmap", "check", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfdbinary.readouterr()
        return ended.value.code, out.decode(), err.decode()

    return call


@pytest.fixture
def four(tmp_path):
    return write(tmp_path / "four.gpkg", [cell(0, 0), cell(100, 0), cell(0, 100), cell(100, 100)])


@pytest.fixture
def three(tmp_path):
    return write(tmp_path / "three.gpkg", [cell(0, 0), cell(100, 0), cell(0, 100)])


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "whole.gpkg", [WHOLE])


def test_a_clean_file_ends_with_zero(run, four, whole):
    code, out, err = run(four, "--within", whole)
    assert code == 0
    assert "4 units" in out
    assert "auditing" in err


def test_json_is_one_document_and_nothing_else(run, three, whole):
    code, out, _ = run(three, "--within", whole, "--json")
    assert code == 1
    document = json.loads(out)
    assert list(document) == ["units", "area_m2", "ledger_error_m2", "invalid", "gaps", "overlaps", "spills"]
    assert document["units"] == 3
    assert document["area_m2"] == pytest.approx(30_000)
    assert document["gaps"]["count"] == 1
    [gap] = document["gaps"]["items"]
    assert gap["area_m2"] == pytest.approx(10_000)
    assert gap["units"] == []
    assert gap["neighbours"] == {"g1": pytest.approx(100), "g2": pytest.approx(100)}
    lon, lat = gap["centroid"]
    assert lon == pytest.approx(120.0016, abs=0.001)  # the central meridian of EPSG:4549 is 120°E
    assert 32 < lat < 33
    assert document["overlaps"] == document["spills"] == {"count": 0, "area_m2": 0, "items": []}


def test_longitudes_and_latitudes_are_measured_in_metres(run, tmp_path, three, whole):
    degrees = [tmp_path / "three.geojson", tmp_path / "whole.geojson"]
    for path, source in zip(degrees, (three, whole), strict=True):
        gpd.read_file(source).to_crs(4326).to_file(path, COORDINATE_PRECISION=10)
    code, out, _ = run(degrees[0], "--within", degrees[1], "--json")
    assert code == 1
    [gap] = [item for item in json.loads(out)["gaps"]["items"] if not item["sliver"]]
    assert gap["area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_invalid_polygons_are_listed_by_name(run, tmp_path):
    tie = Polygon([(EAST, NORTH), (EAST + 200, NORTH + 200), (EAST + 200, NORTH), (EAST, NORTH + 200)])
    code, out, _ = run(write(tmp_path / "tie.gpkg", [tie]), "--json")
    assert code == 1
    [wrong] = json.loads(out)["invalid"]
    assert wrong["unit"] == "g0"
    assert "Self-intersection" in wrong["reason"]


def test_the_id_column_names_the_units(run, tmp_path):
    path = write(tmp_path / "twice.gpkg", [cell(0, 0), cell(0, 0)], code=["甲", "[bold]乙"])
    _, out, _ = run(path, "--id-column", "code", "--json")
    assert json.loads(out)["overlaps"]["items"][0]["units"] == ["甲", "[bold]乙"]
    _, table, _ = run(path, "--id-column", "code")
    assert "[bold]乙" in table


def test_children_are_checked_against_their_parents_in_another_file(run, tmp_path):
    children = write(tmp_path / "children.gpkg", [cell(0, 0, 110), cell(110, 0, 90)], town=["W", "E"])
    towns = write(tmp_path / "towns.gpkg", [cell(0, 0), cell(100, 0)], town=["W", "E"])
    assert run(children, "--within", towns)[0] == 0
    code, out, _ = run(children, "--within", towns, "--parent-column", "town", "--json")
    assert code == 1
    document = json.loads(out)
    assert (document["gaps"]["count"], document["spills"]["count"]) == (1, 1)
    assert document["units"] == 2
    assert {parent: (one["gaps"], one["spills"]) for parent, one in document["parents"].items()} == {
        "W": (0, 1),
        "E": (1, 0),
    }


def test_children_are_checked_against_their_parents_in_the_same_file(run, tmp_path):
    path = write(
        tmp_path / "tree.gpkg",
        [cell(0, 0, 200), cell(0, 0), cell(100, 0, 90)],
        id=["town", "a", "b"],
        parent=[None, "town", "town"],
    )
    _, out, _ = run(path, "--parent-column", "parent", "--id-column", "id", "--json")
    document = json.loads(out)
    assert document["units"] == 2
    assert [item["area_m2"] for item in document["gaps"]["items"]] == [pytest.approx(1_000)]
    assert document["overlaps"]["count"] == 0


def test_parents_without_polygons_are_audited_together(run, tmp_path):
    path = write(tmp_path / "children.gpkg", [cell(0, 0, 110), cell(100, 0)], town=["W", "E"])
    code, out, err = run(path, "--parent-column", "town", "--json")
    assert code == 1
    assert json.loads(out)["overlaps"]["count"] == 1
    assert "together" in err


def test_unknown_parents_are_refused(run, tmp_path):
    children = write(tmp_path / "children.gpkg", [cell(0, 0)], town=["nowhere"])
    towns = write(tmp_path / "towns.gpkg", [cell(0, 0)], town=["W"])
    code, out, err = run(children, "--within", towns, "--parent-column", "town", "--json")
    assert code == 2
    assert out == ""
    assert "nowhere" in err


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb"])
def test_the_pieces_are_written_to_a_file(run, tmp_path, three, whole, ending):
    out = tmp_path / f"pieces.{ending}"
    assert run(three, "--within", whole, "--out", out)[0] == 1
    frame = gpd.read_file(out)
    assert frame["kind"].tolist() == ["gap"]
    assert frame["area_m2"].tolist() == pytest.approx([10_000])
    assert frame.to_crs(4549).area.tolist() == pytest.approx([10_000], rel=1e-4)


def test_a_clean_file_still_writes_its_pieces(run, tmp_path, four, whole):
    out = tmp_path / "pieces.gpkg"
    assert run(four, "--within", whole, "--out", out)[0] == 0
    assert len(gpd.read_file(out)) == 0


def test_a_picture_is_drawn(run, tmp_path, three, whole):
    png = tmp_path / "picture.png"
    assert run(three, "--within", whole, "--png", png)[0] == 1
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["missing.gpkg"], "does not exist"),
        (["{four}", "--id-column", "nope"], "nope"),
        (["{four}", "--parent-column", "nope"], "nope"),
        (["{four}", "--within", "missing.gpkg"], "does not exist"),
        (["{four}", "--out", "pieces.doc"], "pieces.doc"),
        (["{four}", "--out", "no/such/folder/pieces.gpkg"], "no/such/folder"),
        (["{four}", "--nonsense"], "nonsense"),
        ([], "FILE"),
    ],
)
def test_bad_input_ends_with_two_and_a_sentence(run, four, words, told):
    code, out, err = run(*[word.format(four=four) for word in words])
    assert code == 2
    assert out == ""
    assert told in err
    assert "Traceback" not in err


def test_a_file_without_a_system_is_refused(run, tmp_path):
    path = tmp_path / "bare.shp"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[cell(0, 0)]).to_file(path)
    assert run(path)[0] == 2
    assert run(path, "--crs", "4549")[0] == 0
