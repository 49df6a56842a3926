"""Desks: bodies, units' staff, workers; whose a case is and who could take it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.domain.codes import prefix
from gridmap.store.models import Case, CaseBody, CaseKind, Unit, Worker

_ENDED = sorted(str(status) for status in ENDED)


def body(session: Session, code: str) -> CaseBody | None:
    return session.scalars(select(CaseBody).where(CaseBody.code == code)).one_or_none()


def bodies(session: Session, *, active: bool = True) -> list[CaseBody]:
    """All bodies by code; the closed ones too where asked for."""
    statement = select(CaseBody).order_by(CaseBody.code)
    return list(session.scalars(statement.where(CaseBody.active) if active else statement))


def unit_id(session: Session, code: str) -> int | None:
    return session.scalar(select(Unit.id).where(Unit.code == code, Unit.retired_on.is_(None)))


def worker_id(session: Session, label: str) -> int | None:
    return session.scalar(select(Worker.id).where(Worker.label == label))


def named(session: Session, case: Case) -> str | None:
    """The code of whoever has a case: a body or a unit."""
    if case.body_id is not None:
        found = session.get(CaseBody, case.body_id)
        return found.code if found else None
    if case.handler_unit_id is not None:
        unit = session.get(Unit, case.handler_unit_id)
        return unit.code if unit else None
    return None


def workers_for(session: Session, case: Case, community: str, day: date, limit: int) -> list[Any]:
    """Workers of a community on a day: their grid, role, metres from their place to the case, and open cases they have.

    Those of the case's own grid first, then by how many cases they have and how far they are.
    """
    return list(
        session.execute(
            text(
                """
                SELECT w.id, w.label, u.code AS grid, a.role,
                       ST_Distance(w.geom, c.geom) AS metres, u.id = c.unit_id AS own,
                       (SELECT count(*) FROM cases o WHERE o.status <> ALL(:ended)
                        AND (o.worker_id = w.id OR (o.worker_id IS NULL AND o.handler_unit_id = u.id))) AS open_cases
                FROM assignments a JOIN workers w ON w.id = a.worker_id JOIN units u ON u.id = a.unit_id
                JOIN cases c ON c.id = :case
                WHERE a.valid @> CAST(:day AS date) AND starts_with(u.code, :community)
                ORDER BY own DESC, open_cases, metres NULLS LAST, w.label LIMIT :limit
                """
            ),
            {"case": case.id, "day": day, "community": community, "ended": _ENDED, "limit": limit},
        )
    )


def unit_code(session: Session, key: int) -> str:
    """The code of a unit that exists."""
    return str(session.execute(select(Unit.code).where(Unit.id == key)).scalar_one())


def kinds(session: Session, *, active: bool = True) -> list[CaseKind]:
    """Kinds of cases in their order; the closed ones too where asked for."""
    statement = select(CaseKind).order_by(CaseKind.position, CaseKind.code)
    return list(session.scalars(statement.where(CaseKind.active) if active else statement))


def busiest_grid(session: Session, scope: str) -> str | None:
    """The grid of a scope whose own staff have most cases under way: the demo's worker begins there."""
    low = prefix(scope)
    return session.execute(
        text(
            "SELECT u.code FROM cases c JOIN units u ON u.id = c.handler_unit_id WHERE u.level = 'grid'"
            " AND u.code >= :low AND u.code < :high AND c.status IN ('dispatched', 'signed', 'handling')"
            " GROUP BY u.code ORDER BY count(*) DESC, u.code LIMIT 1"
        ),
        {"low": low, "high": low + "~"},
    ).scalar_one_or_none()
