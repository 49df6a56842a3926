"""``gridmap user``: accounts, for whoever runs the machine."""

from __future__ import annotations

import json
import secrets

import click

from gridmap.domain.permissions import Role
from gridmap.errors import NotFound
from gridmap.services import accounts, units
from gridmap.store.database import open_database


@click.group("user")
def command() -> None:
    """Accounts: add, list, new password, lock, unlock."""


@command.command()
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", default="", help="How the account is shown.")
@click.option("--unit", "scope", help="Code of the unit it may see and act in; the whole county by default.")
@click.option("--password", help="At least 10 characters. Made and printed when not given.")
def add(email: str, role: str, name: str, scope: str | None, password: str | None) -> None:
    """Add an account for EMAIL."""
    chosen = password or secrets.token_urlsafe(12)
    with open_database() as database, database.session() as session:
        county = units.county(session)
        if county is None:
            raise NotFound(what="county", key="(import its boundary first: gridmap import boundaries … --level county)")
        operator = accounts.operator(session)
        where = scope or county.code
        account = accounts.create(
            session, operator, email=email, name=name, role=Role(role), scope=where, password=chosen
        )
    click.echo(f"added {account.email}, {account.role.value} of {account.scope}")
    if password is None:
        click.echo(f"password: {chosen}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def list_(as_json: bool) -> None:
    """List the accounts."""
    with open_database() as database, database.session() as session:
        rows = accounts.list_accounts(session, accounts.operator(session))
    if as_json:
        keys = ("email", "name", "role", "scope", "active")
        click.echo(json.dumps([{key: getattr(row, key) for key in keys} for row in rows], ensure_ascii=False))
        return
    for row in rows:
        state = "locked" if row.locked_until else "active" if row.active else "closed"
        click.echo(f"{row.email:32} {row.role.value:14} {row.scope:18} {state}")
    if not rows:
        click.echo("no accounts yet: gridmap user add EMAIL --role administrator")


@command.command()
@click.argument("email")
@click.option("--password", help="At least 10 characters. Made and printed when not given.")
def passwd(email: str, password: str | None) -> None:
    """Give EMAIL a new password; its sessions end, and it is unlocked."""
    chosen = password or secrets.token_urlsafe(12)
    with open_database() as database, database.session() as session:
        operator = accounts.operator(session)
        account = accounts.by_email(session, operator, email)
        accounts.reset_password(session, operator, account.account_id, chosen)
    click.echo("password changed" + (f": {chosen}" if password is None else ""))


@command.command()
@click.argument("email")
def lock(email: str) -> None:
    """Close the account of EMAIL; its sessions end."""
    _set_active(email, active=False)


@command.command()
@click.argument("email")
def unlock(email: str) -> None:
    """Open the account of EMAIL again, also after too many failed sign-ins."""
    _set_active(email, active=True)


def _set_active(email: str, *, active: bool) -> None:
    with open_database() as database, database.session() as session:
        operator = accounts.operator(session)
        account = accounts.by_email(session, operator, email)
        accounts.set_active(session, operator, account.account_id, active)
    click.echo(f"{account.email} is {'open' if active else 'closed'}")
