"""The page before there is anything: no run yet, a stopped statement, a failing database."""

from __future__ import annotations

from gridmap.domain.permissions import Role
from gridmap.web.app import create_app
from tests.web.conftest import PASSWORD, token_in


def signed_in_at(app, email="inspector@test.example"):
    client = app.test_client()
    token = token_in(client.get("/sign-in").get_data(as_text=True))
    client.post("/sign-in", data={"csrf_token": token, "email": email, "password": PASSWORD})
    return client


def test_without_a_run_the_page_offers_to_compute(own_demo_database, web_settings):
    from sqlalchemy import text

    from gridmap.services import accounts

    with own_demo_database.session() as session:
        session.execute(text("DELETE FROM coverage_runs"))
        role = Role.INSPECTOR
        accounts.add(
            session, email="inspector@test.example", name="x", role=role, scope="990001000000", password=PASSWORD
        )
        session.commit()
    client = signed_in_at(create_app(web_settings, own_demo_database))
    assert "first-compute" in client.get("/inspect").get_data(as_text=True)
    overview = client.get("/inspect/data/overview").json
    assert overview["run"] is None
    assert overview["figures"]["index"] is None
    assert client.get("/inspect/data/findings").json == {"total": 0, "findings": []}
    assert client.get("/inspect/data/shade").json["values"] == {}
    assert b'"features":[]' in client.get("/inspect/data/blind").get_data()
    assert client.get("/inspect/download/pdf").status_code == 404


def test_a_stopped_statement_says_what_to_do(app, sign_in, monkeypatch):
    from sqlalchemy import text

    from gridmap.services import units

    monkeypatch.setattr(units, "search", lambda session, *_, **__: session.execute(text("SELECT pg_sleep(5)")))
    client = sign_in(Role.INSPECTOR)
    app.config["GRIDMAP_STATEMENT_TIMEOUT_S"] = 0.2
    answer = client.get("/inspect/data/search?q=a", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "TooSlow"
    assert "Choose a smaller unit" in answer.json["error"]["message"]


def test_an_unforeseen_error_tells_nothing_of_the_inside(sign_in, monkeypatch):
    from gridmap.services import units

    def burst(*_, **__):
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr(units, "search", burst)
    answer = sign_in(Role.INSPECTOR).get("/inspect/data/search?q=a")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
