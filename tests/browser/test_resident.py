"""The resident's page on a phone: report with a point and a photo, follow, the dispatcher's look, the verdict."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gridmap.domain.cases import ClosingReason, Move
from gridmap.domain.permissions import Actor, Role
from gridmap.services import cases
from gridmap.services.cases import residents
from gridmap.store.models import Case
from tests.browser.conftest import COUNTY, PHONE, Site, Watch

GRID = "990001001001001"
ADMIN = Actor(None, "operator", Role.ADMINISTRATOR, COUNTY)
NUMBERS = "零一二三四五六七八九"


@pytest.fixture
def resident(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A phone without an account. Asserts that it spoke to our server only, and complained of nothing."""
    opened = []

    def go(site: Site, path: str, **options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": PHONE, "locale": "zh-CN", "is_mobile": True, "has_touch": True, "reduced_motion": "reduce",
               **options}
        )  # fmt: skip
        watch = Watch()
        watch.over(context)
        opened.append((context, watch))
        page = context.new_page()
        page.goto(site.address + path)
        return page

    yield go
    for context, watch in opened:
        context.close()
        assert watch.hosts == {"127.0.0.1"}
        assert watch.complaints == []
        assert watch.faults == []


def answer(page: Page) -> None:
    first, second = re.match(r"(.)加(.)等于几", page.inner_text("label[for=sum]")).groups()
    page.fill("#sum", str(NUMBERS.index(first) + NUMBERS.index(second)))


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_a_resident_reports_on_the_phone_follows_and_has_the_last_word(own_site, resident, enter):
    with own_site.database.session() as session:
        _, _, lon, lat = residents.compounds(session, GRID)[0]
    page = resident(
        own_site, f"/r/{GRID}", permissions=["geolocation"], geolocation={"longitude": lon, "latitude": lat}
    )
    page.wait_for_selector("body[data-ready=yes]")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".chip", has_text="环境卫生").tap()
    page.fill("#words", "门口垃圾没人收")
    page.locator("#locate").tap()
    expect(page.locator("#place-said")).to_contain_text("您的位置")
    expect(page.locator(".report-pin")).to_be_in_viewport()
    # tapping the map moves it
    before = page.input_value("#lon")
    page.locator(".place-map").scroll_into_view_if_needed()
    box = page.locator(".place-map").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2 + 15, box["y"] + box["height"] / 2 + 10)
    expect(page.locator("#place-said")).to_have_text("已在地图上标出位置")
    assert page.input_value("#lon") != before
    content = picture()
    page.set_input_files("#photos", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator("#photos-said")).to_contain_text("1 张照片")
    answer(page)
    page.wait_for_timeout(2_000)  # faster than this nobody is
    page.locator("form#report-form button[type=submit]").tap()
    code = page.inner_text("#follow-code")
    page.get_by_role("link", name="查看进度").tap()
    expect(page.locator("#state")).to_contain_text("已收到")
    assert page.url.endswith(code)
    assert "没人收" not in page.inner_text("main")

    with own_site.database.session() as session:
        case = session.query(Case).order_by(Case.id.desc()).first()
        (photo,) = cases.case(session, ADMIN, case.id).photos
        assert max(photo.width, photo.height) == 1600
        assert case.unit_id is not None
        case_id, number = case.id, case.number
        for what, given in (
            (Move.FILE, {}), (Move.DISPATCH, {}), (Move.SIGN, {}), (Move.START, {}),
            (Move.SETTLE, {"note": "已清运", "closing_reason": ClosingReason.SOLVED, "public": True}),
        ):  # fmt: skip
            cases.move(session, ADMIN, case_id, None, what, cases.Given(**given))
        # those who wait before it are kept in, so that it stands first
        for each in residents.queries.waiting(session, "true", {}, 100_000):
            if each != case_id:
                session.get(Case, each).public_words = "-"
        session.commit()

    desk = enter_queue(enter, own_site)
    card = desk.locator(".moderation-case", has_text=number)
    card.locator("textarea").fill("大门口的垃圾没人收")
    card.locator("input[type=checkbox]").check()
    card.get_by_role("button", name="Publish").click()
    expect(desk.locator(".alert-success")).to_contain_text(number)

    page.reload()
    expect(page.locator("blockquote")).to_have_text("大门口的垃圾没人收")
    expect(page.locator(".thumbs img")).to_be_visible()
    expect(page.locator(".path")).to_contain_text("已清运")
    page.locator(".chip.good").tap()
    page.locator(".chip", has_text="基本满意").tap()
    page.get_by_role("button", name="提交评价").tap()
    expect(page.locator("#judged")).to_contain_text("解决了")
    expect(page.locator("#judge-title")).to_have_count(0)
    with own_site.database.session() as session:
        (said,) = cases.case(session, ADMIN, case_id).follow_ups
        assert (said.by_resident, said.solved) == (True, True)


def enter_queue(enter: Callable[..., Page], site: Site) -> Page:
    page = enter(site, role=Role.DISPATCHER)
    page.goto(f"{site.address}/cases/moderation")
    return page


def test_without_a_position_the_page_says_what_else_to_do(site, resident):
    page = resident(site, f"/r/{GRID}", permissions=[])
    page.wait_for_selector("body[data-ready=yes]")
    page.locator("#locate").tap()
    expect(page.locator("#place-said")).to_have_text("无法获取您的位置。请点地图或选择小区。")


def test_the_form_works_without_scripts_and_with_the_keyboard(own_site, resident):
    page = resident(own_site, f"/r/{GRID}", java_script_enabled=False, is_mobile=False, has_touch=False)
    expect(page.locator(".place-map")).to_be_hidden()
    page.locator("input[name=kind]").first.focus()
    page.keyboard.press("Space")
    page.fill("#words", "路灯不亮")
    page.select_option("#compound", index=1)
    answer(page)
    page.wait_for_timeout(2_000)
    page.locator("#sum").press("Enter")
    expect(page.locator("#follow-code")).to_be_visible()
