"""The vendors' shifts against points that others have published."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from gridmap.geometry.offsets import Offset, from_wgs84, to_wgs84
from gridmap.resources import folder

with (folder("geodata") / "crs" / "vendor_offsets.csv").open(encoding="utf-8") as file:
    POINTS = list(csv.DictReader(file))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point['place']}-{point['system']}")
def test_published_points(point: dict[str, str]) -> None:
    shifted = np.array([[float(point["lon"]), float(point["lat"])]])
    true = np.array([[float(point["wgs84_lon"]), float(point["wgs84_lat"])]])
    offset = Offset(point["system"])
    for found, wanted in ((from_wgs84(true, offset), shifted), (to_wgs84(shifted, offset), true)):
        assert np.hypot(*((found - wanted) * 111_320)[0]) < 0.01
