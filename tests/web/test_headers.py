"""Every answer: content policy with a fresh nonce, no sniffing, no frames, nothing from other hosts."""

from __future__ import annotations

import re

import pytest

from gridmap.domain.permissions import Role
from gridmap.maps.assets import remote_addresses
from gridmap.web.assets import STATIC

PAGES = ["/sign-in", "/inspect", "/account", "/accounts/", "/nothing-here"]


@pytest.fixture
def inside(sign_in):
    return sign_in(Role.ADMINISTRATOR)


@pytest.mark.parametrize("path", PAGES)
def test_headers_of_every_page(inside, client, path):
    answer = (client if path == "/sign-in" else inside).get(path)
    policy = answer.headers["Content-Security-Policy"]
    scripts = re.search(r"script-src ([^;]+)", policy)[1]
    assert "unsafe" not in policy
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", scripts)
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"app;dur=\d+\.\d", answer.headers["Server-Timing"])


def test_the_nonce_is_new_every_time_and_on_every_script(inside):
    first, second = (inside.get("/inspect") for _ in range(2))
    nonces = [re.search(r"'nonce-([\w-]+)'", each.headers["Content-Security-Policy"])[1] for each in (first, second)]
    assert nonces[0] != nonces[1]
    page = first.get_data(as_text=True)
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", page):
        assert f'nonce="{nonces[0]}"' in tag or 'type="application/json"' in tag, tag


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_page_names_another_host_or_carries_inline_code(inside, client, path, language):
    answer = (client if path == "/sign-in" else inside).get(path, headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert remote_addresses(page.replace("@test.example", "")) == []
    assert re.search(r"<[^>]+\s(on\w+|style)=", page) is None


def test_style_sheets_and_modules_load_nothing_from_elsewhere():
    for path in [*STATIC.rglob("*.css"), *(STATIC / "js").rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(r"""(?:url\(|@import|import\s[^;]*?from)\s*["']?((?:https?:)?//[^"')\s]+)""", text)
        assert fetched == [], path


def test_our_modules_never_write_markup():
    for path in (STATIC / "js").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )


def test_static_files_are_packed_and_kept_for_good(client):
    page = client.get("/sign-in").get_data(as_text=True)
    address = re.search(r'href="(/static/[^"]+tabler\.min\.css)"', page)[1]
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.content_encoding == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(address, headers={"Accept-Encoding": "identity"}).content_encoding is None


@pytest.mark.parametrize("path", ["../app.py", "..%2f..%2fsettings.py", "js/%2e%2e/%2e%2e/app.py", "nothing.js"])
def test_static_addresses_do_not_climb(client, path):
    assert client.get(f"/static/x/{path}").status_code == 404


def test_a_page_that_does_not_exist_says_so_in_the_readers_language(client):
    answer = client.get("/nothing", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert "页面不存在" in answer.get_data(as_text=True)
    assert client.get("/nothing", headers={"Accept": "application/json"}).json["error"]["code"] == "NotFound"
