"""The raster's answers against shapely's, on ground of every kind."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from gridmap.errors import CrsMissing
from gridmap.geometry import assign, cells
from gridmap.geometry.assign import BORDER_M, NONE, LocateIndex, locate
from gridmap.geometry.synthetic.lattice import county

WGS84 = CRS.from_epsg(4326)


def check(polygons: list[object], codes: list[str], xy: np.ndarray, *, size: int | None) -> None:
    """Compare with distances to every polygon, one by one."""
    few = assign.FEW
    try:
        assign.FEW = 0
        index = LocateIndex(polygons, codes, expected_points=size)
    finally:
        assign.FEW = few
    unit, on_border = index.units(xy)
    for at, (x, y) in enumerate(xy):
        if not np.isfinite([x, y]).all():
            assert unit[at] == NONE
            assert not on_border[at]
            continue
        point = shapely.Point(x, y)
        here = [at for at, polygon in enumerate(polygons) if polygon is not None and polygon.dwithin(point, BORDER_M)]
        wanted = min(here, key=lambda one: (codes[one], one)) if here else NONE
        assert unit[at] == wanted, (x, y)
        near = any(polygons[one].boundary.dwithin(point, BORDER_M) for one in here)
        assert on_border[at] == near, (x, y)


numbers = st.floats(-100, 1100, allow_nan=False)


@st.composite
def areas(draw: st.DrawFn) -> object:
    """Circles, boxes, stars, rings with a hole, two parts, nothing; on and off round coordinates."""
    x, y = draw(st.integers(0, 10)) * 100.0, draw(st.integers(0, 10)) * 100.0
    size = draw(st.sampled_from([0.5, 10.0, 100.0, 333.3, 900.0]))
    kind = draw(st.sampled_from(["box", "circle", "ring", "parts", "star", "line", "empty", "none", "needle"]))
    match kind:
        case "box":
            return shapely.box(x, y, x + size, y + size)
        case "circle":
            return shapely.Point(x, y).buffer(size)
        case "ring":
            return shapely.box(x, y, x + size, y + size).difference(
                shapely.Point(x + size / 2, y + size / 2).buffer(size / 4)
            )
        case "parts":
            return shapely.MultiPolygon(
                [shapely.box(x, y, x + size, y + 1), shapely.box(x, y + 5, x + size, y + 5 + size)]
            )
        case "star":
            angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
            radius = np.where(np.arange(40) % 2, size, size / 3)
            return shapely.Polygon(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1))
        case "needle":
            return shapely.Polygon([(x, y), (x + size, y + size), (x + size, y + size + 0.01)])
        case "empty":
            return shapely.Polygon()
        case "line":
            return shapely.box(x, y, x + size, y + 0.003)
    return None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(areas(), min_size=1, max_size=12),
    st.lists(st.tuples(numbers, numbers), max_size=60),
    st.sampled_from([None, 1, 100]),
    st.randoms(use_true_random=False),
)
def test_equal_to_testing_every_polygon(
    polygons: list[object], points: list[tuple[float, float]], size: int | None, random
) -> None:  # type: ignore[no-untyped-def]
    vertices = shapely.get_coordinates([p for p in polygons if p is not None])
    near = vertices + np.array([random.choice([0.0, 0.0005, -0.0015, 1e-7, 0.3]) for _ in vertices])[:, None]
    middles = (vertices[1:] + vertices[:-1]) / 2
    odd = np.array([[np.nan, 5.0], [np.inf, 5.0], [1e12, -1e12]])
    xy = np.concatenate([np.array(points).reshape(-1, 2), vertices, near, middles, odd])
    codes = [f"g{number:02d}" for number in range(len(polygons))]
    random.shuffle(codes)
    check(polygons, codes, xy, size=size)


@pytest.mark.parametrize("vertices", [8, 82])
def test_a_county_like_sjoin(vertices: int) -> None:
    ground = county(900, vertices, seed=3)
    low, high = ground.rings.min(axis=(0, 1)), ground.rings.max(axis=(0, 1))
    xy = np.random.default_rng(5).uniform(low, high, (50_000, 2))
    unit, on_border = LocateIndex(ground.polygons, ground.names.tolist()).units(xy)
    points = gpd.GeoDataFrame(geometry=shapely.points(xy))
    joined = gpd.sjoin(points, gpd.GeoDataFrame(geometry=ground.polygons), how="left", predicate="within")
    wanted = joined["index_right"].fillna(NONE).astype(int).groupby(level=0).first().to_numpy()
    np.testing.assert_array_equal(unit[~on_border], wanted[~on_border])
    assert on_border.sum() < 10


def test_every_border_point_of_a_county_goes_to_one_owner() -> None:
    ground = county(100, 24, seed=1)
    xy = shapely.get_coordinates(ground.polygons)
    unit, on_border = LocateIndex(ground.polygons, ground.names.tolist()).units(xy)
    assert on_border.all()
    tree = shapely.STRtree(ground.polygons)
    asked, found = tree.query(shapely.points(xy), predicate="dwithin", distance=BORDER_M)
    smallest = np.full(len(xy), len(ground.polygons))
    np.minimum.at(smallest, asked, found)
    np.testing.assert_array_equal(unit, smallest)


def test_ground_a_few_millimetres_high() -> None:
    """Found by Hypothesis: cells smaller than the margin around a segment ran over the raster's rim."""
    strip = shapely.Polygon([(0, 0), (0.5, 0), (0.5, 0.003), (0, 0.003)])
    check([strip], ["only"], np.array([[0.25, 0.0015], [0.25, 0.01], [0.6, 0.0], [0.0, 0.0]]), size=None)


def test_squares_on_round_numbers() -> None:
    """Borders along the raster's own directions, and points on them."""
    squares = [shapely.box(x, y, x + 100, y + 100) for y in range(0, 2000, 100) for x in range(0, 2000, 100)]
    codes = [f"{number:03d}" for number in range(400)]
    grid = np.stack(np.meshgrid(np.arange(0, 2001, 50.0), np.arange(0, 2001, 50.0)), axis=-1).reshape(-1, 2)
    unit, on_border = LocateIndex(squares, codes).units(grid)
    column, row = (np.maximum(np.ceil(grid / 100) - 1, 0)).T
    np.testing.assert_array_equal(unit, row * 20 + column)
    np.testing.assert_array_equal(on_border, (grid % 100 == 0).any(axis=1))


def test_the_same_point_in_either_system() -> None:
    """A point on a shared border written as degrees goes to the same unit as in metres."""
    squares = [shapely.box(500_000 + x, 3_590_000, 501_000 + x, 3_591_000) for x in (0, 1000)]
    grids = gpd.GeoDataFrame({"code": ["b", "a"]}, geometry=squares, crs=4549)
    border = np.stack([np.full(500, 501_000.0), np.linspace(3_590_000, 3_591_000, 500)], axis=1)
    degrees = gpd.GeoSeries(shapely.points(border), crs=4549).to_crs(4326)
    lonlat = np.stack([degrees.x, degrees.y], axis=1)
    for xy, crs in ((border, CRS.from_epsg(4549)), (lonlat, WGS84)):
        found = locate(grids, ["b", "a"], xy, crs)
        assert (found.unit == 1).all()
        assert found.on_border.all()


def test_outside_points_know_the_nearest_unit_in_metres() -> None:
    grids = gpd.GeoDataFrame(
        geometry=[shapely.box(120, 30, 120.1, 30.1), shapely.box(120.2, 30, 120.3, 30.1)], crs=4326
    )
    found = locate(
        grids, ["x", "y"], np.array([[120.11, 30.05], [120.14, 30.05], [np.nan, 30], [120.05, 30.05]]), WGS84
    )
    assert found.unit.tolist() == [NONE, NONE, NONE, 0]
    assert found.nearest.tolist() == [0, 0, NONE, 0]
    # 0.01° of longitude at 30.05° north on WGS 84
    assert found.distance_m[0] == pytest.approx(964.4, abs=0.5)
    assert np.isnan(found.distance_m[2])
    assert found.distance_m[3] == 0
    assert found.counts() == {"points": 4, "located": 1, "on_border": 0, "outside": 2, "no_point": 1}


def test_crowded_cells_and_far_away_ground() -> None:
    """Thousands of tiny units in one corner of a large ground: one cell would hold them all."""
    tiny = [shapely.box(x * 0.1, y * 0.1, x * 0.1 + 0.1, y * 0.1 + 0.1) for y in range(40) for x in range(40)]
    polygons = [*tiny, shapely.box(-1e6, -1e6, 1e6, 1e6)]
    codes = [f"{number:05d}" for number in range(len(polygons))]
    xy = np.concatenate([np.random.default_rng(0).uniform(0, 4, (2000, 2)), [[-5e5, 3.0], [2e6, 0.0]]])
    unit, on_border = LocateIndex(polygons, codes).units(xy)
    wanted = np.append((xy[:2000] // 0.1)[:, 1] * 40 + (xy[:2000] // 0.1)[:, 0], [1600, NONE])
    np.testing.assert_array_equal(unit[~on_border], wanted[~on_border])


def test_nothing_to_ask_and_nothing_to_be_in() -> None:
    assert LocateIndex([None, shapely.Polygon()], ["a", "b"]).units(np.zeros((3, 2)))[0].tolist() == [NONE] * 3
    assert len(LocateIndex([shapely.box(0, 0, 1, 1)], ["a"]).units(np.empty((0, 2)))[0]) == 0
    assert cells.build(np.array([None], dtype=object), near=BORDER_M) is None
    with pytest.raises(CrsMissing):
        locate(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]), ["a"], np.zeros((1, 2)), WGS84)
