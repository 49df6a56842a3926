"""What a file leaves open is asked, with answers to choose from; nothing is guessed, and the answer settles it."""

from __future__ import annotations

import os
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.imports import Answers, UploadState
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import ImportHasProblems
from gridmap.geometry.offsets import Offset, from_wgs84
from gridmap.services import units
from gridmap.services.importing import uploads
from gridmap.services.importing.upload_files import path_of
from gridmap.settings import settings
from gridmap.store.database import Session

TOWN, COMMUNITY = "990001001000", "990001001001"
ADMINISTRATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope="990001000000")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def boundaries(session: Session, level: str, scope: str) -> gpd.GeoDataFrame:
    frame = units.boundaries(session, ADMINISTRATOR, level, scope=scope, as_of=units.today(session))
    return frame[["code", "name", "geometry"]].reset_index(drop=True)


def sent(session: Session, data: bytes, name: str, layer: str = "boundaries") -> uploads.Upload:
    number = uploads.receive(session, ADMINISTRATOR, layer, name, BytesIO(data))
    uploads.read_and_rehearse(session, ADMINISTRATOR, number, lambda *_: None)
    return uploads.upload(session, ADMINISTRATOR, number)


def answered(session: Session, upload: uploads.Upload, answers: Answers) -> uploads.Upload:
    uploads.answer(session, ADMINISTRATOR, upload.id, answers)
    uploads.read_and_rehearse(session, ADMINISTRATOR, upload.id, lambda *_: None)
    return uploads.upload(session, ADMINISTRATOR, upload.id)


def as_geojson(frame: gpd.GeoDataFrame) -> bytes:
    return frame.to_json(drop_id=True).encode()


def test_outlines_without_a_system_are_asked_about_with_a_picture_of_every_answer(
    demo_session: Session, tmp_path: Path
) -> None:
    frame = boundaries(demo_session, "grid", COMMUNITY)
    path = tmp_path / "网格.gpkg"
    frame.set_crs(None, allow_override=True).to_file(path, driver="GPKG", engine="pyogrio")
    shown = sent(demo_session, path.read_bytes(), path.name)
    assert shown.state is UploadState.QUESTION
    assert shown.question is not None and shown.question.kind == "crs"
    values = [choice.value for choice in shown.question.choices]
    right = f"EPSG:{units.county(demo_session).srid}"
    assert values[0] == right, "the system that puts it inside the county comes first"
    drawn = uploads.preview(demo_session, ADMINISTRATOR, shown.id)["features"]
    assert {feature["properties"]["choice"] for feature in drawn} >= set(values)
    settled = answered(demo_session, shown, Answers(crs=right))
    assert settled.state is UploadState.READY, settled.error
    assert (settled.counts["same"], settled.counts["changed"], settled.counts["problems"]) == (len(frame), 0, 0)


def test_a_vendor_s_shift_is_asked_about_and_either_answer_is_taken(demo_session: Session) -> None:
    frame = boundaries(demo_session, "community", TOWN).to_crs(4326)
    frame["geometry"] = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: from_wgs84(np.asarray(xy), Offset.GCJ02)
    )
    shown = sent(demo_session, as_geojson(frame), "社区.geojson")
    assert shown.state is UploadState.QUESTION
    assert shown.question is not None and shown.question.kind == "shift"
    assert [choice.value for choice in shown.question.choices] == ["gcj02", "EPSG:4326"]
    assert (
        float(str(shown.question.text.params["before_m"])) > 300 > 5 > float(str(shown.question.text.params["after_m"]))
    )
    converted = answered(demo_session, shown, Answers(crs="gcj02"))
    assert converted.state is UploadState.READY, converted.error
    assert (converted.counts["same"], converted.counts["changed"]) == (len(frame), 0), "undone to the centimetre"
    as_it_is = answered(demo_session, converted, Answers(crs="EPSG:4326"))
    assert as_it_is.state is UploadState.READY
    assert as_it_is.counts["changed"] + as_it_is.counts["problems"] > 0


def test_a_code_page_that_lies_is_asked_about_with_samples(demo_session: Session, tmp_path: Path) -> None:
    """Names in Big5 beside a .cpg that says GBK: both can be read, one of them is mojibake."""
    frame = boundaries(demo_session, "grid", COMMUNITY).iloc[:2].to_crs(4490)
    frame["name"] = ["臺北市中正區", "高雄市三民區"]
    frame.to_file(tmp_path / "grids.shp", encoding="cp950", engine="pyogrio")
    (tmp_path / "grids.cpg").write_text("GBK")
    path = tmp_path / "grids.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for end in ("shp", "shx", "dbf", "prj", "cpg"):
            bundle.write(tmp_path / f"grids.{end}", f"grids.{end}")
    shown = sent(demo_session, path.read_bytes(), path.name)
    assert shown.state is UploadState.QUESTION
    assert shown.question is not None and shown.question.kind == "encoding"
    assert shown.question.choices[0].value == "cp950"
    assert "臺北市中正區" in shown.question.choices[0].sample
    assert len(shown.question.choices) > 1 and all(choice.sample for choice in shown.question.choices)
    settled = answered(demo_session, shown, Answers(encoding="cp950"))
    assert settled.state is UploadState.READY, settled.error
    assert "臺北市中正區" in [sample for column in settled.columns for sample in column.samples]


def test_a_workbook_with_two_lists_is_asked_which_one(demo_session: Session) -> None:
    book = openpyxl.Workbook()
    for title in ("城东", "城西"):
        sheet = book.create_sheet(title)
        sheet.append(["编号", "网格编码", "角色"])
        sheet.append([f"{title}1", f"{COMMUNITY}001", "网格员"])
    del book["Sheet"]
    data = BytesIO()
    book.save(data)
    shown = sent(demo_session, data.getvalue(), "网格员.xlsx", "workers")
    assert shown.state is UploadState.QUESTION
    assert shown.question is not None and [choice.value for choice in shown.question.choices] == ["城东", "城西"]
    settled = answered(demo_session, shown, Answers(sheet="城西"))
    assert settled.state is UploadState.READY, settled.error
    assert "城西1" in [sample for column in settled.columns for sample in column.samples]


def test_a_repair_that_changes_the_area_waits_for_a_yes(demo_session: Session) -> None:
    """A bowtie of two equal halves: read as an outline it is 0 m², repaired it is both of them."""
    frame = boundaries(demo_session, "grid", COMMUNITY).iloc[[0]].copy()
    x, y = shapely.get_coordinates(frame.geometry.iloc[0].representative_point())[0]
    bowtie = shapely.Polygon([(x, y), (x + 40, y + 40), (x + 40, y), (x, y + 40)])
    frame["code"], frame["name"] = f"{COMMUNITY}097", "第九十七网格"
    frame["geometry"] = [bowtie]
    shown = sent(demo_session, as_geojson(frame.to_crs(4490)), "网格.geojson")
    assert shown.state is UploadState.READY, (shown.error, shown.question)
    assert (shown.counts["questions"], shown.counts["problems"]) == (1, 0)
    assert shown.repairs[0].after_m2 == pytest.approx(800, rel=0.01), "two triangles of 40 m and 20 m"
    with pytest.raises(ImportHasProblems):
        uploads.commit_upload(demo_session, ADMINISTRATOR, shown.id)
    settled = answered(demo_session, shown, Answers(take_repairs=True))
    assert uploads.commit_upload(demo_session, ADMINISTRATOR, settled.id) > 0
    written = boundaries(demo_session, "grid", COMMUNITY).set_index("code").geometry[f"{COMMUNITY}097"]
    assert written.is_valid and written.area == pytest.approx(800, rel=0.01)


def test_uploads_that_nobody_comes_back_to_are_swept(demo_session: Session, home: Path) -> None:
    left = sent(demo_session, "编号,单位,角色\n甲,,\n".encode(), "旧名单.csv", "workers")
    kept = sent(demo_session, "编号,单位,角色\n乙,,\n".encode(), "新名单.csv", "workers")
    stray, fresh = path_of("stray.csv"), path_of("fresh.csv")
    for path in (stray, fresh):
        path.write_text("left by a process that was killed")
    long_ago = stray.stat().st_mtime - 7200
    for path in home.joinpath("uploads").iterdir():
        if path != fresh:
            os.utime(path, (long_ago, long_ago))
    age = timedelta(days=settings().upload_days, hours=1)
    demo_session.execute(
        text("UPDATE uploads SET created_at = created_at - :age WHERE id = :id"), {"age": age, "id": left.id}
    )
    demo_session.commit()
    uploads.receive(demo_session, ADMINISTRATOR, "workers", "another.csv", BytesIO(b"a"))
    assert uploads.upload(demo_session, ADMINISTRATOR, left.id).state is UploadState.DISCARDED
    assert uploads.upload(demo_session, ADMINISTRATOR, left.id).columns == (), "no cell is kept"
    assert uploads.upload(demo_session, ADMINISTRATOR, kept.id).state is kept.state
    names = {path.name for path in home.joinpath("uploads").iterdir()}
    assert "stray.csv" not in names and "fresh.csv" in names
    assert len(names) == 3, "the file that is kept, the one just sent, and the fresh one"
