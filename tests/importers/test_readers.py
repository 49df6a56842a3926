"""Files read right, or refused with a sentence. Every bad file here was met somewhere."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gridmap.errors import (
    CrsMissing,
    CrsUnknown,
    CrsUnusable,
    FileMissing,
    FileTooHard,
    FileUnreadable,
    FormatUnknown,
    GeometryUnusable,
    GridmapError,
    NothingToRead,
)
from gridmap.importers import problems_of, read_frame
from gridmap.importers.limits import Limits
from gridmap.importers.readers.text import codec, detect
from gridmap.importers.registry import read_table

REAL = Path(os.environ.get("GRIDMAP_REALDATA", Path(__file__).resolve().parents[3] / "shared" / "realdata"))
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real files are not in {REAL}")

SQUARE = shapely.box(120.0, 30.0, 120.01, 30.01)


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"编码": ["01", "02"], "名称": ["东门网格", "西门网格"]}, geometry=[SQUARE, SQUARE], crs=4490
    )


def geojson(path: Path, **changes: object) -> Path:
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.0]]
    feature = {"type": "Feature", "properties": {"code": "a"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    document = {"type": "FeatureCollection", "features": [feature, {**feature, **changes}]}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("extension", ["gpkg", "geojson", "geojsonl", "shp", "fgb", "parquet"])
def test_formats_come_back_as_they_went(grids: gpd.GeoDataFrame, tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"网格.{extension}"
    if extension == "parquet":
        grids.to_parquet(path)
    else:
        grids.to_file(path, driver="GeoJSONSeq" if extension == "geojsonl" else None)
    frame = read_frame(path)
    assert frame["名称"].tolist() == ["东门网格", "西门网格"]
    assert frame["编码"].tolist() == ["01", "02"]
    assert shapely.equals(frame.geometry.to_numpy(), grids.geometry.to_numpy()).all()
    assert frame.crs is not None


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8", "GB18030"])
@pytest.mark.parametrize("declared", ["right", "none", "wrong"])
def test_dbf_text_is_never_mojibake(grids: gpd.GeoDataFrame, tmp_path: Path, encoding: str, declared: str) -> None:
    grids.to_file(tmp_path / "g.shp", encoding=encoding)
    said = tmp_path / "g.cpg"
    said.unlink(missing_ok=True)
    if declared != "none":
        said.write_text(encoding if declared == "right" else {"UTF-8": "GBK"}.get(encoding, "UTF-8"))
    dbf = bytearray((tmp_path / "g.dbf").read_bytes())
    dbf[29] = 0
    (tmp_path / "g.dbf").write_bytes(dbf)
    frame = read_frame(tmp_path / "g.shp")
    assert frame["名称"].tolist() == ["东门网格", "西门网格"]


def test_undecodable_text_is_refused(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"a": ["xxxx"]}, geometry=[SQUARE], crs=4490).to_file(tmp_path / "g.shp")
    dbf = (tmp_path / "g.dbf").read_bytes().replace(b"xxxx", b"\xff\xff\x80\x20")
    (tmp_path / "g.dbf").write_bytes(dbf)
    (tmp_path / "g.cpg").unlink()
    with pytest.raises(FileUnreadable, match="encoding"):
        read_frame(tmp_path / "g.shp")


def test_a_zip_from_a_mac_with_a_gbk_name(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    grids.to_file(tmp_path / "g.shp", encoding="GBK")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for part in ("shp", "SHX", "dbf", "prj"):
            zipped.write(tmp_path / f"g.{part.lower()}", f"folder/g.{part}")
        zipped.writestr("__MACOSX/folder/._g.shp", b"shadow")
    assert read_frame(archive)["名称"].tolist() == ["东门网格", "西门网格"]


def test_a_zip_with_two_data_sets_asks_which(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as zipped:
        for name in ("网格", "社区"):
            grids.to_file(tmp_path / f"{name}.gpkg")
            zipped.write(tmp_path / f"{name}.gpkg")
    with pytest.raises(FileUnreadable, match=r"社区, 网格"):
        read_frame(tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as zipped:
        zipped.write(tmp_path / "网格.gpkg", "网格.gpkg")
    assert len(read_frame(tmp_path / "one.zip")) == 2


def test_no_system_is_refused_and_candidates_named(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    grids.to_file(tmp_path / "g.shp")
    (tmp_path / "g.prj").unlink()
    with pytest.raises(CrsMissing, match=r"EPSG:4490.*gcj02"):
        read_frame(tmp_path / "g.shp")
    assert read_frame(tmp_path / "g.shp", crs="4490").crs.to_epsg() == 4490
    moved = read_frame(tmp_path / "g.shp", crs="gcj02")
    assert moved.crs.to_epsg() == 4326
    assert moved.geometry[0].distance(shapely.Point(120.0, 30.0)) + moved.geometry[0].hausdorff_distance(SQUARE) > 0.001
    with pytest.raises(CrsUnknown):
        read_frame(tmp_path / "g.shp", crs="9")


def test_numbers_that_are_no_degrees_are_refused(tmp_path: Path) -> None:
    ring = [[5e5, 3.59e6], [5.1e5, 3.59e6], [5.1e5, 3.6e6], [5e5, 3.59e6]]
    path = geojson(tmp_path / "g.geojson", geometry={"type": "Polygon", "coordinates": [ring]})
    with pytest.raises(CrsUnusable, match="State --crs"):
        read_frame(path)
    assert read_frame(path, crs="4549").crs.to_epsg() == 4549


def test_one_bad_ring_is_told_by_row_and_hides_no_other(tmp_path: Path) -> None:
    path = geojson(tmp_path / "g.geojson", geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
    frame = read_frame(path)
    assert frame.geometry.isna().tolist() == [False, True]
    assert [(problem.row, problem.repaired) for problem in problems_of(frame)] == [(2, False)]
    assert len(problems_of(frame.copy())) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "feature"},
        {"geometry": "POINT (1 2)"},
        {"properties": 3},
        {"geometry": {"type": "Polygon"}},
        {"geometry": {"type": "Curve", "coordinates": []}},
        {"geometry": {"type": "Polygon", "coordinates": [[["1", "2"], ["3", "4"], ["5", "6"], ["1", "2"]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[1, 2], [3, 4], [5, 6], [1, 2]]}},
        {"geometry": {"type": "Point", "coordinates": [1]}},
        {"geometry": {"type": "Point", "coordinates": [True, False]}},
        {"geometry": {"type": "GeometryCollection", "geometries": [None]}},
        {"bbox": [1, 2]},
    ],
)
def test_structurally_broken_geojson_is_refused_with_the_row(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(GeometryUnusable, match="Row 2"):
        read_frame(geojson(tmp_path / "g.geojson", **changes))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"[" * 100_000, b'{"type": "FeatureCollection", "features": 3}', b'{"type": "Polygon"}',
        b'{"type": "Point", "coordinates": [NaN, 1]}', b"\xff\xfe\x00",
        b'{"type": "featurecollection", "features": []}',
        b'{"type": "FeatureCollection", "features": []}',
    ],
)  # fmt: skip
def test_what_is_no_geojson(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "g.geojson").write_bytes(content)
    with pytest.raises(GridmapError):
        read_frame(tmp_path / "g.geojson")


def test_an_open_ring_is_closed_and_said(tmp_path: Path) -> None:
    open_ring = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [1, 1]]]}
    frame = read_frame(geojson(tmp_path / "g.geojson", geometry=open_ring))
    assert frame.geometry[1].equals(shapely.Polygon([(0, 0), (2, 0), (1, 1)]))
    assert [(problem.row, problem.repaired) for problem in problems_of(frame)] == [(2, True)]


def test_topojson_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text('{"type": "Topology", "objects": {}, "arcs": []}')
    with pytest.raises(FileUnreadable, match="Export it as GeoJSON"):
        read_frame(tmp_path / "g.json")


def test_a_kmz_is_its_doc(tmp_path: Path) -> None:
    mark = "<Placemark><name>东门</name><Point><coordinates>120,30,5</coordinates></Point></Placemark>"
    kml = f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{mark}</Document></kml>'
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as packed:
        packed.writestr("doc.kml", kml)
        packed.writestr("files/other.kml", kml)
        packed.writestr("files/icon.png", b"x")
    frame = read_frame(tmp_path / "a.kmz")
    assert frame["Name"].tolist() == ["东门"]
    assert frame.geometry[0].wkt == "POINT (120 30)"


def test_parquet_without_shapes_is_a_table(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.drop(columns="geometry").to_parquet(tmp_path / "g.parquet")
    table = read_table(tmp_path / "g.parquet")
    assert table["名称"].tolist() == ["东门网格", "西门网格"]
    with pytest.raises(FileUnreadable, match="neither a WKT column"):
        read_frame(tmp_path / "g.parquet", crs="4490")
    (tmp_path / "h.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(FileUnreadable):
        read_table(tmp_path / "h.parquet")


def test_older_geojson_states_its_system(tmp_path: Path) -> None:
    def with_crs(member: object) -> Path:
        point = {"type": "Point", "coordinates": [5e5, 3.59e6], "crs": member}
        (tmp_path / "g.geojson").write_text(json.dumps(point))
        return tmp_path / "g.geojson"

    assert read_frame(with_crs({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}})).crs == 4549
    with pytest.raises(CrsUnknown):
        read_frame(with_crs({"type": "link", "properties": {"href": "http://example.org/crs"}}))


def test_only_local_files_of_known_formats(tmp_path: Path) -> None:
    for name in (
        "https://example.org/g.geojson",
        "/vsicurl/https://example.org/g.gpkg",
        "/vsizip/a.zip/b.shp",
        "PG:dbname=x://",
    ):
        with pytest.raises(FileUnreadable, match="only files on this machine"):
            read_frame(name)
    with pytest.raises(FileMissing):
        read_frame(tmp_path / "none.gpkg")
    for name in ("g.vrt", "g.gml", "g"):
        (tmp_path / name).write_text("<OGRVRTDataSource/>")
        with pytest.raises(FormatUnknown):
            read_frame(tmp_path / name)
    with pytest.raises(FormatUnknown):
        read_frame(tmp_path)


@pytest.mark.parametrize("extension", ["gpkg", "fgb", "kml", "shp"])
def test_a_vrt_under_another_name_is_not_opened(tmp_path: Path, extension: str) -> None:
    (tmp_path / "secret.csv").write_text("lon,lat\n1,2\n")
    inner = '<OGRVRTLayer name="secret"><SrcDataSource>secret.csv</SrcDataSource></OGRVRTLayer>'
    vrt = f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>"
    for part in (extension, "shx", "dbf"):
        (tmp_path / f"g.{part}").write_text(vrt)
    with pytest.raises(FileUnreadable):
        read_frame(tmp_path / f"g.{extension}")


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    (tmp_path / "g.kml").write_text('<?xml version="1.0"?><kml><!DOCTYPE x [<!ENTITY a SYSTEM "/etc/passwd">]></kml>')
    with pytest.raises(FileUnreadable, match="entities"):
        read_frame(tmp_path / "g.kml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_with_chinese_columns(tmp_path: Path, encoding: str) -> None:
    text = "编码,名称,经度,纬度\r\n001,东门,120.5,30.5\r\n002,西门,,\r\n003,南门,1２0.５,x\r\n"
    (tmp_path / "p.csv").write_bytes(text.encode(encoding))
    frame = read_frame(tmp_path / "p.csv", crs="4490")
    assert frame["编码"].tolist() == ["001", "002", "003"]
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert [problem.row for problem in problems_of(frame)] == [3]


def test_csv_with_wkt_packed(tmp_path: Path) -> None:
    text = 'code;wkt\n1;"POLYGON ((0 0, 1 0, 1 1, 0 0))"\n2;POLYGON ((0 0))\n3;\n'
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(text.encode()))
    frame = read_frame(tmp_path / "p.csv.gz", crs="4326")
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert [problem.row for problem in problems_of(frame)] == [2]


def test_damaged_archives(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(FileUnreadable):
        read_frame(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as zipped:
        zipped.writestr("readme.txt", "x")
    with pytest.raises(NothingToRead):
        read_frame(tmp_path / "b.zip")
    grids.to_file(tmp_path / "g.shp")
    (tmp_path / "g.shx").unlink()
    again = read_frame(tmp_path / "g.shp")
    assert again["名称"].tolist() == ["东门网格", "西门网格"]
    assert shapely.equals(again.geometry.to_numpy(), grids.geometry.to_numpy()).all()
    assert not (tmp_path / "g.shx").exists()


def test_a_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.importers.limits._in_use", [Limits(unpacked_bytes=1_000_000)])
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("g.geojson", b"0" * 3_000_000)
    with pytest.raises(FileTooHard, match="1 MB unpacked"):
        read_frame(tmp_path / "bomb.zip")


def test_labels_of_encodings() -> None:
    assert codec("ANSI 936") == codec("GBK") == "gb18030"
    assert codec("ISO 88592") == "iso8859-2"
    assert codec("klingon") is None
    assert detect(["中".encode()], ["GBK"]) == "utf-8"
    assert detect(["中".encode("gbk")], []) == "gb18030"


# --- real files ------------------------------------------------------------------------------------------


@real
@pytest.mark.parametrize(
    ("name", "rows", "words"),
    [
        ("cn_boundaries/chongqing_shp/区县界_area.shp", 38, "璧山县"),
        ("denver_precincts/DenverCo_precincts2020_orig.zip", 356, None),
        ("ri_precincts/RI_precincts.zip", 419, None),
        ("nasty/zip/mixedcase.zip", 40, None),
        ("nasty/dbf_cpg/big5.shp", 1, "國語"),
    ],
)
def test_real_shapefiles(name: str, rows: int, words: str | None) -> None:
    frame = read_frame(REAL / name, crs="3857" if "dbf_cpg" in name else None)
    assert len(frame) == rows
    if words is not None:
        assert frame.drop(columns="geometry").eq(words).any(axis=None)


@real
def test_every_nasty_file_is_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    outcomes = {}
    for path in sorted((REAL / "nasty").rglob("*")):
        if path.suffix.lower() not in {".shp", ".kml", ".geojson", ".gpkg", ".zip", ".gml"}:
            continue
        try:
            frame = read_frame(path)
            outcomes[path.stem] = "problems" if problems_of(frame) else "read"
        except GridmapError as error:
            outcomes[path.stem] = type(error).__name__
    assert {name for name, outcome in outcomes.items() if name.startswith("valid_") and outcome != "read"} == set()
    assert {name for name, outcome in outcomes.items() if name.startswith("invalid_") and outcome == "read"} == set()


@real
def test_bishan_in_both_systems() -> None:
    """Centroids 463 m apart as published, 35 m once the atlas's GCJ-02 is undone (the folder's README)."""
    shapefile = read_frame(REAL / "cn_boundaries/chongqing_shp/区县界_area.shp")
    row = shapefile.drop(columns="geometry").eq("璧山县").any(axis=1)
    plain = read_frame(REAL / "cn_boundaries/county_500120.json")
    shifted = read_frame(REAL / "cn_boundaries/county_500120.json", crs="gcj02")
    zone = 4544
    here = shapefile[row].to_crs(zone).geometry.iloc[0].centroid
    assert here.distance(plain.to_crs(zone).geometry.iloc[0].centroid) == pytest.approx(463, abs=2)
    assert here.distance(shifted.to_crs(zone).geometry.iloc[0].centroid) == pytest.approx(35, abs=2)


@real
def test_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_frame(REAL / "denver_precincts/DenverCo_precincts2020_orig.zip")
    assert list(tmp_path.iterdir()) == []
    shutil.rmtree(tmp_path)
