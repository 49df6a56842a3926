"""Places by their names, and what lies at a point."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix


def like(session: Session, words: str, day: date, *, scope: str, limit: int) -> list[Any]:
    """Units with a place whose name is in ``words`` or like it: code, name, above, how, score, x, y.

    x and y are a point inside the outline, or the middle of a compound's household places.
    """
    low = prefix(scope)
    return list(
        session.execute(
            text(
                """
                WITH alike AS (
                    SELECT u.id, u.code, u.name, p.name AS above, u.level,
                           CASE WHEN strpos(:words, u.name) > 0 THEN 'inside'
                                WHEN u.pinyin <> '' AND u.pinyin = lower(:words) THEN 'pinyin' ELSE 'like' END AS how,
                           greatest(similarity(u.name, :words), word_similarity(u.name, :words)) AS score
                    FROM units u LEFT JOIN units p ON p.id = u.parent_id
                    WHERE u.retired_on IS NULL AND u.code >= :low AND u.code < :high
                      AND u.level IN ('compound', 'courtyard', 'community')
                      AND (strpos(:words, u.name) > 0 OR word_similarity(u.name, :words) > 0.45
                           OR (u.pinyin <> '' AND u.pinyin = lower(:words)))),
                named AS (
                    SELECT * FROM alike
                    ORDER BY how = 'inside' DESC, how = 'pinyin' DESC, length(name) DESC, score DESC, code
                    LIMIT :limit)
                SELECT n.code, n.name, n.above, n.how,
                       CASE WHEN n.how = 'inside' THEN 1.0 ELSE n.score END AS score,
                       coalesce(ST_X(b.at), h.x) AS x, coalesce(ST_Y(b.at), h.y) AS y
                FROM named n
                LEFT JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS at FROM boundaries b
                    WHERE b.unit_id = n.id AND b.valid @> CAST(:day AS date) LIMIT 1) b ON true
                LEFT JOIN LATERAL (SELECT avg(ST_X(h.geom)) AS x, avg(ST_Y(h.geom)) AS y FROM household_counts h
                    WHERE h.compound_id = n.id) h ON true
                WHERE b.at IS NOT NULL OR h.x IS NOT NULL
                """
            ),
            {"words": words, "low": low, "high": low + "~", "day": day, "limit": limit},
        )
    )


def units_at(session: Session, x: float, y: float, day: date) -> list[Any]:
    """The units whose boundary of a day holds a point: code, name, level."""
    return list(
        session.execute(
            text(
                "SELECT u.code, u.name, u.level FROM boundaries b JOIN units u ON u.id = b.unit_id"
                " WHERE b.valid @> CAST(:day AS date)"
                " AND ST_Covers(b.geom, ST_SetSRID(ST_MakePoint(:x, :y), gridmap_srid())) ORDER BY u.level, u.code"
            ),
            {"x": x, "y": y, "day": day},
        )
    )


def nearest_grids(
    session: Session, x: float, y: float, day: date, *, limit: int, within: float | None = None
) -> list[Any]:
    """Grids nearest to a point on a day, or those ``within`` so many metres: code, name, metres (0 inside)."""
    near = "" if within is None else "AND ST_DWithin(b.geom, at.point, :within)"
    order = "b.geom <-> at.point" if within is None else "ST_Distance(b.geom, at.point)"
    return list(
        session.execute(
            text(
                "SELECT u.code, u.name, ST_Distance(b.geom, at.point) AS metres"
                " FROM (SELECT ST_SetSRID(ST_MakePoint(:x, :y), gridmap_srid()) AS point) at"
                " JOIN LATERAL (SELECT b.unit_id, b.geom FROM boundaries b JOIN units g ON g.id = b.unit_id"
                f" AND g.level = 'grid' WHERE b.valid @> CAST(:day AS date) {near} ORDER BY {order} LIMIT :limit)"
                " b ON true JOIN units u ON u.id = b.unit_id ORDER BY metres, u.code"
            ),
            {"x": x, "y": y, "day": day, "limit": limit, "within": within},
        )
    )


def staff_of(session: Session, code: str, day: date) -> list[Any]:
    """Label and role of those who serve a grid on a day, the head first."""
    return list(
        session.execute(
            text(
                "SELECT w.label, a.role FROM assignments a JOIN workers w ON w.id = a.worker_id"
                " JOIN units u ON u.id = a.unit_id WHERE u.code = :code AND a.valid @> CAST(:day AS date)"
                " ORDER BY a.role = 'head' DESC, w.label"
            ),
            {"code": code, "day": day},
        )
    )


def compounds_in(session: Session, scope: str, day: date) -> list[Any]:
    """Compounds and courtyards of a scope with a place: code, name, and a point inside or the middle of their homes."""
    low = prefix(scope)
    return list(
        session.execute(
            text(
                """
                SELECT u.code, u.name, coalesce(ST_X(b.at), h.x) AS x, coalesce(ST_Y(b.at), h.y) AS y
                FROM units u
                LEFT JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS at FROM boundaries b
                    WHERE b.unit_id = u.id AND b.valid @> CAST(:day AS date) LIMIT 1) b ON true
                LEFT JOIN LATERAL (SELECT avg(ST_X(h.geom)) AS x, avg(ST_Y(h.geom)) AS y FROM household_counts h
                    WHERE h.compound_id = u.id) h ON true
                WHERE u.level IN ('compound', 'courtyard') AND u.retired_on IS NULL AND u.code >= :low
                  AND u.code < :high AND (b.at IS NOT NULL OR h.x IS NOT NULL) ORDER BY u.name, u.code
                """
            ),
            {"low": low, "high": low + "~", "day": day},
        )
    )
