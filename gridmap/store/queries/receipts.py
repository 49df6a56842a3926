"""Receipts: which requests were carried out, by the keys of their senders."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.store.models import Receipt


def take(session: Session, key: str, sender: str, digest: str) -> bool:
    """Whether the key is new; it is taken then. Waits for whoever is taking it at this moment."""
    statement = insert(Receipt).values(key=key, sender=sender, digest=digest, answer={})
    taken = session.execute(statement.on_conflict_do_nothing().returning(Receipt.key)).first()
    return taken is not None


def find(session: Session, key: str) -> Receipt:
    """The receipt of a key that was taken."""
    return session.scalars(select(Receipt).where(Receipt.key == key)).one()
