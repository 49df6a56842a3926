"""The application on the demo county, and ways to be somebody in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gridmap.domain.permissions import Role
from gridmap.services import accounts
from gridmap.settings import Settings
from gridmap.store.database import Database
from gridmap.web.app import create_app

COUNTY, TOWN, GRID = "990001000000", "990001001000", "990001001001001"
PASSWORD = "tomorrow-9-lanterns"
SCOPES = {
    Role.ADMINISTRATOR: COUNTY,
    Role.INSPECTOR: COUNTY,
    Role.PLANNER: TOWN,
    Role.WORKER: GRID,
    Role.DISPATCHER: TOWN,
    Role.LEADER: COUNTY,
}


def token_in(page: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


@pytest.fixture
def web_settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, database_fsync=False, lockout_failures=3)


@pytest.fixture(scope="session")
def with_accounts(demo_database: Database) -> Database:
    """The demo county of this worker, with one account per role of a known password."""
    with demo_database.session() as session:
        for role, scope in SCOPES.items():
            email = f"{role.value}@test.example"
            accounts.add(session, email=email, name=role.value, role=role, scope=scope, password=PASSWORD)
        session.commit()
    return demo_database


@pytest.fixture
def app(with_accounts: Database, web_settings: Settings) -> Iterator[Flask]:
    app = create_app(web_settings, with_accounts)
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """``sign_in(Role.PLANNER)`` gives a client with that role's session."""

    def enter(role: Role, **headers: Any) -> FlaskClient:
        client = app.test_client()
        token = token_in(client.get("/sign-in").get_data(as_text=True))
        given = {"csrf_token": token, "email": f"{role.value}@test.example", "password": PASSWORD}
        answer = client.post("/sign-in", data=given)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return enter
