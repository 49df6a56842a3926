"""A live server on the demo county, and a browser that notes every request and every complaint."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from gridmap.domain.permissions import Role
from gridmap.services import accounts
from gridmap.settings import Settings
from gridmap.store.database import Database
from gridmap.web.app import create_app

PASSWORD = "tomorrow-9-lanterns"
COUNTY = "990001000000"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests are marked, and keep to one worker: they share a server and a browser."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, which speaks to nobody on its own."""
    named = [
        os.environ.get("GRIDMAP_CHROMIUM"),
        *map(shutil.which, ("chromium", "google-chrome-stable", "google-chrome")),
    ]
    path = next((each for each in named if each), None)
    quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    chosen = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **chosen, "args": [*quiet, *as_root]}


@dataclass
class Site:
    """A running application on a database of its own."""

    address: str
    database: Database
    accounts: set[str] = field(default_factory=set)

    def account(self, role: Role, scope: str = COUNTY) -> str:
        """The e-mail address of an account with a role and an area; made when first asked for."""
        email = f"{role.value}-{scope}@test.example"
        if email not in self.accounts:
            with self.database.session() as session:
                accounts.add(session, email=email, name="林 Tester", role=role, scope=scope, password=PASSWORD)
                session.commit()
            self.accounts.add(email)
        return email


def serve(database: Database, settings: Settings) -> Iterator[Site]:
    """Serve the application from a thread of this process until the test is over."""
    server = make_server("127.0.0.1", 0, create_app(settings, database), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", database)
    finally:
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def site(demo_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo county, served; tests leave its data as it is."""
    yield from serve(demo_database, Settings(home=tmp_path_factory.mktemp("home"), database_fsync=False))


@pytest.fixture
def own_site(own_demo_database: Database, tmp_path) -> Iterator[Site]:
    """The demo county, served from a copy of the test's own."""
    yield from serve(own_demo_database, Settings(home=tmp_path, database_fsync=False))


@dataclass
class Watch:
    """What a browser did: hosts it spoke to, complaints of the console, answers with a fault."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or request.url[:20]))
        context.on(
            "console", lambda message: message.type in {"error", "warning"} and self.complaints.append(message.text)
        )
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on(
            "response", lambda answer: answer.status >= 400 and self.faults.append(f"{answer.status} {answer.url}")
        )


@pytest.fixture
def enter(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``enter(site, role=…, path="/inspect?…")``: a signed-in page that is ready. Asserts a clean record at the end."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def go(
        site: Site,
        *,
        role: Role = Role.INSPECTOR,
        scope: str = COUNTY,
        path: str = "/inspect",
        viewport: dict[str, int] = WIDE,
        locale: str = "en-US",
    ) -> Page:
        small = viewport["width"] < 600
        context = browser.new_context(
            viewport=viewport, locale=locale, is_mobile=small, has_touch=small, accept_downloads=True,
            reduced_motion="reduce",
        )  # fmt: skip
        watch = Watch()
        watch.over(context)
        opened.append((context, watch))
        page = context.new_page()
        page.goto(f"{site.address}/sign-in?next=/account")
        page.fill("#email", site.account(role, scope))
        page.fill("#password", PASSWORD)
        page.click("button.btn-primary")
        page.wait_for_url("**/account")
        page.goto(site.address + path)
        page.wait_for_selector("body[data-ready=yes]", timeout=30_000)
        return page

    yield go
    for context, watch in opened:
        context.close()
        assert watch.hosts == {"127.0.0.1"}
        assert watch.complaints == []
        assert watch.faults == []
