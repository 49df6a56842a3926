"""Organisations, members, workers, posts. Labels instead of names; no home address, no telephone, no register."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.levels import Level
from gridmap.domain.people import AssignmentRole, MemberKind
from gridmap.store.columns import Key, geometry, in_working_system, one_of
from gridmap.store.models.base import Base


class Organisation(Base):
    """A party organisation, attached to a unit. ``functional`` ones stand beside the tree of levels."""

    __tablename__ = "organisations"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)  # the department's own number, identity on import
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    functional: Mapped[bool] = mapped_column(default=False, server_default="false")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    founded_on: Mapped[date | None] = mapped_column(Date)
    dissolved_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        one_of("organisations", "level", Level),
        CheckConstraint("parent_id <> id", name="organisations_not_own_parent"),
        CheckConstraint("founded_on < dissolved_on", name="organisations_life_forward"),
    )


class Member(Base):
    """A member: a label, an organisation, skills, and the compound where they have reported in."""

    __tablename__ = "members"

    id: Mapped[Key]
    label: Mapped[str] = mapped_column(Text, unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    reports_in_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    reported_in_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (one_of("members", "kind", MemberKind),)


class Worker(Base):
    """A grid worker: a label and the place they set out from, if any. Never where they are."""

    __tablename__ = "workers"

    id: Mapped[Key]
    label: Mapped[str] = mapped_column(Text, unique=True)
    geom: Mapped[WKBElement | None] = mapped_column(geometry("POINT"))

    __table_args__ = (in_working_system("workers"),)


class Assignment(Base):
    """A worker serves a grid as worker or head for a period [from, to). A grid has at most one head at a time."""

    __tablename__ = "assignments"

    id: Mapped[Key]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)

    __table_args__ = (
        one_of("assignments", "role", AssignmentRole),
        CheckConstraint("NOT isempty(valid)", name="assignments_valid_period"),
        ExcludeConstraint(
            ("unit_id", "="),
            ("valid", "&&"),
            name="assignments_one_head_at_a_time",
            using="gist",
            where=text("role = 'head'"),
        ),
        ExcludeConstraint(
            ("worker_id", "="),
            ("unit_id", "="),
            ("role", "="),
            ("valid", "&&"),
            name="assignments_once_at_a_time",
            using="gist",
        ),
    )


class Post(Base):
    """A service post at a unit that wants one skill."""

    __tablename__ = "posts"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    skill: Mapped[str] = mapped_column(Text)
    opened_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)


class PostHolder(Base):
    """A member holds a post from a day on, confirmed by the community."""

    __tablename__ = "post_holders"

    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        CheckConstraint("since < until", name="post_holders_forward"),
        Index("post_holders_once_idx", "post_id", "member_id", "since", unique=True),
    )
