"""The import log, and taking an import back while nothing stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridmap.domain.messages import Message
from gridmap.domain.permissions import GRANTS, Actor, Permission
from gridmap.domain.plans import PlanState
from gridmap.errors import ImportStandsUnder, NotFound
from gridmap.services import plans
from gridmap.services.units import LOCAL
from gridmap.store.database import Session
from gridmap.store.models import ImportLog
from gridmap.store.queries import accounts, adoption, case_lists, code_lists
from gridmap.store.queries import uploads as queries

#: table → what people call its rows
ROWS = {
    "units": Message("units"),
    "boundaries": Message("boundaries"),
    "organisations": Message("organisations"),
    "members": Message("members"),
    "workers": Message("workers"),
    "assignments": Message("assignments"),
    "posts": Message("posts"),
    "post_holders": Message("holders of posts"),
    "service_points": Message("service points"),
    "household_counts": Message("household counts"),
    "cases": Message("cases"),
    "case_events": Message("cases"),
    "meetings": Message("meetings"),
    "accounts": Message("accounts"),
    "county": Message("the county"),
}


@dataclass(frozen=True)
class ImportRow:
    """One line of the import log. ``why_not``: what stands in the way of undoing it."""

    id: int
    at: datetime
    actor: str
    layer: str
    file_name: str
    sha256: str
    crs: str | None
    counts: Mapping[str, Any]
    detail: Mapping[str, Any]
    undone_at: datetime | None
    undoable: bool
    why_not: Message | None


def imports(session: Session, actor: Actor, limit: int = 50) -> list[ImportRow]:
    """The import log, the newest first.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.IMPORT)
    rows = []
    for row in queries.imports(session, limit):
        why = _why_not(session, actor, row)
        rows.append(
            ImportRow(
                id=row.id,
                at=row.at,
                actor=row.actor,
                layer=row.layer,
                file_name=row.file_name,
                sha256=row.sha256,
                crs=row.crs,
                counts=row.counts,
                detail=row.detail,
                undone_at=row.undone_at,
                undoable=why is None,
                why_not=why,
            )
        )
    return rows


def _why_not(session: Session, actor: Actor, row: ImportLog) -> Message | None:
    """What is known to stand in the way without trying."""
    if row.undone_at is not None:
        return Message("It was undone already.")
    if row.account_id != actor.account_id and Permission.MANAGE_ACCOUNTS not in _granted(actor):
        return Message("Somebody else imported it; they or an administrator can undo it.")
    changed = queries.changed_since(session, row.id)
    if changed:
        return Message("{rows} were changed since.", {"rows": ROWS.get(changed[0][0], Message("rows"))})
    return None


def _granted(actor: Actor) -> frozenset[Permission]:
    return GRANTS[actor.role]


def _withdraw_plan(session: Session, actor: Actor, row: ImportLog) -> int:
    """Withdraw the plan that came of an import, if it still can be; how many that were."""
    drafted = row.detail.get("plan")
    if drafted is None:
        return 0
    found = plans.withdraw_drafted(session, actor, int(drafted), f"Undone: import {row.id}")
    if found is PlanState.ADOPTED:
        session.rollback()
        raise ImportStandsUnder(detail=Message("Plan {plan}, which came of it, was adopted.", {"plan": drafted}))
    return int(found is not PlanState.WITHDRAWN)


def undo_import(session: Session, actor: Actor, import_id: int, *, rehearse: bool = False) -> dict[str, int]:
    """Take an import back: what it added goes, what it changed becomes what it was. All, or nothing.

    Returns
    -------
    ``removed``, ``restored``, ``changed_back``: rows; ``plans``: drafts that are withdrawn. With ``rehearse`` it is
    tried and taken back.

    A plan that it drafted is withdrawn with it.

    Raises
    ------
    ImportStandsUnder
        Later rows refer to it, or changed it since; or its plan was adopted.
    NotFound, PermissionMissing
    """
    actor.require(Permission.IMPORT)
    adoption.take_turn(session)
    row = queries.find_import(session, import_id, lock=True)
    if row is None:
        raise NotFound(what="import", key=import_id)
    why = _why_not(session, actor, row)
    if why is not None:
        session.rollback()
        raise ImportStandsUnder(detail=why)
    try:
        withdrawn = _withdraw_plan(session, actor, row)
        # codes that an import gave are areas of accounts: these stand at the county meanwhile
        parked = code_lists.park_placed(session, row.detail.get("scopes", ()))
        case_lists.take_states_as_stated(session)
        states = case_lists.states(session, case_lists.of_import(session, import_id))
        done = queries.take_back(session, import_id)
        case_lists.note_changes(session, states, "import undone", actor.name, actor.account_id)
        code_lists.unpark_accounts(session, parked)
    except queries.RowsStandOn as error:
        session.rollback()
        what = ROWS.get(error.table, Message("rows"))
        raise ImportStandsUnder(
            detail=Message("{rows} that came later stand on it. Undo or remove these first.", {"rows": what})
        ) from error
    counts = {
        "removed": done.removed, "restored": done.restored, "changed_back": done.changed_back, "plans": withdrawn,
    }  # fmt: skip
    if rehearse:
        session.rollback()
        return counts
    row.undone_at, row.undone_by = datetime.now(LOCAL), actor.name
    accounts.record(
        session, account_id=actor.account_id, actor=actor.name, action="undo import", subject=row.layer,
        detail={"import": import_id, "file": row.file_name, **counts},
    )  # fmt: skip
    session.commit()
    return counts
