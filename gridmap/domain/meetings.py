"""Courtyard meetings 院坝会: tiers, states, answers, and the rule of 24 hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from gridmap.domain.levels import Level

#: A matter is settled on the spot, or answered within this time with a proposal that names owner and day.
ANSWER_WITHIN = timedelta(hours=24)


class Tier(StrEnum):
    COURTYARD = "courtyard"  # 院坝
    COMMUNITY = "community"  # 村社
    TOWN = "town"  # 镇街


class MeetingState(StrEnum):
    ANNOUNCED = "announced"  # 已通知
    HELD = "held"  # 已召开
    CANCELLED = "cancelled"  # 已取消


class Answer(StrEnum):
    ON_THE_SPOT = "on_the_spot"  # 当场解决
    PROMISED = "promised"  # 限时答复
    OPEN = "open"  # 未答复


#: tier → the levels of units that hold such a meeting
HELD_BY: dict[Tier, tuple[Level, ...]] = {
    Tier.COURTYARD: (Level.COURTYARD, Level.COMPOUND, Level.GRID),
    Tier.COMMUNITY: (Level.COMMUNITY,),
    Tier.TOWN: (Level.TOWN,),
}

#: tier → where a matter goes that was not resolved
NEXT: dict[Tier, Tier | None] = {Tier.COURTYARD: Tier.COMMUNITY, Tier.COMMUNITY: Tier.TOWN, Tier.TOWN: None}


def in_time(answer: Answer, raised_at: datetime, answered_at: datetime | None) -> bool:
    """Whether a matter was answered within 24 hours: on the spot, or by a proposal with owner and day."""
    return (
        answer in (Answer.ON_THE_SPOT, Answer.PROMISED)
        and answered_at is not None
        and answered_at - raised_at <= ANSWER_WITHIN
    )


def is_countable(raised_at: datetime, cut_off: datetime) -> bool:
    """Whether a matter counts for the 24-hour rate: it was raised at least 24 hours before the cut-off."""
    return raised_at + ANSWER_WITHIN <= cut_off
