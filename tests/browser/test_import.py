"""Files in, as a clerk does it: a GBK zip that says nothing, a shifted GeoJSON, an Excel list with errors."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from playwright.sync_api import Error, Page, expect

from gridmap.domain.permissions import Actor, Role
from gridmap.geometry.offsets import Offset, from_wgs84
from gridmap.services import units
from gridmap.settings import settings
from gridmap.store.database import Database
from tests.browser.conftest import COUNTY, PHONE

TOWN, COMMUNITY, NEW_GRID = "990001001000", "990001001001", "990001001001099"
FRESH_NAME = "福庄村第九十九网格"
ACTOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope=COUNTY)
#: reading happens in a child process that imports geopandas: seconds on a busy machine
SLOW_MS = 60_000


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Iterator[None]:
    """The service keeps files below the home folder of the process's settings."""
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def boundaries(database: Database, level: str, scope: str) -> gpd.GeoDataFrame:
    with database.session() as session:
        return units.boundaries(session, ACTOR, level, scope=scope, as_of=units.today(session))


def gbk_zip(database: Database, folder: Path) -> Path:
    """The grids of a community and one more, as a Shapefile in GBK without .cpg and .prj, zipped."""
    grids = boundaries(database, "grid", COMMUNITY)[["code", "name", "geometry"]]
    fresh = grids.iloc[[0]].copy()
    fresh["code"], fresh["name"] = NEW_GRID, FRESH_NAME
    fresh["geometry"] = [shapely.box(*grids.geometry.iloc[0].representative_point().buffer(40).bounds)]
    rows = gpd.GeoDataFrame(gpd.pd.concat([grids, fresh]), crs=grids.crs)
    rows.columns = ["网格编码", "网格名称", "geometry"]
    rows.to_file(folder / "网格.shp", encoding="GBK", engine="pyogrio")
    path = folder / "福庄村网格.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for end in ("shp", "shx", "dbf"):
            bundle.write(folder / f"网格.{end}", f"网格.{end}")
    return path


def shifted_geojson(database: Database, folder: Path) -> Path:
    """The communities of a town as a map vendor would give them: GCJ-02 degrees that claim to be WGS 84."""
    frame = boundaries(database, "community", TOWN).to_crs(4326)
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: from_wgs84(np.asarray(xy), Offset.GCJ02))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, name, shape in zip(frame["code"], frame["name"], shapes, strict=True)
    ]
    path = folder / "社区边界.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def workbook(folder: Path, rows: list[list[object]], name: str = "网格员名单.xlsx") -> Path:
    """A list of workers whose columns are not called as usual."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["证号", "管哪个格", "角色"])
    for row in rows:
        sheet.append(row)
    path = folder / name
    book.save(path)
    return path


def upload(page: Page, layer: str, path: Path) -> None:
    page.locator(f"label[for=list-{layer}]").click()
    expect(page.locator("#drop")).to_be_enabled()
    page.set_input_files("#file", path)
    page.wait_for_url(re.compile(r"/import/\d+$"), timeout=SLOW_MS)


def at(page: Page, *states: str) -> None:
    """Wait until the upload stands at one of these states."""
    wanted = ", ".join(f"body[data-state={state}]" for state in states)
    try:
        page.wait_for_selector(wanted, timeout=SLOW_MS)
    except Error as error:
        state, words = page.get_attribute("body", "data-state"), page.inner_text("#main")
        raise AssertionError(f"the upload stands at {state}, not at {states}; the page says: {words}") from error


def commit(page: Page) -> None:
    expect(page.locator("#commit")).to_be_enabled()
    page.click("#commit")
    dialog = page.locator("dialog.ask")
    expect(dialog).to_be_visible()
    dialog.locator(".btn-primary").click()
    at(page, "committed")


def test_a_gbk_zip_that_states_nothing_is_asked_about_rehearsed_and_committed(own_site, enter, tmp_path):
    page = enter(own_site, role=Role.ADMINISTRATOR, path="/import", locale="zh-CN")
    upload(page, "boundaries", gbk_zip(own_site.database, tmp_path))
    at(page, "question")
    expect(page.locator(".step-head")).to_have_text("这是哪种坐标？")
    expect(page.locator(".choice svg.picture .picture-data path").first).to_be_visible()
    page.locator(".choice").first.click()
    page.click("text=就用这个，继续")
    at(page, "ready")
    expect(page.locator(".step-head")).to_be_focused()
    expect(page.locator("[data-count=new] .tile-count")).to_have_text("1")
    expect(page.locator("[data-count=changed] .tile-count")).to_have_text("0")
    expect(page.locator("[data-count=problems] .tile-count")).to_have_text("0")
    expect(page.locator(".change-row").first).to_contain_text(FRESH_NAME)
    expect(page.locator(".change-map path.leaflet-interactive").first).to_be_attached()
    page.locator(".change-row").first.click()
    expect(page.locator(".change-row").first).to_have_attribute("aria-pressed", "true")
    commit(page)
    page.click("#see-map")
    page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
    assert "unit=990001001001" in page.url
    page.goto(f"{own_site.address}/inspect?unit={NEW_GRID}")
    page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
    expect(page.locator(".unit-name")).to_have_text(FRESH_NAME)
    # The log shows it, and it can be taken back.
    page.goto(f"{own_site.address}/import")
    row = page.locator(".import-log tbody tr").first
    expect(row).to_contain_text("福庄村网格.zip")
    row.locator("[data-undo]").click()
    dialog = page.locator("dialog.ask")
    expect(dialog).to_contain_text("删除随它导入的")
    dialog.locator(".btn-danger").click()
    expect(page.locator(".import-log .is-undone")).to_have_count(1)


def test_shifted_coordinates_are_asked_about_with_both_pictures(own_site, enter, tmp_path):
    page = enter(own_site, role=Role.ADMINISTRATOR, path="/import")
    upload(page, "boundaries", shifted_geojson(own_site.database, tmp_path))
    at(page, "question")
    expect(page.locator(".step-head")).to_have_text("Are these coordinates shifted?")
    expect(page.locator(".choice")).to_have_count(2)
    expect(page.locator(".choice svg.picture")).to_have_count(2)
    page.locator(".choice", has_text=re.compile("GCJ-02", re.I)).first.click()
    page.click("text=Go on with this")
    at(page, "ready")
    expect(page.locator("[data-count=problems] .tile-count")).to_have_text("0")
    expect(page.locator("[data-count=new] .tile-count")).to_have_text("0")


def test_an_excel_list_with_errors_is_mapped_corrected_and_committed(own_site, enter, tmp_path):
    page = enter(own_site, role=Role.ADMINISTRATOR, path="/import")
    rows: list[list[object]] = [
        ["T-001", "990001001001001", "网格员"],
        ["T-002", "9900010010019", "网格员"],
        ["T-003", "990001001001002", "组长"],
    ]
    upload(page, "workers", workbook(tmp_path, rows))
    at(page, "ready", "refused")
    expect(page.locator(".step-head")).to_have_text("Match the columns")
    page.get_by_label("Field of the column 证号").select_option("label")
    expect(page.locator(".mapping-said")).to_contain_text("Still without a column")
    page.get_by_label("Field of the column 管哪个格").select_option("unit")
    page.click("text=Rehearse again")
    at(page, "reading", "received", "ready")
    expect(page.locator("#problems")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#commit")).to_be_disabled()
    expect(page.locator("#commit-why")).to_contain_text("2 problems stand in the way")
    expect(page.locator(".problems tbody tr")).to_have_count(2)
    expect(page.locator(".problems tbody")).to_contain_text("组长")
    page.select_option("#problem-column", label="角色")
    expect(page.locator(".problems tbody tr")).to_have_count(1)
    with page.expect_download() as waiting:
        page.click("#problems-file")
    marked = openpyxl.load_workbook(BytesIO(waiting.value.path().read_bytes()))
    cells = [cell for sheet in marked for line in sheet.iter_rows() for cell in line]
    assert any(cell.value == "组长" and cell.fill.fill_type == "solid" for cell in cells)
    # The corrected list, with the same columns: matched as before.
    page.goto(f"{own_site.address}/import")
    rows[1][1], rows[2][2] = "990001001001002", "网格员"
    upload(page, "workers", workbook(tmp_path, rows, "网格员名单（改）.xlsx"))
    at(page, "ready")
    expect(page.locator("[data-count=new] .tile-count")).to_have_text("3")
    page.click("#columns summary")
    expect(page.locator(".how-remembered")).to_have_count(3)
    commit(page)
    page.click("#see-map")
    page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
    assert "/inspect" in page.url


def test_on_the_phone_in_chinese_nothing_spills_over(own_site, enter, tmp_path):
    page = enter(own_site, role=Role.ADMINISTRATOR, path="/import", viewport=PHONE, locale="zh-CN")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    upload(page, "boundaries", gbk_zip(own_site.database, tmp_path))
    at(page, "question")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".choice").first.click()
    page.click("text=就用这个，继续")
    at(page, "ready")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator("#commit, .change-row").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(heights) >= 44
    text = page.evaluate("document.body.innerText").replace("gridmap", "").replace("English", "").replace("Tester", "")
    assert set(re.findall(r"[A-Za-z]{3,}", text)) - {"zip"} == set()
    page.click("#discard")
    page.locator("dialog.ask .btn-danger").click()
    page.wait_for_url(re.compile(r"/import$"))
    expect(page.locator(".upload-rows [data-discard]")).to_have_count(0)


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.WORKER])
def test_who_may_not_import_does_not_see_the_entry(site, enter, role):
    page = enter(site, role=role)
    assert page.locator("a[href='/import']").count() == 0


def test_the_start_is_within_reach_of_the_keyboard_and_says_what_is_wrong(site, enter, tmp_path):
    page = enter(site, role=Role.ADMINISTRATOR, path="/import")
    huge = tmp_path / "empty.csv"
    huge.write_bytes(b"")
    page.set_input_files("#file", huge)
    expect(page.locator("#upload-said")).to_have_text("Choose the list first: what does the file hold?")
    expect(page.locator("#list-boundaries")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#list-compounds")).to_be_checked()
    page.set_input_files("#file", huge)
    expect(page.locator("#upload-said")).to_have_text("The file is empty.")
    with page.expect_file_chooser():
        page.focus("#drop")
        page.keyboard.press("Enter")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a[href], input:not([type=hidden]), select')]"
        ".filter(e => e.checkVisibility() && !(e.innerText || e.ariaLabel || e.title || e.labels?.length))"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert unnamed == []
