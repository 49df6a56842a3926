"""Courtyard meetings 院坝会 in three tiers, and the matters raised there."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.meetings import Answer, MeetingState, Tier
from gridmap.store.columns import Key, one_of
from gridmap.store.models.base import Base


class Meeting(Base):
    """A meeting of a unit: announced for a time, held on a day. Attendance is a number."""

    __tablename__ = "meetings"

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    tier: Mapped[str] = mapped_column(Text, default="courtyard", server_default="courtyard")
    state: Mapped[str] = mapped_column(Text, default="held", server_default="held")
    announced_for: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    place: Mapped[str] = mapped_column(Text, default="", server_default="")
    subject: Mapped[str] = mapped_column(Text, default="", server_default="")
    held_on: Mapped[date | None] = mapped_column(Date)
    attendance: Mapped[int | None]
    minutes: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __table_args__ = (
        one_of("meetings", "tier", Tier),
        one_of("meetings", "state", MeetingState),
        CheckConstraint("attendance >= 0", name="meetings_attendance_not_negative"),
        CheckConstraint("(state = 'held') = (held_on IS NOT NULL)", name="meetings_held_has_day"),
        CheckConstraint("state = 'held' OR announced_for IS NOT NULL", name="meetings_announced_has_time"),
        Index("meetings_unit_day_idx", "unit_id", "held_on", unique=True),
    )


class Matter(Base):
    """A matter raised at a meeting: settled on the spot, promised with owner and day, or open.

    ``carried_from_id``: the same matter one tier below, where it was not resolved. ``public``: shown to residents.
    """

    __tablename__ = "matters"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    answer_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    owner: Mapped[str] = mapped_column(Text, default="", server_default="")
    promised_for: Mapped[date | None] = mapped_column(Date)
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    public: Mapped[bool] = mapped_column(default=True, server_default="true")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("matters.id"), unique=True)

    __table_args__ = (
        one_of("matters", "answer", Answer),
        CheckConstraint("(answer = 'promised') = (promised_for IS NOT NULL)", name="matters_promise_has_day"),
        CheckConstraint("answer <> 'promised' OR owner <> ''", name="matters_promise_has_owner"),
        CheckConstraint("answered_at >= raised_at", name="matters_answered_after_raised"),
        Index("matters_open_idx", "meeting_id", postgresql_where=text("settled_at IS NULL")),
    )
