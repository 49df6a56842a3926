"""What an import compares with, and writes: rows by their identity, with codes in place of ids."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import psycopg
import shapely
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap.errors import Refused
from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.models import (
    Assignment,
    Base,
    Boundary,
    Case,
    CaseKind,
    County,
    Edition,
    HouseholdCount,
    ImportLog,
    Meeting,
    Member,
    Organisation,
    Post,
    PostHolder,
    ServicePoint,
    Unit,
    Worker,
)

Row = dict[str, Any]

#: layer → SELECT of what stands: the layer's fields by name, ``id``, and ``geometry`` as WKB where it has one.
STANDING = {
    "units": """
        SELECT u.id, u.code, u.name, u.urban, u.level, u.retired_on, b.id AS boundary_id,
               ST_AsBinary(b.geom) AS geometry
        FROM units u LEFT JOIN boundaries b ON b.unit_id = u.id AND b.valid @> CAST(:today AS date)""",
    "organisations": """
        SELECT o.id, o.code, o.name, u.code AS unit, o.level, o.functional, p.code AS parent, o.founded_on,
               o.dissolved_on
        FROM organisations o JOIN units u ON u.id = o.unit_id LEFT JOIN organisations p ON p.id = o.parent_id""",
    "members": """
        SELECT m.id, m.label, o.code AS organisation, m.kind, m.skills, u.code AS reports_in, m.reported_in_on
        FROM members m JOIN organisations o ON o.id = m.organisation_id LEFT JOIN units u ON u.id = m.reports_in_id""",
    "workers": """
        SELECT a.id, w.id AS worker_id, w.label, u.code AS unit, a.role, lower(a.valid) AS since,
               upper(a.valid) AS until, ST_AsBinary(w.geom) AS geometry
        FROM assignments a JOIN workers w ON w.id = a.worker_id JOIN units u ON u.id = a.unit_id
        ORDER BY lower(a.valid) NULLS FIRST""",
    "posts": """
        SELECT p.id, p.code, p.name, u.code AS unit, p.skill, p.opened_on, p.closed_on,
               ARRAY(SELECT m.label FROM post_holders h JOIN members m ON m.id = h.member_id
                     WHERE h.post_id = p.id AND (h.until IS NULL OR h.until > :today) ORDER BY m.label) AS holders
        FROM posts p JOIN units u ON u.id = p.unit_id""",
    "service-points": """
        SELECT s.id, s.code, s.name, u.code AS unit, s.opened_on, s.closed_on, ST_AsBinary(s.geom) AS geometry
        FROM service_points s JOIN units u ON u.id = s.unit_id""",
    "households": """
        SELECT h.id, h.code, h.households, u.code AS compound, ST_AsBinary(h.geom) AS geometry
        FROM household_counts h LEFT JOIN units u ON u.id = h.compound_id""",
    "cases": """
        SELECT c.id, c.number, c.kind, c.status, c.source, u.code AS unit, c.address, c.words, c.reported_at, c.due_at,
               c.closed_at, c.closing_reason, ST_AsBinary(c.geom) AS geometry
        FROM cases c LEFT JOIN units u ON u.id = c.unit_id""",
    "meetings": """
        SELECT m.id, u.code AS unit, m.held_on, m.attendance, m.minutes
        FROM meetings m JOIN units u ON u.id = m.unit_id""",
}


#: Rows fetched at a time.
_PIECE = 1_000


def standing(session: Session, layer: str, today: date) -> list[Row]:
    """Every row of a layer as it stands on a day; geometry is shapely or None."""
    statement = STANDING[layer]
    given = {"today": today} if ":today" in statement else {}
    # a county's outlines weigh hundreds of megabytes: they come in pieces, and not twice
    rows = session.execute(text(statement).execution_options(stream_results=True), given)
    names = list(rows.keys())
    found: list[Row] = []
    for piece in rows.partitions(_PIECE):
        some = [dict(zip(names, row, strict=True)) for row in piece]
        shapes = shapely.from_wkb([row.get("geometry") for row in some])
        for row, shape in zip(some, shapes, strict=True):
            row["geometry"] = shape
        found += some
    return found


def unit_levels(session: Session) -> dict[str, tuple[int, str]]:
    """Code → id and level of every living unit."""
    rows = session.execute(text("SELECT code, id, level FROM units WHERE retired_on IS NULL"))
    return {code: (key, level) for code, key, level in rows}


def ids_by(session: Session, layer: str) -> dict[str, int]:
    """Identity → id of organisations (code), members (label), workers (label)."""
    column = {"organisations": "code", "members": "label", "workers": "label"}[layer]
    return {name: key for name, key in session.execute(text(f"SELECT {column}, id FROM {layer}"))}  # noqa: C416


def case_kinds(session: Session) -> dict[str, str]:
    """Every name that a case kind goes by (code, Chinese, English) → its code."""
    rows = session.execute(text("SELECT code, name_zh, name_en FROM case_kinds")).all()
    return {name: row[0] for row in rows for name in reversed(row)}


def has_cases(session: Session) -> bool:
    """Whether any case is known."""
    return bool(session.execute(text("SELECT EXISTS (SELECT FROM cases)")).scalar_one())


def add_case_kinds(session: Session, codes: Iterable[str]) -> None:
    session.add_all(CaseKind(code=code, name_zh=code, name_en=code) for code in sorted(codes))
    session.flush()


def add_edition(session: Session, name: str, adopted_on: date, note: str) -> int:
    """A new edition; a number is put behind a name that is taken."""
    taken = set(session.execute(text("SELECT name FROM editions")).scalars())
    chosen, number = name, 2
    while chosen in taken:
        chosen, number = f"{name} ({number})", number + 1
    edition = Edition(name=chosen, adopted_on=adopted_on, note=note)
    session.add(edition)
    session.flush()
    return edition.id


def add_units(session: Session, rows: Sequence[Row]) -> dict[str, int]:
    """Insert units (code, level, parent_id, name, pinyin, urban, founded_on); returns code → id."""
    keys = next_ids(session, Unit, len(rows))
    columns = ["code", "level", "parent_id", "name", "pinyin", "urban", "founded_on"]
    copy_rows(
        session, Unit, ["id", *columns],
        ([key, *(row[column] for column in columns)] for key, row in zip(keys, rows, strict=True)),
    )  # fmt: skip
    return {row["code"]: key for key, row in zip(keys, rows, strict=True)}


def add_county(session: Session, unit_id: int) -> None:
    """Make a unit the county of this database."""
    session.add(County(unit_id=unit_id, srid=session.execute(text("SELECT gridmap_srid()")).scalar_one()))
    session.flush()


def close_boundaries(session: Session, keys: Sequence[int], on: date) -> None:
    """End boundaries on a day; those that began on that day (or later) are taken away, because they never held."""
    given = {"keys": list(keys), "day": on}
    session.execute(text("DELETE FROM boundaries WHERE id = ANY(:keys) AND lower(valid) >= :day"), given)
    session.execute(text("UPDATE boundaries SET valid = daterange(lower(valid), :day) WHERE id = ANY(:keys)"), given)


def add_boundaries(
    session: Session, edition_id: int, rows: Iterable[tuple[int, shapely.Geometry]], since: date
) -> None:
    """Open boundaries (unit id, multipolygon) from a day on."""
    period = f"[{since},)"
    copy_rows(
        session, Boundary, ["unit_id", "edition_id", "valid", "geom"],
        ((unit, edition_id, period, shape) for unit, shape in rows),
    )  # fmt: skip


#: layer → model of its main table
MODELS: dict[str, type[Base]] = {
    "organisations": Organisation,
    "members": Member,
    "workers": Worker,
    "assignments": Assignment,
    "posts": Post,
    "post_holders": PostHolder,
    "service-points": ServicePoint,
    "households": HouseholdCount,
    "cases": Case,
    "meetings": Meeting,
}


def insert(session: Session, layer: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows (columns of the table by name, the same in each); returns their ids in order."""
    if not rows:
        return []
    model = MODELS[layer]
    keys = next_ids(session, model, len(rows))
    columns = list(rows[0])
    copy_rows(
        session, model, ["id", *columns],
        ([key, *(row[column] for column in columns)] for key, row in zip(keys, rows, strict=True)),
    )  # fmt: skip
    return keys


def update(session: Session, layer: str, key: int, values: Mapping[str, Any]) -> None:
    """Change columns of one row."""
    table = "units" if layer == "units" else MODELS[layer].__tablename__
    forms = {"geom": "ST_GeomFromWKB(:geom, gridmap_srid())", "valid": "CAST(:valid AS daterange)"}
    sets = ", ".join(f"{name} = {forms.get(name, ':' + name)}" for name in values)
    given = {
        name: shapely.to_wkb(value) if isinstance(value, shapely.Geometry) else value for name, value in values.items()
    }
    # table and column names are ours, never the file's
    session.execute(text(f"UPDATE {table} SET {sets} WHERE id = :id"), {**given, "id": key})


def end_holders(session: Session, post_id: int, labels: Sequence[str], on: date) -> None:
    """End who holds a post, for these members; a holding that began on that day is taken away."""
    given = {"post": post_id, "labels": list(labels), "day": on}
    where = "h.post_id = :post AND h.member_id = m.id AND m.label = ANY(:labels) AND h.until IS NULL"
    session.execute(text(f"DELETE FROM post_holders h USING members m WHERE {where} AND h.since >= :day"), given)
    session.execute(text(f"UPDATE post_holders h SET until = :day FROM members m WHERE {where}"), given)


def link_parents(session: Session, pairs: Sequence[tuple[str, str | None]]) -> None:
    """Set the parent of organisations: (code, code of the parent or None)."""
    session.execute(
        text(
            "UPDATE organisations o SET parent_id = (SELECT id FROM organisations WHERE code = :parent)"
            " WHERE o.code = :code"
        ),
        [{"code": code, "parent": parent} for code, parent in pairs],
    )


def grids_on(session: Session, days: Sequence[date], points: Sequence[shapely.Geometry]) -> list[int | None]:
    """Id of the grid that held each point on its day (smallest code on a shared border), or None.

    A day before the first boundaries were known counts as the first day on which they were.
    """
    session.execute(text("CREATE TEMP TABLE gridmap_asked (at integer, day date, geom geometry) ON COMMIT DROP"))
    connection = session.connection().connection.driver_connection
    assert connection is not None
    srid = session.execute(text("SELECT gridmap_srid()")).scalar_one()
    with connection.cursor() as cursor, cursor.copy("COPY gridmap_asked (at, day, geom) FROM STDIN") as copy:
        for at, (day, point) in enumerate(zip(days, points, strict=True)):
            copy.write_row([at, day, shapely.to_wkb(shapely.set_srid(point, srid), hex=True, include_srid=True)])
    rows = session.execute(
        text(
            "SELECT DISTINCT ON (a.at) a.at, u.id FROM gridmap_asked a"
            " CROSS JOIN (SELECT min(lower(valid)) AS day FROM boundaries) first"
            " JOIN boundaries b ON b.valid @> GREATEST(a.day, first.day) AND ST_Covers(b.geom, a.geom)"
            " JOIN units u ON u.id = b.unit_id AND u.level = 'grid' ORDER BY a.at, u.code"
        )
    ).all()
    session.execute(text("DROP TABLE gridmap_asked"))
    found: list[int | None] = [None] * len(points)
    for at, key in rows:
        found[at] = key
    return found


@contextlib.contextmanager
def one_whole() -> Iterator[None]:
    """Turn a broken constraint, which the checks before did not foresee, into a refusal with the database's words.

    Raises
    ------
    Refused
    """
    try:
        yield
    except (IntegrityError, psycopg.IntegrityError) as error:
        cause = error.orig if isinstance(error, IntegrityError) else error
        diagnosis = cause.diag if isinstance(cause, psycopg.Error) else None
        words = diagnosis.message_detail or diagnosis.message_primary if diagnosis else str(cause)
        raise Refused(detail=f"Nothing was written: the rows contradict the database. {words}") from error


def add_import_detail(session: Session, import_id: int, detail: Mapping[str, Any]) -> None:
    """Keep with the import log what only writing brought to light."""
    entry = session.get_one(ImportLog, import_id)
    entry.detail = {**entry.detail, **detail}
    session.flush()


def log_import(session: Session, **given: Any) -> int:
    """Write the import log; returns its number."""
    entry = ImportLog(**given)
    session.add(entry)
    session.flush()
    return entry.id
