"""The resident's page over HTTP: card, report, human check, follow, verdict, moderation, poster."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pypdf
import pytest
import segno
from PIL import Image
from sqlalchemy import text

from gridmap.domain.cases import ClosingReason, Move, Satisfaction, Verdict
from gridmap.domain.permissions import Actor, Role
from gridmap.services import accounts, cases, units
from gridmap.services.cases import residents
from gridmap.services.exporting import posters
from gridmap.settings import Settings
from gridmap.store.models import Case
from gridmap.web.app import create_app
from gridmap.web.rates import Rate
from tests.web.conftest import PASSWORD, token_in

COUNTY, GRID = "990001000000", "990001001001001"
ADMIN = Actor(None, "operator", Role.ADMINISTRATOR, COUNTY)
CHECKER = Actor(None, "checker", Role.DISPATCHER, COUNTY)
NUMBERS = "零一二三四五六七八九"


@pytest.fixture
def opened(own_demo_database, tmp_path) -> tuple[Any, Any]:
    app = create_app(Settings(home=tmp_path, database_fsync=False), own_demo_database)
    app.config.update(GRIDMAP_HUMAN_LEAST_S=0)
    app.extensions["gridmap_resident_rates"] = {"send": Rate(1_000, 1_000)}
    return app, own_demo_database


@pytest.fixture
def inside(own_demo_database) -> tuple[float, float]:
    """Longitude and latitude of a compound of the grid's community."""
    with own_demo_database.session() as session:
        return residents.compounds(session, GRID)[0][2:]


def answer_to(page: str) -> int:
    asked = re.search(r'for="sum">(.)加(.)等于几', page)
    assert asked
    return NUMBERS.index(asked[1]) + NUMBERS.index(asked[2])


def filled(client: Any, **changed: Any) -> dict[str, Any]:
    """The form of the page, filled in as a resident does."""
    page = client.get(f"/r/{GRID}", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    question = re.search(r'name="question" value="([^"]+)"', page)
    assert question
    given = {
        "csrf_token": token_in(page), "question": question[1], "sum": str(answer_to(page)), "kind": "environment",
        "words": "三楼张某家门口的垃圾没人收", "address": "北门", "contact": "13900001111", **changed,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def sent(client: Any, **changed: Any) -> str:
    """Send a report; return the code it is followed with."""
    answer = client.post(f"/r/{GRID}", data=filled(client, **changed))
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    code = re.search(r'id="follow-code">([^<]+)<', answer.get_data(as_text=True))
    assert code
    return code[1]


def test_the_card_names_who_serves_and_offices_but_nobodys_private_number(client):
    page = client.get(f"/r/{GRID}", headers={"Accept-Language": "zh-CN"})
    assert page.status_code == 200
    words = page.get_data(as_text=True)
    assert "网格员-" in words
    assert "0512-8880" in words
    assert 'name="robots" content="noindex"' in words
    assert page.headers["Cache-Control"] == "no-store"
    for wrong in ("990001001001999", "990001001001", "990001000000", "nonsense", "%00", "..%2f"):
        assert client.get(f"/r/{wrong}").status_code == 404


def test_nothing_that_a_resident_wrote_is_public_before_a_look(opened, inside):
    app, database = opened
    client = app.test_client()
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (32.0, 1.0, 2.0)}
    Image.new("RGB", (60, 40), "green").save(picture, "JPEG", exif=exif)
    picture.seek(0)
    code = sent(client, lon=str(inside[0]), lat=str(inside[1]), photos=(picture, "IMG_1.jpg"))
    with database.session() as session:
        case = session.query(Case).order_by(Case.id.desc()).first()
        number, case_id, unit = case.number, case.id, case.unit_id
        (photo,) = cases.case(session, ADMIN, case_id).photos
    assert unit is not None
    everywhere = (
        f"/r/{GRID}", f"/r/follow/{code}", f"/open311/v2/requests/{number}.json", "/open311/v2/requests.json",
        f"/r/{GRID}/data/near?lon={inside[0]}&lat={inside[1]}&kind=environment",
    )  # fmt: skip
    for address in everywhere:
        assert "张某" not in client.get(address).get_data(as_text=True), address
    assert client.get(f"/r/photo/{photo.id}.jpg").status_code == 404
    # a dispatcher looks at it
    with database.session() as session:
        assert case_id in residents.queries.waiting(session, "true", {}, 100_000)
        cases.publish(session, ADMIN, case_id, None, "门口的垃圾没人收")
        cases.photos.publish(session, ADMIN, photo.id, True)
    assert "门口的垃圾没人收" in client.get(f"/r/follow/{code}").get_data(as_text=True)
    near = client.get(everywhere[-1]).get_json()
    assert "门口的垃圾没人收" in [each["words"] for each in near]
    shown = client.get(f"/r/photo/{photo.id}.jpg")
    assert not Image.open(io.BytesIO(shown.data)).getexif()
    for address in everywhere:
        content = client.get(address).get_data(as_text=True)
        assert "张某" not in content
        assert "13900001111" not in content
    # withdrawn from the public again: gone everywhere, and not back in the queue
    with database.session() as session:
        cases.publish(session, ADMIN, case_id, None, None)
        assert case_id not in residents.queries.waiting(session, "true", {}, 100_000)
    assert client.get(f"/r/photo/{photo.id}.jpg").status_code == 404
    assert "垃圾没人收" not in client.get(f"/r/follow/{code}").get_data(as_text=True)


def test_a_report_goes_the_whole_way_to_the_residents_word_which_counts_once(opened, inside):
    app, database = opened
    client = app.test_client()
    code = sent(client, lon=str(inside[0]), lat=str(inside[1]))
    with database.session() as session:
        case_id = session.query(Case.id).order_by(Case.id.desc()).first()[0]

        def do(who: Actor, what: Move, **given: Any) -> None:
            cases.move(session, who, case_id, None, what, cases.Given(**given))

        do(ADMIN, Move.FILE)
        do(ADMIN, Move.DISPATCH)
        do(ADMIN, Move.SIGN)
        assert "judge-title" not in client.get(f"/r/follow/{code}").get_data(as_text=True)
        early = verdict(client, code, solved="yes", satisfaction="satisfied")
        assert early.status_code == 400
        do(ADMIN, Move.START)
        do(ADMIN, Move.SETTLE, note="内部：已清运", closing_reason=ClosingReason.SOLVED)
    page = client.get(f"/r/follow/{code}").get_data(as_text=True)
    assert "judge-title" in page
    assert "内部" not in page
    assert verdict(client, code, solved="maybe", satisfaction="satisfied").status_code == 400
    assert verdict(client, code, solved="no", satisfaction="dissatisfied", words="还在").status_code == 302
    assert verdict(client, code, solved="yes", satisfaction="satisfied").status_code == 400  # once
    with database.session() as session:
        view = cases.case(session, ADMIN, case_id)
        assert view.row.status == "followed_up"
        (said,) = view.follow_ups
        assert (said.by_resident, said.solved, said.satisfaction, said.words) == (True, False, "dissatisfied", "还在")
        with pytest.raises(cases.moving.MoveIllegal):
            cases.move(session, CHECKER, case_id, None, Move.CLOSE, cases.Given(closing_reason=ClosingReason.SOLVED))
        session.rollback()
        # taken up again, done again: a new round, a new word
        cases.move(session, CHECKER, case_id, None, Move.REOPEN, cases.Given(note="没解决"))
        for what, given in (
            (Move.DISPATCH, {}), (Move.SIGN, {}), (Move.START, {}),
            (Move.SETTLE, {"note": "清了", "closing_reason": ClosingReason.SOLVED}),
        ):  # fmt: skip
            cases.move(session, ADMIN, case_id, None, what, cases.Given(**given))
        reached = Verdict(contacted=True, solved=True)
        cases.move(session, CHECKER, case_id, None, Move.FOLLOW_UP, cases.Given(verdict=reached))
        cases.move(session, CHECKER, case_id, None, Move.CLOSE, cases.Given(note="已清运", public=True))
        closed_at = session.get(Case, case_id).closed_at
    assert verdict(client, code, solved="yes", satisfaction=Satisfaction.BASICALLY.value).status_code == 302
    page = client.get(f"/r/follow/{code}").get_data(as_text=True)
    assert 'id="judged"' in page
    assert "已清运" in page
    with database.session() as session:
        assert session.get(Case, case_id).closed_at == closed_at
        assert [each.solved for each in cases.case(session, ADMIN, case_id).follow_ups if each.by_resident] == [
            False, True,
        ]  # fmt: skip


def verdict(client: Any, code: str, **given: str) -> Any:
    # the page has the token in the form of its language switch at least
    token = token_in(client.get(f"/r/follow/{code}").get_data(as_text=True))
    return client.post(f"/r/follow/{code}", data={"csrf_token": token, **given})


def test_one_answered_question_is_one_report_and_machines_are_turned_away(opened):
    app, database = opened
    client = app.test_client()
    given = filled(client)
    first = client.post(f"/r/{GRID}", data=given).get_data(as_text=True)
    again = client.post(f"/r/{GRID}", data=given).get_data(as_text=True)
    code = re.compile(r'id="follow-code">([^<]+)<')
    assert code.search(first)[1] == code.search(again)[1]
    with database.session() as session:
        before = session.query(Case).count()
    other = client.post(f"/r/{GRID}", data={**given, "words": "另一件事"})
    assert other.status_code == 400  # the same answer does not carry a second report
    for wrong in (
        {"sum": "99"}, {"sum": ""}, {"question": "forged"}, {"question": ""}, {"website": "http://spam.example"},
        {"kind": "petition"}, {"kind": ""}, {"words": " "}, {"words": "字" * 4_001}, {"words": "a\0b"},
        {"address": ""}, {"lon": "0", "lat": "0"}, {"photos": (io.BytesIO(b"%PDF"), "x.jpg")},
    ):  # fmt: skip
        answer = client.post(f"/r/{GRID}", data=filled(client, **wrong))
        assert answer.status_code == 400, wrong
    assert client.post(f"/r/{GRID}", data=filled(client, csrf_token="")).status_code == 400
    with database.session() as session:
        assert session.query(Case).count() == before
    app.config["GRIDMAP_HUMAN_LEAST_S"] = 60
    assert client.post(f"/r/{GRID}", data=filled(client)).status_code == 400  # faster than anybody types


@pytest.mark.parametrize(
    ("said", "number"), [("14", 14), ("１４", 14), ("十四", 14), ("九", 9), ("二", 2), ("一十", 10), ("x", None)]
)
def test_the_sum_is_read_in_any_digits(said, number):
    from gridmap.web.human import _read

    assert _read(said) == number


def test_what_was_typed_is_there_again_after_a_mistake_and_is_text(client):
    client.application.config["GRIDMAP_HUMAN_LEAST_S"] = 0
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    answer = client.post(f"/r/{GRID}", data=filled(client, words=hostile, sum="99"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page
    assert "<script>alert" not in page
    assert 'role="alert"' in page


def test_codes_cannot_be_tried_in_numbers(client):
    statuses = [client.get(f"/r/follow/AAAA-AAAA-{number:04}").status_code for number in range(30)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert client.get("/r/follow?code=abcd efgh jkmn").status_code == 302


def test_without_scripts_a_compound_from_the_list_is_the_place(opened):
    app, database = opened
    client = app.test_client()
    with database.session() as session:
        code, name, lon, lat = residents.compounds(session, GRID)[0]
    sent(client, compound=code, address="3 号门")
    with database.session() as session:
        case = session.query(Case).order_by(Case.id.desc()).first()
        row = cases.case(session, ADMIN, case.id).row
        assert row.address == f"{name} 3 号门"
        assert (row.lon, row.lat) == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6))
        assert row.source == "resident"


def test_the_queue_is_for_dispatchers_and_publishes_what_they_chose(opened) -> None:
    app, database = opened
    with database.session() as session:
        for role, scope in ((Role.WORKER, GRID), (Role.ADMINISTRATOR, COUNTY)):
            accounts.add(session, email=f"{role}@test.example", name=role, role=role, scope=scope, password=PASSWORD)
        session.commit()

    def enter(role: Role) -> Any:
        client = app.test_client()
        token = token_in(client.get("/sign-in").get_data(as_text=True))
        client.post("/sign-in", data={"csrf_token": token, "email": f"{role}@test.example", "password": PASSWORD})
        return client

    assert enter(Role.WORKER).get("/cases/moderation").status_code == 403
    assert app.test_client().get("/cases/moderation").status_code == 302
    admin = enter(Role.ADMINISTRATOR)
    page = admin.get("/cases/moderation").get_data(as_text=True)
    found = re.search(r'action="/cases/moderation/(\d+)"', page)
    assert found
    case_id = int(found[1])
    with database.session() as session:
        before = session.get(Case, case_id).version
    given = {"csrf_token": token_in(page), "act": "publish", "words": "改过的话", "version": before - 1}
    admin.post(f"/cases/moderation/{case_id}", data=given)
    with database.session() as session:
        assert session.get(Case, case_id).public_words is None  # somebody else changed it meanwhile
    admin.post(f"/cases/moderation/{case_id}", data={**given, "version": before})
    with database.session() as session:
        assert session.get(Case, case_id).public_words == "改过的话"
    assert f'/cases/moderation/{case_id}"' not in admin.get("/cases/moderation").get_data(as_text=True)


def test_the_poster_of_a_dissolved_grid_leads_to_the_one_that_took_its_ground(opened):
    app, database = opened
    other = "990001001001002"
    with database.session() as session:
        day = units.today(session)
        session.execute(text("UPDATE boundaries b SET valid = daterange(lower(valid), :day) FROM units u"
                             " WHERE u.id = b.unit_id AND u.code = :code AND upper_inf(valid)"),
                        {"day": day, "code": GRID})  # fmt: skip
        session.execute(
            text("UPDATE boundaries b SET geom = ST_Multi(ST_Union(b.geom, was.geom)) FROM units u, boundaries was"
                 " JOIN units w ON w.id = was.unit_id WHERE u.id = b.unit_id AND u.code = :other AND w.code = :code"
                 " AND b.valid @> CAST(:day AS date) AND upper(was.valid) = :day"),
            {"day": day, "code": GRID, "other": other},
        )  # fmt: skip
        session.execute(text("UPDATE units SET retired_on = :day WHERE code = :code"), {"day": day, "code": GRID})
        session.commit()
    answer = app.test_client().get(f"/r/{GRID}")
    assert answer.status_code == 302
    assert answer.location == f"/r/{other}"
    assert app.test_client().get(f"/r/{GRID}/poster").status_code == 404


def test_the_poster_is_one_page_whose_code_leads_to_the_grid(client, demo_session):
    answer = client.get(f"/r/{GRID}/poster")
    assert answer.mimetype == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    assert len(pages) == 1
    assert abs(float(pages[0].mediabox.width) - 595.3) < 1
    words = pages[0].extract_text()
    assert f"http://localhost/r/{GRID}" in words
    card = residents.service_card(demo_session, GRID)
    assert card.name in words
    assert not pages[0].images  # lines, not pixels
    # the picture is the code of exactly this address, with the white border that scanners need
    address = posters.address_of(GRID, "https://grid.example/")
    assert address == f"https://grid.example/r/{GRID}"
    code = segno.make(address, error="q", micro=False, boost_error=False)
    assert code.error == "Q"
    drawn = base64.b64decode(posters.code_picture(address).partition(",")[2]).decode()
    assert dark_modules(drawn) == {
        (x + 4, y + 4) for y, row in enumerate(code.matrix) for x, module in enumerate(row) if module
    }


def dark_modules(picture: str) -> set[tuple[int, int]]:
    """Walk the path of an SVG code: where its strokes, one module wide, run."""
    found = re.search(r' d="([^"]+)"', picture)
    assert found
    x, y, dark = 0.0, 0.0, set()
    for letter, words in re.findall(r"([Mmh])([^Mmh]*)", found[1]):
        given = [float(each) for each in re.findall(r"-?[\d.]+", words)]
        if letter == "h":
            dark |= {(int(x) + step, int(y)) for step in range(int(given[0]))}
            x += given[0]
        else:
            x, y = (given[0], given[1]) if letter == "M" else (x + given[0], y + given[1])
    return dark


def test_posters_of_a_community_from_the_command_line(demo_database, settings_of, tmp_path):
    from click.testing import CliRunner

    from gridmap.cli.case import command

    settings_of(demo_database)
    run = CliRunner().invoke(command, ["posters", "990001001001", "--out", str(tmp_path / "p"), "--one-file",
                                       "--url", "https://grid.example"])  # fmt: skip
    assert run.exit_code == 0, run.output
    (file,) = (tmp_path / "p").iterdir()
    with demo_database.session() as session:
        grids = residents.grids_of(session, ADMIN, "990001001001")
    assert len(pypdf.PdfReader(file).pages) == len(grids)
    without = CliRunner().invoke(command, ["posters", "990001001001", "--out", str(tmp_path)])
    assert without.exit_code != 0


def test_a_key_is_printed_once_listed_without_itself_and_closed(own_demo_database, settings_of):
    import json

    from click.testing import CliRunner

    from gridmap.cli.case import command
    from gridmap.services import api_keys

    settings_of(own_demo_database)
    run = CliRunner()
    key = run.invoke(command, ["api-key", "热线"]).output.strip()
    with own_demo_database.session() as session:
        assert api_keys.key(session, key).name == "热线"
    listed = run.invoke(command, ["api-keys", "--json"]).output
    assert key not in listed
    (row,) = json.loads(listed)
    assert (row["name"], row["active"]) == ("热线", True)
    assert "closed" in run.invoke(command, ["api-keys", "--close", str(row["number"])]).output
    with own_demo_database.session() as session:
        assert api_keys.key(session, key) is None
    assert run.invoke(command, ["api-key", " "]).exit_code != 0


def test_behind_a_proxy_each_resident_has_an_allowance_of_their_own(with_accounts, tmp_path):
    for trusted, expected in ((1, 404), (0, 429)):
        settings = Settings(home=tmp_path, database_fsync=False, trusted_proxies=trusted)
        client = create_app(settings, with_accounts).test_client()
        tried = [
            client.get(
                "/r/follow/AAAA-AAAA-AAAA",
                headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Forwarded-Proto": "https"},
            ).status_code
            for number in range(25)
        ]
        assert tried[-1] == expected


def test_an_allowance_fills_again_and_old_ones_are_forgotten():
    from gridmap.web import rates

    present = [0.0]
    rate = rates.Rate(2, 30, clock=lambda: present[0])
    assert [rate.wait_s("a"), rate.wait_s("a")] == [0, 0]
    assert rate.wait_s("a") == pytest.approx(2)
    assert rate.wait_s("b") == 0
    present[0] = 2.0
    assert rate.wait_s("a") == 0
    for number in range(rates.MOST_BUCKETS + 10):
        rate.wait_s(str(number))
    assert len(rate._buckets) == rates.MOST_BUCKETS
