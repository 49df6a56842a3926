"""GeoJSON (RFC 7946), checked member by member: half of the structurally broken files load elsewhere without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridmap.domain.messages import Message
from gridmap.errors import CrsUnknown, FileUnreadable, GeometryUnusable, NothingToRead
from gridmap.importers.problems import Problem, with_problems
from gridmap.importers.readers.json_stream import Buffer, NotJson, encoding_of, lines

#: Collections in collections are read to this depth; real ones have one.
DEEPEST = 8


class _BadStructure(ValueError):
    """The member is not what GeoJSON says it must be: the file was not written by a GeoJSON writer."""


class _BadRing(ValueError):
    """The structure is right, the shape cannot be built: this row only."""


class _OpenRing(_BadRing):
    """A ring lacks its last point, which is the first one again."""


def read(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoJSON file. Without a ``crs`` member it is in WGS 84 by its standard; the old member is understood.

    Features are read and built one after another; only their shapes and properties are kept.

    Raises
    ------
    FileUnreadable, GeometryUnusable
        Not JSON, not GeoJSON; the row whose structure is broken is named.
    NothingToRead
    """
    encoding = encoding_of(path)
    if encoding is None:
        raise FileUnreadable(path=path, detail="its text is neither UTF-8 nor GBK.")
    try:
        document, rows = _document(path, encoding)
    except RecursionError as error:
        raise FileUnreadable(path=path, detail="it is nested too deeply.") from error
    except (NotJson, UnicodeDecodeError) as error:
        found = _sequence(path, encoding)
        if found is None:
            raise FileUnreadable(path=path, detail=f"it is no JSON ({error}).") from error
        document, rows = {}, found
    if rows.broken is not None:
        raise rows.broken
    return rows.frame(_crs(document))


class _Rows:
    """Features as rows: their shapes, their properties, and what was wrong with them."""

    def __init__(self) -> None:
        self.shapes: list[Any] = []
        self.properties: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        #: the first feature that no GeoJSON writer wrote; told only once the document is known to be JSON
        self.broken: GeometryUnusable | None = None

    def add(self, feature: Any) -> None:
        if self.broken is not None:
            return
        number, name = len(self.shapes) + 1, ""
        shape = None
        try:
            geometry, properties = _members(feature)
            name = str(properties.get("name") or properties.get("code") or feature.get("id") or "")
            self.properties.append(properties)
            try:
                shape = _shape(geometry)
            except _OpenRing as error:
                shape = _shape(_closed(geometry))
                expected = Message("rings that end where they begin")
                done = Message("The open ring was closed.")
                self.problems.append(Problem(number, "geometry", str(error), expected, done, repaired=True))
        except _BadStructure as error:
            self.broken = GeometryUnusable(row=number, name=name or "GeoJSON", detail=f"{error}.")
        except _BadRing as error:
            self.problems.append(
                Problem(
                    number,
                    "geometry",
                    str(error),
                    Message("rings of four points or more, all of them numbers"),
                    Message("Draw the shape again, or remove the row."),
                )
            )
        self.shapes.append(shape)

    def frame(self, crs: CRS) -> gpd.GeoDataFrame:
        table = pd.DataFrame(self.properties, index=pd.RangeIndex(len(self.properties)))
        if "geometry" in table.columns:
            table = table.rename(columns={"geometry": "geometry_"})
        shapes = np.full(len(self.shapes), None, dtype=object)
        shapes[:] = self.shapes
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
        with_problems(frame, self.problems)
        return frame


def _document(path: Path, encoding: str) -> tuple[dict[str, Any], _Rows]:
    """The members of the document without its features, and the features as rows.

    Raises
    ------
    FileUnreadable, NothingToRead, NotJson, RecursionError, UnicodeDecodeError
    """
    document: dict[str, Any] = {}
    rows, listed = _Rows(), False
    with path.open("rb") as file:
        buffer = Buffer(file, encoding)
        if buffer.peek() != "{":
            buffer.value()
            if buffer.peek():
                raise NotJson(f"more follows: character {buffer.place}")
            raise FileUnreadable(path=path, detail="a GeoJSON file is one object, and this is not.")
        for name in buffer.members():
            if name == "features":
                rows, listed = _Rows(), buffer.peek() == "["
                if listed:
                    for feature in buffer.items():
                        rows.add(feature)
                    continue
            document[name] = buffer.value()
        if buffer.peek():
            raise NotJson(f"more follows: character {buffer.place}")
    kind = document.get("type")
    if kind == "FeatureCollection":
        if not listed:
            raise FileUnreadable(path=path, detail="the feature collection has no list of features.")
        if not rows.shapes:
            raise NothingToRead(path=path, what="features")
        return document, rows
    rows = _Rows()
    rows.add(_lone(path, document))
    return document, rows


def _sequence(path: Path, encoding: str) -> _Rows | None:
    """A text sequence (RFC 8142) or lines of features as one collection; None where the lines are none."""
    rows = _Rows()
    try:
        for one in lines(path, encoding):
            if not isinstance(one, dict) or not isinstance(one.get("type"), str):
                return None
            bare = one["type"] in _BUILDERS or one["type"] == "GeometryCollection"
            rows.add({"type": "Feature", "properties": {}, "geometry": one} if bare else one)
    except (ValueError, RecursionError):
        return None
    if not rows.shapes:
        raise NothingToRead(path=path, what="features")
    return rows


def _lone(path: Path, document: dict[str, Any]) -> dict[str, Any]:
    """The one feature of a document that is no collection."""
    kind = document.get("type")
    if kind == "Feature":
        return document
    if isinstance(kind, str) and (kind in _BUILDERS or kind == "GeometryCollection"):
        return {"type": "Feature", "properties": {}, "geometry": document}
    if kind == "Topology":
        raise FileUnreadable(path=path, detail="it is TopoJSON, which keeps borders apart. Export it as GeoJSON.")
    raise FileUnreadable(path=path, detail=f"its type is {kind!r}, which GeoJSON does not know.")


def _members(feature: Any) -> tuple[Any, dict[str, Any]]:
    if not isinstance(feature, dict):
        raise _BadStructure("the feature is not an object")
    if feature.get("type") != "Feature":
        raise _BadStructure(f"its type is {feature.get('type')!r} instead of 'Feature'")
    if "geometry" not in feature:
        raise _BadStructure("the feature has no geometry member")
    if "properties" not in feature:
        raise _BadStructure("the feature has no properties member")
    properties = feature["properties"]
    if properties is not None and not isinstance(properties, dict):
        raise _BadStructure("the properties are not an object")
    _check_box(feature)
    return feature["geometry"], {} if properties is None else properties


def _check_box(thing: dict[str, Any]) -> None:
    box = thing.get("bbox")
    if box is None:
        return
    if not isinstance(box, list) or len(box) not in (4, 6):
        raise _BadStructure("the bbox has not four or six numbers")
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in box):
        raise _BadStructure("the bbox holds something that is no number")


def _shape(geometry: Any, depth: int = 0) -> Any:
    if geometry is None and depth == 0:
        return None
    if not isinstance(geometry, dict):
        raise _BadStructure("the geometry is not an object")
    _check_box(geometry)
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        inner = geometry.get("geometries")
        if not isinstance(inner, list):
            raise _BadStructure("the geometry collection has no list of geometries")
        if depth >= DEEPEST:
            raise _BadStructure("collections are nested too deeply")
        return shapely.geometrycollections([_shape(one, depth + 1) for one in inner])
    if not isinstance(kind, str) or kind not in _BUILDERS:
        raise _BadStructure(f"the geometry's type is {kind!r}")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        raise _BadStructure("the geometry has no list of coordinates")
    return _BUILDERS[kind](coordinates)


def _positions(value: Any) -> NDArray[np.float64]:
    """An (n, 2) array from a list of positions. Heights are dropped."""
    if not isinstance(value, list):
        raise _BadStructure("a list of positions is missing")
    if not value:
        return np.empty((0, 2))
    try:
        array = np.array(value)
    except ValueError:
        array = _ragged(value)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or array.shape[1] < 2:
        raise _BadStructure("a position is not two or more numbers, or the nesting has the wrong depth")
    points: NDArray[np.float64] = array[:, :2].astype(np.float64)
    if not np.isfinite(points).all():
        raise _BadRing("a coordinate is infinite or not a number")
    return points


def _ragged(value: list[Any]) -> NDArray[np.float64]:
    """Positions of which some have a height and some not."""
    if not all(isinstance(one, list) and len(one) >= 2 for one in value):
        raise _BadStructure("a position is not two or more numbers, or the nesting has the wrong depth")
    pairs = np.array([one[:2] for one in value], dtype=object)
    if pairs.ndim != 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in pairs.ravel()):
        raise _BadStructure("a position is not two or more numbers, or the nesting has the wrong depth")
    return pairs.astype(np.float64)


def _point(value: list[Any]) -> Any:
    if not value:
        raise _BadStructure("a position is empty")
    return shapely.Point(_positions([value])[0])


def _multipoint(value: list[Any]) -> Any:
    return shapely.MultiPoint(_positions(value))


def _line(value: list[Any]) -> Any:
    points = _positions(value)
    if len(points) < 2:
        raise _BadRing("a line has fewer than two points")
    return shapely.LineString(points)


def _polygon(value: list[Any]) -> Any:
    rings = [_ring(one) for one in value]
    return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()


def _ring(value: Any) -> NDArray[np.float64]:
    points = _positions(value)
    if len(points) >= 3 and not np.array_equal(points[0], points[-1]):
        raise _OpenRing("a ring is not closed")
    if len(points) < 4:
        raise _BadRing("a ring has fewer than four points")
    other = (points != points[0]).any(axis=1)
    if not other.any() or not (other & (points != points[np.argmax(other)]).any(axis=1)).any():
        raise _BadRing("a ring has fewer than three different points")
    return points


def _closed(geometry: dict[str, Any]) -> dict[str, Any]:
    """The same geometry with its rings closed. Only called once :func:`_ring` has found one open."""
    if geometry["type"] == "GeometryCollection":
        return {**geometry, "geometries": [_closed(one) if isinstance(one, dict) else one for one in _parts(geometry)]}
    return {**geometry, "coordinates": _rings_closed(geometry.get("coordinates"), geometry["type"])}


def _parts(geometry: dict[str, Any]) -> list[Any]:
    parts = geometry.get("geometries")
    return parts if isinstance(parts, list) else []


def _rings_closed(value: Any, kind: Any) -> Any:
    if kind == "MultiPolygon" and isinstance(value, list):
        return [_rings_closed(one, "Polygon") for one in value]
    if kind == "Polygon" and isinstance(value, list):
        return [
            [*ring, ring[0]] if isinstance(ring, list) and len(ring) >= 3 and ring[0] != ring[-1] else ring
            for ring in value
        ]
    return value


def _each(value: list[Any], build: Callable[[list[Any]], Any]) -> Iterator[Any]:
    for one in value:
        if not isinstance(one, list):
            raise _BadStructure("a list of parts is missing")
        yield build(one)


_BUILDERS: dict[str, Callable[[list[Any]], Any]] = {
    "Point": _point,
    "MultiPoint": _multipoint,
    "LineString": _line,
    "MultiLineString": lambda value: shapely.MultiLineString(list(_each(value, _line))),
    "Polygon": _polygon,
    "MultiPolygon": lambda value: shapely.MultiPolygon(list(_each(value, _polygon))),
}


def _crs(document: dict[str, Any]) -> CRS:
    member = document.get("crs")
    if member is None:
        return CRS.from_epsg(4326)
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        # RFC 7946 removed linked systems: a link could name anything
        raise CrsUnknown(crs=str(member)[:80])
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise CrsUnknown(crs=name[:80]) from error
    # CRS84 is WGS 84 with x first, which is the order everything here has anyway
    return CRS.from_epsg(4326) if crs.name == "WGS 84 (CRS84)" else crs
