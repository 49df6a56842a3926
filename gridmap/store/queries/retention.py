"""Removing what is needed no more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.store.models import Case, Receipt


def forget_contacts(session: Session, before: datetime) -> int:
    """Drop the sealed contacts of cases that have ended and not changed since a moment."""
    ended = sorted(str(status) for status in ENDED)
    statement = update(Case).where(Case.contact.is_not(None), Case.status.in_(ended), Case.updated_at < before)
    done = session.execute(
        statement.values(contact=None).returning(Case.id).execution_options(synchronize_session=False)
    )
    return len(done.all())


def forget_receipts(session: Session, before: datetime) -> int:
    """Drop receipts older than a moment."""
    done = session.execute(
        delete(Receipt).where(Receipt.at < before).returning(Receipt.key).execution_options(synchronize_session=False)
    )
    return len(done.all())
