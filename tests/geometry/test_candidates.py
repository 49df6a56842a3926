"""Where a file states no system, those are offered that put it inside the county, the right one among the first."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from gridmap.geometry.candidates import candidates, crs_missing, listed, sample
from gridmap.geometry.crs import declare, declared
from gridmap.geometry.offsets import Offset, from_wgs84

COUNTY = shapely.box(106.0, 29.4, 106.3, 29.8)
INSIDE = np.stack(np.meshgrid(np.linspace(106.05, 106.25, 8), np.linspace(29.45, 29.75, 8)), axis=-1).reshape(-1, 2)


def written(text: str) -> np.ndarray:
    """The points as a file in a declared system would hold them."""
    system = declared(text)
    if system.offset is not None:
        return from_wgs84(INSIDE, system.offset)
    to = Transformer.from_crs(4326, system.crs, always_xy=True)
    xy = np.stack(to.transform(INSIDE[:, 0], INSIDE[:, 1]), axis=1) / system.unit_m
    return xy[:, ::-1] if system.swapped else xy


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:4490", "EPSG:4326", "gcj02", "bd09", "EPSG:4490:yx", "EPSG:4523", "EPSG:4544", "EPSG:4544:yx",
        "EPSG:4507", "EPSG:3857", "EPSG:32648", "EPSG:4544:ft", "EPSG:4523:us-ft",
    ],
)  # fmt: skip
def test_the_right_system_is_offered(text: str) -> None:
    found = candidates(written(text), COUNTY)
    one = next(one for one in found if one.crs == text)
    assert one.share_inside == 1.0
    assert one.refused is None
    west, south, east, north = one.bounds_lonlat
    assert (west, south, east, north) == pytest.approx((106.05, 29.45, 106.25, 29.75), abs=0.02)
    frame = declare(gpd.GeoDataFrame(geometry=shapely.points(written(text))), declared(text))
    assert sample(frame.to_crs(4326)).mean(axis=0) == pytest.approx(INSIDE.mean(axis=0), abs=0.005)


def test_local_datums_are_hinted_and_not_offered() -> None:
    found = candidates(written("EPSG:4544"), COUNTY)
    refused = [one for one in found if one.refused is not None]
    assert {"EPSG:2380", "EPSG:2432"} <= {one.crs for one in refused}
    assert found.index(refused[0]) > 0
    assert "EPSG:2380" not in listed(found)
    assert found[0].crs == "EPSG:4544"


def test_without_a_county_the_numbers_alone_decide() -> None:
    plain = candidates(written("EPSG:4523"))
    assert plain[0].crs == "EPSG:4523"
    assert plain[0].share_inside is None
    degrees = candidates((106.0, 29.4, 106.3, 29.8))[:4]
    assert [one.crs for one in degrees] == [
        "EPSG:4490",
        "EPSG:4326",
        "gcj02",
        "bd09",
    ]


def test_numbers_of_nowhere_have_no_candidates() -> None:
    assert candidates(np.full((3, 2), 1e8), COUNTY) == ()
    assert candidates(np.empty((0, 2)), COUNTY) == ()
    assert candidates((-73.9, 40.7, -73.8, 40.8), COUNTY) == ()
    nowhere = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), None, shapely.Point(1e308, 3), shapely.Point(np.nan, 1)])
    assert len(sample(nowhere)) == 0


@pytest.mark.parametrize("offset", list(Offset))
def test_a_hundred_thousand_points_there_and_back_within_a_centimetre(offset: Offset) -> None:
    from gridmap.geometry.offsets import to_wgs84

    rng = np.random.default_rng(3)
    xy = np.stack([rng.uniform(73.5, 135, 100_000), rng.uniform(18, 53.5, 100_000)], axis=1)
    back = to_wgs84(from_wgs84(xy, offset), offset)
    assert np.hypot(*((back - xy) * 111_320).T).max() < 0.01


def test_the_error_carries_the_candidates() -> None:
    frame = gpd.GeoDataFrame(geometry=shapely.points(written("EPSG:4544")))
    error = crs_missing("网格.shp", frame, COUNTY)
    assert "EPSG:4544 (CGCS2000, 3-degree zone 35 (105°E))" in str(error)
    assert error.params["options"] == candidates(sample(frame), COUNTY)
    assert "the county's central meridian decides" in str(crs_missing("网格.shp", frame))
    assert crs_missing("a", gpd.GeoDataFrame(geometry=[None])).params["options"] == ()
