"""``gridmap case``: keys of programs that send cases, and posters that take residents to their grid's page."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gridmap.errors import BadInput, FileUnwritable, NotFound
from gridmap.services import accounts, api_keys, units
from gridmap.settings import settings
from gridmap.store.database import open_database


@click.group("case")
def command() -> None:
    """Cases: keys for Open311, posters of grids."""


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


@command.command()
@click.argument("unit")
@click.option(
    "--out", "out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@click.option("--url", "root", help="Address at which residents reach this server (GRIDMAP_PUBLIC_URL).")
@click.option("--language", type=click.Choice(["zh_Hans", "en"]), help="Language of the posters (GRIDMAP_LANGUAGE).")
@click.option("--one-file", is_flag=True, help="One PDF with a page per grid instead of one PDF each.")
def posters(unit: str, out: Path, root: str | None, language: str | None, one_file: bool) -> None:
    """Write the posters (PDF, A4) of the grids of UNIT: who serves there, and a QR code to the grid's page."""
    from gridmap.services.cases import residents
    from gridmap.services.exporting import posters as paper

    address = root or settings().public_url
    if not address or not address.startswith(("http://", "https://")):
        raise BadInput(detail="Say where residents reach this server: --url https://… or GRIDMAP_PUBLIC_URL.")
    spoken = language or settings().language
    with open_database() as database, database.session() as session:
        operator = accounts.operator(session)
        if units.find(session, operator, unit) is None:
            raise NotFound(what="unit", key=unit)
        cards = [residents.service_card(session, code) for code in residents.grids_of(session, operator, unit)]
    if not cards:
        raise NotFound(what="grid", key=unit)
    files = {f"posters-{unit}.pdf": cards} if one_file else {f"poster-{card.code}.pdf": [card] for card in cards}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, chosen in files.items():
            (out / name).write_bytes(paper.write(chosen, address, spoken))
    except OSError as error:
        raise FileUnwritable(path=out, detail=error.strerror or str(error)) from error
    click.echo(f"{len(cards)} posters in {len(files)} files in {out}")
