"""``gridmap import``: lists and boundaries in, rehearsed unless told to commit."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.cli import import_log
from gridmap.domain.imports import Answers
from gridmap.domain.levels import Level
from gridmap.errors import BadInput
from gridmap.importers.layers import LAYERS

if TYPE_CHECKING:
    from gridmap.services.importing import Rehearsal

#: Problems shown on a screen; --json gives all.
SHOWN = 20


class Doors(click.Command):
    """``import LAYER FILE``, and beside it ``import log`` and ``import undo ID``: no list is called that."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        door = {"log": import_log.log, "undo": import_log.undo}.get(args[0]) if args else None
        if door is not None:
            return door.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("import", cls=Doors)
@click.argument("layer", type=click.Choice(list(LAYERS)), required=False)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--level", type=click.Choice([level.value for level in Level]), help="Level of the units in FILE.")
@click.option("--map", "pairs", multiple=True, metavar="COL=FIELD", help="Which column is which field. Repeatable.")
@click.option("--crs", help="System of the coordinates: an EPSG number, gcj02 or bd09.")
@click.option("--encoding", help="Encoding of the text, where it is neither stated nor UTF-8 nor GBK.")
@click.option("--sheet", help="Which sheet of a workbook, or which layer of a file with several.")
@click.option("--header-row", type=click.IntRange(1, 1000), help="Which row names the columns, counted from 1.")
@click.option("--take-repairs", is_flag=True, help="Accept repairs of outlines that change their area.")
@click.option(
    "--decide", "words", multiple=True, metavar="CODE=WORD", help="What became of a code of a code list. Repeatable."
)
@click.option(
    "--problems", type=click.Path(path_type=Path, dir_okay=False), help="Write the rows with problems: .xlsx."
)
@click.option("--template", type=click.Choice(list(LAYERS)), help="Write an empty list to fill in, with --out.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the template goes: .xlsx.")
@click.option(
    "--language", type=click.Choice(["zh_Hans", "en"]), default="zh_Hans", show_default=True,
    help="Of the workbooks of --problems and --template.",
)  # fmt: skip
@click.option("--commit", "act", is_flag=True, help="Do it: all or nothing. Without it, only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    layer: str | None,
    file: Path | None,
    level: str | None,
    pairs: tuple[str, ...],
    crs: str | None,
    encoding: str | None,
    sheet: str | None,
    header_row: int | None,
    take_repairs: bool,
    words: tuple[str, ...],
    problems: Path | None,
    template: str | None,
    out: Path | None,
    language: str,
    act: bool,
    as_json: bool,
) -> None:
    """Import LAYER from FILE (GeoJSON, GeoPackage, Shapefile, CSV, Excel, KML, FlatGeobuf, GeoParquet; zipped too).

    Begin with the boundaries from the top down: county, town, community, grid. Then organisations, members, workers,
    and the rest. Nothing is written without --commit, and nothing is written while a problem stands. Grids that would
    get another outline become a plan to adopt.

    Boundaries without a single outline (columns code and name) are a code list: units are founded, renamed, renumbered,
    merged and ended. What is not certain is asked about; answer with --decide, for all codes that are gone at once with
    --decide gone=retire or gone=keep.

    `gridmap import log` lists what was imported, `gridmap import undo ID` takes it back, and
    `gridmap import --template LAYER --out FILE.xlsx` writes an empty list to fill in.
    """
    from gridmap.services import accounts
    from gridmap.services.importing import at_command
    from gridmap.store.database import open_database

    if template is not None:
        _write_template(template, out, language, alone=layer is None)
        return
    if layer is None or file is None:
        raise click.UsageError("Name the list and the file: gridmap import LAYER FILE.")
    if out is not None:
        raise click.UsageError("--out goes with --template; the rows with problems go to --problems.")
    answers = Answers(
        crs=crs, encoding=encoding, sheet=sheet, header_row=header_row, level=level, mapping=_pairs(pairs),
        take_repairs=take_repairs, decisions=_decisions(words),
    )  # fmt: skip
    asked = at_command.Asked(file, layer, answers)
    source = at_command.read(asked, _progress())
    if crs is None and source.crs == "EPSG:4326" and file.name.lower().endswith((".csv", ".csv.gz")):
        click.echo(f"{file}: longitude and latitude are taken as WGS 84 (EPSG:4326). Else state --crs.", err=True)
    with open_database() as database, database.session() as session:
        outcome = at_command.rehearse_or_commit(session, accounts.operator(session), asked, source, act=act)
    if problems is not None and outcome.problems:
        problems.write_bytes(at_command.problems_book(asked, outcome, language))
        click.echo(f"The rows with problems are in {problems}.", err=True)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
    else:
        _show(outcome, act)
    if outcome.refused or outcome.undecided:
        raise SystemExit(1)


def _write_template(layer: str, out: Path | None, language: str, *, alone: bool) -> None:
    from gridmap.services.importing.workbooks import template_workbook

    if out is None or not alone:
        raise click.UsageError("A template is written so: gridmap import --template LAYER --out FILE.xlsx.")
    out.write_bytes(template_workbook(layer, language))
    click.echo(f"{out}: an empty list of {layer} to fill in.", err=True)


def _progress() -> Callable[[float], None] | None:
    """A line that counts up on a terminal; silence in a pipe."""
    if not sys.stderr.isatty():
        return None
    return lambda share: click.echo(f"\rreading {share:4.0%}" + ("\n" if share >= 1 else ""), nl=False, err=True)


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        column, sign, field = pair.rpartition("=")
        if not sign or not column or not field:
            raise BadInput(detail=f"--map wants COL=FIELD, such as 网格编码=code; {pair!r} is not.")
        given[column] = field
    return given


def _decisions(words: tuple[str, ...]) -> dict[str, str]:
    decided: dict[str, str] = {}
    for each in words:
        code, sign, word = each.partition("=")
        if not sign or not code or not word:
            raise BadInput(detail=f"--decide wants CODE=WORD, such as 990001001001=rename; {each!r} is not.")
        decided[code] = word
    return decided


def _show(outcome: Rehearsal, act: bool) -> None:
    click.echo(f"{outcome.layer} from {outcome.file_name}: {outcome.rows} rows")
    click.echo("  columns: " + ", ".join(f"{column} → {field}" for field, column in outcome.columns.items()))
    click.echo(f"  new {outcome.new:,}   changed {outcome.changed:,}   same {outcome.same:,}")
    for problem in outcome.problems[:SHOWN]:
        mark = "repaired" if problem.repaired else "question" if problem.question else "problem"
        value = f" {problem.value!r}" if problem.value else ""
        click.echo(
            f"  {mark}: row {problem.row}, {problem.column}:{value} — expected {problem.expected}. {problem.fix}"
        )
        if problem.before_m2 is not None and problem.after_m2 is not None:
            click.echo(f"    area {problem.before_m2:,.0f} m² before, {problem.after_m2:,.0f} m² after")
    if len(outcome.problems) > SHOWN:
        click.echo(f"  … and {len(outcome.problems) - SHOWN} more; --json lists them all")
    if outcome.elsewhere:
        click.echo(f"  {outcome.elsewhere:,} rows of other counties were left out")
    open_ones = [decision for decision in outcome.decisions if decision.chosen is None]
    filled_in = len(outcome.decisions) - len(open_ones)
    if filled_in:
        click.echo(f"  {filled_in:,} codes are decided (--json lists them); --decide decides otherwise")
    for decision in open_ones[:SHOWN]:
        click.echo(f"  to decide: {decision.code} {decision.name} — {decision.text}")
        for choice in decision.choices:
            click.echo(f"    --decide {decision.code}={choice.value}   {choice.label}. {choice.detail or ''}".rstrip())
    if len(open_ones) > SHOWN:
        click.echo(f"  … and {len(open_ones) - SHOWN} more; --json lists them all")
    if outcome.refused:
        click.echo(f"Nothing was written: {outcome.refused} problems.")
        if any(problem.question for problem in outcome.problems) and not outcome.take_repairs:
            click.echo("Repairs that change the area are accepted with --take-repairs.")
    elif outcome.undecided:
        click.echo(f"Nothing was written: {outcome.undecided} codes are still to be decided.")
    elif outcome.committed:
        if outcome.plan_id is not None:
            click.echo(f"Grids that get another outline are plan {outcome.plan_id}: look at it and adopt it.")
        click.echo("Done.")
    elif act is False:
        click.echo("A rehearsal: nothing was written. Add --commit to do it.")
