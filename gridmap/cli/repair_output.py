"""Where ``gridmap repair`` puts its result: the file, whole or not at all, and the tables for people."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gridmap.cli.check_tables import SHOWN
from gridmap.errors import BadInput, FileUnwritable
from gridmap.geometry.repair.report import Report
from gridmap.geometry.topology.ground import Geometries, Numbers
from gridmap.importers import read_frame

#: Files that belong to one shapefile.
SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def refuse_inputs(out: Path, file: Path, others: Sequence[Path], *, overwrite: bool) -> None:
    """Raise where writing ``out`` would destroy something that is read."""
    for given in [*others, *([] if overwrite else [file])]:
        if out.exists() and given.exists() and out.samefile(given):
            hint = " State --overwrite if that is meant." if given == file else ""
            raise BadInput(detail=f"--out {out} is an input file; it is not overwritten.{hint}")


def write_whole(path: Path, frame: gpd.GeoDataFrame, driver: str) -> None:
    """Write a frame, read it back, and only then put it in its place.

    Raises
    ------
    FileUnwritable
        also where the format would not hold the very numbers: a repaired border would come apart again.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
            file = Path(folder) / path.name
            options: dict[str, Any] = {"COORDINATE_PRECISION": "17", "RFC7946": "NO"} if driver == "GeoJSON" else {}
            frame.to_file(file, driver=driver, encoding="utf-8", **options)
            _same_numbers(path, file, frame)
            for part in sorted(Path(folder).iterdir()):
                part.replace(path.with_suffix(part.suffix) if driver == "ESRI Shapefile" else path.parent / part.name)
    except (OSError, RuntimeError) as error:
        raise FileUnwritable(path=path, detail=str(error)) from error


def _same_numbers(path: Path, file: Path, frame: gpd.GeoDataFrame) -> None:
    """Compare every vertex of what was written; a format may turn rings round or leave out a MultiPolygon's bracket."""
    again = read_frame(file, crs=None if frame.crs is None else frame.crs.to_wkt())
    written: Geometries = np.asarray(again.geometry.array, dtype=object)
    given: Geometries = np.asarray(frame.geometry.array, dtype=object)
    if len(given) != len(written):
        raise FileUnwritable(path=path, detail="this format does not keep every row; choose .gpkg")
    for row in np.flatnonzero(shapely.to_wkb(given) != shapely.to_wkb(written)).tolist():
        one, two = given[row], written[row]
        if one is None or one.is_empty:
            continue
        if two is None or not shapely.equals_exact(_sorted(one), _sorted(two), tolerance=0.0):
            raise FileUnwritable(path=path, detail="this format does not keep coordinates exactly; choose .gpkg")


def _sorted(shape: Any) -> Any:
    return shapely.normalize(shapely.multipolygons(shapely.get_parts(shape)))


def show(report: Report, to_lonlat: Callable[[Numbers], Numbers], *, stderr: bool) -> None:
    """The tables for people."""
    console = Console(highlight=False, stderr=stderr)
    closed, left = report.closed(), report.left_for_people(to_lonlat)
    table = Table(title=f"{len(report.names):,} units", title_justify="left")
    for heading in ("", "before", "closed", "after", "m² before", "m² after"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind in ("gap", "overlap", "spill"):
        before, after = getattr(report.before, f"{kind}s"), getattr(report.after, f"{kind}s")
        table.add_row(
            f"{kind}s",
            f"{len(before):,}",
            f"{sum(one['kind'] == kind for one in closed):,}",
            f"{len(after):,}",
            f"{sum(one.area_m2 for one in before):,.2f}",
            f"{sum(one.area_m2 for one in after):,.2f}",
        )
    console.print(table)
    console.print(
        f"{len(report.touched):,} units changed, {len(report.names) - len(report.touched):,} untouched; "
        f"{report.area_moved_m2:,.2f} m² changed hands"
    )
    _show_changed(console, report)
    if left:
        more = f" ({SHOWN} of {len(left):,}; --json lists all)" if len(left) > SHOWN else ""
        table = Table(title=f"left for people{more}", title_justify="left")
        for heading in ("kind", "m²", "width m", "units", "proposed owner", "why"):
            table.add_column(heading, justify="right" if heading[0] == "m" or "width" in heading else "left")
        for one in left[:SHOWN]:
            owner = one["proposed_owner"]
            table.add_row(
                one["kind"],
                f"{one['area_m2']:,.2f}" if "area_m2" in one else "",
                f"{one['width_m']:,.3f}" if "width_m" in one else "",
                escape(", ".join(one["units"])),
                escape(", ".join(owner) if isinstance(owner, list) else owner or ""),
                escape(str(one["why"])),
            )
        console.print(table)
    console.print("second audit: " + ("proven" if report.proven else "NOT PROVEN"))


def _show_changed(console: Console, report: Report) -> None:
    changed = sorted(report.changed_units(), key=lambda one: -abs(one["area_change_m2"]))
    if not changed:
        return
    more = f" (largest {SHOWN} of {len(changed):,})" if len(changed) > SHOWN else ""
    table = Table(title=f"changed units{more}", title_justify="left")
    for heading in ("unit", "m² before", "m² after", "change", "done"):
        table.add_column(heading, justify="left" if heading in ("unit", "done") else "right")
    for one in changed[:SHOWN]:
        table.add_row(
            escape(one["unit"]),
            f"{one['area_before_m2']:,.2f}",
            f"{one['area_after_m2']:,.2f}",
            f"{one['area_change_m2']:+,.4f}",
            ", ".join(done["kind"] for done in one["done"]),
        )
    console.print(table)
