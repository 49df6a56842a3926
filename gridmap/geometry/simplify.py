"""Lighter shapes for looking at: shared edges stay shared, coordinates become longitude and latitude.

Never for measuring: figures come from the full shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import BadInput

#: WGS 84 longitude and latitude, the system of GeoJSON (RFC 7946). CGCS2000 differs from it by centimetres.
GEOJSON_EPSG = 4326
#: six decimals of a degree are about 0.1 m on the ground
DIGITS = 6


def simplify_coverage(polygons: Sequence[BaseGeometry], tolerance_m: float) -> npt.NDArray[np.object_]:
    """Return the polygons with fewer vertices, the edges that two of them share simplified once for both.

    ``polygons`` are in metres; ``tolerance_m`` is the square root of the largest triangle that may be cut away
    (Visvalingam and Whyatt's measure, as GEOS' coverage simplifier uses it).
    Empty shapes stay empty; no polygon vanishes.
    """
    shapes = np.asarray(polygons, dtype=object)
    if len(shapes) == 0 or tolerance_m <= 0:
        return shapes
    lighter: npt.NDArray[np.object_] = shapely.coverage_simplify(shapes, tolerance_m)
    gone = shapely.is_empty(lighter) & ~shapely.is_empty(shapes)
    lighter[gone] = shapes[gone]
    return lighter


def to_lonlat(
    shapes: Sequence[BaseGeometry | None] | npt.NDArray[np.object_], epsg: int | pyproj.CRS, *, digits: int = DIGITS
) -> npt.NDArray[np.object_]:
    """Return the shapes in longitude and latitude, rounded to ``digits`` decimals. None stays None.

    ``epsg`` is the system they are in.
    """
    transformer = pyproj.Transformer.from_crs(epsg, GEOJSON_EPSG, always_xy=True)

    def turn(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if len(points) == 0:
            return points
        lon, lat = transformer.transform(points[:, 0], points[:, 1])
        return np.round(np.column_stack([lon, lat]), digits)

    turned: npt.NDArray[np.object_] = shapely.transform(np.asarray(shapes, dtype=object), turn)
    return turned


def label_points(shapes: Sequence[BaseGeometry] | npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return a point inside the largest part of each polygon: where its name is written."""
    array = np.asarray(shapes, dtype=object)
    largest = np.empty(len(array), dtype=object)
    for place, shape in enumerate(array):
        parts = shapely.get_parts(shape)
        largest[place] = parts[np.argmax(shapely.area(parts))] if len(parts) > 1 else shape
    points: npt.NDArray[np.object_] = shapely.point_on_surface(largest)
    return points


def feature_collection(
    shapes: npt.NDArray[np.object_], properties: Sequence[Mapping[str, object]], **members: object
) -> str:
    """Return a GeoJSON feature collection as text. ``members`` are added beside ``features``.

    Raises
    ------
    BadInput
        Shapes and properties differ in number.
    """
    if len(shapes) != len(properties):
        raise BadInput(detail=f"{len(shapes)} shapes and {len(properties)} rows of properties")
    texts: list[str | None] = shapely.to_geojson(shapes).tolist() if len(shapes) else []
    features = ",".join(
        f'{{"type":"Feature","properties":{_compact(row)},"geometry":{text if text is not None else "null"}}}'
        for text, row in zip(texts, properties, strict=True)
    )
    extra = "".join(f",{_compact(name)}:{_compact(value)}" for name, value in members.items())
    return f'{{"type":"FeatureCollection","features":[{features}]{extra}}}'


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
