"""``gridmap case``: keys of programs that send cases, and posters that take residents to their grid's page."""

from __future__ import annotations

import json

import click

from gridmap.services import accounts, api_keys
from gridmap.store.database import open_database


@click.group("case")
def command() -> None:
    """Cases: keys for Open311."""


@command.command("api-key")
@click.argument("name")
def api_key(name: str) -> None:
    """Make a key for the program NAME (a hotline, an app). It is printed once, and only its hash is kept."""
    with open_database() as database, database.session() as session:
        key = api_keys.make_key(session, accounts.operator(session), name)
    click.echo(key)


@command.command("api-keys")
@click.option("--close", "close", type=int, metavar="NUMBER", help="Close this key: it sends nothing from now on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def list_keys(close: int | None, as_json: bool) -> None:
    """List the keys, without what they are."""
    with open_database() as database, database.session() as session:
        operator = accounts.operator(session)
        if close is not None:
            api_keys.close_key(session, operator, close)
        rows = api_keys.keys(session, operator)
    if as_json:
        shown = [
            {"number": row.id, "name": row.name, "active": row.active, "made": row.created_at.isoformat()}
            for row in rows
        ]
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.id:4} {'open' if row.active else 'closed':7} {row.created_at:%Y-%m-%d} {row.name}")
    if not rows:
        click.echo("no keys yet: gridmap case api-key NAME")
