"""Coverage runs, kept: their findings, and the coverage index of every unit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.columns import Code, Created, Key, geometry, one_of
from gridmap.store.models.base import Base


class CoverageRun(Base):
    """One run of chosen lenses over a unit's subtree, as of a day."""

    __tablename__ = "coverage_runs"

    id: Mapped[Key]
    unit_code: Mapped[Code]
    as_of: Mapped[date] = mapped_column(Date)
    lenses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(Text)
    progress: Mapped[float] = mapped_column(default=0.0, server_default="0")
    step: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # a Message: what is being done now
    actor: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Created]
    heartbeat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))

    __table_args__ = (
        one_of("coverage_runs", "state", ("queued", "running", "done", "failed")),
        CheckConstraint("progress BETWEEN 0 AND 1", name="coverage_runs_progress_share"),
    )


class CoverageFinding(Base):
    """One blind area of one run. ``key`` says which it is, across runs."""

    __tablename__ = "findings"

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("coverage_runs.id", ondelete="CASCADE"))
    lens: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    households: Mapped[int]
    open_cases: Mapped[int]
    area_m2: Mapped[float]
    width_m: Mapped[float]
    sliver: Mapped[bool]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)
    act: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(geometry("GEOMETRY"))

    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        Index("findings_run_lens_idx", "run_id", "lens"),
        Index("findings_geom_idx", "geom", postgresql_using="gist"),
    )


class FindingUnit(Base):
    """The units that a finding concerns: what puts it inside a scope. ``position`` 0 is the one it is about."""

    __tablename__ = "finding_units"

    finding_id: Mapped[int] = mapped_column(ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True)
    unit_code: Mapped[Code] = mapped_column(primary_key=True, index=True)
    position: Mapped[int] = mapped_column(SmallInteger)


class UnitIndex(Base):
    """The coverage of one unit in one run: its index is 1 − touched / households, or none without households.

    ``touched`` counts households under a blind area of a "must" lens, and is none where not all of these were asked;
    ``by_lens`` counts those under each lens (left out: zeros). A household counts once in each number.
    """

    __tablename__ = "unit_indexes"

    run_id: Mapped[int] = mapped_column(ForeignKey("coverage_runs.id", ondelete="CASCADE"), primary_key=True)
    unit_code: Mapped[Code] = mapped_column(primary_key=True)
    households: Mapped[int]
    touched: Mapped[int | None]
    by_lens: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))

    __table_args__ = (CheckConstraint("touched BETWEEN 0 AND households", name="unit_indexes_touched_share"),)
