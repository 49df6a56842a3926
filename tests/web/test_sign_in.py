"""Signing in and out: CSRF, lockout, fresh sessions, safe ways back, cookies."""

from __future__ import annotations

import pytest

from gridmap.domain.permissions import Role
from gridmap.services import accounts
from gridmap.web.i18n import safe_next
from tests.web.conftest import COUNTY, PASSWORD, token_in


def enter(client, email, password, **more):
    token = token_in(client.get("/sign-in").get_data(as_text=True))
    return client.post("/sign-in", data={"csrf_token": token, "email": email, "password": password, **more})


def test_pages_send_strangers_to_sign_in_and_back(client):
    answer = client.get("/inspect?unit=990001001000")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/inspect?unit%3D990001001000"
    back = enter(client, "inspector@test.example", PASSWORD, next="/inspect?unit=990001001000")
    assert back.location == "/inspect?unit=990001001000"


@pytest.mark.parametrize("path", ["overview", "geometry", "findings", "blind", "shade", "search?q=a", "runs/1"])
def test_data_answers_strangers_with_401_and_no_data(client, path):
    answer = client.get(f"/inspect/data/{path}")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "SignedOut"


def test_a_post_without_token_is_refused(client, sign_in):
    given = {"email": "inspector@test.example", "password": PASSWORD}
    assert client.post("/sign-in", data=given).status_code == 400
    inside = sign_in(Role.INSPECTOR)
    for path in ("/sign-out", "/inspect/data/recompute", "/account/password", "/language"):
        answer = inside.post(path)
        assert answer.status_code == 400, path
    assert inside.get("/account").status_code == 200


def test_the_session_of_before_is_worth_nothing_after_signing_in(client):
    before = token_in(client.get("/sign-in").get_data(as_text=True))
    enter(client, "inspector@test.example", PASSWORD)
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    answer = enter(client, "inspector@test.example", PASSWORD)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("gridmap="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_wrong_password_and_unknown_address_read_the_same(client):
    wrong = enter(client, "planner@test.example", "not this one at all")
    unknown = enter(client, "nobody@test.example", "not this one at all")
    assert wrong.status_code == unknown.status_code == 401
    said = [answer.get_data(as_text=True).split('role="alert"')[1].split("</div>")[0] for answer in (wrong, unknown)]
    assert said[0] == said[1]


def test_too_many_failures_lock_the_account_even_for_the_right_password(app, client, with_accounts, monkeypatch):
    with with_accounts.session() as session:
        name = f"locked{id(app)}@test.example"
        accounts.add(session, email=name, name="x", role=Role.INSPECTOR, scope=COUNTY, password=PASSWORD)
        session.commit()
    for _ in range(6):
        enter(client, name, "wrong every single time")
    answer = enter(client, name, PASSWORD)
    assert answer.status_code == 401
    assert "15" in answer.get_data(as_text=True).split('role="alert"')[1][:200]


def test_signing_out_ends_the_session(sign_in):
    client = sign_in(Role.INSPECTOR)
    token = token_in(client.get("/account").get_data(as_text=True))
    client.post("/sign-out", data={"csrf_token": token})
    assert client.get("/inspect").status_code == 302


def test_a_changed_password_ends_the_other_sessions(app, with_accounts):
    with with_accounts.session() as session:
        name = f"changer{id(app)}@test.example"
        accounts.add(session, email=name, name="x", role=Role.INSPECTOR, scope=COUNTY, password=PASSWORD)
        session.commit()
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        enter(client, name, PASSWORD)
    token = token_in(here.get("/account").get_data(as_text=True))
    given = {"csrf_token": token, "present": PASSWORD, "wanted": "another-7-umbrellas"}
    assert here.post("/account/password", data=given).status_code == 200
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "inspect",
        "",
        None,
    ],
)
def test_the_way_back_never_leaves_the_site(target):
    assert safe_next(target) is None


def test_the_way_back_keeps_the_query():
    assert safe_next("/inspect?unit=990001001000&lens=spill") == "/inspect?unit=990001001000&lens=spill"


def test_a_broken_session_cookie_is_a_stranger(client):
    client.set_cookie("gridmap", "eyJfdXNlcl9pZCI6IjE6eCJ9.forged.signature")
    assert client.get("/inspect").status_code == 302
