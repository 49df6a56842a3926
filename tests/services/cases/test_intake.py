"""Intake by every door, places and addresses, duplicates, photos, whistles."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import text

from gridmap.domain.cases import CaseSource, Move
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, KindUnknown, MoveIllegal, NotFound, OutsideScope, PhotoUnusable, Refused
from gridmap.services import cases, sealing
from gridmap.services.cases import field, photos, routing, whistles
from gridmap.services.cases.records import Filter, Report
from gridmap.store.models import Case


def _report(desk, **given):
    return Report(
        **{"kind": "facilities", "words": "路灯不亮", "source": CaseSource.PHONE, "place": desk.place(), **given}
    )


def _picture(size=(3000, 2000), kind="JPEG", exif=None):
    out = io.BytesIO()
    image = Image.new("RGB", size, "orange")
    image.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def test_residents_and_programs_make_the_same_case(desk):
    told = cases.report_as_resident(desk.session, _report(desk, contact="13800000000"))
    api = cases.report_by_api(desk.session, 1, "hotline", _report(desk))
    rows = [cases.case(desk.session, desk.dispatcher, one.case_id).row for one in (told, api)]
    assert [row.source for row in rows] == [CaseSource.RESIDENT, CaseSource.OPEN311]
    assert {row.unit for row in rows} == {"990001001001001"}
    assert len(told.follow_code) == 14
    stored = desk.session.get(Case, told.case_id)
    assert stored.follow_hash == sealing.follow_hash(told.follow_code.lower().replace("-", " "))
    assert b"138" not in stored.contact
    assert sealing.unseal(stored.contact) == "13800000000"


def test_kinds_that_are_not_for_residents_are_refused(desk):
    with pytest.raises(KindUnknown, match="facilities"):
        cases.report_as_resident(desk.session, _report(desk, kind="petition"))
    with pytest.raises(KindUnknown):
        cases.report(desk.session, desk.worker, _report(desk, kind="no'such"))


@pytest.mark.parametrize("given", [{"words": "  "}, {"place": None}, {"words": "x" * 4001}, {"words": "a\0b"}])
def test_what_cannot_be_a_case_is_refused_with_a_sentence(desk, given):
    with pytest.raises(BadInput):
        cases.report(desk.session, desk.worker, _report(desk, **given))


def test_an_address_without_a_point_waits_and_is_never_put_on_a_default_place(desk):
    told = cases.report(desk.session, desk.dispatcher, _report(desk, place=None, address="某小区3号楼"))
    page = cases.cases(desk.session, desk.dispatcher, Filter(unlocated=True))
    assert [row.id for row in page.rows] == [told.case_id]
    assert (page.rows[0].lon, page.rows[0].unit) == (None, None)
    with pytest.raises(OutsideScope):
        cases.case(desk.session, Actor(None, "other", Role.DISPATCHER, "990001002000"), told.case_id)
    cases.locate(desk.session, desk.dispatcher, told.case_id, None, desk.place())
    row = cases.case(desk.session, desk.dispatcher, told.case_id).row
    assert (row.unit, row.handler.code) == ("990001001001001", "990001001001001")


def test_addresses_are_understood_by_name_and_pinyin(desk):
    desk.session.execute(text("UPDATE units SET name = '东门社区', pinyin = 'dmsq' WHERE code = '990001001001'"))
    for words in ("东门社区3号楼2单元401室", "dmsq", "东门社"):
        (found, *_) = routing.places_like(desk.session, desk.checker, words)
        assert found.code == "990001001001"
    assert routing.places_like(desk.session, desk.checker, "完全不同的地方") == []


def test_duplicates_are_suggested_by_distance_kind_and_time(desk):
    near, far = desk.report(), desk.report(place=desk.place(dx=400))
    other = desk.report(kind="environment")
    old = desk.report()
    desk.session.execute(
        text("UPDATE cases SET reported_at = reported_at - interval '90 days' WHERE id = :i"), {"i": old}
    )
    found = cases.nearby(desk.session, desk.dispatcher, desk.place(dx=10), "facilities")
    assert [row.id for row in found] == [near, far]
    assert found[0].distance_m == pytest.approx(10, abs=0.1)
    assert other not in {row.id for row in found}
    assert cases.nearby(desk.session, None, desk.place(), "facilities") == []
    cases.publish(desk.session, desk.dispatcher, near, None, "路灯不亮")
    cases.publish(desk.session, desk.dispatcher, far, None, "路灯不亮")
    assert [row.id for row in cases.nearby(desk.session, None, desk.place(), "facilities")] == [near]
    assert cases.me_too(desk.session, None, near) == 1
    with pytest.raises(NotFound):
        cases.me_too(desk.session, None, other)


def test_photos_are_known_by_content_made_small_and_stripped(desk):
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    case = desk.report(photos=(_picture(exif=exif.tobytes()),))
    (photo,) = cases.case(desk.session, desk.worker, case).photos
    content = photos.content(desk.session, desk.worker, photo.id)
    assert (photo.width, photo.height) == (1600, 1067)
    assert b"where I live" not in content
    assert Image.open(io.BytesIO(content)).format == "JPEG"
    with pytest.raises(NotFound):
        photos.public_content(desk.session, photo.id)
    cases.publish(desk.session, desk.dispatcher, case, None, "路灯不亮")
    photos.publish(desk.session, desk.dispatcher, photo.id, True)
    assert photos.public_content(desk.session, photo.id) == content
    again = photos.add(desk.session, desk.worker, case, "after", _picture(kind="PNG"), key="p1")
    assert photos.add(desk.session, desk.worker, case, "after", _picture(kind="PNG"), key="p1") == again


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + b"\0" * 30, b"<svg/>", b"\xff\xd8\xff" + b"x" * 50, _picture()[:2000]]
)
def test_what_is_no_photo_is_refused_and_the_report_with_it(desk, content):
    with pytest.raises(PhotoUnusable):
        desk.report(photos=(content,))
    desk.session.rollback()


def test_a_whistle_calls_several_each_with_its_own_clock(desk):
    case = desk.report()
    desk.do(desk.dispatcher, case, Move.FILE)
    (call,) = whistles.call(desk.session, desk.dispatcher, case, None, ["B-WATER"], words="管网破裂")
    assert call.leads
    assert call.sign_due_at - call.called_at == timedelta(hours=1)
    assert call.contact_due_at - call.called_at == timedelta(hours=24)
    with pytest.raises(Refused, match="before"):
        whistles.call(desk.session, desk.dispatcher, case, None, ["B-WATER"])
    with pytest.raises(MoveIllegal):
        whistles.sign(desk.session, desk.worker, call.id)
    assert [each.id for each in whistles.board(desk.session, desk.office)] == [call.id]
    whistles.sign(desk.session, desk.office, call.id)
    whistles.contact(desk.session, desk.office, call.id, "明早到")
    with pytest.raises(Refused):
        whistles.rate(desk.session, desk.dispatcher, call.id, 5)
    done = whistles.attend(desk.session, desk.office, call.id, "已修复")
    assert done.late == ()
    rated = whistles.rate(desk.session, desk.dispatcher, call.id, 4, "及时")
    assert (rated.rating, rated.rated_by) == (4, "dispatcher")
    with pytest.raises(Refused):
        whistles.rate(desk.session, desk.dispatcher, call.id, 1)
    assert whistles.board(desk.session, desk.dispatcher, state="open") == []
    acts = [event.act for event in cases.case(desk.session, desk.dispatcher, case).events]
    assert acts[-5:] == ["whistle", "whistle sign", "whistle contact", "whistle attend", "rate"]


def test_where_am_i(desk):
    here = field.where_am_i(desk.session, desk.worker, desk.place())
    assert (here.grid, here.units["community"][0], here.on_border) == ("990001001001001", "990001001001", False)
    assert field.where_am_i(desk.session, desk.worker, desk.place(dx=495)).on_border
    outside = field.where_am_i(desk.session, desk.worker, desk.place(dx=3400))
    assert outside.grid is None
    assert outside.nearest[0].code == "990001002001002"
    assert outside.nearest[0].distance_m == pytest.approx(100, abs=0.2)


def test_the_phone_keeps_its_own_grids_cases_and_no_contacts(desk):
    case = desk.report()
    kept = field.bundle(desk.session, desk.worker)
    assert {feature["properties"]["code"]: feature["properties"]["own"] for feature in kept.outlines["features"]} == {
        "990001001001001": True,
        "990001001001002": False,
    }
    assert [row.id for row in kept.cases] == [case]
    assert "contact" not in repr(kept)


def test_lists_page_through_everything_once(desk):
    made = [desk.report(words=f"第{n}件") for n in range(7)]
    seen, cursor = [], None
    while True:
        page = cases.cases(desk.session, desk.dispatcher, Filter(sort="reported", limit=3, after=cursor))
        seen += [row.id for row in page.rows]
        assert page.total == 7
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    assert cases.cases(desk.session, desk.dispatcher, Filter(words="第3件")).total == 1
    near = cases.cases(desk.session, desk.dispatcher, Filter(near=desk.place(dx=5), sort="distance", limit=1))
    assert near.rows[0].distance_m == pytest.approx(5, abs=0.1)
