"""``gridmap db``: the private database, or the tables of an external one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gridmap.errors import ServerUnavailable
from gridmap.settings import Settings, settings
from gridmap.store.archive import backup as write_backup
from gridmap.store.archive import restore as read_backup
from gridmap.store.cluster import Cluster
from gridmap.store.database import Database, open_database


@click.group("db")
def command() -> None:
    """The database: start, stop, look at, upgrade, save, restore.

    Without GRIDMAP_DATABASE_URL this is gridmap's own private PostgreSQL in GRIDMAP_HOME; with it, the one you name.
    """


@command.command()
def up() -> None:
    """Start the private database in the background and bring its tables to this version."""
    chosen = _private("up")
    started = Cluster(chosen).start(background=True)
    with open_database(chosen):
        click.echo(f"{'started' if started else 'already running'}: {chosen.home}")


@command.command()
def down() -> None:
    """Stop the private database."""
    stopped = Cluster(_private("down")).stop()
    click.echo("stopped" if stopped else "was not running")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say how the database stands. Exit 0 when it runs, 1 when it does not."""
    chosen = settings()
    if chosen.database_url:
        facts = _external(chosen)
    else:
        found = Cluster(chosen).status()
        facts = {
            "kind": "private",
            "state": found.state,
            "folder": str(found.folder),
            "socket": str(found.socket),
            "version": found.version,
            "pid": found.pid,
        }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            click.echo(f"{name:8} {value if value is not None else '–'}")
    ctx.exit(0 if facts["state"] == "running" else 1)


@command.command()
def upgrade() -> None:
    """Bring the tables to this version of gridmap."""
    chosen = settings()
    with open_database(chosen, upgrade=False) as database:
        changed = database.upgrade(chosen.srid)
    click.echo("upgraded" if changed else "up to date")


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Delete all data of the private database."""
    chosen = _private("reset")
    if not yes:
        click.confirm(f"Delete all data in {chosen.home}?", abort=True)
    Cluster(chosen).reset()
    (chosen.home / "demo-signins.json").unlink(missing_ok=True)
    click.echo("all data deleted")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Save everything into FILE (PostgreSQL's custom format)."""
    with open_database(upgrade=False) as database:
        write_backup(database, file)
    click.echo(f"saved: {file} ({file.stat().st_size / 1e6:.1f} MB)")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Replace everything by what FILE holds; all or nothing."""
    chosen = settings()
    if not yes:
        click.confirm("Replace all data of the database by the backup?", abort=True)
    with open_database(chosen, upgrade=False) as database:
        read_backup(database, file)
        database.upgrade(chosen.srid)
    click.echo(f"restored: {file}")


def _private(verb: str) -> Settings:
    chosen = settings()
    if chosen.database_url:
        raise ServerUnavailable(
            detail=f"'db {verb}' is for the private database, and GRIDMAP_DATABASE_URL names another; unset it first"
        )
    return chosen


def _external(chosen: Settings) -> dict[str, object]:
    database = Database(str(chosen.database_url))
    try:
        current = database.is_current()
    except ServerUnavailable as error:
        return {"kind": "external", "state": "unreachable", "detail": str(error)}
    finally:
        database.close()
    return {"kind": "external", "state": "running", "up_to_date": current}
