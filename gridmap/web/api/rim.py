"""Between the working system inside and longitude and latitude in the browser: shapes out, drawn lines in.

Nine decimals of a degree are a tenth of a millimetre: a vertex that goes to the browser and back is the same vertex.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.crs import transformer

DIGITS = 9
#: Fields of an operation that hold a place, whatever its kind.
PLACES = ("at", "to", "keeps")
SHAPES = ("line", "area")


@cache
def _outwards(srid: int) -> Transformer:
    return transformer(CRS.from_epsg(srid), CRS.from_epsg(4326))


@cache
def _inwards(srid: int) -> Transformer:
    return transformer(CRS.from_epsg(4326), CRS.from_epsg(srid))


def outward(shape: BaseGeometry | None, srid: int) -> dict[str, Any] | None:
    """A shape of the working system as GeoJSON in EPSG:4326."""
    if shape is None or shape.is_empty:
        return None

    def turn(xy: Any) -> Any:
        return np.round(np.column_stack(_outwards(srid).transform(xy[:, 0], xy[:, 1])), DIGITS)

    document: dict[str, Any] = shapely.geometry.mapping(shapely.transform(shape, turn))
    return document


def place_out(point: tuple[float, float] | None, srid: int) -> list[float] | None:
    """A place of the working system as [longitude, latitude]."""
    if point is None:
        return None
    lon, lat = _outwards(srid).transform(*point)
    return [round(lon, DIGITS), round(lat, DIGITS)]


def place_in(point: Any, srid: int) -> list[Any]:
    """[longitude, latitude] as metres of the working system; anything else as it is, for the operation to refuse."""
    if not isinstance(point, list) or len(point) != 2 or not all(isinstance(each, int | float) for each in point):
        return [point]
    x, y = _inwards(srid).transform(*point)
    return [float(x), float(y)]


def document_in(document: Any, srid: int) -> Any:
    """An operation as the browser sends it, with its places and shapes in metres of the working system."""
    if not isinstance(document, Mapping):
        return document
    turned: dict[str, Any] = dict(document)
    for name in PLACES:
        if isinstance(turned.get(name), list):
            turned[name] = place_in(turned[name], srid)
    for name in SHAPES:
        if isinstance(turned.get(name), Mapping):
            turned[name] = _shape_in(turned[name], srid)
    if isinstance(turned.get("lines"), list):
        turned["lines"] = [_shape_in(line, srid) if isinstance(line, Mapping) else line for line in turned["lines"]]
    return turned


def _shape_in(shape: Mapping[str, Any], srid: int) -> dict[str, Any]:
    return {"type": shape.get("type"), "coordinates": _coordinates_in(shape.get("coordinates"), srid, 0)}


def _coordinates_in(value: Any, srid: int, depth: int) -> Any:
    if not isinstance(value, list) or depth > 6:
        return value
    if len(value) == 2 and all(isinstance(each, int | float) for each in value):
        return place_in(value, srid)
    return [_coordinates_in(each, srid, depth + 1) for each in value]
