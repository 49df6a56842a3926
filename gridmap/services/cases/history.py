"""Writing history: one line for each act, and the receipt that makes a request sent twice count once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gridmap.domain.permissions import Actor
from gridmap.errors import KeyReused
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseEvent, Receipt
from gridmap.store.queries import receipts

#: Longest note that is kept, in characters.
LONGEST_NOTE = 4_000
#: Longest key of a sender.
LONGEST_KEY = 100


@dataclass(frozen=True)
class Who:
    """Who did something: an account with its name, or a resident, a program, the clock."""

    name: str
    account: int | None = None


RESIDENT = Who("resident")
CLOCK = Who("clock")


def who(actor: Actor) -> Who:
    return Who(actor.name, actor.account_id)


def moment(case: Case, at: datetime) -> datetime:
    """The moment of an act: never before the one before it, whatever the clocks of two machines say."""
    return max(at, case.updated_at + timedelta(microseconds=1)) if case.updated_at is not None else at


def note(
    session: Session,
    case: Case,
    by: Who,
    act: str,
    at: datetime,
    *,
    before: str | None = None,
    words: str = "",
    public: bool = False,
    **detail: Any,
) -> CaseEvent:
    """Write a line, and let the case say that it changed. Nothing is committed.

    ``before``: the state before, where it changed; ``detail``: what else is worth keeping.
    """
    event = CaseEvent(
        case_id=case.id,
        at=at,
        account_id=by.account,
        actor=by.name,
        act=act,
        before=before if before is not None else case.status,
        after=case.status,
        note=words[:LONGEST_NOTE],
        public=public,
        detail={name: value for name, value in detail.items() if value not in (None, "", ())},
    )
    session.add(event)
    case.updated_at = at
    case.version = (case.version or 0) + 1
    session.flush()
    return event


def claim(session: Session, key: str | None, sender: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Take a key for a request: None where it is new, else the answer that was given then.

    The row is locked until the transaction ends, so two senders of one key take turns.

    Raises
    ------
    KeyReused
        The key belongs to another sender or another request.
    """
    if key is None:
        return None
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise KeyReused
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    if receipts.take(session, key, sender, digest):
        return None
    kept: Receipt = receipts.find(session, key)
    if kept.sender != sender or kept.digest != digest:
        raise KeyReused
    return dict(kept.answer)


def answer(session: Session, key: str | None, given: Mapping[str, Any]) -> None:
    """Keep the answer to a request whose key was claimed in this transaction."""
    if key is not None:
        receipts.find(session, key).answer = dict(given)
