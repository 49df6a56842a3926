"""Things at places: service points, and numbers of households."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.columns import Key, geometry, in_working_system
from gridmap.store.models.base import Base


class ServicePoint(Base):
    """A place where residents are served 阵地."""

    __tablename__ = "service_points"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(geometry("POINT"))
    opened_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        in_working_system("service_points"),
        Index("service_points_geom_idx", "geom", postgresql_using="gist"),
    )


class HouseholdCount(Base):
    """How many households live at a place: a number, never a person."""

    __tablename__ = "household_counts"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    households: Mapped[int]
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    geom: Mapped[WKBElement] = mapped_column(geometry("POINT"))

    __table_args__ = (
        CheckConstraint("households >= 0", name="household_counts_not_negative"),
        in_working_system("household_counts"),
        Index("household_counts_geom_idx", "geom", postgresql_using="gist"),
    )
