"""Open311 GeoReport v2, walked by a client written from the specification, in both formats."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from gridmap.domain.cases import Move
from gridmap.domain.permissions import Actor, Role
from gridmap.services import api_keys, cases, units
from gridmap.services.cases import photos
from gridmap.services.cases.moment import now
from gridmap.settings import Settings
from gridmap.store.models import Case, CaseKind, Lane
from gridmap.web.app import create_app
from tests.web.open311_client import Open311Client, Refused, moment

COUNTY = "990001000000"
ADMIN = Actor(None, "operator", Role.ADMINISTRATOR, COUNTY)


@pytest.fixture(scope="module")
def place(demo_database):
    """A point of the demo county: where one of its cases is."""
    with demo_database.session() as session:
        page = cases.cases(session, ADMIN, cases.reading.Filter(limit=20))
        row = next(row for row in page.rows if row.lat is not None and row.unit)
        return row.lat, row.lon


@pytest.fixture
def opened(own_demo_database, tmp_path):
    """A demo county of one test's own, its application, and a key."""
    app = create_app(Settings(home=tmp_path, database_fsync=False), own_demo_database)
    with own_demo_database.session() as session:
        key = api_keys.make_key(session, ADMIN, "hotline")
        kind = session.get(CaseKind, "facilities")
        kind.attributes = [
            {"code": "which", "datatype": "singlevaluelist", "required": True, "order": 1, "description": "哪类设施",
             "values": [{"key": "001", "name": "路灯"}, {"key": "002", "name": "井盖"}]},
            {"code": "when", "datatype": "multivaluelist", "required": False, "order": 2, "description": "何时",
             "values": [{"key": "d", "name": "白天"}, {"key": "n", "name": "夜里"}]},
            {"code": "pole", "datatype": "number", "required": False, "order": 3, "description": "灯杆号"},
            {"code": "who", "datatype": "text", "required": False, "order": 4, "description": "补充"},
        ]  # fmt: skip
        session.commit()
    return app.test_client(), key, own_demo_database


@pytest.fixture
def reader(client):
    return lambda form: Open311Client(client, form)


def refused(call, *args: Any, **given: Any) -> int:
    with pytest.raises(Refused) as caught:
        call(*args, **given)
    return caught.value.status


def publish(database, number: str, words: str = "路灯不亮") -> int:
    with database.session() as session:
        case = session.query(Case).filter(Case.number == number).one()
        cases.publish(session, ADMIN, case.id, None, words)
        return case.id


# --- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["xml", "json"])
def test_discovery_names_an_endpoint_that_answers(reader, client, form):
    found = reader(form).discovery()
    assert found["endpoints"][0]["url"] == "http://localhost/open311/v2"
    assert found["endpoints"][0]["type"] == "test"  # the demo is invented
    assert client.get("/open311/v2/discovery").content_type == "text/xml; charset=utf-8"
    asked = client.get("/open311/v2/discovery", headers={"Accept": "application/json"})
    assert asked.content_type == "application/json"
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in asked.headers


@pytest.mark.parametrize("form", ["xml", "json"])
def test_services_are_what_residents_may_choose(reader, form):
    codes = {row["service_code"] for row in reader(form).services()}
    assert {"facilities", "environment", "danger"} <= codes
    assert not {"petition", "disputes", "courtyard"} & codes
    assert refused(reader(form).definition, "petition") == 404
    assert refused(reader(form).definition, "nosuch") == 404
    assert reader(form).definition("danger") == []


@pytest.mark.parametrize("form", ["xml", "json"])
def test_ninety_days_a_thousand_rows_and_pages(reader, demo_session, form):
    speak = reader(form)
    rows = speak.requests()
    assert rows
    present = now(demo_session)
    times = [moment(row["requested_datetime"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert min(times) >= present - timedelta(days=90, minutes=1)
    assert [row["service_request_id"] for row in speak.requests(page_size="5")] == [
        row["service_request_id"] for row in rows[:5]
    ]
    second = speak.requests(page_size="5", page="2")
    assert [row["service_request_id"] for row in second] == [row["service_request_id"] for row in rows[5:10]]
    assert refused(speak.requests, page="0") == 400
    assert refused(speak.requests, page_size="many") == 400


def test_filters_work_together_and_numbers_override_all_of_them(reader):
    speak = reader("json")
    rows = speak.requests()
    closed = speak.requests(status="closed")
    assert closed
    assert {row["status"] for row in closed} == {"closed"}
    assert {row["status"] for row in speak.requests(status="open")} <= {"open"}
    assert len(speak.requests(status="open,closed")) == len(rows)
    one, two = (row["service_request_id"] for row in rows[:2])
    given = {"service_request_id": f"{two},{one},{one}", "status": "nonsense", "start_date": "nonsense", "page": "7"}
    assert {row["service_request_id"] for row in speak.requests(**given)} == {one, two}
    code = rows[0]["service_code"]
    assert {row["service_code"] for row in speak.requests(service_code=code)} == {code}
    assert {row["service_code"] for row in speak.requests(service_code=f"{code},environment")} <= {code, "environment"}
    assert speak.requests(service_code="nosuch") == []
    # an empty parameter is one that is not there
    assert len(speak.requests(status="", service_code="", start_date="", jurisdiction_id="")) == len(rows)
    assert speak.request(one)["service_request_id"] == one


def test_periods(reader):
    speak = reader("json")
    newest = moment(speak.requests(page_size="1")[0]["requested_datetime"])
    start, end = newest - timedelta(days=100), newest - timedelta(days=80)
    within = speak.requests(start_date=start.isoformat(), end_date=end.isoformat())
    assert all(start <= moment(row["requested_datetime"]) <= end for row in within)
    assert within
    # a plus sign that was not encoded arrives as a blank
    assert speak.requests(start_date=start.isoformat().replace("+", " "), end_date=end.isoformat()) == within
    # only one end: ninety days from there
    until = speak.requests(end_date=end.isoformat(), page_size="1000")
    assert all(end - timedelta(days=90) <= moment(row["requested_datetime"]) <= end for row in until)
    longer = (end - timedelta(days=91)).isoformat()
    assert refused(speak.requests, start_date=longer, end_date=end.isoformat()) == 400
    assert refused(speak.requests, start_date=end.isoformat(), end_date=start.isoformat()) == 400
    assert refused(speak.requests, start_date="yesterday") == 400
    assert refused(speak.requests, start_date="0001-01-01T00:00:00Z") == 400
    assert refused(speak.requests, status="fixed") == 400
    changed = speak.requests(updated_after=(newest - timedelta(days=3)).isoformat())
    assert all(moment(row["updated_datetime"]) > newest - timedelta(days=3) for row in changed)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_errors_have_the_specified_body_wherever_they_come_from(reader, client, form):
    speak = reader(form)
    assert refused(speak.request, "no-such-number") == 404
    assert refused(speak.token, "no-such-token") == 404
    assert refused(speak.requests, jurisdiction_id="elsewhere.gov") == 404
    assert speak.requests(jurisdiction_id=COUNTY, page_size="1")
    for method, path in (("get", "nothing"), ("put", "requests"), ("post", "services"), ("delete", "requests/1")):
        answer = getattr(client, method)(f"/open311/v2/{path}.{form}")
        assert answer.status_code == 404
        with pytest.raises(Refused):
            speak._read(answer, "errors")
    hostile = speak.http.get(f"/open311/v2/requests.{form}", query_string={"service_request_id": "a\0b,\ud7ff"})
    assert hostile.status_code == 200


# --- sending ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_request_goes_in_is_withheld_looked_at_and_comes_out(opened, place, form):
    http, key, database = opened
    speak = Open311Client(http, form, key=key)
    lat, lon = place
    (rows,) = [each for each in [speak.definition("facilities")] if each]
    assert [row["code"] for row in rows] == ["which", "when", "pole", "who"]
    assert next(r for r in speak.services() if r["service_code"] == "facilities")["metadata"] in (True, "true")
    sent = speak.send(
        service_code="facilities", lat=str(lat), long=str(lon), description="三楼王某门口的灯\n不亮",
        first_name="小", last_name="王", phone="13800000000", email="w@x.example",
        **{"attribute[which]": "001", "attribute[when][]": ["d", "n"], "attribute[pole]": "17", "attribute[who]": "私"},
    )  # fmt: skip
    number = sent["service_request_id"]
    assert speak.token(number)["service_request_id"] == number
    # nobody has looked: state and times only, and not in lists
    before = speak.request(number)
    assert before["status"] == "open"
    assert not any(before[name] for name in ("description", "lat", "long", "address", "media_url"))
    assert number not in {row["service_request_id"] for row in speak.requests()}
    case_id = publish(database, number)
    after = speak.request(number, extensions="true")
    assert after["description"] == "路灯不亮"
    assert float(after["lat"]) == pytest.approx(lat, abs=1e-6)
    told = {each["code"]: each["value"] for each in after["extended_attributes"]}
    assert told["attribute[which]"] == "001"
    assert told["attribute[when]"] == "d,n"
    assert "attribute[who]" not in told  # typed, not chosen: it stays here
    assert after["expected_datetime"]
    everything = http.get(f"/open311/v2/requests/{number}.{form}?extensions=true").get_data(as_text=True)
    assert not any(secret in everything for secret in ("王", "13800000000", "w@x.example"))
    with database.session() as session:
        case = session.get(Case, case_id)
        assert case.attributes == {"which": "001", "when": ["d", "n"], "pole": "17", "who": "私"}
        assert b"13800000000" not in case.contact
        # closed: the closing time stands, whatever is said later
        for what, given in (
            (Move.FILE, {}), (Move.DISPATCH, {}), (Move.SIGN, {}), (Move.START, {}),
            (Move.SETTLE, {"note": "换了", "closing_reason": "solved"}),
        ):  # fmt: skip
            cases.move(session, ADMIN, case_id, None, what, cases.Given(**given))
        checker = Actor(None, "checker", Role.DISPATCHER, COUNTY)
        verdict = cases.moving.Verdict(contacted=True, solved=True)
        cases.move(session, checker, case_id, None, Move.FOLLOW_UP, cases.Given(verdict=verdict))
        cases.move(session, checker, case_id, None, Move.CLOSE, cases.Given(note="灯亮了", public=True))
        closed_at = session.get(Case, case_id).closed_at
        cases.comment(session, ADMIN, case_id, "后来的话", public=True)
    closed = speak.request(number)
    assert closed["status"] == "closed"
    assert abs(moment(closed["updated_datetime"]) - closed_at) < timedelta(seconds=1)
    assert "后来的话" in closed["status_notes"]
    # the way there, as updates
    begin, end = closed_at - timedelta(days=1), closed_at + timedelta(days=1)
    told_updates = [
        row
        for row in speak.updates(start_date=begin.isoformat(), end_date=end.isoformat())
        if row["service_request_id"] == number
    ]
    assert [row["status"] for row in told_updates][-2:] == ["FIXED", "FIXED"]
    assert {row["description"] for row in told_updates} - {None} == {"灯亮了", "后来的话"}


def test_what_is_missing_or_wrong_is_refused_with_its_status(opened, place):
    http, key, _ = opened
    speak = Open311Client(http, "json", key=key)
    good = {"service_code": "environment", "lat": str(place[0]), "long": str(place[1]), "description": "垃圾"}

    def send(**changed: Any) -> int:
        given = {name: value for name, value in {**good, **changed}.items() if value is not None}
        return refused(speak.send, **given)

    assert refused(speak.send, with_key=False, **good) == 403
    assert refused(Open311Client(http, "xml", key="wrong").send, **good) == 403
    assert send(api_key="") == 403
    assert send(service_code=None) == 400
    assert send(service_code="") == 400
    assert send(service_code="petition") == 404
    assert send(lat=None, long=None) == 400
    assert send(lat="") == 400
    assert send(lat="north") == 400
    assert send(lat="nan") == 400
    assert send(lat="91") == 400
    assert send(lat="0", long="0") == 400  # a made-up coordinate
    assert send(lat=None, long=None, address_id="990001999999C01") == 400
    assert send(description="字" * 4_001) == 400
    assert send(description="<b onclick=x>now</b>") == 400
    assert send(description="a\0b") == 400
    assert send(service_code="facilities") == 400  # a required attribute is missing
    assert send(service_code="facilities", **{"attribute[which]": "003"}) == 400
    assert send(service_code="facilities", **{"attribute[which]": "001", "attribute[pole]": "x"}) == 400
    assert send(jurisdiction_id="elsewhere") == 404
    assert send(media=(io.BytesIO(b"no picture"), "a.jpg")) == 400
    assert speak.send(**{**good, "description": ""})["service_request_id"]  # a description is not required
    assert speak.send(service_code="environment", address_string="南门口大槐树下", lat="", long="")


def test_an_address_id_is_a_place_and_a_photo_waits_for_a_look(opened, place):
    http, key, database = opened
    speak = Open311Client(http, "json", key=key)
    with database.session() as session:
        compound = units.search(session, ADMIN, "小区", limit=40)
        code = next(row.code for row in compound if row.level == "compound")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    picture.seek(0)
    number = speak.send(service_code="environment", address_id=code, description="x", media=(picture, "a.png"))[
        "service_request_id"
    ]
    case_id = publish(database, number)
    row = speak.request(number)
    assert row["lat"] is not None
    assert row["media_url"] is None
    with database.session() as session:
        (photo,) = cases.case(session, ADMIN, case_id).photos
        photos.publish(session, ADMIN, photo.id, True)
    address = speak.request(number)["media_url"]
    shown = http.get(address.removeprefix("http://localhost"))
    assert shown.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(shown.data)).size == (40, 30)


def test_a_restricted_case_never_leaves_even_by_its_number(opened, place):
    http, key, database = opened
    speak = Open311Client(http, "json", key=key)
    number = speak.send(
        service_code="environment", lat=str(place[0]), long=str(place[1]), description="x"
    )["service_request_id"]  # fmt: skip
    publish(database, number)
    with database.session() as session:
        session.query(Case).filter(Case.number == number).one().restricted = True
        session.commit()
    assert refused(speak.request, number) == 404
    assert refused(speak.token, number) == 404
    assert speak.requests(service_request_id=number) == []
    given = {"service_request_id": number, "updated_datetime": "2026-11-01T00:00:00+08:00", "description": "x"}
    assert refused(speak.send_update, **given) == 404
    with database.session() as session:
        session.get(Lane, "ordinary").restricted = True
        session.commit()
    assert "environment" not in {row["service_code"] for row in speak.services()}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_updates_come_in_once_move_nothing_and_stay_inside(opened, place, form):
    http, key, database = opened
    speak = Open311Client(http, form, key=key)
    number = speak.send(
        service_code="environment", lat=str(place[0]), long=str(place[1]), description="x"
    )["service_request_id"]  # fmt: skip
    with database.session() as session:
        present = now(session)
    given = {
        "service_request_id": number, "status": "FIXED", "updated_datetime": present.isoformat(),
        "description": "说是好了", "update_id": "77",
    }  # fmt: skip
    first = speak.send_update(**given)
    assert speak.send_update(**given) == first
    assert refused(speak.send_update, **{**given, "description": "另一句"}) == 400  # the same number, other words
    assert refused(speak.send_update, with_key=False, **given) == 403
    assert refused(speak.send_update, **{**given, "service_request_id": "no"}) == 404
    assert refused(speak.send_update, **{**given, "updated_datetime": ""}) == 400
    assert refused(speak.send_update, **{**given, "status": "GONE"}) == 400
    late = (present + timedelta(days=2)).isoformat()
    assert refused(speak.send_update, **{**given, "updated_datetime": late}) == 400
    publish(database, number)
    row = speak.request(number)
    assert row["status"] == "open"
    begin, end = present - timedelta(hours=1), present + timedelta(hours=1)
    told = speak.updates(start_date=begin.isoformat(), end_date=end.isoformat())
    assert "说是好了" not in {each["description"] for each in told}
    assert refused(speak.updates, start_date=begin.isoformat()) == 400
    with database.session() as session:
        case = session.query(Case).filter(Case.number == number).one()
        (line,) = [each for each in cases.case(session, ADMIN, case.id).events if each.act == "comment"]
        assert (line.actor, line.note, line.public) == ("api: hotline", "说是好了", False)


def test_sent_again_with_its_key_it_is_one_request_and_a_closed_key_sends_nothing(opened, place):
    http, key, database = opened
    given = {
        "api_key": key, "service_code": "environment", "lat": place[0], "long": place[1], "description": "垃圾"
    }  # fmt: skip
    sent = [
        http.post("/open311/v2/requests.json", data=given, headers={"Idempotency-Key": "abc"}).get_json()
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    with database.session() as session:
        (row,) = api_keys.keys(session, ADMIN)
        api_keys.close_key(session, ADMIN, row.id)
    assert http.post("/open311/v2/requests.json", data=given).status_code == 403
    assert json.loads(http.post("/open311/v2/requests.json", data=given).data)[0]["code"] == "403"


def test_who_asks_too_often_waits(client, app):
    from gridmap.web.rates import Rate

    present = [0.0]
    app.extensions["gridmap_open311_rates"] = {"GET": Rate(3, 60, clock=lambda: present[0])}
    answers = [client.get("/open311/v2/services.json").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert client.get("/open311/v2/services.json").headers["Retry-After"] == "1"
    present[0] = 1.0
    assert client.get("/open311/v2/services.json").status_code == 200
