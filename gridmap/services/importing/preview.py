"""What an import would change, as outlines in EPSG:4326: old and new side by side, light enough for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import GridmapError
from gridmap.geometry.candidates import lonlat_of
from gridmap.geometry.crs import declared
from gridmap.geometry.simplify import to_lonlat
from gridmap.services.importing.outcome import Plan
from gridmap.store.database import Session
from gridmap.store.queries.frames import working_srid

#: Features drawn at most, and vertices of all of them together: about 3 MB of JSON.
MOST_FEATURES, MOST_VERTICES = 4_000, 150_000
#: Outlines lose detail below this many metres, more where there is much to draw.
TOLERANCES_M = (0.0, 2.0, 10.0, 40.0, 150.0)


def of_plan(session: Session, plan: Plan) -> dict[str, Any]:
    """Features with ``code``, ``name``, ``change`` (new, changed) and ``side`` (old, new)."""
    rows: list[tuple[dict[str, object], Any]] = [
        (_named(record.values, "new", "new"), record.geometry) for record in plan.new if record.geometry is not None
    ]
    for change in plan.changed:
        if "geometry" in change.fields:
            if change.standing.get("geometry") is not None:
                rows.append((_named(change.record.values, "changed", "old"), change.standing["geometry"]))
            rows.append((_named(change.record.values, "changed", "new"), change.record.geometry))
    chosen = rows[:MOST_FEATURES]
    shapes = _lighter([shape for _, shape in chosen])
    return _collection(to_lonlat(shapes, working_srid(session), digits=7), [named for named, _ in chosen])


def _named(values: Any, change: str, side: str) -> dict[str, object]:
    code = values.get("code") or values.get("label") or values.get("number") or ""
    return {"code": str(code), "name": str(values.get("name") or ""), "change": change, "side": side}


def _lighter(shapes: Sequence[BaseGeometry]) -> np.ndarray[Any, np.dtype[np.object_]]:
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes)
    for tolerance in TOLERANCES_M:
        simple = shapely.simplify(found, tolerance) if tolerance and len(found) else found
        if int(shapely.get_num_coordinates(simple).sum()) <= MOST_VERTICES:
            return simple
    return simple


def of_choices(frame: gpd.GeoDataFrame, choices: Iterable[str]) -> dict[str, Any]:
    """The file's shapes as they would lie under each answer to a question about coordinates (``choice``)."""
    shapes = np.asarray(frame.geometry, dtype=object)
    shapes = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)][:400]
    features: list[dict[str, Any]] = []
    for choice in choices:
        try:
            system = declared(choice)

            def turn(xy: Any, system: Any = system) -> Any:
                found = lonlat_of(xy, system, roughly=True)
                return np.full_like(xy, np.nan) if found is None else found

            turned = shapely.transform(shapes, turn)
        except GridmapError:
            continue
        features += _collection(turned, [{"choice": choice}] * len(turned))["features"]
    return {"type": "FeatureCollection", "features": features}


def _collection(shapes: Iterable[Any], rows: Sequence[dict[str, object]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
            for shape, row in zip(shapes, rows, strict=True)
            if shape is not None and np.isfinite(shapely.get_coordinates(shape)).all()
        ],
    }
