"""The data of the page: shapes with ETag and packing, figures that agree with each other, errors in one shape."""

from __future__ import annotations

import gzip
import json

import pytest

from gridmap.domain.permissions import Role
from tests.web.conftest import COUNTY, TOWN


@pytest.fixture
def inspector(sign_in):
    return sign_in(Role.INSPECTOR)


def test_shapes_are_packed_tagged_and_asked_for_once(inspector):
    answer = inspector.get("/inspect/data/geometry", headers={"Accept-Encoding": "gzip"})
    assert answer.content_encoding == "gzip"
    assert len(answer.get_data()) < 700_000
    again = inspector.get("/inspect/data/geometry", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""
    plain = inspector.get("/inspect/data/geometry", headers={"Accept-Encoding": "identity"})
    assert plain.get_data() == gzip.decompress(answer.get_data())


def test_the_county_has_all_its_units_and_exact_shapes_come_by_town(inspector):
    far = json.loads(inspector.get("/inspect/data/geometry").get_data())
    near = json.loads(inspector.get(f"/inspect/data/geometry?unit={TOWN}").get_data())
    assert len(far["grids"]["features"]) == 908
    assert len(far["towns"]["features"]) == 14
    assert set(far["ground"]) == {"river", "road"}
    code = near["grids"]["features"][0]["properties"]["code"]
    vertices = {
        name: len(json.dumps(next(f for f in each["grids"]["features"] if f["properties"]["code"] == code)["geometry"]))
        for name, each in (("far", far), ("near", near))
    }
    assert vertices["near"] > vertices["far"]


def test_figures_agree_with_the_list(inspector):
    overview = inspector.get("/inspect/data/overview").json
    listed = inspector.get("/inspect/data/findings?compare=none&limit=200").json
    assert overview["figures"]["findings"] == listed["total"]
    assert sum(lens["count"] for lens in overview["lenses"]) == listed["total"]
    assert 0 < overview["figures"]["index"] < 1
    assert len(overview["children"]) == 14
    assert overview["children"] == sorted(overview["children"], key=lambda each: each["index"])
    households = sum(each["households"] for each in overview["children"])
    assert households <= overview["figures"]["households"]


def test_comparison_tells_new_still_and_cured(inspector):
    overview = inspector.get("/inspect/data/overview").json
    assert overview["compare"] is not None
    rows, total = [], 1
    while len(rows) < total:
        page = inspector.get(f"/inspect/data/findings?limit=200&offset={len(rows)}").json
        rows += page["findings"]
        total = page["total"]
    states = {state: sum(row["state"] == state for row in rows) for state in ("new", "still", "cured")}
    assert states["new"] == overview["figures"]["fresh"] > 0
    assert states["cured"] == overview["figures"]["cured"] > 0
    assert states["new"] + states["still"] == overview["figures"]["findings"]
    assert overview["before"]["findings"] == states["still"] + states["cured"]


def test_without_comparison_there_are_no_states(inspector):
    overview = inspector.get("/inspect/data/overview?compare=none").json
    assert overview["compare"] is None
    assert overview["before"] is None
    rows = inspector.get("/inspect/data/findings?compare=none").json["findings"]
    assert {row["state"] for row in rows} == {None}


def test_blind_areas_are_drawn_by_lens_or_all_that_count(inspector):
    lenses = {lens["name"]: lens for lens in inspector.get("/inspect/data/overview").json["lenses"]}
    every = json.loads(inspector.get("/inspect/data/blind").get_data())["features"]
    assert {each["properties"]["lens"] for each in every} <= {name for name, lens in lenses.items() if lens["must"]}
    one = json.loads(inspector.get("/inspect/data/blind?lens=spill&compare=none").get_data())["features"]
    assert len(one) == lenses["spill"]["count"]
    assert {each["properties"]["blindness"] for each in one} == {"ground"}


def test_a_lens_colours_by_the_share_it_touches(inspector):
    index = inspector.get("/inspect/data/shade").json
    assert index["measure"] == "index"
    assert len(index["values"]) > 850
    touched = inspector.get("/inspect/data/shade?lens=unstaffed_grid").json
    assert touched["measure"] == "touched"
    assert sum(value == 1 for value in touched["values"].values()) >= 5


def test_the_panel_says_why_who_and_what_to_do_in_both_languages(inspector):
    number = inspector.get("/inspect/data/findings?lens=unstaffed_grid").json["findings"][0]["id"]
    said = {}
    for language in ("zh-CN", "en"):
        found = inspector.get(f"/inspect/data/findings/{number}", headers={"Accept-Language": language}).json
        assert found["why"]
        assert found["act"]
        assert found["units"]
        assert found["shape"]["type"] in {"Polygon", "MultiPolygon", "Point", "MultiPoint", "GeometryCollection"}
        said[language] = found["title"] + found["why"] + found["act"]
    assert any(ord(letter) > 0x4E00 for letter in said["zh-CN"])
    assert said["zh-CN"] != said["en"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("findings?lens=no_such_lens", 400),
        ("findings?limit=0", 400),
        ("findings?limit=9999", 400),
        ("findings?offset=-1", 400),
        ("findings?offset=%D9%A1", 400),
        ("findings/99999999", 404),
        ("overview?run=424242", 404),
        ("overview?run=x", 404),
        ("overview?compare=424242", 404),
        ("overview?unit=990001999000", 404),
        ("runs/424242", 404),
        ("nothing", 404),
    ],
)
def test_errors_have_one_shape(inspector, path, status):
    answer = inspector.get(f"/inspect/data/{path}")
    assert answer.status_code == status
    assert set(answer.json) == {"error"}
    assert answer.json["error"]["message"]


def test_search_by_name_code_and_initials(inspector):
    def codes(text):
        return [each["code"] for each in inspector.get("/inspect/data/search", query_string={"q": text}).json["units"]]

    assert codes(TOWN)[0] == TOWN
    assert codes("北苑")[0] == TOWN
    assert COUNTY in codes("yhx")
    assert codes("") == []
    assert codes("%") == []
    assert codes("'; drop table units; --") == []
    assert inspector.get("/inspect/data/search", query_string={"q": "x" * 5000}).status_code == 200
