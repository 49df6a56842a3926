"""What residents read: offices of a grid, its public cases, one case by its code; and what waits for a look."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.store.models import Case

#: Cases and answers that everybody may read.
_SHOWN = "NOT c.restricted AND k.public AND c.public_words IS NOT NULL AND c.status NOT IN ('draft', 'withdrawn')"


def by_code(session: Session, digest: str, *, lock: bool = False) -> Case | None:
    """The case that is followed with a code."""
    statement = select(Case).where(Case.follow_hash == digest)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def head_of(session: Session, code: str) -> Any | None:
    """A living grid with what is above it."""
    return session.execute(
        text(
            "SELECT u.id, u.code, u.name, p.code AS community, p.name AS community_name, t.name AS town_name,"
            " c.name AS county_name FROM units u JOIN units p ON p.id = u.parent_id JOIN units t ON t.id = p.parent_id"
            " JOIN units c ON c.id = t.parent_id WHERE u.code = :code AND u.level = 'grid' AND u.retired_on IS NULL"
        ),
        {"code": code},
    ).one_or_none()


def heir_of(session: Session, code: str, day: date) -> str | None:
    """The grid that has most of the ground a dissolved grid had last."""
    return session.execute(
        text(
            "WITH was AS (SELECT b.geom FROM boundaries b JOIN units u ON u.id = b.unit_id WHERE u.code = :code"
            " AND u.level = 'grid' AND u.retired_on IS NOT NULL AND NOT isempty(b.valid)"
            " ORDER BY lower(b.valid) DESC LIMIT 1)"
            " SELECT u.code FROM was JOIN boundaries b ON ST_Intersects(b.geom, was.geom)"
            " JOIN units u ON u.id = b.unit_id AND u.level = 'grid' AND u.retired_on IS NULL"
            " WHERE b.valid @> CAST(:day AS date) ORDER BY ST_Area(ST_Intersection(b.geom, was.geom)) DESC, u.code"
            " LIMIT 1"
        ),
        {"code": code, "day": day},
    ).scalar_one_or_none()


def offices(session: Session, code: str, limit: int) -> list[Any]:
    """Offices with a telephone whose area holds a grid, the nearest first."""
    return list(
        session.execute(
            text(
                "SELECT b.name_zh, b.name_en, b.phone, b.kinds FROM bodies b JOIN units u ON u.id = b.unit_id"
                " WHERE b.active AND b.phone <> '' AND starts_with(:code, CASE u.level WHEN 'county'"
                " THEN left(u.code, 6) WHEN 'town' THEN left(u.code, 9) ELSE u.code END)"
                " ORDER BY u.level = 'county', u.level = 'town', b.code LIMIT :limit"
            ),
            {"code": code, "limit": limit},
        )
    )


def organisation(session: Session, code: str, day: date) -> str | None:
    """Name of the organisation attached to a grid, else to its community."""
    return session.execute(
        text(
            "SELECT o.name FROM organisations o JOIN units u ON u.id = o.unit_id WHERE u.code IN (:grid, :community)"
            " AND NOT o.functional AND (o.founded_on IS NULL OR o.founded_on <= :day)"
            " AND (o.dissolved_on IS NULL OR o.dissolved_on > :day) ORDER BY u.code DESC, o.id LIMIT 1"
        ),
        {"grid": code, "community": code[:12], "day": day},
    ).scalar_one_or_none()


def posts(session: Session, code: str, day: date, limit: int) -> list[Any]:
    """Service posts of a grid that somebody holds: name and skill."""
    return list(
        session.execute(
            text(
                "SELECT DISTINCT p.name, p.skill FROM posts p JOIN units u ON u.id = p.unit_id"
                " JOIN post_holders h ON h.post_id = p.id AND h.since <= :day AND (h.until IS NULL OR h.until > :day)"
                " WHERE u.code = :grid AND (p.opened_on IS NULL OR p.opened_on <= :day)"
                " AND (p.closed_on IS NULL OR p.closed_on > :day) ORDER BY p.name LIMIT :limit"
            ),
            {"grid": code, "day": day, "limit": limit},
        )
    )


def service_points(session: Session, code: str, day: date, limit: int) -> list[Any]:
    """Service points of a grid's community, those of the grid itself first."""
    return list(
        session.execute(
            text(
                "SELECT s.name, ST_X(s.geom) AS x, ST_Y(s.geom) AS y FROM service_points s"
                " JOIN units u ON u.id = s.unit_id WHERE starts_with(u.code, :community)"
                " AND (s.opened_on IS NULL OR s.opened_on <= :day) AND (s.closed_on IS NULL OR s.closed_on > :day)"
                " ORDER BY u.code = :grid DESC, s.code LIMIT :limit"
            ),
            {"grid": code, "community": code[:12], "day": day, "limit": limit},
        )
    )


def shown_cases(session: Session, unit_id: int, limit: int) -> list[Any]:
    """Cases of a grid that everybody may read, the latest first."""
    return list(
        session.execute(
            text(
                "SELECT c.id, c.number, c.kind, k.name_zh, k.name_en, c.status, c.closing_reason, c.public_words,"
                " c.reported_at, c.due_at, c.closed_at, c.me_too, ST_X(c.geom) AS x, ST_Y(c.geom) AS y"
                f" FROM cases c JOIN case_kinds k ON k.code = c.kind WHERE {_SHOWN} AND c.unit_id = :unit"
                " ORDER BY c.reported_at DESC, c.id DESC LIMIT :limit"
            ),
            {"unit": unit_id, "limit": limit},
        )
    )


def answers(session: Session, case_ids: list[int]) -> list[Any]:
    """Public answers of cases: case, moment, words, state then."""
    return list(
        session.execute(
            text(
                "SELECT case_id, at, note, after FROM case_events"
                " WHERE case_id = ANY(:ids) AND public AND note <> '' ORDER BY id"
            ),
            {"ids": case_ids},
        )
    )


def changes(session: Session, case_id: int) -> list[Any]:
    """How a case went: moments, states, and the words of lines that are public."""
    return list(
        session.execute(
            text(
                "SELECT at, act, before, after, CASE WHEN public THEN note ELSE '' END AS note FROM case_events"
                " WHERE case_id = :id AND (before IS DISTINCT FROM after OR act = 'report' OR (public AND note <> ''))"
                " ORDER BY id"
            ),
            {"id": case_id},
        )
    )


def shown_photos(session: Session, case_ids: list[int]) -> list[Any]:
    """Photos of cases that somebody let be public."""
    return list(
        session.execute(
            text("SELECT id, case_id, stage, width, height FROM case_photos WHERE case_id = ANY(:ids) AND public"
                 " ORDER BY id"),
            {"ids": case_ids},
        )
    )  # fmt: skip


def waiting(session: Session, condition: str, given: dict[str, Any], limit: int) -> list[int]:
    """Cases that residents and programs sent in and that nobody has decided about: open ones first, by age."""
    return list(
        session.execute(
            text(
                "SELECT c.id FROM cases c JOIN case_kinds k ON k.code = c.kind LEFT JOIN units u ON u.id = c.unit_id"
                " LEFT JOIN units h ON h.id = c.handler_unit_id WHERE c.source IN ('resident', 'open311')"
                " AND NOT c.restricted AND k.public AND c.public_words IS NULL AND c.status NOT IN ('draft',"
                " 'withdrawn', 'archived') AND NOT EXISTS (SELECT FROM case_events e WHERE e.case_id = c.id"
                f" AND e.act = 'withhold') AND {condition}"
                " ORDER BY c.closed_at IS NOT NULL, c.reported_at, c.id LIMIT :limit"
            ),
            {**given, "limit": limit},
        ).scalars()
    )


def inside_county(session: Session, x: float, y: float, day: date, metres: float) -> bool:
    """Whether a point lies in the county of a day, or within a distance of it; true where it has no boundary."""
    return bool(
        session.execute(
            text(
                "SELECT coalesce(bool_or(ST_DWithin(b.geom, ST_SetSRID(ST_MakePoint(:x, :y), gridmap_srid()),"
                " :metres)), true) FROM county c JOIN boundaries b ON b.unit_id = c.unit_id"
                " AND b.valid @> CAST(:day AS date)"
            ),
            {"x": x, "y": y, "day": day, "metres": metres},
        ).scalar_one()
    )


def grids_of(session: Session, unit: str) -> list[str]:
    """Codes of the living grids below a unit, itself among them."""
    low = prefix(unit)
    return list(
        session.execute(
            text(
                "SELECT code FROM units WHERE level = 'grid' AND retired_on IS NULL AND code >= :low AND code < :high"
                " ORDER BY code"
            ),
            {"low": low, "high": low + "~"},
        ).scalars()
    )
