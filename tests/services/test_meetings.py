"""Courtyard meetings: the 24 hours, promises, carrying up, who has met."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from gridmap.domain.meetings import Answer, MeetingState
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, OutsideScope, Refused
from gridmap.services import meetings
from gridmap.store.models import County, Unit
from tests import small_county

COMMUNITY, TOWN, YARD = "990001001001", "990001001000", "990001001001Y001"
NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def hall(session):
    ids = small_county.build(session)
    session.get(County, 1).pinned_today = None
    session.add(Unit(code=YARD, level="courtyard", parent_id=ids[COMMUNITY], name="桂花院坝"))
    session.commit()
    with time_machine.travel(NOON, tick=False) as clock:
        yield (
            session,
            Actor(None, "head", Role.DISPATCHER, COMMUNITY),
            Actor(None, "town", Role.DISPATCHER, TOWN),
            clock,
        )


def test_a_matter_is_answered_within_24_hours_or_it_shows(hall):
    session, head, _, clock = hall
    view = meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 3), attendance=21)
    early, late, never = (meetings.raise_matter(session, head, view.id, words) for words in ("灯", "水", "路"))
    assert early.in_time is None
    clock.shift(timedelta(hours=23))
    done = meetings.answer(
        session, head, early.id, Answer.PROMISED, "三日内修好", owner="物业", promised_for=date(2026, 11, 6)
    )
    assert done.in_time is True
    clock.shift(timedelta(hours=2))
    assert meetings.answer(session, head, late.id, Answer.ON_THE_SPOT, "已修好").in_time is False
    shown = {each.id: each for each in meetings.meeting(session, head, view.id).matters}
    assert shown[never.id].in_time is False
    assert shown[late.id].settled_at is not None
    assert meetings.settle(session, head, early.id, "").settled_at is not None


@pytest.mark.parametrize("given", [{}, {"owner": "物业"}, {"promised_for": date(2026, 12, 1)},
                                   {"owner": "物业", "promised_for": date(2026, 11, 1)}])  # fmt: skip
def test_a_promise_names_owner_and_a_day_ahead(hall, given):
    session, head, *_ = hall
    view = meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 3), attendance=21)
    matter = meetings.raise_matter(session, head, view.id, "灯")
    with pytest.raises(BadInput):
        meetings.answer(session, head, matter.id, Answer.PROMISED, "会修的", **given)


def test_what_is_not_resolved_goes_up_onto_the_next_agenda(hall):
    session, head, town, _ = hall
    view = meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 3), attendance=21)
    matter = meetings.raise_matter(session, head, view.id, "通公交")
    with pytest.raises(Refused, match="announced no meeting"):
        meetings.carry_up(session, head, matter.id)
    ahead = meetings.announce(session, head, COMMUNITY, NOON + timedelta(days=2))
    lifted = meetings.carry_up(session, head, matter.id)
    assert lifted.meeting_id == ahead.id
    with pytest.raises(Refused, match="before"):
        meetings.carry_up(session, head, matter.id)
    above = meetings.announce(session, town, TOWN, NOON + timedelta(days=9))
    assert meetings.carry_up(session, town, lifted.id).meeting_id == above.id
    with pytest.raises(Refused, match="no tier above"):
        meetings.carry_up(session, town, meetings.meeting(session, town, above.id).matters[0].id)
    meetings.cancel(session, town, above.id, "防汛")
    again = meetings.announce(session, town, TOWN, NOON + timedelta(days=12))
    assert [each.words for each in again.matters] == ["通公交"]


def test_one_meeting_a_day_and_none_in_the_future(hall):
    session, head, *_ = hall
    meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 2), attendance=21)
    with pytest.raises(Refused):
        meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 2), attendance=3)
    with pytest.raises(BadInput):
        meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 4), attendance=3)
    with pytest.raises(BadInput):
        meetings.announce(session, head, YARD, NOON - timedelta(hours=1))
    with pytest.raises(OutsideScope):
        meetings.hold(session, head, unit=TOWN, held_on=date(2026, 11, 2), attendance=21)


def test_who_has_met_and_what_residents_read(hall):
    session, head, *_ = hall
    (row,) = meetings.who_met(session, head, date(2026, 11, 3))
    assert (row.unit, row.last, row.days) == (YARD, None, None)
    view = meetings.hold(session, head, unit=YARD, held_on=date(2026, 11, 1), attendance=21, minutes="张三发言")
    meetings.raise_matter(session, head, view.id, "灯")
    (row,) = meetings.who_met(session, head, date(2026, 11, 3))
    assert row.days == 2
    (public,) = meetings.public(session, "990001001001001")
    assert public.state == MeetingState.HELD
    assert [each.words for each in public.matters] == ["灯"]
    assert public.minutes == ""
    assert meetings.public(session, "990001002001001") == []
