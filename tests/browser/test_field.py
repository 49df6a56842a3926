"""The grid worker's phone: without a signal all is kept, with it sent exactly once; on to the resident's verdict."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from gridmap.domain.cases import CaseSource, ClosingReason, Move
from gridmap.domain.permissions import Actor, Role
from gridmap.services import cases
from gridmap.services.cases import field
from gridmap.services.cases.records import Place, Report
from gridmap.store.queries import desks
from tests.browser.conftest import COUNTY, PASSWORD, PHONE, Site

ADMIN = Actor(None, "operator", Role.ADMINISTRATOR, COUNTY)
CHECKER = Actor(None, "checker", Role.DISPATCHER, COUNTY)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A worker's phone, signed in and ready for the time without a signal."""
    opened = []

    def go(site: Site, scope: str, **options: object) -> Page:
        context = browser.new_context(viewport=PHONE, locale="zh-CN", is_mobile=True, has_touch=True, **options)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{site.address}/sign-in?next=/account")
        page.fill("#email", site.account(Role.WORKER, scope))
        page.fill("#password", PASSWORD)
        page.click("button.btn-primary")
        page.wait_for_url("**/account")
        page.goto(f"{site.address}/field")
        page.wait_for_selector("body[data-ready=yes][data-offline=ready]", timeout=30_000)
        return page

    yield go
    for context in opened:
        context.close()


@pytest.fixture
def grid(own_site: Site) -> str:
    with own_site.database.session() as session:
        return desks.busiest_grid(session, COUNTY)


def _middle(site: Site, grid: str) -> Place:
    with site.database.session() as session:
        compounds = field.bundle(session, Actor(None, "w", Role.WORKER, grid)).compounds
    inside = [each for each in compounds if each[0].startswith(grid[:12])]
    return Place(inside[0][2], inside[0][3])


def _dispatched(site: Site, grid: str) -> int:
    """A case on the desk of a grid's staff, signed for."""
    with site.database.session() as session:
        given = Report("facilities", "三号楼前路灯全灭", CaseSource.PHONE, _middle(site, grid))
        number = cases.report(session, ADMIN, given).case_id
        cases.move(session, ADMIN, number, None, Move.FILE)
        cases.move(session, ADMIN, number, None, Move.DISPATCH, cases.Given(unit=grid))
    return number


def _picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((2200, 1600), 40).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def test_what_is_done_without_a_signal_reaches_the_server_once_and_goes_to_the_residents_verdict(own_site, phone, grid):
    number = _dispatched(own_site, grid)
    page = phone(own_site, grid)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    card = page.locator(".field-card", has_text="三号楼前路灯全灭").first
    expect(card).to_be_visible()

    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready=yes]")
    expect(page.locator("#net")).to_contain_text("无信号")
    page.locator(".field-card", has_text="三号楼前路灯全灭").first.tap()
    page.locator("#sheet").get_by_role("button", name="签收").tap()
    page.locator("[data-tab=report]").tap()
    page.locator("#kinds label", has_text="环境卫生").tap()
    page.fill("textarea[name=words]", "离线上报的垃圾堆")
    page.locator("#compounds").select_option(index=1)
    page.set_input_files("#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _picture()})
    expect(page.locator("#thumbs img")).to_have_count(1)
    page.locator("#report-form button.main").tap()
    expect(page.locator(".queue-item[data-state=waiting]")).to_have_count(2)
    page.reload()  # the phone was switched off meanwhile
    page.wait_for_selector("body[data-ready=yes]")
    page.locator("[data-tab=queue]").tap()
    expect(page.locator(".queue-item[data-state=waiting]")).to_have_count(2)

    page.context.set_offline(False)
    expect(page.locator(".queue-item[data-state=done]")).to_have_count(2, timeout=20_000)
    told = page.locator(".queue-item", has_text="离线上报的垃圾堆").inner_text()
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", told)[0]
    with own_site.database.session() as session:
        acts = [event.act for event in cases.case(session, ADMIN, number).events]
        assert acts.count("sign") == 1
        found = session.execute(text("SELECT id FROM cases WHERE words = '离线上报的垃圾堆'")).scalars().all()
        assert len(found) == 1
        view = cases.case(session, ADMIN, found[0])
        assert len(view.photos) == 1
        assert view.row.unit is not None
        for who, what, given in (
            (ADMIN, Move.FILE, {}), (ADMIN, Move.DISPATCH, {}), (ADMIN, Move.SIGN, {}), (ADMIN, Move.START, {}),
            (ADMIN, Move.SETTLE, {"note": "已清运", "closing_reason": ClosingReason.SOLVED}),
        ):  # fmt: skip
            cases.move(session, who, found[0], None, what, cases.Given(**given))
    page.goto(f"{own_site.address}/r/follow/{code}")
    page.locator(".chip.good").tap()
    page.locator(".chip", has_text="基本满意").tap()
    page.get_by_role("button", name="提交评价").tap()
    expect(page.locator("#judged")).to_contain_text("解决了")
    with own_site.database.session() as session:
        view = cases.case(session, ADMIN, found[0])
        (said,) = view.follow_ups
        assert (said.by_resident, said.solved) == (True, True)
        if view.row.status == "followed_up":
            view = cases.move(session, CHECKER, found[0], None, Move.CLOSE)
        assert (view.row.status, view.row.closing_reason) == ("closed", "solved")


def test_a_conflict_is_shown_and_nothing_is_overwritten(own_site, phone, grid):
    number = _dispatched(own_site, grid)
    page = phone(own_site, grid)
    page.context.set_offline(True)
    page.locator(".field-card", has_text="三号楼前路灯全灭").first.tap()
    page.locator("#sheet").get_by_role("button", name="签收").tap()
    with own_site.database.session() as session:
        cases.move(session, ADMIN, number, None, Move.RETURN, cases.Given(note="不归本网格"))
    page.context.set_offline(False)
    page.locator("[data-tab=queue]").tap()
    item = page.locator(".queue-item[data-state=conflict]")
    expect(item).to_contain_text("已退回", timeout=20_000)
    with own_site.database.session() as session:
        assert cases.case(session, ADMIN, number).row.status == "returned"
    item.get_by_role("button", name="撤回").tap()
    expect(page.locator(".queue-item")).to_have_count(0)


def test_where_am_i_by_position_by_tap_and_with_a_way_there(own_site, phone, grid):
    place = _middle(own_site, grid)
    page = phone(
        own_site, grid, permissions=["geolocation"], geolocation={"longitude": place.lon, "latitude": place.lat}
    )
    page.locator("[data-tab=map]").tap()
    page.locator("#whereami").tap()
    expect(page.locator("#here")).to_contain_text("网格员")
    page.locator("[data-tab=cases]").tap()
    page.locator(".field-card").first.tap()
    page.locator("#sheet summary").tap()
    ways = page.locator("#sheet .go a")
    expect(ways).to_have_count(4)
    assert "GCJ-02" in ways.nth(0).inner_text()
    amap = [float(each) for each in re.search(r"to=([\d.]+),([\d.]+)", ways.nth(0).get_attribute("href")).groups()]
    plain = [float(each) for each in re.search(r"geo:([\d.]+),([\d.]+)", ways.nth(3).get_attribute("href")).groups()]
    assert 0.001 < abs(amap[0] - plain[1]) < 0.01
