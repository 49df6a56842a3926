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
@click.option("--commit", "act", is_flag=True, help="Do it: all or nothing. Without it, only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    layer: str,
    file: Path,
    level: str | None,
    pairs: tuple[str, ...],
    crs: str | None,
    encoding: str | None,
    act: bool,
    as_json: bool,
) -> None:
    """Import LAYER from FILE (GeoJSON, GeoPackage, Shapefile, CSV, KML, FlatGeobuf; zipped too).

    Begin with the boundaries from the top down: county, town, community, grid. Then organisations, members, workers,
    and the rest. Nothing is written without --commit, and nothing is written while a problem stands.
    """
    from gridmap.services import accounts, importing
    from gridmap.store.database import open_database

    given = _pairs(pairs)
    source = importing.open_source(file, layer, crs=crs, encoding=encoding, assume_wgs84=True)
    if crs is None and source.crs == "EPSG:4326" and file.name.lower().endswith((".csv", ".csv.gz")):
        click.echo(f"{file}: longitude and latitude are taken as WGS 84 (EPSG:4326). Else state --crs.", err=True)
    with open_database() as database, database.session() as session:
        actor = accounts.operator(session)
        outcome = importing.rehearse(session, actor, layer, source, level=level, given=given)
        if act and not outcome.refused:
            outcome = importing.commit(session, actor, layer, source, level=level, given=given)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
    else:
        _show(outcome, act)
    if outcome.refused:
        raise SystemExit(1)


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        column, sign, field = pair.rpartition("=")
        if not sign or not column or not field:
            raise BadInput(detail=f"--map wants COL=FIELD, such as 网格编码=code; {pair!r} is not.")
        given[column] = field
    return given


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
    if outcome.refused:
        click.echo(f"Nothing was written: {outcome.refused} problems.")
    elif outcome.committed:
        click.echo("Done.")
    elif act is False:
        click.echo("A rehearsal: nothing was written. Add --commit to do it.")
