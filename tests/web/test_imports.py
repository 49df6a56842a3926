"""The upload pages: who may, what is let in, what is refused, and that names stay words."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO

import openpyxl
import pytest
from flask.testing import FlaskClient

from gridmap.domain.permissions import Role
from gridmap.importers.layers import LAYERS
from gridmap.settings import Settings, settings
from gridmap.web.pages import import_lists
from tests.web.conftest import token_in

HOUSEHOLDS = "code,households,longitude,latitude\nH1,12,{x},{y}\n"
JSON = {"Accept": "application/json"}


@pytest.fixture
def web_settings(tmp_path, monkeypatch) -> Iterator[Settings]:
    """The settings of the process too: the service keeps files below their home."""
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDMAP_UPLOAD_LARGEST_BYTES", "3000000")
    monkeypatch.setenv("GRIDMAP_DATABASE_FSYNC", "false")
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def planner(sign_in) -> FlaskClient:
    return sign_in(Role.PLANNER)


def send(client: FlaskClient, files, layer="households", **headers):
    token = token_in(client.get("/import").get_data(as_text=True))
    data = {"csrf_token": token, "layer": layer, "file": files}
    return client.post("/import", data=data, content_type="multipart/form-data", headers=headers)


def as_file(content: bytes | str, name: str = "户数.csv"):
    return BytesIO(content.encode() if isinstance(content, str) else content), name


def settled(client: FlaskClient, number: int) -> dict:
    """The upload as soon as the server no longer works on it."""
    for _ in range(300):
        upload = client.get(f"/import/data/{number}").get_json()
        if upload["state"] not in {"received", "reading", "committing"}:
            return upload
        time.sleep(0.1)
    raise AssertionError(f"still {upload['state']} after 30 s")


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(client):
    answer = client.get("/import")
    assert answer.status_code == 302
    assert "next=/import" in answer.headers["Location"]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.WORKER])
def test_only_administrators_and_planners_may(sign_in, role):
    client = sign_in(role)
    assert client.get("/import").status_code == 403
    assert client.get("/import/data/ready").status_code == 403
    assert client.get("/import/data/outline").status_code == 403
    assert client.get("/import/template/workers.xlsx").status_code == 403
    assert "/import" not in re.findall(r'href="([^"]+)"', client.get("/account").get_data(as_text=True))


def test_a_large_body_is_refused_before_it_is_read_unless_from_those_who_may(app, client, sign_in):
    large = b"x" * 2_000_000
    assert client.post("/import", data=large, headers=JSON).status_code == 401
    assert sign_in(Role.INSPECTOR).post("/import", data=large, headers=JSON).status_code == 403


def test_the_limit_is_larger_for_files_only(planner):
    assert send(planner, as_file(b"x" * 5_000_000), **JSON).status_code == 413
    token = token_in(planner.get("/import").get_data(as_text=True))
    answer = planner.post("/import/data/1/answer", data={"csrf_token": token, "answers": "x" * 2_000_000})
    assert answer.status_code == 413


def test_posts_need_the_token(planner):
    planner.get("/import")
    for path in ("/import", "/import/data/1/answer", "/import/data/1/commit", "/import/data/1/discard"):
        answer = planner.post(path, data={}, headers=JSON)
        assert answer.status_code == 400, path
        assert answer.get_json()["error"]["code"] == "FormExpired"


@pytest.mark.parametrize(
    ("layer", "files", "says"),
    [
        ("households", [], "请先选择文件。"),
        ("nothing", [as_file("a,b\n")], "nothing"),
        ("households", [as_file("a\n", "a.csv"), as_file("b\n", "b.csv")], "请一次上传一个文件"),
    ],
)
def test_what_cannot_be_taken_is_said_on_the_page(planner, layer, files, says):
    answer = send(planner, files, layer=layer)
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)
    assert "<h1>数据导入</h1>" in answer.get_data(as_text=True)


def test_a_name_stays_a_word_and_folders_are_cut_off(planner):
    answer = send(planner, as_file("code\n1\n", "C:\\ministry\\../<img src=x>{{7*7}}.csv"))
    assert answer.status_code == 302
    number = int(answer.headers["Location"].rsplit("/", 1)[1])
    for path in ("/import", f"/import/{number}"):
        page = planner.get(path).get_data(as_text=True)
        assert "<img" not in page
        assert "{{7*7}}" in page
        assert "ministry" not in page
    settled(planner, number)


def test_the_parts_of_a_loose_shapefile_travel_together(planner):
    parts = [as_file(b"\0" * 100, f"网格.{end}") for end in ("shp", "shx", "dbf")]
    answer = send(planner, parts, layer="boundaries", **JSON)
    assert answer.status_code == 200
    upload = settled(planner, answer.get_json()["id"])
    assert upload["file_name"] == "网格.zip"
    assert upload["state"] in {"refused", "failed"}
    assert upload["error"]


def test_a_file_is_followed_from_reading_to_problems(planner):
    answer = send(planner, as_file(HOUSEHOLDS.format(x="108.1", y="没有")), **JSON)
    number = answer.get_json()["id"]
    assert answer.get_json()["url"] == f"/import/{number}"
    upload = settled(planner, number)
    assert upload["layer"] == "households"
    assert upload["file_name"] == "户数.csv"
    assert upload["error"] or upload["counts"]["problems"]
    token = token_in(planner.get("/import").get_data(as_text=True))
    assert planner.post(f"/import/data/{number}/discard", data={"csrf_token": token}).status_code == 200


def test_an_upload_of_somebody_else_is_not_there(planner, sign_in):
    number = send(planner, as_file("code\n1\n"), **JSON).get_json()["id"]
    settled(planner, number)
    inspector = sign_in(Role.INSPECTOR)
    for path in (f"/import/{number}", f"/import/data/{number}", f"/import/{number}/problems.xlsx"):
        assert inspector.get(path).status_code in {403, 404}
    assert planner.get("/import/999999").status_code == 404
    assert planner.get("/import/data/999999/preview").status_code == 404


def test_answers_that_the_page_would_not_send_are_refused(planner):
    number = send(planner, as_file("code\n1\n"), **JSON).get_json()["id"]
    settled(planner, number)
    token = token_in(planner.get("/import").get_data(as_text=True))
    for given in (
        {"answers": "["},
        {"answers": "[]"},
        {"answers": "[" * 100_000},
        {"answers": json.dumps({"mapping": ["a"]})},
        {"answers": json.dumps({"mapping": {"a": 1}})},
        {"answers": json.dumps({"decisions": {"a": "x" * 1000}})},
        {"kind": "weather", "value": "fair"},
        {"kind": "header", "value": "1e9"},
    ):
        answer = planner.post(f"/import/data/{number}/answer", data={"csrf_token": token, **given})
        assert answer.status_code == 400, str(given)[:80]
        assert "message" in answer.get_json()["error"]


@pytest.mark.parametrize("layer", list(LAYERS))
def test_every_list_has_a_card_and_a_template(planner, layer):
    page = planner.get("/import").get_data(as_text=True)
    assert f'value="{layer}"' in page
    answer = planner.get(f"/import/template/{layer}.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.get_data()))
    heads = [cell.value for cell in next(book.worksheets[0].iter_rows())]
    assert any(re.search(r"[\u4e00-\u9fff]", str(head)) for head in heads)
    assert zipfile.ZipFile(BytesIO(answer.get_data())).testzip() is None
    assert planner.get(f"/import/template/{layer}.xlsx?language=en").status_code == 200
    assert import_lists.title(layer, "zh_Hans") != import_lists.title(layer, "en")


def test_unknown_templates_are_refused(planner):
    assert planner.get("/import/template/people.xlsx").status_code == 400


def test_the_outline_is_light_and_kept(planner):
    answer = planner.get("/import/data/outline")
    assert answer.status_code == 200
    assert len(answer.get_data()) < 100_000
    assert len(json.loads(answer.get_data())["features"]) == 1
    again = planner.get("/import/data/outline", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/import"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_carries_no_inline_code_and_names_no_other_host(planner, path, language):
    answer = planner.get(path, headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert re.search(r"<[^>]+\s(on\w+|style)=", page) is None
    assert re.findall(r"https?://", page) == []
    nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])[1]
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", page):
        assert f'nonce="{nonce}"' in tag or 'type="application/json"' in tag
