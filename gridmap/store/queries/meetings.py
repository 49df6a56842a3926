"""Meetings and matters."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.store.models import Matter, Meeting, Unit


def unit(session: Session, code: str) -> Unit | None:
    return session.scalars(select(Unit).where(Unit.code == code, Unit.retired_on.is_(None))).one_or_none()


def matters(session: Session, meeting_id: int) -> list[Matter]:
    return list(session.scalars(select(Matter).where(Matter.meeting_id == meeting_id).order_by(Matter.id)))


def held(session: Session, unit_id: int, day: date, *, but: int | None) -> bool:
    """Whether a unit has another meeting on a day."""
    found = select(Meeting.id).where(Meeting.unit_id == unit_id, Meeting.held_on == day)
    return any(each != but for each in session.scalars(found))


def carried(session: Session, matter_id: int) -> int | None:
    """The same matter one tier above, where it went up."""
    return session.scalar(select(Matter.id).where(Matter.carried_from_id == matter_id))


def next_announced(session: Session, unit_id: int) -> Meeting | None:
    """The meeting that a unit has announced, the nearest one."""
    found = select(Meeting).where(Meeting.unit_id == unit_id, Meeting.state == "announced")
    return session.scalars(found.order_by(Meeting.announced_for).limit(1)).one_or_none()


def release_agenda(session: Session, meeting_id: int) -> None:
    """Move what is unanswered of a cancelled meeting to the unit's next announced one, where there is one."""
    session.execute(
        text(
            "UPDATE matters m SET meeting_id = n.id FROM meetings c JOIN LATERAL (SELECT id FROM meetings n"
            " WHERE n.unit_id = c.unit_id AND n.state = 'announced' AND n.id <> c.id ORDER BY announced_for LIMIT 1)"
            " n ON true WHERE c.id = :meeting AND m.meeting_id = c.id AND m.answer = 'open'"
        ),
        {"meeting": meeting_id},
    )


def take_released(session: Session, unit_id: int, meeting_id: int) -> None:
    """Move what is unanswered of a unit's cancelled meetings onto an agenda."""
    session.execute(
        text(
            "UPDATE matters m SET meeting_id = :meeting FROM meetings c WHERE m.meeting_id = c.id"
            " AND c.unit_id = :unit AND c.state = 'cancelled' AND m.answer = 'open'"
        ),
        {"meeting": meeting_id, "unit": unit_id},
    )


def listed(session: Session, scope: str, state: str | None, limit: int) -> list[Meeting]:
    """Meetings of a scope: those ahead by their time, then those held, the latest first."""
    low = prefix(scope)
    found = (
        select(Meeting)
        .join(Unit, Unit.id == Meeting.unit_id)
        .where(Unit.code >= low, Unit.code < low + "~")
        .order_by(
            (Meeting.state != "announced"),
            Meeting.held_on.desc().nulls_first(),
            Meeting.announced_for,
            Meeting.id.desc(),
        )
        .limit(limit)
    )
    return list(session.scalars(found.where(Meeting.state == state) if state else found))


def around(session: Session, code: str, limit: int) -> list[Meeting]:
    """Meetings that concern who lives in a unit: of the community's courtyards, of the community, of the town."""
    rows = session.execute(
        text(
            "SELECT m.id FROM meetings m JOIN units u ON u.id = m.unit_id"
            " WHERE (starts_with(u.code, :community) OR u.code = :town) AND m.state <> 'cancelled'"
            " ORDER BY m.state = 'announced' DESC, coalesce(m.held_on, m.announced_for::date) DESC, m.id DESC"
            " LIMIT :limit"
        ),
        {"community": code[:12], "town": code[:9] + "000", "limit": limit},
    ).scalars()
    order = list(rows)
    found = {row.id: row for row in session.scalars(select(Meeting).where(Meeting.id.in_(order)))}
    return [found[each] for each in order]


def last_met(session: Session, scope: str, as_of: date) -> list[Any]:
    """Courtyards of a scope: code, name, x, y, the last day they met on or before a day, the next time announced."""
    low = prefix(scope)
    return list(
        session.execute(
            text(
                """
                SELECT u.code, u.name, ST_X(b.at) AS x, ST_Y(b.at) AS y, m.last, a.planned
                FROM units u
                LEFT JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS at FROM boundaries b
                    WHERE b.unit_id = u.id AND b.valid @> CAST(:day AS date) LIMIT 1) b ON true
                LEFT JOIN LATERAL (SELECT max(held_on) AS last FROM meetings m
                    WHERE m.unit_id = u.id AND m.held_on <= :day) m ON true
                LEFT JOIN LATERAL (SELECT min(announced_for) AS planned FROM meetings a
                    WHERE a.unit_id = u.id AND a.state = 'announced') a ON true
                WHERE u.level = 'courtyard' AND u.retired_on IS NULL AND u.code >= :low AND u.code < :high
                ORDER BY m.last NULLS FIRST, u.code
                """
            ),
            {"low": low, "high": low + "~", "day": as_of},
        )
    )
