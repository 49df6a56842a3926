"""``gridmap import log`` and ``gridmap import undo``: what was imported, and taking it back."""

from __future__ import annotations

import json

import click


@click.command("log")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, the newest first."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def log(limit: int, as_json: bool) -> None:
    """What was imported, the newest first, and whether it can be undone."""
    from gridmap.services import accounts
    from gridmap.services.importing.undo import imports
    from gridmap.store.database import open_database

    with open_database() as database, database.session() as session:
        rows = imports(session, accounts.operator(session), limit)
    if as_json:
        found = [
            {
                "id": row.id,
                "at": row.at.isoformat(),
                "actor": row.actor,
                "layer": row.layer,
                "file": row.file_name,
                "sha256": row.sha256,
                "crs": row.crs,
                "counts": dict(row.counts),
                "detail": dict(row.detail),
                "undone_at": None if row.undone_at is None else row.undone_at.isoformat(),
                "undoable": row.undoable,
                "why_not": None if row.why_not is None else str(row.why_not),
            }
            for row in rows
        ]
        click.echo(json.dumps({"imports": found}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        counts = "   ".join(f"{name} {row.counts.get(name, 0):,}" for name in ("new", "changed"))
        click.echo(f"{row.id:>5}  {row.at:%Y-%m-%d %H:%M}  {row.layer:<14} {counts}   {row.file_name} ({row.actor})")
        if row.why_not is not None:
            click.echo(f"       cannot be undone: {row.why_not}")
    if not rows:
        click.echo("Nothing was imported yet.")


@click.command("undo")
@click.argument("import_id", metavar="ID", type=click.IntRange(1, 2**31 - 1))
@click.option("--commit", "act", is_flag=True, help="Do it: all or nothing. Without it, only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def undo(import_id: int, act: bool, as_json: bool) -> None:
    """Take import ID back: what it added goes, what it changed becomes what it was. `gridmap import log` tells IDs.

    Refused while later rows stand on it.
    """
    from gridmap.services import accounts
    from gridmap.services.importing.undo import undo_import
    from gridmap.store.database import open_database

    with open_database() as database, database.session() as session:
        counts = undo_import(session, accounts.operator(session), import_id, rehearse=not act)
    if as_json:
        click.echo(json.dumps({"id": import_id, **counts, "committed": act}, indent=1))
        return
    click.echo(
        f"import {import_id}: removed {counts['removed']:,}   restored {counts['restored']:,}"
        f"   changed back {counts['changed_back']:,}"
    )
    click.echo("Done." if act else "A rehearsal: nothing was written. Add --commit to do it.")
