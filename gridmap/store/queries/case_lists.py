"""Cases that come in lists from another system: their states are taken as they are, each change with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session


def take_states_as_stated(session: Session) -> None:
    """Let this transaction write states that no move leads to. The history's line is asked for all the same."""
    session.execute(text("SELECT set_config('gridmap.cases_from_list', 'on', true)"))


def states(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """State of each case."""
    rows = session.execute(text("SELECT id, status FROM cases WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row[0]: row[1] for row in rows}


def of_import(session: Session, import_id: int) -> list[int]:
    """Numbers of the cases that an import wrote."""
    return list(
        session.execute(
            text("SELECT DISTINCT row_id FROM import_changes WHERE import_id = :id AND table_name = 'cases'"),
            {"id": import_id},
        ).scalars()
    )


def note_changes(session: Session, before: Mapping[int, str], act: str, actor: str, account_id: int | None) -> None:
    """Write a line for each case whose state is no longer what it was."""
    now = states(session, list(before))
    rows = [
        {"case": key, "before": was, "after": now[key], "act": act, "actor": actor, "account": account_id}
        for key, was in before.items()
        if key in now and now[key] != was
    ]
    if rows:
        session.execute(
            text(
                "INSERT INTO case_events (case_id, act, before, after, actor, account_id)"
                " VALUES (:case, :act, :before, :after, :actor, :account)"
            ),
            rows,
        )


def settle(session: Session, ids: Sequence[int]) -> None:
    """Give new cases of a list what follows from the rest: lane, first deadline, desk, moments of filing."""
    session.execute(
        text(
            """
            UPDATE cases c SET lane = k.lane, restricted = l.restricted, original_due_at = c.due_at,
                   handler_unit_id = coalesce(c.handler_unit_id, c.unit_id),
                   updated_at = coalesce(c.closed_at, c.reported_at),
                   filed_at = CASE WHEN c.status IN ('draft', 'reported', 'verified', 'not_filed', 'withdrawn')
                                   THEN NULL ELSE c.reported_at END,
                   dispatched_at = CASE WHEN c.status IN ('draft', 'reported', 'verified', 'filed', 'not_filed',
                                                          'withdrawn') THEN NULL ELSE c.reported_at END
            FROM case_kinds k JOIN lanes l ON l.code = k.lane WHERE k.code = c.kind AND c.id = ANY(:ids)
            """
        ),
        {"ids": list(ids)},
    )
