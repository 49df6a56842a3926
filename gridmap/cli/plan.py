"""``gridmap plan``: plans from the command line, as administrator of the whole county."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gridmap.domain.permissions import Actor
from gridmap.domain.plans import PlanState
from gridmap.errors import BadInput, FileMissing
from gridmap.services import accounts, plans
from gridmap.services.plans.records import Adoption, Effect, PlanRow
from gridmap.store.database import Session, open_database


@click.group("plan")
def command() -> None:
    """Plans: draw, review and adopt new boundaries. Nothing is adopted without --commit."""


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in PlanState]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(state: str | None, as_json: bool) -> None:
    """List the plans, the latest first."""
    with _desk() as (session, actor):
        rows = plans.plans(session, actor, state=state)
    if as_json:
        click.echo(json.dumps([_row(row) for row in rows], ensure_ascii=False, indent=1))
        return
    for row in rows:
        standing = f"version {row.version}, {row.operations} operations"
        click.echo(f"{row.id:>6}  {row.state:<10} {row.scope:<13} {standing:<28} {row.title}")
    if not rows:
        click.echo("No plans yet. Begin one: gridmap plan new UNIT TITLE")


@command.command()
@click.argument("unit")
@click.argument("title")
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="Day on which it takes effect. Default: today.")
def new(unit: str, title: str, effective: datetime | None) -> None:
    """Begin a draft for UNIT (a community, a town, the county)."""
    with _desk() as (session, actor):
        number = plans.create(session, actor, unit, title, effective_on=effective.date() if effective else None)
    click.echo(number)


@command.command()
@click.argument("plan", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(plan: int, as_json: bool) -> None:
    """Show a plan: its operations, and every grid it changes with its figures before and after."""
    with _desk() as (session, actor):
        detail, view = plans.plan(session, actor, plan), plans.view(session, actor, plan)
    changed = [unit for unit in view.units if unit.changed]
    if as_json:
        document = {
            **_row(detail.row),
            "households_moved": view.households_moved,
            "operations": [
                {"id": row.id, "kind": row.kind, "what": str(row.why), "reason": row.reason, "undone": row.undone}
                for row in detail.operations
            ],
            "units": [
                {
                    "code": unit.code,
                    "name": unit.name,
                    "before": None if unit.before is None else vars(unit.before),
                    "after": None if unit.figures is None else vars(unit.figures),
                    "band": unit.band,
                }
                for unit in changed
            ],
            "findings": [
                {"lens": each.lens, "state": each.state, "why": str(each.why), "units": [*each.units]}
                for each in view.findings
            ],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(f"{detail.row.title} ({detail.row.scope}), {detail.row.state}, version {detail.row.version}")
    for row in detail.operations:
        click.echo(f"  {row.seq:>3}. {row.why}" + (f" — {row.reason}" if row.reason else "") + " (undone)" * row.undone)
    for unit in changed:
        was = "new" if unit.before is None else f"{unit.before.households:,}"
        now = "gone" if unit.figures is None else f"{unit.figures.households:,}"
        click.echo(f"  {unit.code} {unit.name}: households {was} → {now}" + (f" ({unit.band})" if unit.band else ""))
    click.echo(f"  households that change hands: {view.households_moved:,}")
    for each in view.findings:
        if each.state != "still":
            click.echo(f"  {each.state}: {each.why}")


@command.command()
@click.argument("plan", type=int)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--reason", default="", help="Why it is done.")
@click.option("--commit", "act", is_flag=True, help="Do it. Without it, only say what it would do.")
def apply(plan: int, file: Path, reason: str, act: bool) -> None:
    """Apply the operations in FILE (JSON: one record or a list; - for standard input) to a draft."""
    documents = _documents(file)
    with _desk() as (session, actor):
        for document in documents:
            version = plans.plan(session, actor, plan).row.version
            if act:
                _say(plans.apply(session, actor, plan, version, document, reason=reason))
            else:
                _say(plans.preview(session, actor, plan, version, document))
                if len(documents) > 1:
                    click.echo("A rehearsal looks at the first operation only. Add --commit to do them all.")
                break
    if not act:
        click.echo("A rehearsal: nothing was written. Add --commit to do it.")


@command.command()
@click.argument("plan", type=int)
def undo(plan: int) -> None:
    """Take the last operation back."""
    with _desk() as (session, actor):
        _say(plans.undo(session, actor, plan, plans.plan(session, actor, plan).row.version))


@command.command()
@click.argument("plan", type=int)
def redo(plan: int) -> None:
    """Carry the operation that was undone last out again."""
    with _desk() as (session, actor):
        _say(plans.redo(session, actor, plan, plans.plan(session, actor, plan).row.version))


@command.command()
@click.argument("plan", type=int)
@click.option("--note", default="")
def submit(plan: int, note: str) -> None:
    """Hand a draft in for review."""
    with _desk() as (session, actor):
        plans.submit(session, actor, plan, plans.plan(session, actor, plan).row.version, note)


@command.command()
@click.argument("plan", type=int)
@click.option("--note", default="")
def approve(plan: int, note: str) -> None:
    """Approve a plan that somebody else drew up."""
    with _desk() as (session, actor):
        plans.approve(session, actor, plan, plans.plan(session, actor, plan).row.version, note)


@command.command("return")
@click.argument("plan", type=int)
@click.option("--note", required=True, help="What has to be changed.")
def return_(plan: int, note: str) -> None:
    """Give a plan back to be drawn on."""
    with _desk() as (session, actor):
        plans.return_(session, actor, plan, plans.plan(session, actor, plan).row.version, note)


@command.command()
@click.argument("plan", type=int)
@click.option("--note", default="")
def withdraw(plan: int, note: str) -> None:
    """Withdraw a plan; nothing of it is lost."""
    with _desk() as (session, actor):
        plans.withdraw(session, actor, plan, note)


@command.command()
@click.argument("plan", type=int)
@click.option("--commit", "act", is_flag=True, help="Do it. Without it, only say what adopting would do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def adopt(plan: int, act: bool, as_json: bool) -> None:
    """Adopt an approved plan: close boundaries, open new ones, re-home what stood on vanished grids."""
    with _desk() as (session, actor):
        version = plans.plan(session, actor, plan).row.version
        outcome = plans.adopt(session, actor, plan, version, rehearse=True)
        if act and not outcome.refused:
            outcome = plans.adopt(session, actor, plan, version, rehearse=False)
    _say_adoption(outcome, as_json)
    if outcome.refused:
        raise SystemExit(1)


@contextmanager
def _desk() -> Iterator[tuple[Session, Actor]]:
    with open_database() as database, database.session() as session:
        yield session, accounts.operator(session)


def _documents(file: Path) -> list[dict[str, Any]]:
    if str(file) != "-" and not file.is_file():
        raise FileMissing(path=file)
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadInput(detail=f"{file} is not JSON: {error}") from error
    documents = given if isinstance(given, list) else [given]
    if not documents or not all(isinstance(each, dict) for each in documents):
        raise BadInput(detail=f"{file} holds no operations: a record or a list of records is expected.")
    return documents


def _row(row: PlanRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "unit": row.scope,
        "state": row.state.value,
        "author": row.author,
        "version": row.version,
        "approved": row.approved,
        "effective_on": row.effective_on.isoformat(),
        "standing_operations": row.operations,
    }


def _say(effect: Effect) -> None:
    click.echo(str(effect.why))
    for unit in effect.units:
        was = "-" if unit.figures_before is None else f"{unit.figures_before.households:,}"
        now = "-" if unit.figures_after is None else f"{unit.figures_after.households:,}"
        click.echo(f"  {unit.code} {unit.name}: households {was} → {now}")
    click.echo(f"  households that change hands: {effect.households_moved:,}; version {effect.version}")


def _say_adoption(outcome: Adoption, as_json: bool) -> None:
    broken = [{"text": str(each.text), "units": [*each.units], "refuses": each.refuses} for each in outcome.broken]
    if as_json:
        document = {
            "edition": outcome.edition,
            "effective_on": outcome.effective_on.isoformat(),
            "opened": [*outcome.opened],
            "retired": {code: [*heirs] for code, heirs in outcome.retired.items()},
            "redrawn": [*outcome.redrawn],
            "renamed": {code: [*names] for code, names in outcome.renamed.items()},
            "surroundings": [*outcome.surroundings],
            "rehomed": dict(outcome.rehomed),
            "broken": broken,
            "done": outcome.done,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    click.echo(f"{outcome.edition}, from {outcome.effective_on}")
    click.echo(
        f"  opened {len(outcome.opened)}, retired {len(outcome.retired)}, redrawn {len(outcome.redrawn)}, "
        f"renamed {len(outcome.renamed)}; a vertex put into {len(outcome.surroundings)} borders around"
    )
    for name, count in outcome.rehomed.items():
        click.echo(f"  re-homed {name}: {count:,}")
    for fault in outcome.broken:
        click.echo(f"  {'refused' if fault.refuses else 'note'}: {fault.text}")
    click.echo("Adopted." if outcome.done else "Nothing was written.")
