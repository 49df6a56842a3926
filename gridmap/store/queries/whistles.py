"""Whistle calls: of one case, and of a board."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.domain.codes import prefix
from gridmap.store.models import WhistleCall

_STATES = {
    "open": "wc.attended_at IS NULL AND c.status <> ALL(:ended)",
    "late": (
        "(coalesce(wc.signed_at, :now) > wc.sign_due_at OR coalesce(wc.contacted_at, :now) > wc.contact_due_at"
        " OR coalesce(wc.attended_at, :now) > wc.attend_due_at)"
    ),
    "rated": "wc.rating IS NOT NULL",
    "all": "true",
}


def of_case(session: Session, case_id: int) -> list[WhistleCall]:
    return list(session.scalars(select(WhistleCall).where(WhistleCall.case_id == case_id).order_by(WhistleCall.id)))


def listed(
    session: Session,
    condition: str,
    given: Mapping[str, Any],
    *,
    state: str,
    unit: str | None,
    now: datetime,
    limit: int,
) -> list[WhistleCall]:
    """Calls in a state to the cases that fit a condition over ``c``, ``u`` and ``h``, latest first."""
    low = prefix(unit) if unit else ""
    keys = (
        session.execute(
            text(
                "SELECT wc.id FROM whistle_calls wc JOIN cases c ON c.id = wc.case_id"
                " LEFT JOIN units u ON u.id = c.unit_id LEFT JOIN units h ON h.id = c.handler_unit_id"
                f" WHERE {condition} AND {_STATES[state]} AND starts_with(coalesce(u.code, h.code, ''), :unit)"
                " ORDER BY wc.id DESC LIMIT :limit"
            ),
            {**given, "now": now, "ended": sorted(str(status) for status in ENDED), "unit": low, "limit": limit},
        )
        .scalars()
        .all()
    )
    found = session.scalars(select(WhistleCall).where(WhistleCall.id.in_(keys)).order_by(WhistleCall.id.desc()))
    return list(found)
