"""Cases, with an insert-only history (a trigger refuses update and delete; see sql/)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.cases import CLOSED, CaseSource, CaseStatus, ClosingReason
from gridmap.store.columns import Created, Key, Moment, geometry, in_working_system, one_of
from gridmap.store.models.base import Base

_CLOSED = ", ".join(f"'{status}'" for status in sorted(CLOSED))


class CaseKind(Base):
    """A kind of case, and the hours in which it is to be closed. Data, not constants."""

    __tablename__ = "case_kinds"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    hours_to_close: Mapped[int]

    __table_args__ = (CheckConstraint("hours_to_close > 0", name="case_kinds_hours_positive"),)


class Case(Base):
    """A matter at a place. ``unit_id`` is the grid of its day; a later boundary does not move it."""

    __tablename__ = "cases"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(ForeignKey("case_kinds.code"))
    status: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    geom: Mapped[WKBElement | None] = mapped_column(geometry("POINT"))
    reported_at: Mapped[Moment] = mapped_column(index=True)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closing_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("cases", "status", CaseStatus),
        one_of("cases", "source", CaseSource),
        one_of("cases", "closing_reason", ClosingReason),
        CheckConstraint("closed_at >= reported_at", name="cases_closed_after_reported"),
        CheckConstraint("due_at >= reported_at", name="cases_due_after_reported"),
        CheckConstraint(f"(status IN ({_CLOSED})) = (closed_at IS NOT NULL)", name="cases_closing_time_given"),
        in_working_system("cases"),
        Index("cases_geom_idx", "geom", postgresql_using="gist"),
        Index("cases_open_due_idx", "due_at", postgresql_where=text("closed_at IS NULL")),
    )


class CaseEvent(Base):
    """One move in the life of a case: who, when, from where to where. Never changed, never deleted."""

    __tablename__ = "case_events"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[Created]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
