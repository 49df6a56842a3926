"""Accounts: sign-in with lockout, passwords, roles and scopes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from gridmap.domain.codes import contains, prefix
from gridmap.domain.permissions import Actor, Permission, Role
from gridmap.errors import AccountLocked, EmailInvalid, EmailTaken, NotFound, SignInFailed
from gridmap.services import passwords
from gridmap.settings import settings
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Account
from gridmap.store.queries import accounts as queries
from gridmap.store.queries import units


@dataclass(frozen=True)
class AccountDetails:
    """An account as others may see it. ``stamp`` changes when all its sessions are to end."""

    account_id: int
    email: str
    name: str
    role: Role
    scope: str
    active: bool
    stamp: str
    language: str | None
    locked_until: datetime | None
    last_sign_in_at: datetime | None
    body: int | None = None


def operator(session: Session) -> Actor:
    """Whoever runs a command on this machine: an administrator of the whole county."""
    county = units.county(session)
    return Actor(account_id=None, name="command line", role=Role.ADMINISTRATOR, scope=county.code if county else "")


def actor_for(account: AccountDetails) -> Actor:
    """The actor that an account is."""
    return Actor(account.account_id, account.name, account.role, account.scope, account.body)


def find(session: Session, account_id: int) -> AccountDetails | None:
    """The account with a number, or None."""
    account = queries.by_id(session, account_id)
    return None if account is None else _details(account)


def verify(session: Session, email: str, password: str) -> AccountDetails:
    """Return the account that an e-mail address and a password belong to; failures are counted, at last it is locked.

    Raises
    ------
    SignInFailed
        No such account, wrong password, or closed: one sentence for all three, and the same time.
    AccountLocked
    """
    account = queries.by_email(session, email) if is_storable(email) else None
    right = passwords.matches(account.password_hash if account else None, password)
    if account is None:
        raise SignInFailed
    now = datetime.now(UTC)
    if account.locked_until is not None and account.locked_until > now:
        raise AccountLocked(minutes=ceil((account.locked_until - now).total_seconds() / 60))
    if not right or not account.active:
        chosen = settings()
        until = now + timedelta(minutes=chosen.lockout_minutes)
        failures = queries.count_failure(session, account.id, limit=chosen.lockout_failures, locked_until=until)
        if failures >= chosen.lockout_failures:
            _record(session, account.id, account.email, "locked", account.email)
        session.commit()
        raise SignInFailed
    if passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    account.failures = 0
    account.locked_until = None
    account.last_sign_in_at = now
    _record(session, account.id, account.email, "signed in", account.email)
    session.commit()
    return _details(account)


def create(
    session: Session, actor: Actor, *, email: str, name: str, role: Role, scope: str, password: str
) -> AccountDetails:
    """Add an account inside the actor's own scope.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, EmailInvalid, EmailTaken, PasswordTooWeak
    """
    actor.require(Permission.MANAGE_ACCOUNTS, scope)
    account = add(session, email=email, name=name, role=role, scope=scope, password=password)
    _record(session, actor.account_id, actor.name, "account added", account.email, role=role.value, scope=scope)
    session.commit()
    return _details(account)


def add(
    session: Session, *, email: str, name: str, role: Role, scope: str, password: str, body: int | None = None
) -> Account:
    """Insert an account without asking who wants it (the demo does) and without committing.

    Raises
    ------
    NotFound, EmailInvalid, EmailTaken, PasswordTooWeak
    """
    address = email.strip().lower()
    local, _, host = address.partition("@")
    if not local or not host or any(map(str.isspace, address)) or not is_storable(address):
        raise EmailInvalid(email=email)
    if units.find(session, scope) is None:
        raise NotFound(what="unit", key=scope)
    if queries.by_email(session, address) is not None:
        raise EmailTaken(email=address)
    passwords.check_strength(password, address, name)
    account = Account(
        email=address,
        name="".join(letter for letter in name if is_storable(letter)).strip() or local,
        role=role.value,
        scope=scope,
        body_id=body,
        password_hash=passwords.hash_password(password),
        session_key=secrets.token_urlsafe(24),
    )
    session.add(account)
    session.flush()
    return account


def list_accounts(session: Session, actor: Actor) -> list[AccountDetails]:
    """The accounts inside the actor's scope.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.MANAGE_ACCOUNTS)
    return [_details(account) for account in queries.all_below(session, prefix(actor.scope))]


def change_password(session: Session, actor: Actor, present: str, wanted: str) -> AccountDetails:
    """Change the actor's own password; all other sessions of the account end.

    Raises
    ------
    SignInFailed, PasswordTooWeak
    """
    account = queries.by_id(session, actor.account_id or 0)
    if not passwords.matches(account.password_hash if account else None, present) or account is None:
        raise SignInFailed
    return _set_password(session, actor, account, wanted, "password changed")


def reset_password(session: Session, actor: Actor, account_id: int, wanted: str) -> AccountDetails:
    """Set another account's password, unlock it, end its sessions.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, PasswordTooWeak
    """
    account = _managed(session, actor, account_id)
    account.failures, account.locked_until = 0, None
    return _set_password(session, actor, account, wanted, "password reset")


def set_active(session: Session, actor: Actor, account_id: int, active: bool) -> AccountDetails:
    """Close an account (its sessions end) or open it again and unlock it.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    """
    account = _managed(session, actor, account_id)
    account.active = active
    account.failures, account.locked_until = 0, None
    if not active:
        account.session_key = secrets.token_urlsafe(24)
    _record(session, actor.account_id, actor.name, "account opened" if active else "account closed", account.email)
    session.commit()
    return _details(account)


def by_email(session: Session, actor: Actor, email: str) -> AccountDetails:
    """The account of an e-mail address inside the actor's scope.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    """
    account = queries.by_email(session, email)
    if account is None:
        raise NotFound(what="account", key=email)
    actor.require(Permission.MANAGE_ACCOUNTS, account.scope)
    return _details(account)


def _managed(session: Session, actor: Actor, account_id: int) -> Account:
    account = queries.by_id(session, account_id)
    if account is None or not contains(actor.scope, account.scope):
        raise NotFound(what="account", key=account_id)
    actor.require(Permission.MANAGE_ACCOUNTS, account.scope)
    return account


def _set_password(session: Session, actor: Actor, account: Account, wanted: str, action: str) -> AccountDetails:
    passwords.check_strength(wanted, account.email, account.name)
    account.password_hash = passwords.hash_password(wanted)
    account.session_key = secrets.token_urlsafe(24)
    _record(session, actor.account_id, actor.name, action, account.email)
    session.commit()
    return _details(account)


def _record(session: Session, account_id: int | None, actor: str, action: str, subject: str, **detail: str) -> None:
    queries.record(session, account_id=account_id, actor=actor, action=action, subject=subject, detail=detail)


def _details(account: Account) -> AccountDetails:
    return AccountDetails(
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=Role(account.role),
        scope=account.scope,
        active=account.active,
        stamp=account.session_key,
        language=account.language,
        locked_until=account.locked_until,
        last_sign_in_at=account.last_sign_in_at,
        body=account.body_id,
    )
