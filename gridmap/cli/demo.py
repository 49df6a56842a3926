"""``gridmap demo``: make the demo county, compute its coverage, say what was found, and serve it."""

from __future__ import annotations

import json
import time
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gridmap.cli.serve import serve
from gridmap.services.demo.load import Loaded, load
from gridmap.services.demo.summary import Summary, summary
from gridmap.settings import settings
from gridmap.store.database import open_database

#: What is being done, for people.
STEPS = {
    "ground": "Drawing the ground",
    "places": "Settling households",
    "people": "Filling posts",
    "cases": "Writing cases",
    "history": "Writing history",
    "units": "Loading units",
    "accounts": "Opening accounts",
    "coverage": "Computing coverage",
    "done": "Done",
}


@click.command("demo")
@click.option("--no-serve", is_flag=True, help="Stop after the table of findings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout and nothing else there.")
@click.option("--host", help="Address to serve on. Default: the setting, 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on. Default: the setting, 8000.")
def command(no_serve: bool, as_json: bool, host: str | None, port: int | None) -> None:
    """Make, load, compute and serve the demo county.

    An empty database is filled; a demo that already stands is used as it is; any other county is left alone.
    """
    began = time.perf_counter()
    chosen = settings()
    url = f"http://{host or chosen.host}:{port or chosen.port}"
    people = Console(stderr=True)
    with _progress(people) as bar:
        task = bar.add_task("Starting the database", total=1.0)
        database = open_database(chosen)
        try:
            loaded = load(
                database,
                chosen,
                progress=lambda step, share: bar.update(task, description=STEPS.get(step, step), completed=share),
            )
            with database.session() as session:
                found = summary(session, loaded)
        except BaseException:
            database.close()
            raise
    with database:
        seconds = time.perf_counter() - began
        if as_json:
            click.echo(json.dumps(_document(found, loaded, url, seconds), ensure_ascii=False, indent=1))
        _tell(Console(stderr=as_json), found, loaded, url, seconds)
        if not no_serve:
            serve(chosen, host=host, port=port)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    )


def _document(found: Summary, loaded: Loaded, url: str, seconds: float) -> dict[str, Any]:
    """The one JSON document: county, totals, run, index, lenses, sign-ins, address, time taken."""
    return {
        "county": {"code": found.code, "name": found.name},
        "as_of": found.as_of.isoformat(),
        "totals": found.totals,
        "run_id": found.run_id,
        "index": found.index,
        "lenses": [
            {
                "name": lens.name,
                "title": lens.title,
                "blindness": lens.blindness,
                "findings": lens.findings,
                "new": lens.new,
                "cured": lens.cured,
                "households": lens.households,
                "must": lens.must,
            }
            for lens in found.lenses
        ],
        "accounts": [
            {"role": one.role, "email": one.email, "password": one.password, "scope": one.scope}
            for one in loaded.sign_ins
        ],
        "url": url,
        "seconds": round(seconds, 1),
    }


def _tell(console: Console, found: Summary, loaded: Loaded, url: str, seconds: float) -> None:
    """The same for people."""
    total = found.totals
    console.print(f"\n[bold]{found.name}[/bold] {found.code} (demo, invented), as of {found.as_of}")
    console.print(
        f"{total['towns']} towns, {total['communities']} communities, {total['grids']} grids, "
        f"{total['compounds']} compounds, {total['courtyards']} courtyards; {total['households']:,} households, "
        f"{total['workers']:,} workers, {total['members']:,} in-service members, {total['cases']:,} cases\n"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("Blind areas")
    table.add_column("Meaning")
    table.add_column("Findings", justify="right")
    table.add_column("New", justify="right")
    table.add_column("Cured", justify="right")
    table.add_column("Households", justify="right")
    table.add_column("In the index")
    for lens in found.lenses:
        numbers = [f"{number:,}" for number in (lens.findings, lens.new, lens.cured, lens.households)]
        table.add_row(lens.title, lens.blindness, *numbers, "yes" if lens.must else "")
    console.print(table)
    if found.index is not None:
        console.print(
            f"\nCoverage index [bold]{found.index:.1%}[/bold]: the share of households touched by no blind area of the "
            "lenses in the index."
        )
    console.print(f"Ready after {seconds:.0f} s\n")
    ways = Table(box=None, pad_edge=False)
    for title in ("Role", "E-mail", "Password", "Sees"):
        ways.add_column(title)
    for one in loaded.sign_ins:
        ways.add_row(one.role, one.email, one.password, one.scope)
    console.print(ways)
    console.print(f"\n[bold]{url}[/bold]")
