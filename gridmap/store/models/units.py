"""The unit tree, and apart from it the dated boundaries: a unit is not its boundary."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.levels import Level
from gridmap.store.columns import Code, Created, Key, geometry, in_working_system, one_of
from gridmap.store.models.base import Base


class Unit(Base):
    """A node of the tree, county to courtyard. Cases, members and posts refer to it."""

    __tablename__ = "units"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    level: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    pinyin: Mapped[str] = mapped_column(Text, default="", server_default="")  # initials, for search: "yhx"
    urban: Mapped[bool] = mapped_column(default=False, server_default="false")
    in_code_list: Mapped[bool] = mapped_column(default=True, server_default="true")
    changed_on: Mapped[date | None] = mapped_column(Date)  # latest merger, split or renaming in the code list
    founded_on: Mapped[date | None] = mapped_column(Date)
    retired_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        one_of("units", "level", Level),
        CheckConstraint("name <> ''", name="units_name_given"),
        CheckConstraint("(level = 'county') = (parent_id IS NULL)", name="units_parent_given"),
        CheckConstraint("founded_on <= retired_on", name="units_life_forward"),
        CheckConstraint(
            "CASE level WHEN 'county' THEN code ~ '^[0-9]{6}000000$'"
            " WHEN 'town' THEN code ~ '^[0-9]{9}000$' AND substr(code, 7, 3) <> '000'"
            " WHEN 'community' THEN code ~ '^[0-9]{12}$' AND right(code, 3) <> '000'"
            " WHEN 'grid' THEN code ~ '^[0-9]{14,18}$'"
            " WHEN 'compound' THEN code ~ '^[0-9]{12}C[0-9]{2,6}$'"
            " ELSE code ~ '^[0-9]{12}Y[0-9]{2,6}$' END",
            name="units_code_states_level",
        ),
        Index("units_name_trgm_idx", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        Index("units_level_code_idx", "level", "code"),
    )


class Edition(Base):
    """An adopted set of boundaries."""

    __tablename__ = "editions"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    adopted_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[Created]


class Boundary(Base):
    """One geometry of a unit for a validity period [from, to). A unit has at most one at a time.

    A boundary that was replaced on the very day it began has the empty period: it was never in force, and is kept.
    ``drawn_on``: the day from which this outline was meant; earlier than the period's first day where a plan next door
    only put a vertex into it.
    """

    __tablename__ = "boundaries"

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    drawn_on: Mapped[date | None] = mapped_column(Date)
    geom: Mapped[WKBElement] = mapped_column(geometry("MULTIPOLYGON"))

    __table_args__ = (
        ExcludeConstraint(("unit_id", "="), ("valid", "&&"), name="boundaries_one_at_a_time", using="gist"),
        CheckConstraint("isempty(valid) OR NOT lower_inf(valid)", name="boundaries_valid_period"),
        in_working_system("boundaries"),
        Index("boundaries_geom_idx", "geom", postgresql_using="gist"),
    )


class County(Base):
    """The one county of this database: its unit, its working system, and the day on which a demo stands still."""

    __tablename__ = "county"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="1")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    srid: Mapped[int]
    pinned_today: Mapped[date | None] = mapped_column(Date)
    demo_version: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("id = 1", name="county_only_one"),
        CheckConstraint("srid = gridmap_srid()", name="county_srid_of_database"),
    )
