"""``gridmap import``: lists and boundaries in, rehearsed unless told to commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.domain.levels import Level
from gridmap.errors import BadInput
from gridmap.importers.layers import LAYERS

if TYPE_CHECKING:
    from gridmap.services.importing import Rehearsal

#: Problems shown on a screen; --json gives all.
SHOWN = 20


@click.command("import")
@click.argument("layer", type=click.Choice(list(LAYERS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--level", type=click.Choice([level.value for level in Level]), help="Level of the units in FILE.")
@click.option("--map", "pairs", multiple=True, metavar="COL=FIELD", help="Which column is which field. Repeatable.")
@click.option("--crs", help="System of the coordinates: an EPSG number, gcj02 or bd09.")
@click.option("--encoding", help="Encoding of the text, where it is neither stated nor UTF-8 nor GBK.")
@click.option(
    "--decide", "words", multiple=True, metavar="CODE=WORD", help="What became of a code of a code list. Repeatable."
)
@click.option("--commit", "act", is_flag=True, help="Do it: all or nothing. Without it, only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    layer: str,
    file: Path,
    level: str | None,
    pairs: tuple[str, ...],
    crs: str | None,
    encoding: str | None,
    words: tuple[str, ...],
    act: bool,
    as_json: bool,
) -> None:
    """Import LAYER from FILE (GeoJSON, GeoPackage, Shapefile, CSV, KML, FlatGeobuf; zipped too).

    Begin with the boundaries from the top down: county, town, community, grid. Then organisations, members, workers,
    and the rest. Nothing is written without --commit, and nothing is written while a problem stands.

    Boundaries without a single outline (columns code and name) are a code list: units are founded, renamed, renumbered,
    merged and ended. What is not certain is asked about; answer with --decide, for all codes that are gone at once with
    --decide gone=retire or gone=keep.
    """
    from gridmap.services import accounts, importing
    from gridmap.store.database import open_database

    given = _pairs(pairs)
    decisions = _decisions(words)
    source = importing.open_source(file, layer, crs=crs, encoding=encoding, assume_wgs84=True)
    if crs is None and source.crs == "EPSG:4326" and file.name.lower().endswith((".csv", ".csv.gz")):
        click.echo(f"{file}: longitude and latitude are taken as WGS 84 (EPSG:4326). Else state --crs.", err=True)
    with open_database() as database, database.session() as session:
        actor = accounts.operator(session)
        outcome = importing.rehearse(session, actor, layer, source, level=level, given=given, decisions=decisions)
        if act and not outcome.refused and not outcome.undecided:
            outcome = importing.commit(session, actor, layer, source, level=level, given=given, decisions=decisions)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
    else:
        _show(outcome, act)
    if outcome.refused or outcome.undecided:
        raise SystemExit(1)


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
        mark = "repaired" if problem.repaired else "problem"
        value = f" {problem.value!r}" if problem.value else ""
        click.echo(
            f"  {mark}: row {problem.row}, {problem.column}:{value} — expected {problem.expected}. {problem.fix}"
        )
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
    elif outcome.undecided:
        click.echo(f"Nothing was written: {outcome.undecided} codes are still to be decided.")
    elif outcome.committed:
        click.echo("Done.")
    elif act is False:
        click.echo("A rehearsal: nothing was written. Add --commit to do it.")
