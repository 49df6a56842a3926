"""Accounts and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gridmap.store.models import Account, AuditEntry


def by_id(session: Session, account_id: int) -> Account | None:
    return session.get(Account, account_id)


def by_email(session: Session, email: str) -> Account | None:
    return session.scalars(select(Account).where(Account.email == email.strip().lower())).one_or_none()


def all_below(session: Session, low: str) -> list[Account]:
    """Accounts whose scope begins with ``low``, by e-mail address."""
    inside = Account.scope.startswith(low, autoescape=True)
    return list(session.scalars(select(Account).where(inside).order_by(Account.email)))


def count_failure(session: Session, account_id: int, *, limit: int, locked_until: datetime) -> int:
    """Count a failed sign-in in one statement, so that none is lost; lock at ``limit``. Returns the count."""
    failures = session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(failures=Account.failures + 1)
        .returning(Account.failures)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    if failures >= limit:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(locked_until=locked_until, failures=0)
            .execution_options(synchronize_session=False)
        )
    return failures


def record(
    session: Session, *, account_id: int | None, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Write one line of the audit trail."""
    session.add(AuditEntry(account_id=account_id, actor=actor, action=action, subject=subject, detail=dict(detail)))
    session.flush()
