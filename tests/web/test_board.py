"""The board, the whistles, the meetings: figures lead to their cases, forms act, and refuse in words."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gridmap.domain.permissions import Role
from tests.web.conftest import COUNTY, GRID, TOWN, token_in

YARDS = "990001001"


def _page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def test_every_figure_of_the_board_leads_to_as_many_cases_as_it_says(sign_in):
    client = sign_in(Role.DISPATCHER)
    page = _page(client, f"/board/?unit={TOWN}&start=2026-08-01&end=2026-10-31")
    ways = re.findall(r'<a href="([^"]*/board/cases[^"]+count=(\w+)[^"]*)">(?:n = )?([\d,.]+)</a>', page)
    assert len(ways) >= 25
    for address, name, shown in dict.fromkeys(ways):
        if name in ("satisfied_points", "returns"):
            continue
        drilled = _page(client, address.replace("&amp;", "&"))
        assert re.search(rf"<h1>{shown}(?: cases|件事项)</h1>", drilled), (name, shown)


def test_the_board_of_a_quiet_unit_shows_dashes_not_zeros(sign_in):
    page = _page(sign_in(Role.LEADER), f"/board/?unit={COUNTY}&start=2019-01-01&end=2019-12-31")
    assert page.count('<strong class="figure-value">–</strong>') >= 12


@pytest.mark.parametrize(
    "query", ["unit=990001002000", "unit=990001001000&start=x", "unit=990001001000&start=2026-11-02&end=2026-11-01"]
)
def test_what_the_board_does_not_answer(sign_in, query):
    assert sign_in(Role.DISPATCHER).get(f"/board/?{query}").status_code in (400, 403)


def test_planners_see_no_cases(sign_in):
    for address in ("/board/", "/whistles/", "/meetings/", "/board/cases?count=due"):
        assert sign_in(Role.PLANNER).get(address).status_code == 403


@pytest.fixture
def a_case(with_accounts):
    with with_accounts.session() as session:
        return session.execute(
            text(
                "SELECT c.id FROM cases c JOIN units u ON u.id = c.unit_id WHERE c.status = 'handling'"
                " AND u.code LIKE '990001001%' AND NOT EXISTS (SELECT FROM whistle_calls w WHERE w.case_id = c.id)"
                " ORDER BY c.id LIMIT 1"
            )
        ).scalar_one()


def test_a_whistle_from_call_to_rating(sign_in, a_case):
    client = sign_in(Role.DISPATCHER)
    page = _page(client, f"/whistles/new?case={a_case}")
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    given = {"csrf_token": token_in(page), "case": a_case, "version": version, "words": "请到场"}
    refused = client.post("/whistles/new", data=given)
    assert refused.status_code == 400
    assert "alert-danger" in refused.get_data(as_text=True)
    answer = client.post("/whistles/new", data={**given, "bodies": ["B-URBAN", "B-HOUSING"], "leads": "B-HOUSING"})
    assert answer.status_code == 302
    page = _page(client, "/whistles/")
    assert "请到场" in page
    call = re.search(r'id="call-(\d+)"', page)[1]
    office = sign_in(Role.ADMINISTRATOR)
    for step, words in (("sign", ""), ("contact", "已联系"), ("attend", "已到场处理")):
        token = token_in(_page(office, "/whistles/"))
        office.post(f"/whistles/{call}/{step}", data={"csrf_token": token, "words": words})
    client.post(f"/whistles/{call}/rate", data={"csrf_token": token_in(page), "rating": "5", "words": "好"})
    rated = _page(client, "/whistles/?state=rated")
    assert "已到场处理" in rated
    again = client.post(
        f"/whistles/{call}/rate", data={"csrf_token": token_in(page), "rating": "1"}, follow_redirects=True
    )
    assert "alert-danger" in again.get_data(as_text=True)


def test_a_meeting_from_minutes_to_an_answer(sign_in):
    client = sign_in(Role.WORKER)
    page = _page(client, "/meetings/")
    yard = re.search(rf'<option value="({GRID[:12]}Y\d+)"', page)[1]
    form = {"csrf_token": token_in(page), "what": "hold", "unit": yard, "held_on": "2026-11-01", "attendance": "17"}
    answer = client.post("/meetings/", data={**form, "minutes": "<b>路灯</b>"})
    address = answer.headers["Location"]
    page = _page(client, address)
    assert "&lt;b&gt;路灯&lt;/b&gt;" in page
    client.post(address, data={"csrf_token": token_in(page), "what": "raise", "words": "修路灯"})
    page = _page(client, address)
    matter = re.search(r'id="matter-(\d+)"', page)[1]
    said = {"csrf_token": token_in(page), "what": "promised", "words": "三日内修好"}
    lacking = client.post(f"{address}/matters/{matter}", data=said, follow_redirects=True).get_data(as_text=True)
    assert re.search("names who does it|责任人和完成日期", lacking) or "2026-11-01" in lacking
    client.post(f"{address}/matters/{matter}", data={**said, "owner": "物业", "promised_for": "2026-11-04"})
    assert "物业" in _page(client, address)


def test_forms_without_a_token_do_nothing(sign_in):
    client = sign_in(Role.DISPATCHER)
    client.application.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/meetings/", data={"what": "hold"}).status_code == 400
    assert client.post("/whistles/1/sign", data={}).status_code == 400
