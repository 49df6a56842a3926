"""``gridmap jobs``: the background queue."""

from __future__ import annotations

import json

import click

from gridmap.jobs import queue
from gridmap.store import queue as tables
from gridmap.store.database import open_database


@click.group("jobs")
def command() -> None:
    """Background work: late cases go one level up, what is needed no more is removed."""


@command.command()
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
def run(once: bool) -> None:
    """Work until Ctrl-C. ``gridmap serve`` does this too; a server of its own takes load off the web."""
    with open_database() as database:
        click.echo("gridmap works in the background (Ctrl-C ends it)", err=True)
        queue.run(database, wait=not once)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Say how many jobs wait, run, are done or failed."""
    with open_database() as database:
        found = tables.waiting(database)
    if as_json:
        click.echo(json.dumps(found))
        return
    for state, count in sorted(found.items()):
        click.echo(f"{state:<10} {count}")
    if not found:
        click.echo("No background work yet. It begins with gridmap serve or gridmap jobs run.")
