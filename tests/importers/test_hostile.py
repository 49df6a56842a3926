"""Files that attack: each is refused with a sentence or bounded in time and memory, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import resource
import sqlite3
import struct
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import BadInput, FileHostile, FileTooHard, FileUnreadable, GridmapError
from gridmap.importers import problems_of
from gridmap.importers.isolated import read_isolated
from gridmap.importers.limits import BASE_BYTES, Limits
from gridmap.importers.registry import read_table

SQUARE = '{"type":"Polygon","coordinates":[[[106,29],[106.1,29],[106.1,29.1],[106,29]]]}'
#: Small enough that a test is quick, large enough for everything honest here.
LIMITS = Limits(
    memory_bytes=600_000_000, cpu_s=20, wall_s=60, unpacked_bytes=60_000_000, coordinates=500_000, line_bytes=4_000_000
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data, compress_type=zipfile.ZIP_DEFLATED)
    return path


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    about = zipfile.ZipInfo(name)
    about.external_attr = 0o120777 << 16
    return about, target.encode()


# --- archives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../evil.geojson", "leads out"),
        ("/etc/evil.geojson", "leads out"),
        ("C:\\evil.geojson", "leads out"),
        ("a\\..\\..\\evil.geojson", "leads out"),
        ("a\x1b[2J.geojson", "control characters"),
        ("line\nbreak.geojson", "control characters"),
        ("folder/nul.geojson", "device"),
        ("COM1.geojson", "device"),
    ],
)
def test_names_that_attack(name: str, words: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", (name, SQUARE.encode()))
    with pytest.raises(FileHostile, match=words):
        read_table(path)


def test_links_and_nested_archives(tmp_path: Path) -> None:
    with pytest.raises(FileHostile, match="link"):
        read_table(zipped(tmp_path / "link.zip", link("a.geojson", "/etc/passwd")))
    inner = zipped(tmp_path / "inner.zip", ("a.geojson", SQUARE.encode())).read_bytes()
    with pytest.raises(FileUnreadable, match="another archive"):
        read_table(zipped(tmp_path / "outer.zip", ("inner.zip", inner)))


def test_archives_that_swell(tmp_path: Path, temporary: Path) -> None:
    ratio = zipped(tmp_path / "ratio.zip", ("a.geojson", b" " * 30_000_000))
    with pytest.raises(FileTooHard, match="GRIDMAP_IMPORT_RATIO"):
        read_isolated(ratio, limits=LIMITS)
    total = zipped(tmp_path / "total.zip", *((f"{n}.geojson", b" " * 10_000_000) for n in range(7)))
    with pytest.raises(FileTooHard, match="GRIDMAP_IMPORT_UNPACKED_BYTES"):
        read_isolated(total, limits=LIMITS)
    many = zipped(tmp_path / "many.zip", *((f"{n}.txt", b"") for n in range(50)))
    with pytest.raises(FileTooHard, match="GRIDMAP_IMPORT_MEMBERS"):
        read_isolated(many, limits=Limits(members=49))
    assert list(temporary.iterdir()) == []


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path, temporary: Path) -> None:
    """The list of contents says 10 bytes, the content swells to 30 MB."""
    data = bytearray(zipped(tmp_path / "a.zip", ("a.geojson", b" " * 30_000_000)).read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(mark) + at, 10)
    (tmp_path / "lie.zip").write_bytes(data)
    with pytest.raises(BadInput):
        read_isolated(tmp_path / "lie.zip", limits=LIMITS)
    assert list(temporary.iterdir()) == []


def test_members_that_share_their_bytes(tmp_path: Path) -> None:
    """The way of David Fifield's bomb: many entries of the list point to one packed content."""
    data = zipped(tmp_path / "a.zip", ("a.geojson", bytes(range(256)) * 400)).read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[start:end]
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, 5, 5, 5 * len(entry), start)
    (tmp_path / "b.zip").write_bytes(data[:start] + entry * 5 + bytes(tail))
    with pytest.raises(FileUnreadable, match="overlap"):
        read_table(tmp_path / "b.zip")


# --- references to other files ---------------------------------------------------------------------------

VRT = '<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("extension", ["gpkg", "fgb", "kml", "shp", "geojson", "csv", "vrt", "gml", "json"])
@pytest.mark.parametrize("target", ["/vsicurl/http://127.0.0.1:9/x.geojson", "secret.csv"])
def test_references_are_not_followed(extension: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("lon,lat,word\n106,29,SECRET\n")
    path = tmp_path / f"a.{extension}"
    path.write_text(VRT.format(target))
    try:
        frame = read_table(path)
    except BadInput:
        return
    assert extension == "csv", "only a table may be what it looks like: words"
    assert "SECRET" not in frame.to_csv()


BOMB = '<!DOCTYPE k [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_of_a_kml(encoding: str, tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}]><kml><name>&j;</name></kml>'
    (tmp_path / "a.kml").write_bytes(text.encode(encoding))
    with pytest.raises(FileHostile, match="entities"):
        read_table(tmp_path / "a.kml")
    zipped(tmp_path / "a.zip", ("doc.kml", text.encode(encoding)))
    with pytest.raises(FileHostile, match="entities"):
        read_table(tmp_path / "a.zip")
    late = f"<kml>{' ' * 2_000_000}<!ENTITY a SYSTEM 'file:///etc/passwd'></kml>"
    (tmp_path / "late.kml").write_text(late)
    with pytest.raises(FileHostile, match="entities"):
        read_table(tmp_path / "late.kml")


def test_a_kml_that_is_only_a_link(tmp_path: Path) -> None:
    text = (
        "<kml><Document><NetworkLink><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink></Document></kml>"
    )
    (tmp_path / "a.kml").write_text(text)
    with pytest.raises(FileHostile, match="links to another file"):
        read_table(tmp_path / "a.kml")


def workbook(path: Path, sheet: bytes) -> Path:
    """An xlsx of one sheet with the given XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        path,
        (
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Override PartName="/xl/workbook.xml" ContentType="{kinds}'
            f'.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
            "</Types>".encode(),
        ),
        (
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'.encode(),
        ),
        (
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>".encode(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    )


def test_workbooks_that_attack(tmp_path: Path, temporary: Path) -> None:
    from gridmap.importers import guards

    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    with pytest.raises(FileHostile, match="entities"):
        guards.check(workbook(tmp_path / "entities.xlsx", BOMB.encode() + b"]>" + head), LIMITS)
    swollen = workbook(tmp_path / "bomb.xlsx", head + b"<row/>" * 5_000_000)
    with pytest.raises(FileTooHard, match="RATIO"):
        guards.check(swollen, LIMITS)
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    near = b'<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c></row>'
    bounded(lambda: read_isolated(workbook(tmp_path / "far.xlsx", head + near + far), limits=LIMITS))
    assert list(temporary.iterdir()) == []


# --- size and depth --------------------------------------------------------------------------------------


def resident_peak(parent: int) -> int:
    """Bytes that the largest reader below a process has held at most so far; 0 where none runs.

    ``ru_maxrss`` says nothing here: a child starts with the mark of the process that it was forked from.
    """
    largest = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, KeyError):
            said = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            command = (status.parent / "cmdline").read_bytes()
            if int(said["PPid"]) == parent and b"isolated_child" in command:
                largest = max(largest, int(said["VmHWM"].split()[0]) * 1024)
    return largest


def bounded(act: Callable[[], object]) -> str:
    """Run a reading that has to end in a named error or a frame within its limits; returns the sentence."""
    over, peaks = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(0.02):
            peaks.append(resident_peak(os.getpid()))

    watcher = threading.Thread(target=watch)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    watcher.start()
    try:
        act()
        sentence = ""
    except GridmapError as error:
        sentence = str(error)
    finally:
        over.set()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LIMITS.cpu_s + 4
    assert 0 < max(peaks) < LIMITS.memory_bytes + BASE_BYTES
    return sentence


def test_deep_nesting(tmp_path: Path) -> None:
    deep = {
        "arrays": '{"type":"Polygon","coordinates":' + "[" * 10_000 + "]" * 10_000 + "}",
        "objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
        "collections": '{"type":"GeometryCollection","geometries":[' * 10_000 + "]}" * 10_000,
        "properties": f'{{"type":"Feature","geometry":{SQUARE},"properties":{{"a":{"[" * 10_000}{"]" * 10_000}}}}}',
    }
    for name, text in deep.items():
        (tmp_path / f"{name}.geojson").write_text(text)
        assert "nested too deeply" in bounded(lambda: read_isolated(tmp_path / f"{name}.geojson", limits=LIMITS))  # noqa: B023


@pytest.mark.slow
def test_ten_million_coordinates(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "a.geojson"
    pair = b"[106.123456,29.123456],"
    with path.open("wb") as file:
        file.write(b'{"type":"LineString","coordinates":[')
        for _ in range(100):
            file.write(pair * 100_000)
        file.write(pair[:-1] + b"]}")
    sentence = bounded(lambda: read_isolated(path, limits=LIMITS))
    assert "GRIDMAP_IMPORT_" in sentence
    assert list(temporary.iterdir()) == []


def test_more_coordinates_than_allowed(tmp_path: Path) -> None:
    points = np.random.default_rng(1).uniform([106, 29], [107, 30], (600_000, 2))
    gpd.GeoDataFrame(geometry=[shapely.MultiPoint(points)], crs=4490).to_file(tmp_path / "a.fgb")
    assert "500,000 coordinates" in bounded(lambda: read_isolated(tmp_path / "a.fgb", limits=LIMITS))


def test_a_bow_tie_of_a_million_points(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 1_000_001)
    ring = np.stack([106 + np.sin(angle), 29 + np.sin(2 * angle)], axis=1)
    ring[-1] = ring[0]
    gpd.GeoDataFrame(geometry=[shapely.Polygon(ring)], crs=4490).to_file(tmp_path / "a.gpkg")
    limits = Limits(memory_bytes=LIMITS.memory_bytes, cpu_s=LIMITS.cpu_s)
    frames: list[gpd.GeoDataFrame] = []
    bounded(lambda: frames.append(read_isolated(tmp_path / "a.gpkg", limits=limits)))
    assert shapely.is_missing(frames[0].geometry.to_numpy()).all()
    assert problems_of(frames[0])[-1].row == 1


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e400", "NaN", "Infinity", "1" + "0" * 5000])
def test_numbers_beyond_the_earth(number: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(SQUARE.replace("106.1", number))
    told = bounded(lambda: read_isolated(path, crs="4490", limits=LIMITS))
    frame_said = told or problems_of(read_table(path))
    assert frame_said


@pytest.mark.slow
def test_a_line_of_two_hundred_megabytes(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"code,name\n")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    assert "GRIDMAP_IMPORT_LINE_BYTES" in bounded(lambda: read_isolated(path, limits=LIMITS))
    assert list(temporary.iterdir()) == []


def test_tables_that_swell(tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{n}" for n in range(100_000)) + "\n")
    assert "GRIDMAP_IMPORT_COLUMNS" in bounded(lambda: read_isolated(wide, limits=LIMITS))
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"1,2\n" * 10_000_000))
    assert "GRIDMAP_IMPORT_" in bounded(lambda: read_isolated(packed, limits=LIMITS))


def test_memory_and_time_are_bounded(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"code,name,kind\n" + b"1,2,3\n" * 5_000_000)
    small = Limits(memory_bytes=100_000_000)
    assert "100 MB of memory" in bounded(lambda: read_isolated(path, limits=small))
    assert "1 seconds of computing" in bounded(lambda: read_isolated(path, limits=Limits(cpu_s=1)))
    assert list(temporary.iterdir()) == []


# --- databases and binary formats ------------------------------------------------------------------------


def geopackage(path: Path, *statements: str) -> Path:
    gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(106, 29, 106.1, 29.1)], crs=4490).to_file(
        path, layer="grids"
    )
    with sqlite3.connect(path) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def test_geopackages_that_compute(tmp_path: Path, temporary: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n"
    view = geopackage(
        tmp_path / "view.gpkg",
        f"CREATE VIEW trap AS {endless}",
        "INSERT INTO gpkg_contents SELECT 'trap', data_type, 'trap', '', last_change, 0, 0, 1, 1, srs_id "
        "FROM gpkg_contents",
    )
    with pytest.raises(FileHostile, match="view"):
        read_isolated(view, limits=LIMITS)
    virtual = geopackage(tmp_path / "virtual.gpkg", "CREATE VIRTUAL TABLE t USING fts5(a)")
    with pytest.raises(FileHostile, match="virtual table"):
        read_isolated(virtual, limits=LIMITS)
    trigger = geopackage(
        tmp_path / "trigger.gpkg", "CREATE TRIGGER x AFTER INSERT ON grids BEGIN DELETE FROM grids; END"
    )
    before = trigger.read_bytes()
    assert len(read_isolated(trigger, limits=LIMITS)) == 1, "a file opened for reading fires no trigger"
    assert trigger.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if "trigger" in one.name) == ["trigger.gpkg"]
    (tmp_path / "half.gpkg").write_bytes(before[:5000])
    with pytest.raises(FileUnreadable):
        read_isolated(tmp_path / "half.gpkg", limits=LIMITS)
    assert list(temporary.iterdir()) == []


def test_a_flatgeobuf_that_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.fgb"
    square = shapely.box(106, 29, 106.1, 29.1)
    gpd.GeoDataFrame({"code": ["a"] * 50}, geometry=[square] * 50, crs=4490).to_file(path)
    data = path.read_bytes()
    for at in range(8, min(len(data), 400), 4):
        path.write_bytes(data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :])
        try:
            read_table(path)
        except GridmapError:
            continue


def test_a_dbf_that_lies_about_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[shapely.box(106, 29, 106.1, 29.1)] * 2, crs=4490).to_file(path)
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    struct.pack_into("<I", data, 4, 4_000_000_000)
    table.write_bytes(data)
    with pytest.raises(FileUnreadable, match="says it has 4,000,000,000 rows and holds 2"):
        read_isolated(path, limits=LIMITS)


def test_a_parquet_that_swells(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from gridmap.importers import guards

    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": np.zeros(20_000_000)}), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileTooHard, match="GRIDMAP_IMPORT_"):
        guards.check(path, LIMITS)
    pq.write_table(pa.table({f"c{n}": [1] for n in range(3000)}), path)
    with pytest.raises(FileTooHard, match="COLUMNS"):
        guards.check(path, LIMITS)
    path.write_bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")
    with pytest.raises(FileUnreadable, match="Parquet"):
        guards.check(path, LIMITS)


# --- the server meanwhile --------------------------------------------------------------------------------


def test_other_threads_go_on_meanwhile(tmp_path: Path) -> None:
    """While a hard file is read, a thread of ours (a request) never waits for long."""
    path = tmp_path / "a.geojson"
    square = json.loads(SQUARE)
    feature = json.dumps({"type": "Feature", "properties": {"a": "x" * 50}, "geometry": square})
    path.write_text('{"type":"FeatureCollection","features":[' + ",".join([feature] * 20_000) + "]}")
    worst, done = [0.0], threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not done.wait(0.005):
            now = time.monotonic()
            worst[0], last = max(worst[0], now - last), now

    thread = threading.Thread(target=tick)
    thread.start()
    sentence = bounded(lambda: read_isolated(path, limits=Limits(coordinates=1000)))
    done.set()
    thread.join()
    assert "1,000 coordinates" in sentence
    assert worst[0] < 1.0, "generous: other tests run on the same processors"


def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    """The answer goes through its own pipe; a file cannot speak for the reader."""
    path = tmp_path / "a.csv"
    path.write_text('code\n"{""rows"": 5}"\n')
    assert read_isolated(path, limits=LIMITS)["code"].tolist() == ['{"rows": 5}']
    assert io.BytesIO(path.read_bytes()).readline() == b"code\n"
