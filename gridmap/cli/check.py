"""``gridmap check``: which ground has no unit, which has several, what lies outside; as a table, JSON, file or map."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from gridmap.cli.check_tables import SHOWN, counts, show
from gridmap.errors import ColumnMissing, CrsMissing, FileUnwritable, FormatUnknown, ParentsMissing
from gridmap.geometry.crs import transform, working_crs_for
from gridmap.geometry.precision import FILE_STEPS_PER_METRE
from gridmap.geometry.topology import Audit, audit
from gridmap.geometry.topology.ground import Geometries, Numbers
from gridmap.geometry.topology.parents import Family, audit_families, families, ground_by_name, total
from gridmap.importers import read_frame

#: File endings that --out takes, and the driver that writes them.
OUT_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
}


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--within",
    type=click.Path(path_type=Path),
    help="File with the ground that must be covered. Without it, gaps are the ground that the units enclose.",
)
@click.option(
    "--parent-column",
    help="Column of FILE that names each unit's parent. Every parent's children are audited against that parent's own "
    "polygon, taken from --within (matched on the column of the same name there, else on --id-column), or from the "
    "rows of FILE itself whose id is that name. Where neither has the parents' polygons, all units are audited "
    "together.",
)
@click.option("--id-column", help="Column that names the units. Default: the first column with no value twice.")
@click.option("--crs", help="Coordinate system of files that do not state one: an EPSG number, gcj02 or bd09.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout and nothing else there.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the pieces found to a file: .gpkg, .geojson, .fgb or .shp.",
)
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="Write a map that opens without a network.")
@click.option("--png", type=click.Path(path_type=Path), help="Write a picture of the map.")
def command(
    file: Path,
    within: Path | None,
    parent_column: str | None,
    id_column: str | None,
    crs: str | None,
    as_json: bool,
    out: Path | None,
    map_file: Path | None,
    png: Path | None,
) -> None:
    """Audit a coverage: find every gap, overlap and spill in FILE, none too small to be listed.

    A gap is ground inside the jurisdiction, or enclosed by the units where none is given, that no unit covers. An
    overlap is ground that two or more cover, counted once however many. A spill is covered ground outside the
    jurisdiction. Pieces of one kind that share an edge and have the same units are one item. Strips narrower than half
    a metre are marked as slivers.

    Coordinates are rounded to a hundredth of a millimetre in a metric projected system; areas are planar there, in m²,
    so that they add up to the last square millimetre. Exit code: 0 nothing found, 1 something found, 2 bad input.
    """
    if out is not None and out.suffix.lower() not in OUT_DRIVERS:
        raise FormatUnknown(path=out, formats=", ".join(OUT_DRIVERS))
    tell(f"reading {file}")
    given = read_frame(file, crs=crs, encoding=None)
    system = working_crs_for(given)
    frame = transform(given, system)
    names = unit_names(frame, file, id_column)
    jurisdictions = None if within is None else read_like(within, system, crs)
    polygons: Geometries = np.asarray(frame.geometry.array, dtype=object)
    tell(f"auditing {len(frame):,} units in {system.name}")
    by_parent: dict[str, Audit] | None = None
    if parent_column is None:
        ground = None if jurisdictions is None else whole(jurisdictions)
        result = audit(polygons, names, ground, steps_per_metre=FILE_STEPS_PER_METRE)
    else:
        by_parent = audit_by_parent(frame, file, names, parent_column, id_column, jurisdictions, within)
        result = total(list(by_parent.values()))

    defects = defects_frame(result, system)
    if out is not None:
        write_defects(out, defects)
        tell(f"wrote {out}")
    if map_file is not None or png is not None:
        units = gpd.GeoDataFrame({"unit": names}, geometry=polygons, crs=system)
        draw(map_file, png, units, defects)
    if as_json:
        document = result.as_json(lonlat_from(system))
        if by_parent is not None:
            document["parents"] = {parent: counts(one) for parent, one in by_parent.items()}
        click.echo(json.dumps(document, ensure_ascii=False).encode())
    else:
        show(result, by_parent)
    raise SystemExit(0 if result.clean else 1)


def tell(text: str) -> None:
    """Progress, for people: never on stdout."""
    click.echo(f"gridmap: {text}", err=True)


def unit_names(frame: gpd.GeoDataFrame, path: Path, column: str | None) -> list[str]:
    """One name per row: the chosen column, else the first in which no value is missing or repeated, else the row."""
    if column is not None:
        return texts(column_of(frame, path, column), missing="")
    for candidate in frame.columns:
        if candidate == frame.geometry.name or pd.api.types.is_float_dtype(frame[candidate]):
            continue
        if len(frame) and frame[candidate].notna().all() and frame[candidate].astype(str).is_unique:
            tell(f"units are named by the column {candidate} (choose another with --id-column)")
            return texts(frame[candidate], missing="")
    tell("no column names the units; they are numbered by row from 1")
    return [str(row) for row in range(1, len(frame) + 1)]


def column_of(frame: gpd.GeoDataFrame, path: Path, column: str) -> pd.Series:
    if column not in frame.columns or column == frame.geometry.name:
        others = [str(name) for name in frame.columns if name != frame.geometry.name]
        raise ColumnMissing(path=path, column=column, columns=", ".join(others))
    return frame[column]


def texts(values: pd.Series, *, missing: str) -> list[str]:
    """Values as text; whole numbers that a file stores as floats keep no decimal point, so that codes compare."""
    return [
        missing
        if pd.isna(value)
        else str(int(value))
        if isinstance(value, float) and value.is_integer()
        else str(value)
        for value in values.tolist()
    ]


def read_like(path: Path, system: CRS, crs: str | None) -> gpd.GeoDataFrame:
    """Read a second file into the working system of the first; ``crs`` counts only where the file states none."""
    try:
        other = read_frame(path, crs=None, encoding=None)
    except CrsMissing:
        if crs is None:
            raise
        other = read_frame(path, crs=crs, encoding=None)
    return transform(other, system)


def whole(frame: gpd.GeoDataFrame) -> BaseGeometry:
    """All polygons of a frame as one."""
    return next(iter(ground_by_name(frame.geometry.tolist(), [""] * len(frame)).values()))


def audit_by_parent(
    frame: gpd.GeoDataFrame,
    file: Path,
    names: Sequence[str],
    parent_column: str,
    id_column: str | None,
    jurisdictions: gpd.GeoDataFrame | None,
    within: Path | None,
) -> dict[str, Audit]:
    """Audit every parent's children; see the help of ``--parent-column``."""
    child, found = families_of(frame, file, names, parent_column, id_column, jurisdictions, within)
    polygons: Geometries = np.asarray(frame.geometry.array, dtype=object)
    return audit_families(polygons[child], [names[row] for row in child], found, steps_per_metre=FILE_STEPS_PER_METRE)


def families_of(
    frame: gpd.GeoDataFrame,
    file: Path,
    names: Sequence[str],
    parent_column: str,
    id_column: str | None,
    jurisdictions: gpd.GeoDataFrame | None,
    within: Path | None,
) -> tuple[list[int], list[Family]]:
    """Rows that are units to audit, and their families, whose children are positions in those rows."""
    polygons: Geometries = np.asarray(frame.geometry.array, dtype=object)
    parent_of = [text or None for text in texts(column_of(frame, file, parent_column), missing="")]
    if jurisdictions is not None and within is not None:
        key = parent_column if parent_column in jurisdictions.columns else id_column or parent_column
        parent_names = texts(column_of(jurisdictions, within, key), missing="")
        grounds = ground_by_name(jurisdictions.geometry.tolist(), parent_names)
        orphans = sorted({parent or "" for parent in parent_of} - set(grounds))
        if orphans:
            listed = ", ".join(repr(orphan) for orphan in orphans[:SHOWN])
            raise ParentsMissing(count=len(orphans), path=within, column=key, parents=listed)
        return list(range(len(names))), families(parent_of, grounds)
    wanted = {
        parent for name, parent in zip(names, parent_of, strict=True) if parent is not None and parent != name
    } & set(names)
    rows = [row for row, name in enumerate(names) if name in wanted]
    grounds = ground_by_name(polygons[rows], [names[row] for row in rows])
    # A row is its own family's ground, not its child; a root that only serves as ground is no unit to audit.
    child = [
        row
        for row, (name, parent) in enumerate(zip(names, parent_of, strict=True))
        if not (name in wanted and (parent is None or parent == name))
    ]
    if not grounds:
        tell("the parents' own polygons are not given: all units are audited together")
    return child, families([parent_of[row] for row in child], grounds)


def lonlat_from(crs: CRS) -> Callable[[Numbers], Numbers]:
    """Function from points of a system, shape (n, 2), to longitude and latitude (EPSG:4326)."""
    transformer = Transformer.from_crs(crs, 4326, always_xy=True)

    def to_lonlat(xy: Numbers) -> Numbers:
        return np.stack(transformer.transform(xy[:, 0], xy[:, 1]), axis=1) if len(xy) else xy

    return to_lonlat


def defects_frame(result: Audit, crs: CRS) -> gpd.GeoDataFrame:
    """All items as a frame in the working system: kind, area_m2, width_m, sliver, units, neighbours, geometry."""
    defects = result.defects
    columns = {
        "kind": [defect.kind for defect in defects],
        "area_m2": [defect.area_m2 for defect in defects],
        "width_m": [defect.width_m for defect in defects],
        "sliver": [defect.sliver for defect in defects],
        "units": [", ".join(defect.owners) for defect in defects],
        "neighbours": [", ".join(defect.neighbours) for defect in defects],
    }
    return gpd.GeoDataFrame(columns, geometry=[defect.polygon for defect in defects], crs=crs)


def write_defects(path: Path, defects: gpd.GeoDataFrame) -> None:
    """Write the items; GeoJSON in longitude and latitude, as its standard says, other formats in the working system."""
    driver = OUT_DRIVERS[path.suffix.lower()]
    try:
        (defects.to_crs(4326) if driver == "GeoJSON" else defects).to_file(path, driver=driver, encoding="utf-8")
    except (OSError, RuntimeError) as error:
        raise FileUnwritable(path=path, detail=str(error)) from error


def draw(map_file: Path | None, png: Path | None, units: gpd.GeoDataFrame, defects: gpd.GeoDataFrame) -> None:
    """Write the map and the picture."""
    if map_file is not None:
        from gridmap.maps.standalone import write_defect_map  # loads folium, only where a map is asked for

        write_defect_map(map_file, units, defects)
        tell(f"wrote {map_file}")
    if png is not None:
        from gridmap.maps.static_png import write_defect_png  # loads matplotlib

        write_defect_png(png, units, defects)
        tell(f"wrote {png}")
