"""Plans: a list of operations over a base, with comments pinned to places and an insert-only history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.plans import PlanState
from gridmap.store.columns import Code, Created, Key, Moment, geometry, one_of
from gridmap.store.models.base import Base


class Plan(Base):
    """A plan for the grids of one unit's subtree. Its polygons are derived by replay, never stored.

    ``base_boundaries``: ids of the boundaries it starts from, those of its surroundings included. ``version`` counts
    every change of the operations: who states an old one is refused. ``approved_version``: what a reviewer approved.
    """

    __tablename__ = "plans"

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    scope_code: Mapped[Code] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    base_on: Mapped[date] = mapped_column(Date)
    base_boundaries: Mapped[list[int]] = mapped_column(ARRAY(BIGINT))
    effective_on: Mapped[date] = mapped_column(Date)
    norm: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    locked: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    approved_version: Mapped[int | None]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __table_args__ = (
        one_of("plans", "state", PlanState),
        CheckConstraint("title <> ''", name="plans_title_given"),
        CheckConstraint("(state = 'adopted') = (edition_id IS NOT NULL)", name="plans_edition_when_adopted"),
    )


class PlanOperation(Base):
    """One act of a planner. ``standing``: applied; ``undone``: may be redone; ``dropped``: replaced after an undo."""

    __tablename__ = "plan_operations"

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    seq: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)  # a Message: what it did
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[str] = mapped_column(Text, default="standing", server_default="standing")
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[Created]

    __table_args__ = (
        UniqueConstraint("plan_id", "seq"),
        one_of("plan_operations", "state", ("standing", "undone", "dropped")),
    )


class PlanComment(Base):
    """A remark, pinned to a place where it has one; settled when somebody says so."""

    __tablename__ = "plan_comments"

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    author: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement | None] = mapped_column(geometry("POINT"))
    at: Mapped[Created]
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (CheckConstraint("words <> ''", name="plan_comments_words_given"),)


class PlanEvent(Base):
    """One move in the life of a plan. Never changed, never deleted."""

    __tablename__ = "plan_events"

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))


class UnitHeir(Base):
    """Where a retired unit's ground, households and people went: the largest part first."""

    __tablename__ = "unit_heirs"

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    heir_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    share: Mapped[float]
    households: Mapped[int]

    __table_args__ = (
        CheckConstraint("share >= 0 AND share <= 1", name="unit_heirs_share"),
        Index("unit_heirs_heir_idx", "heir_id"),
    )
