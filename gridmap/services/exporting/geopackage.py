"""GeoPackage for QGIS and other GIS: units with index and counts, findings with why and act, and a table about both.

Geometry stands in the county's working system, as stored: nothing is moved, and areas are those of the report.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.lenses.registry import INDEX_DEFINITION
from gridmap.services.exporting.dossier import Dossier, FindingLine, UnitLine

SUFFIX, MEDIA_TYPE = "gpkg", "application/geopackage+sqlite3"


def write(dossier: Dossier) -> bytes:
    """Return the file."""
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        path = Path(folder) / "coverage.gpkg"
        units_frame(dossier).to_file(path, layer="units", driver="GPKG", engine="pyogrio", geometry_type="MultiPolygon")
        findings_frame(dossier).to_file(
            path, layer="findings", driver="GPKG", engine="pyogrio", geometry_type="Unknown"
        )
        pyogrio.write_dataframe(about_frame(dossier), path, layer="about", driver="GPKG")
        return path.read_bytes()


def units_frame(dossier: Dossier) -> gpd.GeoDataFrame:
    """One row per grid: code, name, parents, households, index, and the number of findings of each lens."""
    rows = [_unit_row(dossier, unit) for unit in dossier.grids]
    columns = [
        *("code", "name", "town", "community", "urban", "households", "touched", "coverage_index", "findings"),
        *(f"n_{lens.name}" for lens in dossier.lenses),
    ]
    shapes = np.array([as_many(unit.geometry) for unit in dossier.grids], dtype=object)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=dossier.srid)


def _unit_row(dossier: Dossier, unit: UnitLine) -> list[object]:
    town, community = (["", "", *unit.parents])[-2:]
    counts = [unit.counts.get(lens.name, 0) for lens in dossier.lenses]
    return [
        *(unit.place.code, unit.place.name, town, community, unit.urban, unit.households, unit.touched),
        np.nan if unit.index is None else unit.index,
        sum(counts),
        *counts,
    ]


def findings_frame(dossier: Dossier) -> gpd.GeoDataFrame:
    """One row per finding, worst first; geometry of any kind, or none."""
    columns = {
        "number": [f.number for f in dossier.findings],
        "lens": [f.lens for f in dossier.findings],
        "title": [f.title for f in dossier.findings],
        "blindness": [dossier.blindness(f.blindness) for f in dossier.findings],
        "severity": [dossier.say(f.severity.value) for f in dossier.findings],
        "state": [dossier.say(_STATES[f.state]) if f.state else None for f in dossier.findings],
        "unit_codes": [",".join(unit.code for unit in f.units) for f in dossier.findings],
        "unit_names": [dossier.units_of(f) for f in dossier.findings],
        "households": [f.households for f in dossier.findings],
        "open_cases": [f.open_cases for f in dossier.findings],
        "area_m2": [f.area_m2 for f in dossier.findings],
        "width_m": [f.width_m for f in dossier.findings],
        "sliver": [f.sliver for f in dossier.findings],
        "why": [f.why for f in dossier.findings],
        "act": [f.act for f in dossier.findings],
        "finding_key": [f.key for f in dossier.findings],
    }
    shapes = np.array([_shape(f) for f in dossier.findings], dtype=object)
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=dossier.srid)


_STATES = {"new": "new", "still": "still there", "cured": "cured"}


def about_frame(dossier: Dossier) -> pd.DataFrame:
    """What the file is, and what its columns mean."""
    say = dossier.say
    rows = [
        ("title", dossier.title),
        ("unit", f"{dossier.place} ({dossier.unit.code})"),
        ("as_of", dossier.as_of.isoformat()),
        ("run", str(dossier.run_id)),
        ("crs", say("EPSG:{srid}, metres, as stored in the database", srid=dossier.srid)),
        ("coverage_index", say(INDEX_DEFINITION)),
        ("touched", say("Households touched by a blind area of the “must” lenses")),
        *((f"n_{lens.name}", say("Number of blind areas: {lens}", lens=lens.title)) for lens in dossier.lenses),
    ]
    if dossier.demo:
        rows.append(("demo", say("Demo: an invented county")))
    return pd.DataFrame(rows, columns=["name", "meaning"])


def _shape(finding: FindingLine) -> BaseGeometry | None:
    shape = finding.geometry
    return None if shape is None or shape.is_empty else as_many(shape)


#: GIS programs want one geometry type per layer as far as may be: single shapes become collections of one.
_MANY: dict[str, Callable[[list[Any]], BaseGeometry]] = {
    "Polygon": shapely.MultiPolygon,
    "Point": shapely.MultiPoint,
    "LineString": shapely.MultiLineString,
}


def as_many(shape: BaseGeometry | None) -> BaseGeometry | None:
    """A single shape as a collection of one; anything else as it is."""
    return shape if shape is None or shape.geom_type not in _MANY else _MANY[shape.geom_type]([shape])
