"""Nobody sees beyond the own area, in any address; the rest is answered with 403 or 404, never with data."""

from __future__ import annotations

import json
import re

import pytest

from gridmap.domain.permissions import Role
from tests.web.conftest import COUNTY, GRID, TOWN, token_in

ELSEWHERE = "990001002000"
DATA = ["overview", "geometry", "shade", "blind", "findings"]


@pytest.mark.parametrize("address", DATA)
@pytest.mark.parametrize(
    ("role", "unit"),
    [(Role.PLANNER, COUNTY), (Role.PLANNER, ELSEWHERE), (Role.WORKER, TOWN), (Role.WORKER, "990001001001002")],
)
def test_data_outside_the_area_is_forbidden(sign_in, role, unit, address):
    answer = sign_in(role).get(f"/inspect/data/{address}?unit={unit}")
    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "OutsideScope"


@pytest.mark.parametrize("address", DATA)
@pytest.mark.parametrize("unit", ["99", "x' or 1=1", "990001001", "990001000001", "%00", "990001001001001/../"])
def test_what_is_no_code_is_refused(sign_in, unit, address):
    answer = sign_in(Role.INSPECTOR).get(f"/inspect/data/{address}", query_string={"unit": unit})
    assert answer.status_code in {400, 403}
    assert set(answer.json["error"]) == {"code", "message"}


@pytest.mark.parametrize("role", [Role.PLANNER, Role.WORKER])
def test_without_a_unit_the_own_area_is_meant(sign_in, role):
    scope = {Role.PLANNER: TOWN, Role.WORKER: GRID}[role]
    client = sign_in(role)
    overview = client.get("/inspect/data/overview").json
    assert overview["trail"][0]["code"] == scope
    geometry = json.loads(client.get("/inspect/data/geometry").get_data())
    prefix = scope.rstrip("0") if role is Role.PLANNER else scope
    codes = [each["properties"]["code"] for each in geometry["grids"]["features"]]
    assert codes
    assert all(code.startswith(prefix) for code in codes)


def test_search_finds_nothing_outside(sign_in):
    inside = sign_in(Role.INSPECTOR).get("/inspect/data/search?q=990001002").json["units"]
    assert inside[0]["code"] == ELSEWHERE
    assert sign_in(Role.PLANNER).get("/inspect/data/search?q=990001002").json["units"] == []


def test_a_finding_elsewhere_does_not_exist(sign_in):
    rows = sign_in(Role.INSPECTOR).get(f"/inspect/data/findings?unit={ELSEWHERE}&limit=200").json["findings"]
    foreign = [row for row in rows if all(unit["code"].startswith("990001002") for unit in row["units"])]
    assert foreign
    answer = sign_in(Role.PLANNER).get(f"/inspect/data/findings/{foreign[0]['id']}")
    assert answer.status_code == 404
    assert foreign[0]["why"] not in answer.get_data(as_text=True)


@pytest.mark.parametrize("kind", ["geopackage", "excel", "pdf", "html", "png"])
def test_downloads_keep_to_the_area(sign_in, kind):
    assert sign_in(Role.PLANNER).get(f"/inspect/download/{kind}?unit={COUNTY}").status_code == 403
    assert sign_in(Role.WORKER).get(f"/inspect/download/{kind}").status_code == 403


def test_a_download_that_does_not_exist(sign_in):
    assert sign_in(Role.INSPECTOR).get("/inspect/download/exe").status_code == 404


def test_a_worker_may_not_compute(sign_in):
    client = sign_in(Role.WORKER)
    token = token_in(client.get("/account").get_data(as_text=True))
    answer = client.post("/inspect/data/recompute", headers={"X-CSRFToken": token})
    assert answer.status_code == 403
    assert "recompute" not in client.get("/inspect").get_data(as_text=True).split('id="boot"')[0]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.PLANNER, Role.WORKER])
def test_accounts_are_for_administrators(sign_in, role):
    client = sign_in(role)
    token = token_in(client.get("/account").get_data(as_text=True))
    assert client.get("/accounts/").status_code == 403
    for path in ("/accounts/", "/accounts/1/password", "/accounts/1/active"):
        assert client.post(path, data={"csrf_token": token}).status_code == 403, path


def test_every_role_arrives_at_its_page_and_sees_no_dead_link(sign_in):
    homes = {Role.WORKER: "/field", Role.DISPATCHER: "/cases/", Role.LEADER: "/board/"}
    for role in Role:
        client = sign_in(role)
        assert client.get("/").location == homes.get(role, "/inspect")
        page = client.get("/inspect").get_data(as_text=True)
        for path in re.findall(r'<nav class="sections".*?</nav>', page, re.DOTALL):
            for address in re.findall(r'href="([^"]+)"', path):
                assert client.get(address).status_code == 200, (role, address)
        assert ("/accounts/" in page) == (role is Role.ADMINISTRATOR)
