"""Courtyard meetings 院坝会 and the matters raised there."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.columns import Key, one_of
from gridmap.store.models.base import Base


class Meeting(Base):
    """A meeting held at a unit. Attendance is a number."""

    __tablename__ = "meetings"

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    held_on: Mapped[date] = mapped_column(Date)
    attendance: Mapped[int | None]
    minutes: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        CheckConstraint("attendance >= 0", name="meetings_attendance_not_negative"),
        Index("meetings_unit_day_idx", "unit_id", "held_on", unique=True),
    )


class Matter(Base):
    """A matter raised at a meeting: settled on the spot, promised by a day, or open."""

    __tablename__ = "matters"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    promised_for: Mapped[date | None] = mapped_column(Date)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)

    __table_args__ = (
        one_of("matters", "answer", ("on_the_spot", "promised", "open")),
        CheckConstraint("(answer = 'promised') = (promised_for IS NOT NULL)", name="matters_promise_has_day"),
    )
