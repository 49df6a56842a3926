"""Kinds of cases, lanes, deadlines, the calendar, the bodies that settle cases: data, not constants."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.clock import Clock, Stage
from gridmap.domain.levels import Level
from gridmap.store.columns import Created, Key, one_of
from gridmap.store.models.base import Base


class Lane(Base):
    """A way that cases take: what deadlines they have by default, and how far these may be extended by whom."""

    __tablename__ = "lanes"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    restricted: Mapped[bool] = mapped_column(default=False, server_default="false")
    extension_days: Mapped[int] = mapped_column(default=15, server_default="15")  # most days a deadline may move
    extension_level: Mapped[str] = mapped_column(Text, default="community", server_default="community")
    total_from: Mapped[str] = mapped_column(Text, default="intake", server_default="intake")  # or filing

    __table_args__ = (
        one_of("lanes", "extension_level", Level),
        one_of("lanes", "total_from", ("intake", "filing")),
        CheckConstraint("extension_days >= 0", name="lanes_extension_not_negative"),
    )


class CaseKind(Base):
    """A kind of case: its lane, which level takes it by default, whether residents may choose it.

    ``attributes``: questions asked with a report, as Open311 service definitions describe them.
    """

    __tablename__ = "case_kinds"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(ForeignKey("lanes.code"), default="ordinary", server_default="ordinary")
    handled_at: Mapped[str] = mapped_column(Text, default="grid", server_default="grid")
    public: Mapped[bool] = mapped_column(default=True, server_default="true")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    attributes: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))

    __table_args__ = (one_of("case_kinds", "handled_at", Level),)


class DeadlineRule(Base):
    """A term of a lane, or of one kind instead, at a stage, from one moment to another. Never changed: ended."""

    __tablename__ = "deadline_rules"

    id: Mapped[Key]
    lane: Mapped[str] = mapped_column(ForeignKey("lanes.code"))
    kind: Mapped[str | None] = mapped_column(ForeignKey("case_kinds.code"))
    stage: Mapped[str] = mapped_column(Text)
    clock: Mapped[str] = mapped_column(Text)
    amount: Mapped[float]
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)

    __table_args__ = (
        one_of("deadline_rules", "stage", Stage),
        one_of("deadline_rules", "clock", Clock),
        CheckConstraint("amount > 0", name="deadline_rules_amount_positive"),
        ExcludeConstraint(
            ("lane", "="),
            (text("coalesce(kind, '')"), "="),
            ("stage", "="),
            ("valid", "&&"),
            name="deadline_rules_one_at_a_time",
            using="gist",
        ),
    )


class CalendarDay(Base):
    """A day that is not what its weekday says: a holiday, or a make-up workday."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(Text, default="", server_default="")
    noted_at: Mapped[Created]


class OfficeHours(Base):
    """When the office works on working days, from a day on: pairs of "HH:MM"."""

    __tablename__ = "office_hours"

    since: Mapped[date] = mapped_column(Date, primary_key=True)
    spans: Mapped[list[Any]] = mapped_column(JSONB)


class CaseBody(Base):
    """Who settles cases besides a unit's own staff: a department, a utility, an office, with its office telephone."""

    __tablename__ = "bodies"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class Option(Base):
    """A named choice of the county: weights of the composite indicator, distances of duplicates, words of a page."""

    __tablename__ = "options"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class ApiKey(Base):
    """A program that may report cases (Open311). Only the hash of its key is kept."""

    __tablename__ = "api_keys"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[str] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]
