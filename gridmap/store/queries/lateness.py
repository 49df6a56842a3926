"""Terms that are red and of which nobody was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED, STANDING_STILL
from gridmap.domain.levels import Level

_QUIET = sorted(str(status) for status in ENDED | STANDING_STILL)


def red(session: Session, now: datetime, limit: int) -> list[Any]:
    """Late terms of open cases, locked; those that another process holds are left out."""
    return list(
        session.execute(
            text(
                "SELECT t.case_id, t.stage, t.due_at, coalesce(h.code, u.code) AS unit,"
                " CASE WHEN c.body_id IS NOT NULL THEN 'town' ELSE coalesce(h.level, u.level) END AS level"
                " FROM case_terms t JOIN cases c ON c.id = t.case_id LEFT JOIN units h ON h.id = c.handler_unit_id"
                " LEFT JOIN units u ON u.id = c.unit_id WHERE t.due_at < :now AND t.met_at IS NULL"
                " AND t.left_s IS NULL AND t.escalated_at IS NULL AND c.status <> ALL(:quiet)"
                " ORDER BY t.due_at LIMIT :limit FOR UPDATE OF t SKIP LOCKED"
            ),
            {"now": now, "quiet": _QUIET, "limit": limit},
        )
    )


def mark(session: Session, case_id: int, stage: str, at: datetime) -> None:
    session.execute(
        text("UPDATE case_terms SET escalated_at = :at WHERE case_id = :case AND stage = :stage"),
        {"at": at, "case": case_id, "stage": stage},
    )


def above(code: str, level: Level) -> str:
    """The unit of a level that holds a unit."""
    if level is Level.COMMUNITY:
        return code[:12]
    return code[:9] + "000" if level is Level.TOWN else code[:6] + "000000"
