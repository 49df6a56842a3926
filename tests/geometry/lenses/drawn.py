"""Drawn counties for lens tests: squares with sides of whole metres, and frames with every column."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geometry.coverage import settle
from gridmap.geometry.frames import COLUMNS, CoverageInputs
from gridmap.geometry.lenses.registry import LENSES
from gridmap.geometry.survey import Survey

COUNTY, TOWN, VILLAGE = "990001000000", "990001001000", "990001001001"
A, B, C = f"{VILLAGE}001", f"{VILLAGE}002", f"{VILLAGE}003"
TODAY = date(2026, 11, 1)


def frame(name, rows, **defaults):
    """A frame of the contract from rows of differing columns; what a row leaves out is a default, or none."""
    columns = COLUMNS[name]
    table = {column: [{**defaults, **row}.get(column) for row in rows] for column in columns if column != "geometry"}
    plain = pd.DataFrame(table, columns=[column for column in columns if column != "geometry"])
    for column in plain:
        if column.endswith(("_on", "_from", "_at")):
            plain[column] = pd.to_datetime(plain[column], utc=column.endswith("_at"))
    if "geometry" not in columns:
        return plain
    shapes = np.full(len(rows), None, dtype=object)
    shapes[:] = [row.get("geometry") for row in rows]
    return gpd.GeoDataFrame(plain, geometry=shapes, crs=4549)


def unit(code, shape=None, **more):
    from gridmap.domain.codes import level_of, parent

    given = {"code": code, "name": f"N{code[-3:]}", "level": level_of(code).value, "parent": parent(code)}
    return given | {"geometry": shape} | more


def strip(*widths, cells=(A, B, C), high=1000):
    """Grids side by side from x = 0, in one village of one town, which together are the county."""
    edges = np.cumsum([0, *widths])
    whole = shapely.box(0, 0, edges[-1], high)
    grids = [unit(code, shapely.box(x, 0, x + w, high)) for code, x, w in zip(cells, edges, widths, strict=False)]
    return [unit(COUNTY, whole), unit(TOWN, whole), unit(VILLAGE, whole), *grids]


def household(number, x, y=500, compound=None):
    return {"households": number, "compound": compound, "geometry": shapely.Point(x, y)}


def case(number, x=None, y=500, *, unit=A, **more):
    point = None if x is None else shapely.Point(x, y)
    return {"case_id": number, "unit": unit, "is_open": True, "geometry": point} | more


def serving(unit, role="worker", x=None, y=500):
    return {"unit": unit, "role": role, "geometry": None if x is None else shapely.Point(x, y)}


def inputs(units, **rows):
    """Frames of a day; whatever is not given is empty."""
    numbered = {
        "workers": "worker_id",
        "organisations": "organisation_id",
        "members": "member_id",
        "posts": "post_id",
        "service_points": "service_point_id",
        "households": "place_id",
        "cases": "case_id",
        "meetings": "meeting_id",
    }
    frames = {
        name: frame(name, [{key: number, **row} for number, row in enumerate(rows.get(name, []), 1)])
        for name, key in numbered.items()
    }
    frames["households"]["households"] = frames["households"]["households"].astype(int)
    return CoverageInputs(as_of=TODAY, units=frame("units", units, urban=False, in_code_list=True), **frames)


def ask(lens, units, parameters=None, **rows):
    """Findings of one lens."""
    values = settle({f"{lens}.{name}": value for name, value in (parameters or {}).items()}, [LENSES[lens]])
    return LENSES[lens].answer(Survey(inputs(units, **rows)), values[lens])


def about(findings):
    """The unit that each finding is about."""
    return sorted(finding.units[0] for finding in findings)
