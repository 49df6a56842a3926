"""Accounts, the audit trail (insert-only by trigger), and the log of imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.permissions import Role
from gridmap.store.columns import Code, Created, Key, one_of
from gridmap.store.models.base import Base


class Account(Base):
    """Somebody who signs in: a role, limited to the subtree below ``scope``."""

    __tablename__ = "accounts"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id
    role: Mapped[str] = mapped_column(Text)
    scope: Mapped[Code] = mapped_column(ForeignKey("units.code"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("bodies.id"))
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    language: Mapped[str | None] = mapped_column(Text)
    session_key: Mapped[str] = mapped_column(Text, unique=True)  # changed to end all sessions of the account
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_sign_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__ = (
        one_of("accounts", "role", Role),
        CheckConstraint("email = lower(email) AND email LIKE '%_@_%'", name="accounts_email_shape"),
    )


class AuditEntry(Base):
    """Who did what to which, when. Never changed, never deleted."""

    __tablename__ = "audit"

    id: Mapped[Key]
    at: Mapped[Created] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))


class ImportLog(Base):
    """One committed import: the file's checksum, the CRS decision, the counts, who did it."""

    __tablename__ = "imports"

    id: Mapped[Key]
    at: Mapped[Created]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str] = mapped_column(Text)
    layer: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    crs: Mapped[str | None] = mapped_column(Text)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[str | None] = mapped_column(Text)
