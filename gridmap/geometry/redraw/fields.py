"""Reading the fields of a record strictly: what comes from a browser or a file is checked before it is believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import OperationInvalid
from gridmap.geometry.redraw.lattice import Point
from gridmap.geometry.redraw.operation import as_geojson

#: Vertices of one geometry in a record: a province's outline at survey density has about as many.
MOST_VERTICES = 200_000
#: Lines, units or outlines in one record.
MOST_ITEMS = 5_000
#: Coordinates beyond this many metres lie in no working system.
FARTHEST_M = 1e8
LONGEST_TEXT = 200


class Fields:
    """The fields of one record. Every getter raises OperationInvalid with the field's name and what was expected."""

    def __init__(self, document: Mapping[str, Any], kind: str, known: Sequence[str]) -> None:
        self.kind = kind
        self._given = document
        strange = sorted(set(map(str, document)) - {"kind", *known})
        if strange:
            raise self.wrong(strange[0][:40], f"one of {', '.join(known)}")

    def wrong(self, name: str, expected: str) -> OperationInvalid:
        """The error to raise."""
        return OperationInvalid(kind=self.kind, detail=f"{name}: expected {expected}")

    def has(self, name: str) -> bool:
        return self._given.get(name) is not None

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or "\0" in value:
            raise self.wrong(name, "a text")
        return value.strip()

    def texts(self, name: str, *, least: int = 0) -> tuple[str, ...]:
        values = self._given.get(name, [])
        if (
            not isinstance(values, list | tuple)
            or not least <= len(values) <= MOST_ITEMS
            or not all(isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT for value in values)
        ):
            raise self.wrong(name, f"a list of at least {least} texts")
        return tuple(values)

    def flag(self, name: str) -> bool:
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        value = self._given.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def point(self, name: str) -> Point:
        return self._point(name, self._given.get(name))

    def _point(self, name: str, value: object) -> Point:
        if (
            not isinstance(value, list | tuple)
            or len(value) != 2
            or any(isinstance(each, bool) or not isinstance(each, int | float) for each in value)
            or not all(math.isfinite(each) and abs(each) < FARTHEST_M for each in value)
        ):
            raise self.wrong(name, "a point [x, y] in metres")
        return float(value[0]), float(value[1])

    def line(self, name: str) -> shapely.LineString:
        return self._line(name, self._given.get(name))

    def _line(self, name: str, value: object) -> shapely.LineString:
        shape = self._geometry(name, value, ("LineString",))
        assert isinstance(shape, shapely.LineString)
        return shape

    def lines(self, name: str) -> tuple[shapely.LineString, ...]:
        values = self._given.get(name)
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MOST_ITEMS:
            raise self.wrong(name, "a list of lines")
        return tuple(self._line(f"{name}[{at}]", value) for at, value in enumerate(values))

    def area(self, name: str) -> BaseGeometry:
        return self._geometry(name, self._given.get(name), ("Polygon", "MultiPolygon"))

    def outlines(self, name: str) -> dict[str, BaseGeometry | None]:
        values = self._given.get(name)
        if not isinstance(values, Mapping) or not 1 <= len(values) <= MOST_ITEMS:
            raise self.wrong(name, "outlines by code")
        return {
            str(code): None if value is None else self._geometry(str(code), value, ("Polygon", "MultiPolygon"))
            for code, value in values.items()
        }

    def names(self, name: str) -> dict[str, str]:
        values = self._given.get(name) or {}
        if not isinstance(values, Mapping) or not all(
            isinstance(code, str) and isinstance(word, str) and 0 < len(word.strip()) <= LONGEST_TEXT
            for code, word in values.items()
        ):
            raise self.wrong(name, "names by code")
        return {code: word.strip() for code, word in values.items()}

    def _geometry(self, name: str, value: object, kinds: tuple[str, ...]) -> BaseGeometry:
        expected = f"a GeoJSON {' or '.join(kinds)} in metres of the working system"
        if not isinstance(value, Mapping) or value.get("type") not in kinds:
            raise self.wrong(name, expected)
        coordinates = value.get("coordinates")
        if _count(coordinates, 0) > MOST_VERTICES:
            raise self.wrong(name, f"at most {MOST_VERTICES:,} vertices")
        try:
            shape = shapely.geometry.shape({"type": value["type"], "coordinates": coordinates})
            xy = shapely.get_coordinates(shape)
        except (TypeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
            raise self.wrong(name, expected) from error
        if shape.is_empty or shape.has_z or not (abs(xy) < FARTHEST_M).all():
            raise self.wrong(name, expected)
        if "Polygon" in kinds and not shape.is_valid:
            raise self.wrong(name, f"an area that does not cross itself ({shapely.is_valid_reason(shape)})")
        return shape


def _count(value: object, depth: int) -> int:
    """Vertices in nested lists; absurdly deep ones count as too many."""
    if depth > 6:
        return MOST_VERTICES + 1
    if not isinstance(value, list | tuple):
        return 0
    if value and isinstance(value[0], int | float):
        return 1
    return sum(_count(each, depth + 1) for each in value)


def written(document: Mapping[str, Any]) -> dict[str, Any]:
    """A record for keeping: geometry as GeoJSON, tuples as lists, fields that say nothing left out."""
    return {name: _plain(value) for name, value in document.items() if not _silent(value)}


def _silent(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, tuple | Mapping) and not value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return as_geojson(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value
