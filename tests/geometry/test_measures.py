"""Width, area on the ellipsoid, compactness."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely import Polygon, affinity, box

from gridmap.geometry.measures import compactness, geodesic_areas, inscribed_widths


def one(polygon):
    return np.array([polygon], dtype=object)


@pytest.mark.parametrize(("width", "length"), [(1, 1_000), (5, 100_000), (0.7, 3_000_000), (300, 500_000), (10, 12)])
@pytest.mark.parametrize("angle", [0, 33, 71.3])
def test_the_width_of_a_strip(width, length, angle):
    strip = affinity.rotate(box(1e6, 2e6, 1e6 + length, 2e6 + width), angle)
    assert inscribed_widths(one(strip))[0] == pytest.approx(width, rel=0.01)


def test_the_width_of_triangles_is_four_areas_over_the_perimeter():
    rng = np.random.default_rng(1)
    triangles = np.array([Polygon(rng.uniform(0, 1, (3, 2)) * (1e5, 10 ** rng.uniform(0, 5))) for _ in range(50)])
    expected = 4 * shapely.area(triangles) / shapely.length(triangles)
    np.testing.assert_allclose(inscribed_widths(triangles), expected, rtol=0.01)


def test_the_width_of_crooked_strips_agrees_with_a_fine_search():
    rng = np.random.default_rng(2)
    strips = []
    while len(strips) < 40:
        x = np.sort(rng.uniform(0, 1000, rng.integers(3, 30)))
        y = np.cumsum(rng.normal(0, 20, len(x)))
        strip = Polygon(np.concatenate([np.c_[x, y], np.c_[x, y + rng.uniform(1, 30, len(x))][::-1]]))
        if strip.is_valid:
            strips.append(strip)
    strips = np.array(strips, dtype=object)
    fine = 2 * shapely.length(shapely.maximum_inscribed_circle(strips, tolerance=0.005))
    np.testing.assert_allclose(inscribed_widths(strips), fine, rtol=0.02)


def test_a_thin_ring_is_as_wide_as_its_band():
    ring = shapely.Point(0, 0).buffer(1000, 256).difference(shapely.Point(0, 0).buffer(998, 256))
    assert inscribed_widths(one(ring))[0] == pytest.approx(2, rel=0.02)


def test_an_empty_polygon_has_no_width_and_no_compactness():
    assert inscribed_widths(one(Polygon()))[0] == 0
    assert compactness(one(Polygon()))[0] == 0


def test_compactness():
    assert compactness(one(shapely.Point(0, 0).buffer(1, 256)))[0] == pytest.approx(1, abs=1e-4)
    assert compactness(one(box(0, 0, 1, 1)))[0] == pytest.approx(np.pi / 4)


def test_geodesic_area_undoes_the_stretch_of_the_projection():
    # one square kilometre on the central meridian of zone 40, and 80 km beside it, where the plane is stretched
    crs = CRS.from_epsg(4549)
    middle, aside = (box(x, 3_590_000, x + 1000, 3_591_000) for x in (500_000, 580_000))
    areas = geodesic_areas(np.array([middle, aside], dtype=object), crs)
    assert areas[0] == pytest.approx(1e6, rel=1e-6)
    stretch = 1 + (80_500 / 6_367_000) ** 2  # area scale of Gauss-Krüger: 1 + (distance / radius)²
    assert areas[1] == pytest.approx(1e6 / stretch, rel=1e-5)


def test_geodesic_area_counts_holes_and_ignores_the_turn_of_rings():
    crs = CRS.from_epsg(4549)
    ring = box(500_000, 3_590_000, 501_000, 3_591_000).difference(box(500_400, 3_590_400, 500_600, 3_590_600))
    areas = geodesic_areas(np.array([ring, ring.reverse()], dtype=object), crs)
    assert areas == pytest.approx([960_000, 960_000], rel=1e-5)
