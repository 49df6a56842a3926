"""Vendors' shifts are recognised beside boundaries already loaded, and redrawn ones are left in peace."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.geometry.datum_shift import Kind, recognise
from gridmap.geometry.offsets import Offset, from_wgs84
from gridmap.importers import read_frame

LEAST = 100
REAL = Path(os.environ.get("GRIDMAP_REALDATA", Path(__file__).resolve().parents[3] / "shared" / "realdata"))
BOUNDARIES = REAL / "cn_boundaries"
real = pytest.mark.skipif(not BOUNDARIES.is_dir(), reason=f"the real files are not in {REAL}")


def grids(step: float = 0.02, side: int = 4) -> gpd.GeoDataFrame:
    cells = [
        shapely.box(106.1 + i * step, 29.5 + j * step, 106.1 + (i + 1) * step, 29.5 + (j + 1) * step)
        for i in range(side)
        for j in range(side)
    ]
    return gpd.GeoDataFrame({"code": [f"{n:03d}" for n in range(len(cells))]}, geometry=cells, crs=4490)


def moved(frame: gpd.GeoDataFrame, change: object) -> gpd.GeoDataFrame:
    return frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), change), crs=frame.crs))


@pytest.mark.parametrize("offset", list(Offset))
@pytest.mark.parametrize("columns", [("code", "code"), None])
def test_a_vendors_shift_is_recognised(offset: Offset, columns: tuple[str, str] | None) -> None:
    shifted = moved(grids(), lambda xy: from_wgs84(xy, offset))
    found = recognise(shifted, grids(), codes=columns)
    assert found.kind == offset.value
    assert found.offset_before_m > 300
    assert found.offset_after_m < 1
    assert found.pairs == 16


def test_points_are_compared_by_their_code() -> None:
    points = grids().set_geometry(grids().geometry.representative_point())
    shifted = moved(points, lambda xy: from_wgs84(xy, Offset.GCJ02))
    assert recognise(shifted, points, codes=("code", "code")).kind is Kind.GCJ02
    assert recognise(shifted, points).pairs == 0


def test_the_same_boundaries_are_not_suspected() -> None:
    assert not recognise(grids(), grids()).suspected
    empty = gpd.GeoDataFrame({"code": ["1"]}, geometry=[None], crs=4490)
    assert recognise(empty, grids(), codes=("code", "code")).pairs == 0


def test_redrawn_and_simplified_boundaries_are_not_suspected() -> None:
    """Random moves of the corners by up to 600 m, and a whole row of grids given away, are a redraw, not a shift."""
    for seed in range(20):
        phase = np.random.default_rng(seed).uniform(0, 6, (2, 2))
        redrawn = moved(
            grids(), lambda xy, phase=phase: xy + 0.006 * np.sin(977 * xy @ [[1, 1.3], [1.7, 1]] + phase[0])
        )
        assert not recognise(redrawn, grids(), codes=("code", "code")).suspected
    wide = grids()
    wide.geometry = [shapely.box(*np.add(g.bounds, [0, 0, 0.02, 0])) for g in wide.geometry]
    assert recognise(wide, grids(), codes=("code", "code")).kind not in (Kind.GCJ02, Kind.BD09)


def test_one_grid_redrawn_alone_is_not_a_shift() -> None:
    one = grids().iloc[[5]]
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        away = np.array([np.cos(angle), np.sin(angle)]) * 0.005
        west, south, east, north = one.geometry.iloc[0].bounds
        longer = shapely.box(west, south, east + max(away[0], 0), north + max(away[1], 0))
        assert not recognise(one.set_geometry([longer], crs=4490), grids(), codes=("code", "code")).suspected


def test_another_shift_is_told_as_unknown() -> None:
    found = recognise(moved(grids(), lambda xy: np.add(xy, [-0.004, 0.003])), grids(), codes=("code", "code"))
    assert found.kind is Kind.UNKNOWN
    assert found.offset_after_m < 5 < LEAST < found.offset_before_m


@real
def test_bishan_in_both_systems() -> None:
    """463 m apart as declared, 35 m once GCJ-02 is undone (the county is drawn differently by the two sources)."""
    districts = read_frame(next((BOUNDARIES / "chongqing_shp").glob("*.shp")))
    bishan = read_frame(BOUNDARIES / "county_500120.json")
    found = recognise(bishan, districts)
    assert found.kind is Kind.GCJ02
    assert found.pairs == 1
    assert found.offset_before_m == pytest.approx(463, abs=3)
    assert found.offset_after_m == pytest.approx(35, abs=3)
    right = read_frame(BOUNDARIES / "county_500120.json", crs="gcj02")
    assert not recognise(right, districts).suspected


@real
def test_a_province_of_a_map_vendor() -> None:
    districts = read_frame(next((BOUNDARIES / "chongqing_shp").glob("*.shp")))
    vendor = read_frame(BOUNDARIES / "province_500000_chongqing.json")
    assert recognise(vendor, districts).kind is Kind.GCJ02
    rough = districts.set_geometry(districts.geometry.simplify(0.005))
    assert not recognise(rough, districts).suspected
