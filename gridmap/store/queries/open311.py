"""Cases as Open311 shows them to everybody: what somebody looked at, and in bare form what a program sent in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.store.models import ApiKey

_ENDED = ", ".join(f"'{status}'" for status in sorted(ENDED))
#: Nobody outside ever sees these, looked at or not.
_PUBLIC_KIND = "NOT c.restricted AND k.public AND c.status <> 'draft'"
#: Somebody has looked at it and chosen the words that everybody may read.
SHOWN = f"({_PUBLIC_KIND} AND c.public_words IS NOT NULL)"
#: What a program sent in is known to it by its number, with nothing of its content before somebody has looked.
KNOWN = f"({_PUBLIC_KIND} AND (c.public_words IS NOT NULL OR c.source = 'open311'))"
#: A closed case stands still: what happens to it later does not move its time.
UPDATED = (
    f"CASE WHEN c.closed_at IS NOT NULL THEN c.closed_at WHEN c.status IN ({_ENDED}) THEN coalesce("
    "(SELECT max(e.at) FROM case_events e WHERE e.case_id = c.id AND e.after = c.status"
    " AND e.before IS DISTINCT FROM e.after), c.updated_at) ELSE c.updated_at END"
)
_COLUMNS = f"""
    c.id, c.number, c.kind, k.name_zh, k.name_en, k.attributes AS questions, c.status, c.closing_reason,
    c.public_words, c.public_words IS NOT NULL AS shown, c.where_to_go, c.source, c.attributes,
    coalesce(b.name_zh, h.name) AS agency_zh, coalesce(b.name_en, h.name) AS agency_en,
    c.reported_at, {UPDATED} AS changed_at, c.due_at, u.code AS unit, u.name AS unit_name, p.name AS community_name,
    t.name AS town_name, ST_X(c.geom) AS x, ST_Y(c.geom) AS y,
    (SELECT min(f.id) FROM case_photos f WHERE f.case_id = c.id AND f.public) AS photo,
    (SELECT e.note FROM case_events e WHERE e.case_id = c.id AND e.public AND e.note <> ''
     ORDER BY e.at DESC, e.id DESC LIMIT 1) AS answer
"""
_FROM = """
    FROM cases c JOIN case_kinds k ON k.code = c.kind LEFT JOIN units u ON u.id = c.unit_id
    LEFT JOIN units p ON p.id = u.parent_id LEFT JOIN units t ON t.id = p.parent_id
    LEFT JOIN units h ON h.id = c.handler_unit_id LEFT JOIN bodies b ON b.id = c.body_id
"""


def rows(session: Session, conditions: list[str], given: dict[str, Any], *, limit: int, offset: int) -> list[Any]:
    """Cases that everybody may read, the latest report first."""
    where = " AND ".join([SHOWN, *conditions])
    return list(
        session.execute(
            text(
                f"WITH wanted AS MATERIALIZED (SELECT c.id FROM cases c JOIN case_kinds k ON k.code = c.kind"
                f" WHERE {where} ORDER BY c.reported_at DESC, c.id DESC LIMIT :limit OFFSET :offset)"
                f" SELECT {_COLUMNS} {_FROM} JOIN wanted ON wanted.id = c.id ORDER BY c.reported_at DESC, c.id DESC"
            ),
            {**given, "limit": limit, "offset": offset},
        )
    )


def by_numbers(session: Session, numbers: list[str]) -> list[Any]:
    """Cases by their numbers: those that everybody may read, and those that a program sent in."""
    return list(
        session.execute(
            text(f"SELECT {_COLUMNS} {_FROM} WHERE {KNOWN} AND c.number = ANY(:numbers) ORDER BY c.number"),
            {"numbers": numbers},
        )
    )


def updates(session: Session, start: datetime, end: datetime, limit: int) -> list[Any]:
    """Changes of state, and public answers, between two moments; the words of a line only where it is public."""
    return list(
        session.execute(
            text(
                f"""
                SELECT e.id, c.number, e.at, e.act, e.after,
                       coalesce(e.detail->>'closing_reason', c.closing_reason) AS reason,
                       CASE WHEN e.public AND c.public_words IS NOT NULL THEN e.note ELSE '' END AS words
                FROM case_events e JOIN cases c ON c.id = e.case_id JOIN case_kinds k ON k.code = c.kind
                WHERE {KNOWN} AND e.at >= :start AND e.at <= :end AND e.act <> 'report'
                  AND (e.before IS DISTINCT FROM e.after
                       OR (e.public AND e.note <> '' AND c.public_words IS NOT NULL))
                ORDER BY e.at, e.id LIMIT :limit
                """
            ),
            {"start": start, "end": end, "limit": limit},
        )
    )


def notes(session: Session, case_ids: list[int]) -> list[Any]:
    """Public answers of cases: case, moment, words."""
    return list(
        session.execute(
            text(
                "SELECT case_id, at, note FROM case_events WHERE case_id = ANY(:ids) AND public AND note <> ''"
                " ORDER BY id"
            ),
            {"ids": case_ids},
        )
    )


def key_of(session: Session, digest: str) -> ApiKey | None:
    """The key with a hash, whether it is still good or not."""
    return session.scalars(select(ApiKey).where(ApiKey.key_hash == digest)).one_or_none()


def keys(session: Session) -> list[ApiKey]:
    return list(session.scalars(select(ApiKey).order_by(ApiKey.id)))


def place_of(session: Session, code: str, day: date) -> Any | None:
    """Name and place of a unit on a day: a point inside its outline, or the middle of a compound's homes."""
    return session.execute(
        text(
            """
            SELECT u.name, coalesce(ST_X(b.at), h.x) AS x, coalesce(ST_Y(b.at), h.y) AS y FROM units u
            LEFT JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS at FROM boundaries b
                WHERE b.unit_id = u.id AND b.valid @> CAST(:day AS date) LIMIT 1) b ON true
            LEFT JOIN LATERAL (SELECT avg(ST_X(h.geom)) AS x, avg(ST_Y(h.geom)) AS y FROM household_counts h
                WHERE h.compound_id = u.id) h ON true
            WHERE u.code = :code AND u.retired_on IS NULL AND u.level IN ('compound', 'courtyard', 'grid', 'community')
              AND (b.at IS NOT NULL OR h.x IS NOT NULL)
            """
        ),
        {"code": code, "day": day},
    ).one_or_none()
