"""Names with templates, tags, handlers, quotes and direction marks reach page, tooltip, panel and search as text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

TOWN = "990001001000"
HOSTILE = [
    "{{ 7 * 7 }}{% for x in ().__class__.__mro__ %}x{% endfor %}",
    "</script><script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    "'\"><svg onload=window.hacked=1>",
    "\u202eevil\u202c {name} {count} %s ${1+1}",
]


@pytest.fixture
def renamed(own_site):
    """The demo county with hostile names on the county, a town, and all that lies in it."""
    with own_site.database.session() as session:
        for place, name in enumerate(HOSTILE):
            session.execute(
                text("UPDATE units SET name = :name WHERE code LIKE '990001001%' AND id % :of = :place"),
                {"name": name, "place": place, "of": len(HOSTILE)},
            )
        session.execute(text("UPDATE units SET name = :name WHERE code = '990001000000'"), {"name": HOSTILE[0]})
        session.execute(text("UPDATE units SET name = :name WHERE code = :town"), {"name": HOSTILE[1], "town": TOWN})
        session.commit()
    return own_site


def test_every_place_of_the_page_shows_them_as_text(renamed, enter):
    page = enter(renamed, path=f"/inspect?unit={TOWN}")
    expect(page.locator(".unit-name")).to_have_text(HOSTILE[1])
    expect(page.locator("#trail")).to_contain_text(HOSTILE[0])
    page.click("#tab-units")
    shown = set(page.locator(".unit-row-name").all_text_contents())
    assert set(HOSTILE) <= shown | {HOSTILE[1]}
    page.click("#tab-findings")
    page.locator(".finding").first.click()
    expect(page.locator("#panel .panel-title")).to_be_visible()
    page.fill("#search", "</script>")
    expect(page.locator(".hit-name").first).to_have_text(HOSTILE[1])
    page.fill("#search", "{{ 7")
    expect(page.locator(".hit-name").first).to_have_text(HOSTILE[0])
    page.keyboard.press("Escape")
    for grid in page.locator(".leaflet-units-pane path").all()[:40:8]:
        grid.dispatch_event("mouseover")
        tip = page.locator(".leaflet-tooltip").first
        if tip.count():
            assert "49" not in tip.inner_text().split("\n")[0]
    page.goto(f"{renamed.address}/account")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x], svg[onload]").count() == 0


def test_the_pages_of_the_server_carry_them_escaped(renamed, enter):
    page = enter(renamed)
    source = page.request.get(f"{renamed.address}/inspect").text()
    assert "<script>window.hacked" not in source
    assert "{{ 7 * 7 }}" in source or "49" not in source.split('id="boot"')[0]
    page.goto(f"{renamed.address}/inspect?unit={TOWN}")
    page.wait_for_selector("body[data-ready=yes]")
    assert page.evaluate("window.hacked") is None
