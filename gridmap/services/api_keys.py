"""Keys of programs that may send cases (Open311). A key is told once; only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import ApiKey
from gridmap.store.queries import accounts
from gridmap.store.queries import open311 as queries


@dataclass(frozen=True)
class Key:
    """A program that may send. The key itself is told once, and only its hash is kept."""

    id: int
    name: str
    active: bool
    created_at: datetime


def make_key(session: Session, actor: Actor, name: str) -> str:
    """Make a key for a program and return it: it is shown once.

    Raises
    ------
    PermissionMissing, BadInput
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    plain = name.strip()
    if not plain or len(plain) > 100 or not is_storable(plain):
        raise BadInput(detail=Message("{name}: at most {longest} letters.", {"name": "Name", "longest": 100}))
    key = secrets.token_urlsafe(24)
    row = ApiKey(name=plain, key_hash=hashed(key), active=True)
    session.add(row)
    session.flush()
    _record(session, actor, "api key made", row)
    session.commit()
    return key


def close_key(session: Session, actor: Actor, key_id: int) -> Key:
    """Close a key: what is sent with it is refused from now on.

    Raises
    ------
    PermissionMissing, NotFound
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound(what="key", key=key_id)
    row.active = False
    _record(session, actor, "api key closed", row)
    session.commit()
    return Key(row.id, row.name, row.active, row.created_at)


def keys(session: Session, actor: Actor) -> list[Key]:
    """All keys, without what they are.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.MANAGE_CASE_RULES)
    return [Key(row.id, row.name, row.active, row.created_at) for row in queries.keys(session)]


def key(session: Session, presented: str) -> Key | None:
    """The key that a program shows, or None where it is unknown or closed."""
    row = queries.key_of(session, hashed(presented))
    return Key(row.id, row.name, row.active, row.created_at) if row is not None and row.active else None


def _record(session: Session, actor: Actor, action: str, row: ApiKey) -> None:
    accounts.record(
        session,
        account_id=actor.account_id,
        actor=actor.name,
        action=action,
        subject=f"api key {row.id}",
        detail={"name": row.name},
    )


def hashed(words: str) -> str:
    """What is kept of a key: its sha256."""
    return hashlib.sha256(words.encode()).hexdigest()
