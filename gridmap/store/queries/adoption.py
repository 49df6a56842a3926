"""What adopting a plan writes: boundaries closed and opened, units founded and retired, and everything re-homed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.models import Boundary, Unit, UnitHeir

#: Held while boundaries are replaced, so that two adoptions (or an import) take turns.
BOUNDARY_LOCK = 0x67726965


def take_turn(session: Session) -> None:
    """Wait for whoever is replacing boundaries; until the end of the transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BOUNDARY_LOCK})


def close_boundaries(session: Session, ids: Sequence[int], day: date) -> None:
    """End boundaries before a day. One that began on that very day keeps its outline and an empty period."""
    session.execute(
        text("UPDATE boundaries SET valid = daterange(lower(valid), :day) WHERE id = ANY(:ids)"),
        {"ids": list(ids), "day": day},
    )


def open_boundaries(
    session: Session, edition_id: int, rows: Iterable[tuple[int, BaseGeometry, date | None]], day: date
) -> None:
    """Open boundaries from a day on: unit id, outline, and the day it was drawn where that is earlier."""
    copy_rows(
        session,
        Boundary,
        ["unit_id", "edition_id", "valid", "drawn_on", "geom"],
        ((unit, edition_id, Range(day, None), drawn_on, as_stored(outline)) for unit, outline, drawn_on in rows),
    )


def as_stored(outline: BaseGeometry) -> BaseGeometry:
    """The outline as the table holds it: always a MultiPolygon."""
    return shapely.MultiPolygon([outline]) if isinstance(outline, shapely.Polygon) else outline


def found_units(session: Session, rows: Sequence[Mapping[str, Any]], day: date) -> dict[str, int]:
    """New units below existing parents: code, level, parent (a code), name, pinyin, urban; code → id."""
    ids = dict(zip([row["code"] for row in rows], next_ids(session, Unit, len(rows)), strict=True))
    parents = unit_ids(session, {row["parent"] for row in rows})
    copy_rows(
        session,
        Unit,
        ["id", "code", "level", "parent_id", "name", "pinyin", "urban", "founded_on"],
        (
            (
                ids[row["code"]],
                row["code"],
                row["level"],
                parents[row["parent"]],
                row["name"],
                row["pinyin"],
                row["urban"],
                day,
            )
            for row in rows
        ),
    )
    return ids


def unit_ids(session: Session, codes: Iterable[str]) -> dict[str, int]:
    """Code → id."""
    rows = session.execute(text("SELECT code, id FROM units WHERE code = ANY(:codes)"), {"codes": sorted(codes)})
    return {code: key for code, key in rows}  # noqa: C416


def retire_units(session: Session, ids: Sequence[int], day: date) -> None:
    """End the life of units before a day."""
    session.execute(text("UPDATE units SET retired_on = :day WHERE id = ANY(:ids)"), {"ids": list(ids), "day": day})


def rename_unit(session: Session, unit_id: int, name: str, pinyin: str) -> None:
    """Give a unit another name."""
    session.execute(
        text("UPDATE units SET name = :name, pinyin = :pinyin WHERE id = :id"),
        {"name": name, "pinyin": pinyin, "id": unit_id},
    )


def add_heirs(session: Session, rows: Iterable[tuple[int, int, int, float, int]]) -> None:
    """Keep who took over: unit id, heir's id, plan id, share, households."""
    copy_rows(session, UnitHeir, ["unit_id", "heir_id", "plan_id", "share", "households"], rows)


def move_assignments(session: Session, gone: int, heir: int, day: date) -> int:
    """Workers of a vanished grid serve its heir from a day on; a head too, unless the heir has one: then as worker."""
    given = {"gone": gone, "heir": heir, "day": day}
    rows = session.execute(
        text(
            "SELECT id, worker_id, role, lower(valid), upper(valid) FROM assignments"
            " WHERE unit_id = :gone AND (upper_inf(valid) OR upper(valid) > :day) ORDER BY role, id"
        ),
        given,
    ).all()
    for key, worker, role, since, until in rows:
        begins = day if since is None or since < day else since
        period = {"since": begins, "until": until}
        if role == "head":
            taken = session.execute(
                text(
                    "SELECT 1 FROM assignments WHERE unit_id = :heir AND role = 'head'"
                    " AND valid && daterange(:since, :until) LIMIT 1"
                ),
                {**given, **period},
            ).first()
            role = "worker" if taken else "head"
        if since is not None and since >= day:
            session.execute(text("DELETE FROM assignments WHERE id = :id"), {"id": key})  # it had not begun
        else:
            session.execute(
                text("UPDATE assignments SET valid = daterange(lower(valid), :day) WHERE id = :id"),
                {"id": key, "day": day},
            )
        session.execute(
            text(
                "INSERT INTO assignments (worker_id, unit_id, role, valid)"
                " SELECT :worker, :heir, :role, daterange(:since, :until) WHERE NOT EXISTS"
                " (SELECT 1 FROM assignments WHERE worker_id = :worker AND unit_id = :heir AND role = :role"
                "  AND valid && daterange(:since, :until))"
            ),
            {**given, **period, "worker": worker, "role": role},
        )
    return len(rows)


#: What simply stands at the heir afterwards: name → statement.
_FOLLOW = {
    "posts": "UPDATE posts SET unit_id = :heir WHERE unit_id = :gone AND (closed_on IS NULL OR closed_on > :day)",
    "organisations": "UPDATE organisations SET unit_id = :heir WHERE unit_id = :gone"
    " AND (dissolved_on IS NULL OR dissolved_on > :day)",
    "accounts": "UPDATE accounts SET scope = h.code FROM units g, units h"
    " WHERE g.id = :gone AND h.id = :heir AND accounts.scope = g.code",
}


def follow(session: Session, gone: int, heir: int, day: date) -> dict[str, int]:
    """Posts, organisations and accounts of a vanished grid go to its heir; how many of each."""
    given = {"gone": gone, "heir": heir, "day": day}
    return {name: session.execute(text(statement), given).rowcount for name, statement in _FOLLOW.items()}  # type: ignore[attr-defined]


def move_service_points(session: Session, touched: Sequence[int], day: date) -> int:
    """Service points of redrawn grids stand at the grid that holds them now."""
    done = session.execute(
        text("""
            UPDATE service_points s SET unit_id = now.unit_id FROM (
                SELECT DISTINCT ON (p.id) p.id, g.id AS unit_id
                FROM service_points p
                JOIN boundaries b ON ST_Intersects(b.geom, p.geom) AND b.valid @> CAST(:day AS date)
                JOIN units g ON g.id = b.unit_id AND g.level = 'grid'
                WHERE p.unit_id = ANY(:touched) ORDER BY p.id, g.code
            ) now WHERE now.id = s.id AND now.unit_id <> s.unit_id"""),
        {"touched": list(touched), "day": day},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def move_open_cases(session: Session, touched: Sequence[int], gone: Mapping[int, int], day: date) -> list[int]:
    """Open cases go to the grid that holds their point (several: the smallest code); those without a point to the heir
    of their grid. Cases that ended keep the grid of their day. Ids of the moved ones, each with a line of history."""
    given = {"touched": list(touched), "day": day, "ended": sorted(ENDED)}
    moved = [
        tuple(row)
        for row in session.execute(
            text("""
                WITH now AS (
                    SELECT DISTINCT ON (c.id) c.id, c.unit_id AS was, g.id AS unit_id
                    FROM cases c JOIN boundaries b ON ST_Intersects(b.geom, c.geom) AND b.valid @> CAST(:day AS date)
                    JOIN units g ON g.id = b.unit_id AND g.level = 'grid'
                    WHERE c.status <> ALL(:ended) AND (c.unit_id = ANY(:touched) OR g.id = ANY(:touched))
                    ORDER BY c.id, g.code
                )
                UPDATE cases c SET unit_id = now.unit_id, handler_unit_id = CASE WHEN c.handler_unit_id = now.was
                    THEN now.unit_id ELSE c.handler_unit_id END, updated_at = now(), version = c.version + 1 FROM now
                WHERE now.id = c.id AND c.unit_id IS DISTINCT FROM now.unit_id
                RETURNING c.id, now.was, now.unit_id, c.status"""),
            given,
        )
    ]
    for unit, heir in gone.items():
        rows = session.execute(
            text(
                "UPDATE cases SET unit_id = :heir, updated_at = now(), version = version + 1, handler_unit_id ="
                " CASE WHEN handler_unit_id = :gone THEN :heir ELSE handler_unit_id END"
                " WHERE unit_id = :gone AND status <> ALL(:ended) RETURNING id, status"
            ),
            {**given, "gone": unit, "heir": heir},
        ).all()
        moved += [(key, unit, heir, status) for key, status in rows]
    named = session.execute(
        text("SELECT id, code FROM units WHERE id = ANY(:ids)"),
        {"ids": sorted({unit for row in moved for unit in row[1:3] if unit is not None})},
    )
    codes: dict[int, str] = {key: code for key, code in named}  # noqa: C416
    if moved:
        session.execute(
            text(
                "INSERT INTO case_events (case_id, act, before, after, note, detail)"
                " VALUES (:case, 'rehome', :status, :status, 'moved to another grid by a plan', :detail)"
            ),
            [
                {"case": key, "status": status, "detail": Jsonb({"from": codes.get(was), "to": codes.get(now)})}
                for key, was, now, status in moved
            ],
        )
    return [int(row[0]) for row in moved]
