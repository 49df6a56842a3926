"""Files on their way in, what is remembered of their columns, and what each import wrote, so that it can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.imports import UploadState
from gridmap.store.columns import Code, Created, Key, one_of
from gridmap.store.models.base import Base


class Upload(Base):
    """One file that somebody sent. ``outcome``: what reading and rehearsing found; ``stored_as``: its name on disk."""

    __tablename__ = "uploads"

    id: Mapped[Key]
    created_at: Mapped[Created]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    scope: Mapped[Code]
    layer: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    stored_as: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    progress: Mapped[float] = mapped_column(default=0.0, server_default="0")
    heartbeat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    step: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    question: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    problems: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))

    __table_args__ = (
        one_of("uploads", "state", UploadState),
        CheckConstraint("progress BETWEEN 0 AND 1", name="uploads_progress_share"),
    )


class ColumnMapping(Base):
    """Which column was which field the last time, for lists with the same columns from the same area."""

    __tablename__ = "column_mappings"

    id: Mapped[Key]
    scope: Mapped[Code]
    layer: Mapped[str] = mapped_column(Text)
    columns: Mapped[str] = mapped_column(Text)  # sha256 of the sorted names: what makes a source known again
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (UniqueConstraint("scope", "layer", "columns"),)


class ImportChange(Base):
    """One row that an import wrote: as it was (None: it was not there), and a checksum of what it became.

    Written by triggers while ``gridmap.import_id`` is set (see sql/import_changes.sql). ``step`` orders the statements.
    """

    __tablename__ = "import_changes"

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    step: Mapped[int]
    table_name: Mapped[str] = mapped_column(Text)
    row_id: Mapped[int]
    row_before: Mapped[str | None] = mapped_column(Text)
    after_md5: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("import_changes_import_idx", "import_id", "step"),)
