"""Many rows at once, through COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import Table

from gridmap.store.models import Base


def copy_rows(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append rows to a table through COPY, inside the session's transaction; return how many.

    Values are Python objects in the order of ``columns``. Geometry is shapely, in the working system (the SRID is
    added here); dicts become jsonb; a (from, to) date pair belongs in a SQLAlchemy ``Range``.

    Raises
    ------
    psycopg.errors.IntegrityError, psycopg.errors.DataError
        A row breaks a constraint; nothing of the transaction is kept.
    """
    table = model.__table__
    assert isinstance(table, Table)
    session.flush()
    connection = session.connection().connection.driver_connection
    assert connection is not None
    srid = _working_srid(connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([value if type(value) in _AS_IT_IS else _plain(value, srid) for value in row])
            count += 1
    return count


def next_ids(session: Session, model: type[Base], count: int) -> list[int]:
    """Reserve ``count`` ids of a table, so that rows which refer to one another can be copied."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [model.__tablename__, count]
        )
        return [row[0] for row in cursor.fetchall()]


def _working_srid(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT gridmap_srid()")
        return int(cursor.fetchone()[0])


#: Types that psycopg writes without our help: most cells.
_AS_IT_IS = frozenset({str, int, float, bool, type(None)})


def _plain(value: Any, srid: int) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(shapely.set_srid(value, srid), hex=True, include_srid=True)
    if isinstance(value, dict):
        return Jsonb(value)
    if hasattr(value, "lower") and hasattr(value, "bounds"):  # SQLAlchemy's Range
        return f"{value.bounds[0]}{value.lower or ''},{value.upper or ''}{value.bounds[1]}"
    return value
