"""Cases, with an insert-only history (triggers refuse update and delete; see sql/)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.cases import CLOSED, ENDED, CaseSource, CaseStatus, ClosingReason, Satisfaction
from gridmap.domain.clock import Clock, Stage
from gridmap.store.columns import Created, Key, Moment, geometry, in_working_system, one_of
from gridmap.store.models.base import Base

_ENDED = ", ".join(f"'{status}'" for status in sorted(ENDED))
_CLOSED = ", ".join(f"'{status}'" for status in sorted(CLOSED))


class Case(Base):
    """A matter at a place. ``unit_id`` is the grid of its day; a later boundary does not move it.

    With whom it is: ``body_id`` a department, else ``handler_unit_id`` the staff of a unit (a grid's worker, a
    community's committee). ``due_at`` is the deadline in force for the whole, ``original_due_at`` as first set.
    ``public_words``: what everybody may read, once somebody has looked at it; None while nobody has.
    ``contact``: sealed (services.sealing), removed when the case is archived.
    """

    __tablename__ = "cases"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(ForeignKey("case_kinds.code"))
    lane: Mapped[str] = mapped_column(ForeignKey("lanes.code"), default="ordinary", server_default="ordinary")
    status: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    public_words: Mapped[str | None] = mapped_column(Text)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    geom: Mapped[WKBElement | None] = mapped_column(geometry("POINT"))
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    restricted: Mapped[bool] = mapped_column(default=False, server_default="false")
    reported_at: Mapped[Moment] = mapped_column(index=True)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), index=True)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    original_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    body_id: Mapped[int | None] = mapped_column(ForeignKey("bodies.id"), index=True)
    handler_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"), index=True)
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dispatched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # first time
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closing_reason: Mapped[str | None] = mapped_column(Text)
    proposed_reason: Mapped[str | None] = mapped_column(Text)  # the handler's, while it is checked
    where_to_go: Mapped[str] = mapped_column(Text, default="", server_default="")
    review_on: Mapped[date | None] = mapped_column(Date)
    returns: Mapped[int] = mapped_column(default=0, server_default="0")
    reworks: Mapped[int] = mapped_column(default=0, server_default="0")
    reopenings: Mapped[int] = mapped_column(default=0, server_default="0")
    extensions: Mapped[int] = mapped_column(default=0, server_default="0")
    me_too: Mapped[int] = mapped_column(default=0, server_default="0")
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    follow_hash: Mapped[str | None] = mapped_column(Text, unique=True)  # sha256 of the code by which it is followed
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __table_args__ = (
        one_of("cases", "status", CaseStatus),
        one_of("cases", "source", CaseSource),
        one_of("cases", "closing_reason", ClosingReason),
        one_of("cases", "proposed_reason", ClosingReason),
        CheckConstraint("closed_at >= reported_at", name="cases_closed_after_reported"),
        CheckConstraint("due_at >= reported_at", name="cases_due_after_reported"),
        CheckConstraint(f"(status IN ({_CLOSED})) = (closed_at IS NOT NULL)", name="cases_closing_time_given"),
        CheckConstraint("status <> 'backlog' OR review_on IS NOT NULL", name="cases_backlog_has_review"),
        CheckConstraint("duplicate_of_id <> id", name="cases_not_own_duplicate"),
        CheckConstraint("char_length(words) <= 4000", name="cases_words_bounded"),
        in_working_system("cases"),
        Index("cases_geom_idx", "geom", postgresql_using="gist"),
        Index("cases_open_due_idx", "due_at", postgresql_where=text(f"status NOT IN ({_ENDED})")),
        Index("cases_status_idx", "status", "unit_id"),
    )


class CaseEvent(Base):
    """One act in the life of a case: who, when, from where to where. Never changed, never deleted.

    ``act``: a move, or what changes no state (comment, assign, extension, locate, publish, …). ``detail``: values
    before and after. ``public``: residents read ``note``.
    """

    __tablename__ = "case_events"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[Created]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str] = mapped_column(Text, default="", server_default="")
    act: Mapped[str] = mapped_column(Text, default="move", server_default="move")
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    public: Mapped[bool] = mapped_column(default=False, server_default="false")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))

    __table_args__ = (Index("case_events_case_idx", "case_id", "at"), Index("case_events_act_idx", "act", "at"))


class CaseMove(Base):
    """A pair of states that some move joins: domain.cases.PAIRS, for the trigger that refuses other changes."""

    __tablename__ = "case_moves"

    before: Mapped[str] = mapped_column(Text, primary_key=True)
    after: Mapped[str] = mapped_column(Text, primary_key=True)


class CaseTerm(Base):
    """A deadline of a case at a stage: as first set, in force, met or not, standing still or not."""

    __tablename__ = "case_terms"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    clock: Mapped[str] = mapped_column(Text)
    amount: Mapped[float]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    original_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    left_s: Mapped[float | None]  # running seconds left while it stands still
    met_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    escalated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        one_of("case_terms", "stage", Stage),
        one_of("case_terms", "clock", Clock),
        Index(
            "case_terms_red_idx",
            "due_at",
            postgresql_where=text("met_at IS NULL AND left_s IS NULL AND escalated_at IS NULL"),
        ),
    )


class CaseExtension(Base):
    """Somebody asked for more time, and somebody decided. Never a state."""

    __tablename__ = "case_extensions"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    asked_at: Mapped[Created]
    asked_by: Mapped[str] = mapped_column(Text)
    asker_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(Text)
    approved: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        CheckConstraint("(decided_at IS NULL) = (approved IS NULL)", name="case_extensions_decided"),
        Index("case_extensions_one_open_idx", "case_id", unique=True, postgresql_where=text("decided_at IS NULL")),
    )


class FollowUp(Base):
    """What a resident said, asked by a checker or on the public page; the latter once per round."""

    __tablename__ = "follow_ups"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[Created] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by_resident: Mapped[bool]
    round: Mapped[int]  # number of the settlement it speaks of: reworks + reopenings of the case at that time
    contacted: Mapped[bool]
    solved: Mapped[bool | None]
    satisfaction: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        one_of("follow_ups", "satisfaction", Satisfaction),
        CheckConstraint("contacted = (solved IS NOT NULL)", name="follow_ups_solved_where_contacted"),
        Index("follow_ups_resident_once_idx", "case_id", "round", unique=True, postgresql_where=text("by_resident")),
    )


class CasePhoto(Base):
    """A picture, re-encoded without its metadata. ``stage``: report, before, after."""

    __tablename__ = "case_photos"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[Created]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stage: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)  # JPEG
    public: Mapped[bool] = mapped_column(default=False, server_default="false")

    __table_args__ = (one_of("case_photos", "stage", ("report", "before", "after")),)


class Receipt(Base):
    """A request that was carried out, by the key that its sender made: sent twice, it is done once."""

    __tablename__ = "receipts"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Created]
    sender: Mapped[str] = mapped_column(Text)  # account:7, resident, api:3
    digest: Mapped[str] = mapped_column(Text)  # sha256 of what was asked: the same key with another request is refused
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)


class WhistleCall(Base):
    """A body called to one case 吹哨: its clocks, sign-in, reply, attendance and the community's rating."""

    __tablename__ = "whistle_calls"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), index=True)
    leads: Mapped[bool] = mapped_column(default=False, server_default="false")
    hard: Mapped[bool] = mapped_column(default=False, server_default="false")
    called_at: Mapped[Created]
    caller: Mapped[str] = mapped_column(Text)
    caller_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    sign_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    contact_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attend_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    contacted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reply: Mapped[str] = mapped_column(Text, default="", server_default="")
    attended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attended_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    rating: Mapped[int | None]
    rating_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    rated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rated_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="whistle_calls_rating_bounds"),
        Index("whistle_calls_once_idx", "case_id", "body_id", unique=True),
        Index("whistle_calls_one_leads_idx", "case_id", unique=True, postgresql_where=text("leads")),
    )
