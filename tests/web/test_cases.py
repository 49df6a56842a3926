"""The dispatcher's page and the page of one case: lists, filters, forms, bulk dispatch, files; refusals in words."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest
from sqlalchemy import text

from gridmap.domain.permissions import Role
from tests.web.conftest import TOWN, token_in


def _get(client, address, **given):
    answer = client.get(address, **given)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return answer


def _take_in(client, **given):
    token = token_in(_get(client, "/cases/new").get_data(as_text=True))
    form = {
        "csrf_token": token,
        "kind": "facilities",
        "words": "路灯不亮",
        "lon": "120.0072516",
        "lat": "32.4816693",
        **given,
    }
    answer = client.post("/cases/new", data=form)
    assert answer.status_code == 302, answer.get_data(as_text=True)[:600]
    return answer.headers["Location"]


def test_lists_hold_only_the_own_area_and_their_counts_add_up(sign_in):
    client = sign_in(Role.DISPATCHER)
    page = _get(client, "/cases/data/list").json
    assert page["rows"]
    assert all(row["unit"] is None or row["unit"].startswith(TOWN[:9]) for row in page["rows"])
    assert sum(page["counts"].values()) == page["total"]
    red = _get(client, "/cases/data/list?light=yellow").json
    assert red["total"] == page["counts"]["yellow"]
    assert client.get("/cases/data/list?unit=990001002000").json["total"] == 0


def test_paging_reaches_every_row_once(sign_in):
    client = sign_in(Role.LEADER)
    seen, after = [], ""
    while after is not None:
        page = _get(client, "/cases/data/list", query_string={"after": after}).json
        seen += [row["id"] for row in page["rows"]]
        after = page["cursor"]
    assert len(seen) == len(set(seen)) == page["total"]


def test_looking_again_costs_nothing_while_nothing_changed(sign_in):
    client = sign_in(Role.DISPATCHER)
    first = _get(client, "/cases/data/list")
    again = client.get("/cases/data/list", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    _take_in(client)
    assert client.get("/cases/data/list", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    "query", ["from=x", "near=1", "near=500,1", "sort=colour", "after=zz", "after=1~zz", "q=%00", "since=monday"]
)
def test_what_is_no_filter_is_refused(sign_in, query):
    answer = sign_in(Role.DISPATCHER).get(f"/cases/data/list?{query}")
    assert answer.status_code == 400
    assert answer.json["error"]["message"]


def test_a_case_goes_its_way_through_the_forms(sign_in, with_accounts):
    desk, worker, checker = sign_in(Role.DISPATCHER), sign_in(Role.ADMINISTRATOR), sign_in(Role.INSPECTOR)
    address = _take_in(desk, key="web-1", contact="13800000000")
    assert _take_in(desk, key="web-1", contact="13800000000") == address

    def do(client, **given):
        page = _get(client, address).get_data(as_text=True)
        version = re.search(r'name="version" value="(\d+)"', page)[1]
        client.post(address, data={"csrf_token": token_in(page), "version": version, **given})
        return _get(client, address).get_data(as_text=True)

    do(desk, what="file")
    assert "13800000000" not in do(desk, what="dispatch")
    do(worker, what="sign")
    do(worker, what="start")
    assert "alert-danger" in do(worker, what="settle", note="")
    do(worker, what="settle", note="换了灯泡", closing_reason="solved")
    assert "alert-danger" in do(worker, what="follow_up", contacted="yes", solved="yes")
    do(checker, what="follow_up", contacted="yes", solved="yes", satisfaction="satisfied")
    page = do(checker, what="close", closing_reason="solved")
    assert "已结案" in page or "Closed case" in page
    with with_accounts.session() as session:
        number = int(address.rsplit("/", 1)[1])
        acts = session.execute(
            text("SELECT act FROM case_events WHERE case_id = :i ORDER BY id"), {"i": number}
        ).scalars()
        assert list(acts) == ["report", "file", "dispatch", "sign", "start", "settle", "follow_up", "close"]


def test_a_stale_form_changes_nothing_and_says_who_was_first(sign_in):
    client = sign_in(Role.DISPATCHER)
    address = _take_in(client)
    page = _get(client, address).get_data(as_text=True)
    form = {"csrf_token": token_in(page), "version": re.search(r'name="version" value="(\d+)"', page)[1]}
    client.post(address, data={**form, "what": "file"})
    told = client.post(address, data={**form, "what": "file"}, follow_redirects=True).get_data(as_text=True)
    assert "dispatcher" in told
    assert "alert-danger" in told


def test_bulk_dispatch_says_of_each_what_became_of_it(sign_in):
    client = sign_in(Role.DISPATCHER)
    token = token_in(_get(client, "/cases/new").get_data(as_text=True))
    numbers = [int(_take_in(client).rsplit("/", 1)[1]) for _ in range(2)]
    rows = {row["id"]: row for row in _get(client, "/cases/data/list?sort=reported").json["rows"]}
    chosen = [{"id": key, "version": rows[key]["version"]} for key in numbers]
    chosen.append({"id": numbers[0], "version": 1})
    answer = client.post("/cases/data/dispatch", json={"cases": chosen}, headers={"X-CSRFToken": token})
    assert answer.json["done"] == numbers
    assert [each["id"] for each in answer.json["refused"]] == [numbers[0]]
    assert answer.json["refused"][0]["why"]


def test_files_hold_exactly_what_is_filtered_and_no_formula(sign_in):
    client = sign_in(Role.DISPATCHER)
    _take_in(client, words="=HYPERLINK(1)", kind="housing")
    query = "kind=housing&sort=reported"
    total = _get(client, f"/cases/data/list?{query}").json["total"]
    rows = list(csv.reader(io.StringIO(_get(client, f"/cases/export.csv?{query}").get_data().decode("utf-8-sig"))))
    assert len(rows) == total + 1
    assert any("'=HYPERLINK(1)" in row for row in rows)
    book = openpyxl.load_workbook(io.BytesIO(_get(client, f"/cases/export.xlsx?{query}").get_data()))
    sheet = book.active
    assert sheet.max_row == total + 1
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


@pytest.mark.parametrize("address", ["/cases/", "/cases/data/list", "/cases/export.csv", "/cases/new"])
def test_planners_have_nothing_to_do_with_cases(sign_in, address):
    assert sign_in(Role.PLANNER).get(address).status_code == 403


def test_cases_elsewhere_and_unknown_ones(sign_in, with_accounts):
    with with_accounts.session() as session:
        number = session.execute(
            text("SELECT c.id FROM cases c JOIN units u ON u.id = c.unit_id WHERE u.code LIKE '990001002%' LIMIT 1")
        ).scalar_one()
    assert sign_in(Role.DISPATCHER).get(f"/cases/{number}").status_code == 403
    assert sign_in(Role.DISPATCHER).get("/cases/999999999").status_code == 404
    assert _get(sign_in(Role.LEADER), f"/cases/{number}").status_code == 200
