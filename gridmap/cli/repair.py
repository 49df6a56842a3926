"""``gridmap repair``: close hairlines of a plain file, list what a person must decide, prove the result."""

from __future__ import annotations

import json
from pathlib import Path

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.cli.check import OUT_DRIVERS, column_of, families_of, lonlat_from, read_like, tell, unit_names, whole
from gridmap.cli.repair_output import refuse_inputs, show, write_whole
from gridmap.errors import BadInput, FormatUnknown
from gridmap.geometry.crs import transform, transformer, working_crs_for
from gridmap.geometry.precision import HAIRLINE_WIDTH_M
from gridmap.geometry.repair import Limits, repair
from gridmap.geometry.repair.report import Loads, Part, Report
from gridmap.geometry.topology.ground import Geometries, Numbers
from gridmap.importers import read_frame

PATH = click.Path(path_type=Path)
POSITIVE = click.FloatRange(min=0)


@click.command("repair")
@click.argument("file", type=PATH)
@click.option("--out", type=PATH, required=True, help="File to write: .gpkg, .geojson, .fgb or .shp.")
@click.option("--overwrite", is_flag=True, help="Allow --out to be FILE itself.")
@click.option("--within", type=PATH, help="File with the ground that must be covered; it is not changed.")
@click.option("--id-column", help="Column that names the units. Default: the first column with no value twice.")
@click.option("--parent-column", help="Column that names each unit's parent; see gridmap check.")
@click.option("--crs", help="Coordinate system of files that do not state one: an EPSG number, gcj02 or bd09.")
@click.option("--max-width-m", type=POSITIVE, help="Close pieces up to this width.")
@click.option("--max-area-m2", type=POSITIVE, help="Close pieces up to this area.")
@click.option("--max-gap-m2", type=POSITIVE, help="Close gaps up to this area.")
@click.option(
    "--to",
    type=click.Choice(["longest-edge", "largest", "ask"]),
    default="longest-edge",
    show_default=True,
    help="Who gets the ground: the unit with the longest shared edge, the largest one, or nobody yet: list only.",
)
@click.option("--households", type=PATH, help="File of places with a column of household counts, for effects on load.")
@click.option("--households-column", default="households", show_default=True, help="Column with household counts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout and nothing else there.")
def command(
    file: Path,
    out: Path,
    overwrite: bool,
    within: Path | None,
    id_column: str | None,
    parent_column: str | None,
    crs: str | None,
    max_width_m: float | None,
    max_area_m2: float | None,
    max_gap_m2: float | None,
    to: str,
    households: Path | None,
    households_column: str,
    as_json: bool,
) -> None:
    """Close the gaps, overlaps and spill of FILE that are no ground, and list those that a person must decide.

    Without a limit only hairlines are closed: pieces narrower than 5 cm, the error of the survey itself. With limits,
    everything within all of them. Exact duplicates and whole missing units are questions of registration and are never
    closed. Units that need no change are written with their very vertices; rows and columns stay as they are.

    Exit code: 0 all closed, 1 something left for people (or the second audit failed), 2 bad input.
    """
    driver = OUT_DRIVERS.get(out.suffix.lower())
    if driver is None:
        raise FormatUnknown(path=out, formats=", ".join(OUT_DRIVERS))
    refuse_inputs(out, file, [one for one in (within, households) if one is not None], overwrite=overwrite)
    limits = Limits(
        to=to,  # type: ignore[arg-type]  # click.Choice
        max_width_m=max_width_m,
        max_area_m2=max_area_m2,
        max_gap_m2=max_gap_m2,
        hairline_m=HAIRLINE_WIDTH_M,
    )
    tell(f"reading {file}")
    frame = read_frame(file, crs=crs, encoding=None)
    system = working_crs_for(frame)
    moved = transform(frame, system)
    names = unit_names(frame, file, id_column)
    jurisdictions = None if within is None else read_like(within, system, crs)
    loads = _loads(frame, file, households, households_column, system, crs)
    parts = _repaired(frame, moved, file, names, parent_column, id_column, jurisdictions, within, limits)

    working: Geometries = np.asarray(moved.geometry.array, dtype=object)
    report = Report(parts, names, working, loads)
    polygons: Geometries = np.asarray(frame.geometry.array, dtype=object).copy()
    for part in parts:
        polygons[part.rows] = part.repaired.polygons
    result = frame.set_geometry(gpd.GeoSeries(polygons, index=frame.index, crs=frame.crs))
    if not report.proven:
        tell("NOT PROVEN: the second audit still finds what should have been closed; see the list")
    write_whole(out, result, driver)
    tell(f"wrote {out}")
    to_lonlat = lonlat_from(system)
    if as_json:
        click.echo(json.dumps(report.as_json(to_lonlat), ensure_ascii=False).encode())
    show(report, to_lonlat, stderr=as_json)
    left = any(part.repaired.left or part.repaired.after.invalid for part in parts)
    raise SystemExit(0 if report.proven and not left else 1)


def _repaired(
    frame: gpd.GeoDataFrame,
    moved: gpd.GeoDataFrame,
    file: Path,
    names: list[str],
    parent_column: str | None,
    id_column: str | None,
    jurisdictions: gpd.GeoDataFrame | None,
    within: Path | None,
    limits: Limits,
) -> list[Part]:
    """Repair all units together, or each parent's by themselves."""
    if parent_column is None:
        groups = [(np.arange(len(frame)), None if jurisdictions is None else whole(jurisdictions))]
    else:
        child, found = families_of(moved, file, names, parent_column, id_column, jurisdictions, within)
        rows = np.array(child, dtype=np.intp)
        groups = [(rows[family.children], family.ground) for family in found]
    given: Geometries = np.asarray(frame.geometry.array, dtype=object)
    working: Geometries = np.asarray(moved.geometry.array, dtype=object)
    own, system = CRS.from_user_input(frame.crs), CRS.from_user_input(moved.crs)
    back, forth = (None, None) if own == system else (_Mover(system, own), _Mover(own, system))
    tell(f"auditing {len(frame):,} units in {system.name}")
    return [
        Part(rows, repair(given[rows], working[rows], ground, limits, to_file=back, to_working=forth))
        for rows, ground in groups
    ]


class _Mover:
    """Points of shape (n, 2) from one system to another."""

    def __init__(self, source: CRS, target: CRS) -> None:
        self._change = transformer(source, target)

    def __call__(self, xy: Numbers) -> Numbers:
        return np.stack(self._change.transform(xy[:, 0], xy[:, 1]), axis=1)


def _loads(
    frame: gpd.GeoDataFrame, file: Path, households: Path | None, column: str, system: CRS, crs: str | None
) -> Loads:
    of_unit = _numbers(frame, file, column) if column in frame.columns and column != frame.geometry.name else None
    if households is None:
        return Loads(of_unit)
    places = read_like(households, system, crs)
    counts = _numbers(places, households, column)
    points = shapely.get_coordinates(shapely.point_on_surface(np.asarray(places.geometry.array, dtype=object)))
    if len(points) != len(places):
        raise BadInput(detail=f"{households} has rows without a place")
    return Loads(of_unit, points, np.nan_to_num(counts))


def _numbers(frame: gpd.GeoDataFrame, path: Path, column: str) -> Numbers:
    values: Numbers = pd.to_numeric(column_of(frame, path, column), errors="coerce").to_numpy(dtype=np.float64)
    return values
