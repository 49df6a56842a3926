"""Beijing 1954 and Xi'an 1980: refused by themselves, usable with official parameters or control points."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from gridmap.errors import ControlPointsUnusable, CrsUnusable
from gridmap.geometry.crs import transform
from gridmap.geometry.local_datum import by_parameters, fit, fit_file, geodetic_number

#: Invented, of the size that real ones have.
SEVEN = (15.8, -154.4, -82.3, 0.1, -0.2, 0.9, -5.0)
GAUSS = CRS.from_epsg(4544)


def truth(source: int, xy: np.ndarray) -> np.ndarray:
    """The seven-parameter change by PROJ's own pipeline, written out: not by the code under test."""
    own = CRS.from_epsg(source)
    ellipsoid = own.ellipsoid
    cart = f"+proj=cart +a={ellipsoid.semi_major_metre} +rf={ellipsoid.inverse_flattening}"
    x, y, z, rx, ry, rz, s = SEVEN
    helmert = f"+proj=helmert +x={x} +y={y} +z={z} +rx={rx} +ry={ry} +rz={rz} +s={s} +convention=position_vector"
    pipeline = Transformer.from_pipeline(
        f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {cart} +step {helmert} "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    degrees = np.stack(Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(*xy.T))
    lon, lat, _ = pipeline.transform(degrees[0], degrees[1], np.zeros(len(xy)))
    return np.stack(Transformer.from_crs(4490, GAUSS, always_xy=True).transform(lon, lat), axis=1)


@pytest.mark.parametrize(("source", "key"), [(2432, 4214), (2380, 4610)])
def test_official_parameters_make_a_local_datum_usable(source: int, key: int) -> None:
    xy = np.array([[600_000.0, 3_270_000.0], [610_000.0, 3_280_000.0], [605_000.0, 3_290_000.0]])
    frame = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=source)
    with pytest.raises(CrsUnusable, match="no exact shift"):
        transform(frame, GAUSS)
    assert geodetic_number(frame.crs) == key
    moved = transform(by_parameters(frame, SEVEN), GAUSS)
    found = shapely.get_coordinates(moved.geometry.to_numpy())
    assert np.hypot(*(found - truth(source, xy)).T).max() < 0.001
    assert np.hypot(*(found - xy).T).min() > 20, "a shift was made"
    with pytest.raises(CrsUnusable, match="seven numbers"):
        by_parameters(frame, (1.0, 2.0))


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    source = rng.uniform([600_000, 3_270_000], [640_000, 3_310_000], (count, 2))
    angle, scale = 2e-5, 1.000012
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return source, source @ turn.T + [-63.2, 41.7]


@pytest.mark.parametrize(("count", "kind"), [(3, "similarity"), (4, "similarity"), (9, "affine")])
def test_control_points_are_fitted(count: int, kind: str) -> None:
    source, target = points(count)
    found = fit(source, target, GAUSS)
    assert found.kind == kind
    assert found.worst_m < 1e-6
    middle = source.mean(axis=0, keepdims=True)
    assert found.apply(middle)[0] == pytest.approx(target.mean(axis=0), abs=1e-6)
    frame = gpd.GeoDataFrame(geometry=shapely.points(source), crs=2432)
    assert found.declare(frame).crs == GAUSS
    with pytest.raises(ControlPointsUnusable, match="far outside"):
        found.declare(gpd.GeoDataFrame(geometry=[shapely.Point(900_000, 3_270_000)]))


def test_a_wrong_point_is_shown_with_its_residual() -> None:
    source, target = points(9)
    target[4] += [30, 0]
    with pytest.raises(ControlPointsUnusable, match=r"off by up to .* 5: \d+\.\d+ m"):
        fit(source, target, GAUSS)


def test_points_that_cannot_carry_a_fit() -> None:
    source, target = points(3)
    with pytest.raises(ControlPointsUnusable, match="at least 3"):
        fit(source[:2], target[:2], GAUSS)
    line = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    with pytest.raises(ControlPointsUnusable, match="on one line"):
        fit(line, line, GAUSS)
    with pytest.raises(ControlPointsUnusable, match="no number"):
        fit(source * np.nan, target, GAUSS)


def test_control_points_from_a_file(tmp_path: Path) -> None:
    source, target = points(5)
    rows = [f"{a},{b},{c},{d},4544" for (a, b), (c, d) in zip(source, target, strict=True)]
    path = tmp_path / "控制点.csv"
    path.write_text("\ufeffsource_x,source_y,target_x,target_y,target_crs\n" + "\n".join(rows), encoding="utf-8")
    assert fit_file(path).worst_m < 1e-6
    for wrong in ("a,b\n1,2\n", "", "source_x,source_y,target_x,target_y,target_crs\n1,2,3,4,4490\n"):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(ControlPointsUnusable):
            fit_file(path)
    with pytest.raises(ControlPointsUnusable):
        fit_file(tmp_path / "none.csv")
