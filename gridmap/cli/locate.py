"""``gridmap locate``: the grid of every point, beside the row it came in."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import geopandas as gpd


@click.command("locate")
@click.argument("points", type=click.Path(path_type=Path))
@click.option("--grids", required=True, type=click.Path(path_type=Path), help="File of the grids (polygons).")
@click.option("--id-column", help="Column of GRIDS with the unit codes. Found by its name where it is usual.")
@click.option("--lon-column", help="Column of POINTS with the longitude (or x).")
@click.option("--lat-column", help="Column of POINTS with the latitude (or y).")
@click.option("--points-crs", help="System of the points: an EPSG number, gcj02 or bd09.")
@click.option("--grids-crs", help="System of the grids, where the file does not say.")
@click.option("--encoding", help="Encoding of the text of POINTS, where it is neither UTF-8 nor GBK.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="CSV to write; gzipped when it ends in .gz."
)
@click.option("--json", "as_json", is_flag=True, help="Print the totals as one JSON document.")
def command(
    points: Path,
    grids: Path,
    id_column: str | None,
    lon_column: str | None,
    lat_column: str | None,
    points_crs: str | None,
    grids_crs: str | None,
    encoding: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Say which grid each of POINTS lies in.

    POINTS is a CSV (plain or gzipped) or any vector file. Its rows are written unchanged and in order, with the columns
    unit, on_border, nearest_unit and distance_m added. A point within 1 mm of a border lies on it; on a shared border
    it belongs to the unit with the smallest code. Rows without a readable point are kept, with an empty unit.
    """
    from gridmap.geometry.assign import locate
    from gridmap.importers import read_frame
    from gridmap.importers.codes import unit_codes
    from gridmap.importers.rows import open_points, with_columns

    start = time.perf_counter()
    ground = read_frame(grids, crs=grids_crs)
    codes = unit_codes(grids, ground, id_column)
    rows = open_points(points, crs=points_crs, encoding=encoding, x_column=lon_column, y_column=lat_column)
    if rows.assumed:
        click.echo(
            f"{points}: longitude and latitude are taken as WGS 84 (EPSG:4326). Else state --points-crs.", err=True
        )
    found = locate(_polygons(ground), codes, rows.xy, rows.crs)

    packed = out.suffix.lower() == ".gz"
    with gzip.open(out, "wb", compresslevel=6) if packed else out.open("wb") as file:
        for piece in with_columns(rows, found, codes):
            file.write(piece)
    totals: dict[str, float] = {**found.counts(), "seconds": round(time.perf_counter() - start, 3)}
    if as_json:
        click.echo(json.dumps(totals))
    else:
        for name, value in totals.items():
            click.echo(f"{name:>10}  {value:,}")


def _polygons(ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Only areas can hold a point: other shapes are kept as rows but hold nothing."""
    return ground.assign(geometry=ground.geometry.where(ground.geometry.geom_type.isin(["Polygon", "MultiPolygon"])))
