"""Migrations say the same as the models; constraints hold against bad rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import shapely
from alembic import command
from geoalchemy2.shape import from_shape
from sqlalchemy import inspect, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError, IntegrityError

from gridmap.errors import DatabaseVersion
from gridmap.store import schema
from gridmap.store.database import Database, Session
from gridmap.store.models import Assignment, AuditEntry, Base, Case, CaseEvent, CaseKind, Unit, Worker
from tests.factories import make_boundary, make_unit, square

COMMUNITY, GRID = "990001001001", "990001001001001"


def test_models_and_migrations_do_not_drift(database: Database) -> None:
    with database.engine.begin() as connection:
        command.check(schema.config(connection))


def test_downgrade_leaves_nothing_and_upgrade_brings_it_back(database: Database) -> None:
    with database.engine.begin() as connection:
        command.downgrade(schema.config(connection), "base")
        assert set(inspect(connection).get_table_names()) <= {"alembic_version", "spatial_ref_sys"}
    assert database.upgrade(4549) is True
    assert database.upgrade(4549) is False
    with database.engine.connect() as connection:
        assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())


def test_a_database_of_another_version_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2031_tables'"))
    with pytest.raises(DatabaseVersion, match=r"2031_tables.*gridmap db reset"):
        database.upgrade(4549)


def test_every_geometry_column_has_a_spatial_index_or_is_small(database: Database) -> None:
    with database.engine.connect() as connection:
        columns = connection.execute(text("SELECT f_table_name FROM geometry_columns")).scalars().all()
        indexed = connection.execute(text("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%gist (geom)%'"))
        assert set(columns) - set(indexed.scalars()) == {"workers", "plan_comments"}  # looked at whole, never by window


def test_a_unit_has_one_boundary_at_a_time(session: Session) -> None:
    unit = make_unit(session, GRID)
    make_boundary(session, unit, square(0, 0), since=date(2025, 1, 1), until=date(2026, 1, 1))
    make_boundary(session, unit, square(0, 0, 900), since=date(2026, 1, 1))
    with pytest.raises(IntegrityError, match="boundaries_one_at_a_time"):
        make_boundary(session, unit, square(0, 0, 800), since=date(2025, 6, 1), until=date(2025, 7, 1))


@pytest.mark.parametrize(
    ("shape", "srid"),
    [
        (shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 4549),  # crosses itself
        (shapely.MultiPolygon(), 4549),
        (square(0, 0), 4326),
    ],
)
def test_unusable_boundaries_are_refused(session: Session, shape: shapely.Geometry, srid: int) -> None:
    unit = make_unit(session, GRID)
    with pytest.raises(IntegrityError, match="boundaries_geom_usable"):
        make_boundary(session, unit, shape, srid=srid)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("990001001001", "grid"),
        ("990001001001001", "community"),
        ("990001000000", "town"),
        ("99000100100X", "community"),
    ],
)
def test_a_code_states_its_level(session: Session, code: str, level: str) -> None:
    above = make_unit(session, "990002001000")
    session.add(Unit(code=code, level=level, name="wrong", parent_id=above.id))
    with pytest.raises(IntegrityError, match="units_code_states_level"):
        session.flush()


def test_one_head_per_grid_at_a_time(session: Session) -> None:
    unit = make_unit(session, GRID)
    for label in ("first", "second"):
        session.add(Worker(label=label))
    session.flush()
    first, second = session.query(Worker).order_by(Worker.id).all()
    this_year = Range(date(2026, 1, 1), None, bounds="[)")
    session.add(Assignment(worker_id=first.id, unit_id=unit.id, role="head", valid=this_year))
    session.add(Assignment(worker_id=second.id, unit_id=unit.id, role="worker", valid=this_year))
    session.flush()
    session.add(Assignment(worker_id=second.id, unit_id=unit.id, role="head", valid=this_year))
    with pytest.raises(IntegrityError, match="assignments_one_head_at_a_time"):
        session.flush()


def test_closed_cases_have_a_closing_time_and_open_ones_have_none(session: Session) -> None:
    unit = make_unit(session, GRID)
    session.add(CaseKind(code="road", name_zh="道路", name_en="road"))
    session.flush()
    reported = datetime(2026, 10, 1, 8, tzinfo=UTC)
    session.add(
        Case(
            number="1", kind="road", status="closed", source="patrol", unit_id=unit.id, reported_at=reported, geom=None
        )
    )
    with pytest.raises(IntegrityError, match="cases_closing_time_given"):
        session.flush()


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["audit", "case_events"])
def test_history_can_only_be_added_to(session: Session, table: str, statement: str) -> None:
    unit = make_unit(session, GRID)
    session.add(CaseKind(code="road", name_zh="道路", name_en="road"))
    session.flush()
    point = from_shape(square(0, 0).centroid, srid=4549)
    now = datetime(2026, 10, 1, 8, tzinfo=UTC)
    case = Case(
        number="1", kind="road", status="reported", source="patrol", unit_id=unit.id, reported_at=now, geom=point
    )
    session.add_all([case, AuditEntry(actor="a", action="b", subject="c")])
    session.flush()
    session.add(CaseEvent(case_id=case.id, after="reported"))
    session.flush()
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        session.execute(text(statement.format(table)))


def test_the_working_system_is_fixed_when_the_database_is_made(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT gridmap_srid()")).scalar_one() == 4549
