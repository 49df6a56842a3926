"""What was planted: one row per finding that a lens must report, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import pyproj
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Truth:
    """One planted blind area: lens, what it concerns, where, how large, and a sentence for people.

    ``units`` holds unit codes; ``thing`` the number of a post or case where the finding is about one.
    """

    lens: str
    units: tuple[str, ...]
    sentence: str
    longitude: float
    latitude: float
    area_m2: float = 0.0
    sliver: bool = False
    thing: int | None = None
    number: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values; empty ones left out."""
        row = asdict(self) | {"units": list(self.units)}
        return {key: value for key, value in row.items() if value not in (None, False, 0.0) or key == "units"}


@cache
def _to_degrees(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(epsg, 4490, always_xy=True)


def where(geometry: BaseGeometry, epsg: int) -> tuple[float, float]:
    """Longitude and latitude of a point inside a geometry of the working system, six decimals."""
    point = geometry.representative_point()
    longitude, latitude = _to_degrees(epsg).transform(point.x, point.y)
    return round(longitude, 6), round(latitude, 6)
