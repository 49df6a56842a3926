"""``gridmap coverage``: compute the blind areas of the database, as administrator of the whole county."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import geopandas as gpd
import numpy as np
import shapely
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from gridmap.errors import BadInput, FileUnwritable, FormatUnknown
from gridmap.geometry.lenses.registry import INDEX_DEFINITION, LENSES, choose
from gridmap.geometry.simplify import to_lonlat
from gridmap.services import accounts, coverage
from gridmap.store.database import Session, open_database

#: File endings that --out takes, and the driver that writes them.
OUT_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON"}


@click.group("coverage")
def command() -> None:
    """Coverage and blind areas: compute them, or list the lenses that look for them."""


@command.command()
@click.option("--unit", metavar="CODE", help="Only what concerns this unit's subtree. Default: the whole county.")
@click.option("--lens", "lenses", metavar="NAME", multiple=True, help="Only this lens; may be given again.")
@click.option(
    "--set", "settings", metavar="LENS.PARAMETER=NUMBER", multiple=True, help="Another value for a lens's parameter."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Day to look at. Default: today.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout and nothing else there.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the findings: .gpkg or .geojson."
)
def run(
    unit: str | None,
    lenses: Sequence[str],
    settings: Sequence[str],
    as_of: datetime | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Compute the coverage, keep the run, and say what was found."""
    if out is not None and out.suffix.lower() not in OUT_DRIVERS:
        raise FormatUnknown(path=out, formats=", ".join(OUT_DRIVERS))
    choose(lenses or None)
    parameters = dict(_setting(text) for text in settings)
    with open_database() as database, database.session() as session:
        actor = accounts.operator(session)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True
        ) as bar:
            task = bar.add_task("", total=1.0)
            done = coverage.run_coverage(
                session,
                actor,
                unit=unit,
                lenses=lenses or None,
                parameters=parameters,
                as_of=None if as_of is None else as_of.date(),
                progress=lambda share, step: bar.update(task, completed=share, description=str(step)),
            )
        counts = coverage.lens_counts(session, actor, done.run_id, done.unit)
        if out is not None:
            write_findings(out, coverage.findings_frame(session, actor, done.run_id))
            click.echo(f"wrote {out}", err=True)
        if as_json:
            click.echo(json.dumps(_document(session, done, counts), ensure_ascii=False).encode())
        else:
            _show(done, counts)


@command.command("lenses")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_lenses(as_json: bool) -> None:
    """List the lenses: the question each asks, and the parameters it can be tuned by."""
    if as_json:
        document = [
            {
                "name": lens.name,
                "title": lens.title,
                "question": lens.question,
                "blindness": lens.blindness.value,
                "must": lens.must,
                "severity": lens.severity.value,
                "inputs": list(lens.inputs),
                "parameters": [vars(parameter) for parameter in lens.parameters],
                "suggested_act": lens.suggested_act,
            }
            for lens in LENSES.values()
        ]
        click.echo(json.dumps(document, ensure_ascii=False).encode())
        return
    for lens in LENSES.values():
        click.echo(f"{lens.name}{' (must)' if lens.must else ''}: {lens.question}")
        for parameter in lens.parameters:
            click.echo(
                f"    {lens.name}.{parameter.name} = {parameter.default:g} {parameter.unit}"
                f" ({parameter.low:g} to {parameter.high:g}): {parameter.reason}"
            )
    click.echo(f"\nCoverage index: {INDEX_DEFINITION}")


def write_findings(path: Path, findings: gpd.GeoDataFrame) -> None:
    """Write findings in longitude and latitude (EPSG:4326), an existing file anew.

    Raises
    ------
    FileUnwritable
    """
    try:
        path.unlink(missing_ok=True)
        findings.to_crs(4326).to_file(path, driver=OUT_DRIVERS[path.suffix.lower()], encoding="utf-8")
    except (OSError, RuntimeError) as error:
        raise FileUnwritable(path=path, detail=str(error)) from error


def _setting(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError as error:
        raise BadInput(detail=f"--set takes LENS.PARAMETER=NUMBER, not {text!r}") from error


def _document(session: Session, done: coverage.RunSummary, counts: Sequence[coverage.LensCount]) -> dict[str, Any]:
    actor = accounts.operator(session)
    rows = coverage.findings(session, actor, done.run_id, limit=1_000_000_000)
    centroids = _centroids(coverage.findings_frame(session, actor, done.run_id))
    return {
        "run_id": done.run_id,
        "unit": done.unit,
        "as_of": done.as_of.isoformat(),
        "index": done.index,
        "index_definition": INDEX_DEFINITION,
        "households": done.households,
        "touched": done.touched,
        "ledger_error_m2": done.figures["ledger_error_m2"],
        "seconds": done.figures["seconds"],
        "lenses": [
            {
                "name": row.lens,
                "title": row.title,
                "blindness": row.blindness.value,
                "must": row.must,
                "count": row.count,
                "households": row.households,
                "open_cases": row.open_cases,
                "seconds": done.figures["seconds_by_lens"].get(row.lens),
            }
            for row in counts
        ],
        "findings": [
            {
                "id": row.finding_id,
                "lens": row.lens,
                "key": row.key,
                "severity": row.severity,
                "units": list(row.units),
                "households": row.households,
                "open_cases": row.open_cases,
                "area_m2": row.area_m2,
                "width_m": row.width_m,
                "sliver": row.sliver,
                "why": str(row.why),
                "act": str(row.act),
                "centroid": centroid,
            }
            for row, centroid in zip(rows, centroids, strict=True)
        ],
    }


def _centroids(findings: gpd.GeoDataFrame) -> list[list[float] | None]:
    """Longitude and latitude of each finding, or None where there is nothing to draw."""
    shapes = np.asarray(shapely.centroid(np.asarray(findings.geometry.to_numpy(), dtype=object)))
    assert findings.crs is not None
    return [None if point is None else [point.x, point.y] for point in to_lonlat(shapes, findings.crs)]


def _show(done: coverage.RunSummary, counts: Sequence[coverage.LensCount]) -> None:
    table = Table(title=f"{done.unit}, {done.as_of}")
    for name in ("lens", "blindness", "must"):
        table.add_column(name, no_wrap=True)
    for name in ("found", "households", "cases"):
        table.add_column(name, justify="right")
    for row in counts:
        table.add_row(
            row.title,
            row.blindness.value,
            "must" if row.must else "",
            f"{row.count:,}",
            f"{row.households:,}",
            f"{row.open_cases:,}",
        )
    console = Console()
    console.print(table)
    if done.index is not None:
        console.print(
            f"Coverage index {done.index:.1%}: {done.touched:,} of {done.households:,} households touched.",
            highlight=False,
        )
        console.print(INDEX_DEFINITION, highlight=False)
    console.print(f"{done.figures['seconds']:.2f} s, run {done.run_id}", highlight=False)
