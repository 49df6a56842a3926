"""``gridmap doctor``: is the installation sound, and what mends it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from gridmap.settings import settings
from gridmap.store.checks import Verdict, run_checks


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check the installation; every bad verdict comes with its cure. Exit 1 when one is bad."""
    results = run_checks(settings())
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], ensure_ascii=False))
    else:
        marks = {Verdict.GOOD: "✓", Verdict.BAD: "✗", Verdict.NOT_APPLICABLE: "–"}
        for result in results:
            click.echo(f"{marks[result.verdict]} {result.title}: {result.detail}")
            if result.cure:
                click.echo(f"    {result.cure}")
    ctx.exit(1 if any(result.verdict is Verdict.BAD for result in results) else 0)
