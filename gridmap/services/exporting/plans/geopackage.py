"""GeoPackage of a plan: grids before and after with their figures, findings, comments; geometry as stored.

The layer ``grids_after`` can be redrawn in QGIS and taken back into a draft: its column ``code`` says which grid is
which.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.redraw.figures import Figures
from gridmap.services.exporting.geopackage import as_many
from gridmap.services.exporting.plans.dossier import STATES, PlanDossier

SUFFIX, MEDIA_TYPE = "gpkg", "application/geopackage+sqlite3"


def write(dossier: PlanDossier) -> bytes:
    """Return the file."""
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        path = Path(folder) / "plan.gpkg"
        for layer, after in (("grids_after", True), ("grids_before", False)):
            grids_frame(dossier, after=after).to_file(
                path, layer=layer, driver="GPKG", engine="pyogrio", geometry_type="MultiPolygon"
            )
        findings = gpd.GeoDataFrame(
            {
                "lens": [each.lens for each in dossier.findings],
                "state": [each.state for each in dossier.findings],
                "why": [dossier.tell(each.why) for each in dossier.findings],
                "units": [",".join(each.units) for each in dossier.findings],
                "area_m2": [each.area_m2 for each in dossier.findings],
            },
            geometry=_shapes([each.geometry for each in dossier.findings]),
            crs=dossier.srid,
        )
        findings.to_file(path, layer="findings", driver="GPKG", engine="pyogrio", geometry_type="Unknown")
        pinned = [each for each in dossier.comments if each.at_place is not None]
        comments = gpd.GeoDataFrame(
            {
                "author": [each.author for each in pinned],
                "words": [each.words for each in pinned],
                "settled": [each.settled_at is not None for each in pinned],
            },
            geometry=_shapes([shapely.Point(each.at_place) for each in pinned if each.at_place is not None]),
            crs=dossier.srid,
        )
        comments.to_file(path, layer="comments", driver="GPKG", engine="pyogrio", geometry_type="Point")
        pyogrio.write_dataframe(_about(dossier), path, layer="about", driver="GPKG")
        return path.read_bytes()


def grids_frame(dossier: PlanDossier, *, after: bool) -> gpd.GeoDataFrame:
    """Grids after (or before) the plan: code, name, urban, changed, band and figures."""
    rows = [grid for grid in dossier.grids if (grid.after if after else grid.before) is not None]
    figures: list[Figures | None] = [grid.figures_after if after else grid.figures_before for grid in rows]
    columns = {
        "code": [grid.code for grid in rows],
        "name": [grid.name for grid in rows],
        "urban": [grid.urban for grid in rows],
        "changed": [grid.changed for grid in rows],
        "band": [grid.band_after if after else grid.band_before for grid in rows],
        **{
            name: [None if each is None else getattr(each, name) for each in figures]
            for name in Figures.__dataclass_fields__
        },
    }
    shapes = _shapes([grid.after if after else grid.before for grid in rows])
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=dossier.srid)


def _shapes(shapes: list[BaseGeometry | None]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    found = np.empty(len(shapes), dtype=object)
    found[:] = [shape if isinstance(shape, shapely.Point) else as_many(shape) for shape in shapes]
    return found


def _about(dossier: PlanDossier) -> pd.DataFrame:
    rows = [
        ("title", dossier.title),
        ("unit", f"{dossier.unit} ({dossier.row.scope})"),
        ("state", dossier.say(STATES[dossier.row.state.value])),
        ("version", str(dossier.row.version)),
        ("author", dossier.row.author),
        ("effective_on", dossier.row.effective_on.isoformat()),
        ("households_moved", str(dossier.households_moved)),
        ("crs", dossier.say("EPSG:{srid}, metres, as stored in the database", srid=dossier.srid)),
    ]
    if dossier.demo:
        rows.append(("demo", dossier.say("Demo: an invented county")))
    return pd.DataFrame(rows, columns=["name", "meaning"])
