"""The standalone map opens from disk: nothing is asked of any network, nothing of the words runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gridmap.services.exporting import make
from tests.services.drawn_dossier import HOSTILE, drawn_dossier


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_standalone_map_opens_with_no_network(browser: Browser, tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "map.html"
    path.write_bytes(make(drawn_dossier("en"), "html").content)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    page.locator("#list button").first.click()
    assert page.locator("#list button").first.get_attribute("aria-expanded") == "true"
    assert page.locator("#list img, #title img").count() == 0
    assert HOSTILE[1] in (page.locator("#title").text_content() or "")
    page.locator("#chooser button").nth(1).click()
    assert page.locator("#chooser button").nth(1).get_attribute("aria-pressed") == "true"
    assert page.title() != "taken"
    context.close()
    assert asked == [path.as_uri()]
    assert trouble == []
