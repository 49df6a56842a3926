"""Rules of cases: an administrator changes them from now on, nobody else; wrong words are refused, changing nothing."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gridmap.domain.permissions import Role
from tests.web.conftest import token_in


def _send(client, **given):
    page = client.get("/cases/rules/").get_data(as_text=True)
    answer = client.post("/cases/rules/", data={"csrf_token": token_in(page), **given}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_deadline_is_changed_from_now_on_and_the_old_one_is_kept(sign_in, with_accounts):
    client = sign_in(Role.ADMINISTRATOR)
    given = {"what": "deadline", "lane": "ordinary", "kind": "facilities", "stage": "handle", "clock": "work_hours"}
    assert "alert-success" in _send(client, **given, amount="4")
    assert "alert-success" in _send(client, **given, amount="6")
    with with_accounts.session() as session:
        rows = session.execute(
            text(
                "SELECT amount, upper_inf(valid) FROM deadline_rules WHERE kind = 'facilities' AND stage = 'handle'"
                " ORDER BY id"
            )
        ).all()
    assert [tuple(row) for row in rows][-1] == (6.0, True)
    assert sum(open_ended for _, open_ended in rows) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"what": "deadline", "lane": "ordinary", "stage": "handle", "clock": "work_hours", "amount": "-1"},
        {"what": "deadline", "lane": "nowhere", "stage": "handle", "clock": "work_hours", "amount": "1"},
        {"what": "deadline", "lane": "ordinary", "stage": "x", "clock": "work_hours", "amount": "1"},
        {"what": "day", "day": "2020-01-01", "working": "holiday"},
        {"what": "day", "day": "someday", "working": "holiday"},
        {"what": "hours", "spans": "17:00-08:00", "since": "2026-12-01"},
        {"what": "weights", "response": "0.5", "resolution": "0.5", "satisfaction": "0.5"},
        {"what": "kind", "code": "1x", "name_zh": "x", "name_en": "x", "lane": "ordinary", "handled_at": "grid"},
        {"what": "nothing"},
    ],
)
def test_what_is_no_rule_is_said(sign_in, given):
    assert "alert-danger" in _send(sign_in(Role.ADMINISTRATOR), **given)


def test_days_hours_kinds_bodies_and_weights(sign_in):
    client = sign_in(Role.ADMINISTRATOR)
    assert "国庆" in _send(client, what="day", day="2026-12-31", working="holiday", name="国庆补假")
    assert "08:00-11:30" in _send(client, what="hours", spans="08:00-11:30, 13:30-17:00", since="2026-11-01")
    page = _send(
        client, what="kind", code="trees", name_zh="树木修剪", name_en="Trees", lane="ordinary", handled_at="grid",
        public="yes", active="yes",
    )  # fmt: skip
    assert re.search("树木修剪|Trees", page)
    page = _send(
        client, what="body", code="B-PARKS", name_zh="园林局", name_en="Parks", unit="990001000000", kinds="trees",
        active="yes",
    )  # fmt: skip
    assert "B-PARKS" in page
    assert "alert-success" in _send(client, what="weights", response="0.2", resolution="0.4", satisfaction="0.4")
    assert "alert-success" in _send(client, what="weights", response="0.1", resolution="0.5", satisfaction="0.4")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_make_rules(sign_in, role):
    client = sign_in(role)
    assert client.get("/cases/rules/").status_code == 403
    token = token_in(client.get("/account").get_data(as_text=True))
    assert client.post("/cases/rules/", data={"csrf_token": token, "what": "day", "day": "2026-12-30"}).status_code in (
        302,
        403,
    )
