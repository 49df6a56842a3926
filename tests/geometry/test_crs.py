"""Systems: metric ones chosen without a datum shift, ballpark shifts refused, vendors' offsets undone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

from gridmap.errors import CrsMissing, CrsUnknown, CrsUnusable, NothingToRead
from gridmap.geometry.crs import (
    contradiction,
    declare,
    declared,
    likely,
    swapped,
    to_metres,
    transform,
    working_crs_for,
)
from gridmap.geometry.offsets import Offset, from_wgs84, to_wgs84


def frame(box: tuple[float, float, float, float], crs: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=crs)


@pytest.mark.parametrize("longitude", [75.2, 87.1, 105.9, 117.4, 120.0, 121.4, 134.9])
def test_chinese_degrees_go_to_their_gauss_krueger_zone(longitude: float) -> None:
    found = working_crs_for(frame((longitude, 30.0, longitude + 0.1, 30.1), 4490))
    number = found.to_epsg()
    assert number is not None
    assert 4534 <= number <= 4554
    meridian = next(p.value for p in found.coordinate_operation.params if p.name == "Longitude of natural origin")
    assert abs(meridian - longitude - 0.05) <= 1.5


@pytest.mark.parametrize(
    ("box", "crs", "epsg"),
    [((-71.5, 41.0, -71.0, 42.0), 4326, 32619), ((18.0, -34.5, 18.5, -33.9), 4326, 32734)],
)
def test_other_degrees_go_to_utm(box: tuple[float, float, float, float], crs: int, epsg: int) -> None:
    assert working_crs_for(frame(box, crs)).to_epsg() == epsg


def test_survey_feet_become_true_metres() -> None:
    feet = frame((3_100_000, 1_650_000, 3_200_000, 1_700_000), 2232)
    metres = to_metres(feet)
    assert metres.area[0] == pytest.approx(feet.area[0] * (1200 / 3937) ** 2, rel=1e-12)
    assert {axis.unit_name for axis in metres.crs.axis_info} == {"metre"}


@pytest.mark.parametrize("crs", [4326, 4490, 4269, 4214, 3857])
def test_areas_are_near_the_geodesic_ones(crs: int) -> None:
    """Beijing 54 as well: measuring needs no shift, so its own ellipsoid is used."""
    degrees = frame((106.0, 29.0, 106.4, 29.3), crs if crs != 3857 else 4326)
    given = degrees.to_crs(3857) if crs == 3857 else degrees
    geod = CRS.from_epsg(crs if crs != 3857 else 4326).get_geod() or Geod(ellps="WGS84")
    true = abs(geod.geometry_area_perimeter(degrees.geometry[0])[0])
    assert to_metres(given).area[0] == pytest.approx(true, rel=1e-3)


def test_a_metric_system_is_kept_with_its_numbers() -> None:
    ground = frame((500_000, 3_590_000, 501_000, 3_591_000), 4549)
    assert to_metres(ground) is ground


def test_wide_ground_is_measured_around_its_middle() -> None:
    china = to_metres(frame((80.0, 25.0, 120.0, 45.0), 4490))
    assert china.area[0] == pytest.approx(abs(Geod(ellps="GRS80").geometry_area_perimeter(
        shapely.segmentize(shapely.box(80.0, 25.0, 120.0, 45.0), 0.05))[0]), rel=0.05)  # fmt: skip


def test_without_a_system_likely_ones_are_named() -> None:
    with pytest.raises(CrsMissing, match=r"EPSG:4490.*gcj02"):
        to_metres(gpd.GeoDataFrame(geometry=[shapely.box(120, 30, 121, 31)]))
    with pytest.raises(NothingToRead):
        to_metres(gpd.GeoDataFrame(geometry=[None], crs=4326))


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((40_500_000, 3_590_000, 40_510_000, 3_600_000), "EPSG:4528"),
        ((20_500_000, 3_590_000, 20_510_000, 3_600_000), "EPSG:4498"),
        ((500_000, 3_590_000, 510_000, 3_600_000), "EPSG:4534–4554"),
        ((13_300_000, 3_600_000, 13_310_000, 3_610_000), "EPSG:3857"),
        ((30.0, 120.0, 31.0, 121.0), "swap the axes"),
        ((2.0, 48.0, 2.1, 48.1), "EPSG:4326"),
        ((-1e12, -1e12, 1e12, 1e12), "local system"),
    ],
)
def test_likely(box: tuple[float, float, float, float], words: str) -> None:
    assert words in likely(box)


def test_numbers_that_contradict_the_system() -> None:
    assert contradiction((500_000, 3_590_000, 510_000, 3_600_000), CRS.from_epsg(4326)) is not None
    assert contradiction((120, 30, 121, 31), CRS.from_epsg(4549)) is not None
    assert contradiction((120, 30, 121, 31), CRS.from_epsg(4490)) is None
    with pytest.raises(CrsUnusable, match="State the right one"):
        to_metres(frame((500_000, 3_590_000, 510_000, 3_600_000), 4326))


@pytest.mark.parametrize("local", [4214, 4610, 2437])
def test_ballpark_shifts_are_refused(local: int) -> None:
    box = (120.0, 30.0, 120.1, 30.1) if local != 2437 else (500_000, 3_590_000, 501_000, 3_591_000)
    with pytest.raises(CrsUnusable, match="no exact shift"):
        transform(frame(box, local), CRS.from_epsg(4549))


def test_wgs84_and_cgcs2000_are_one() -> None:
    degrees = frame((120.0, 30.0, 120.1, 30.1), 4326)
    a = transform(degrees, CRS.from_epsg(4549))
    b = transform(degrees.set_crs(4490, allow_override=True), CRS.from_epsg(4549))
    assert shapely.hausdorff_distance(a.geometry[0], b.geometry[0]) < 1e-6


@pytest.mark.parametrize("offset", list(Offset))
def test_offsets_there_and_back_within_a_tenth_of_a_millimetre(offset: Offset) -> None:
    rng = np.random.default_rng(7)
    xy = np.stack([rng.uniform(74, 135, 20_000), rng.uniform(18, 53, 20_000)], axis=1)
    shifted = from_wgs84(xy, offset)
    metres = np.hypot(*((shifted - xy) * 111_000).T)
    assert metres.min() > 10
    assert np.abs(to_wgs84(shifted, offset) - xy).max() * 111_000 < 1e-4


def test_offsets_at_known_places() -> None:
    """Beijing, as widely published (coordtransform's examples)."""
    here = np.array([[116.404, 39.915]])
    assert from_wgs84(here, Offset.GCJ02)[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    assert from_wgs84(here, Offset.BD09)[0] == pytest.approx([116.41662724378733, 39.922699552216216], abs=1e-9)


def test_offsets_leave_other_countries_and_nothing_alone() -> None:
    abroad = np.array([[-73.9, 40.8], [np.nan, 3.0], [np.inf, 1.0]])
    np.testing.assert_array_equal(to_wgs84(abroad, Offset.GCJ02), abroad)
    assert to_wgs84(np.empty((0, 2)), Offset.BD09).shape == (0, 2)


def test_declared_words() -> None:
    assert declared("4549").crs == declared(" EPSG:4549 ").crs == CRS.from_epsg(4549)
    assert declared("GCJ-02").offset is Offset.GCJ02
    assert declared("bd09").offset is Offset.BD09
    for nonsense in ("999999", "moon", "", "EPSG:", "4978 "):
        with pytest.raises((CrsUnknown, CrsUnusable)):
            declared(nonsense)


def test_a_declared_offset_ends_in_wgs84() -> None:
    point = np.array([[106.2, 29.6]])
    shifted = gpd.GeoDataFrame(geometry=shapely.points(from_wgs84(point, Offset.GCJ02)))
    right = declare(shifted, declared("gcj02"))
    assert right.crs == CRS.from_epsg(4326)
    assert [right.geometry[0].x, right.geometry[0].y] == pytest.approx(point[0].tolist(), abs=1e-9)


def test_exchanged_axes_are_recognised() -> None:
    assert swapped((29.5, 106.1, 29.6, 106.2), CRS.from_epsg(4490))
    assert not swapped((106.1, 29.5, 106.2, 29.6), CRS.from_epsg(4490))
    assert not swapped((-105.0, 39.7, -104.9, 39.8), CRS.from_epsg(4326))
    assert swapped((3_590_000, 500_000, 3_591_000, 501_000), CRS.from_epsg(4549))
    assert swapped((3_590_000, 40_500_000, 3_591_000, 40_501_000), CRS.from_epsg(4528))
    assert not swapped((500_000, 3_590_000, 501_000, 3_591_000), CRS.from_epsg(4549))
    assert not swapped((0, 0, 1000, 1000), CRS.from_epsg(4549)), "a drawing around the origin"
    turned = gpd.GeoDataFrame(geometry=shapely.points([[29.6, 106.2]]))
    right = declare(turned, declared("EPSG:4490:yx"))
    assert shapely.get_coordinates(right.geometry.to_numpy()).tolist() == [[106.2, 29.6]]


def test_a_zone_number_that_is_missing_or_too_much_contradicts_the_system() -> None:
    assert contradiction((40_500_000, 3_590_000, 40_510_000, 3_600_000), CRS.from_epsg(4549)) is not None
    assert contradiction((500_000, 3_590_000, 510_000, 3_600_000), CRS.from_epsg(4528)) is not None
    assert contradiction((500_000, 3_590_000, 510_000, 3_600_000), CRS.from_epsg(4549)) is None


@pytest.mark.parametrize(("word", "unit"), [("EPSG:4549:ft", 0.3048), ("4549:us-ft", 1200 / 3937)])
def test_feet_of_a_metric_system_can_be_stated(word: str, unit: float) -> None:
    feet = gpd.GeoDataFrame(geometry=shapely.points([[500_000 / unit, 3_590_000 / unit]]))
    found = declare(feet, declared(word)).geometry[0]
    assert (found.x, found.y) == pytest.approx((500_000, 3_590_000), abs=1e-6)
    for nonsense in ("4490:ft", "gcj02:us-ft"):
        with pytest.raises(CrsUnusable, match="in metres"):
            declared(nonsense)
