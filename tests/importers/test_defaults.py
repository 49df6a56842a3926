"""Places that nobody measured are told: 0,0 per row, a geocoder's default per point."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import AxesSwapped, CrsUnusable
from gridmap.importers import problems_of, read_frame
from gridmap.importers.defaults import suspicious_points, without_placeholders
from gridmap.importers.limits import Limits


def test_placeholders_are_told_per_row() -> None:
    places = [shapely.Point(106.1, 29.5), shapely.Point(0, 0), None, shapely.Point(9999, 9999), shapely.box(0, 0, 1, 1)]
    found = without_placeholders(gpd.GeoDataFrame(geometry=places, crs=4490))
    assert shapely.is_missing(found.geometry.to_numpy()).tolist() == [False, True, True, True, False]
    assert [problem.row for problem in problems_of(found)] == [2, 4]
    assert problems_of(found)[0].value == "0, 0"


def test_a_file_with_one_point_at_nowhere(tmp_path: Path) -> None:
    rows = [[106.1, 29.5], [0, 0], [106.2, 29.6]]
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": one}} for one in rows
    ]
    path = tmp_path / "g.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    assert [problem.row for problem in problems_of(read_frame(path))] == [2]


def test_many_rows_on_one_point_are_suspicious() -> None:
    rng = np.random.default_rng(1)
    scattered = shapely.points(rng.uniform([106, 29], [106.3, 29.4], (300, 2)))
    default = shapely.points(np.tile([106.55, 29.56], (40, 1)))
    places = np.concatenate([scattered, default, [None, shapely.Point()]])
    address = [f"street {n}" for n in range(len(places))]
    (one,) = suspicious_points(places, address)
    assert (one.x, one.y, one.count, one.addresses) == (106.55, 29.56, 40, 40)
    assert one.rows[0] == 301
    assert suspicious_points(places)[0].addresses is None
    same = ["the hospital" if 300 <= n < 340 else word for n, word in enumerate(address)]
    assert suspicious_points(places, same) == [], "one address with many rows is a busy place"
    assert suspicious_points(places, [None] * len(places))[0].count == 40
    assert suspicious_points(places[:310], address) == [], "ten rows are a building"
    crowd = np.concatenate([scattered] * 10 + [default])
    assert suspicious_points(crowd) == [], "forty of three thousand are a tower"
    assert suspicious_points(np.array([None], dtype=object)) == []


def test_exchanged_axes_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "g.geojson"
    path.write_text('{"type": "Point", "coordinates": [29.5, 106.1]}')
    with pytest.raises(AxesSwapped, match="--crs EPSG:4326:yx"):
        read_frame(path)
    found = read_frame(path, crs="EPSG:4326:yx").geometry[0]
    assert (found.x, found.y) == (106.1, 29.5)


def test_a_local_datum_with_control_points_in_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, points = tmp_path / "g.csv", tmp_path / "points.csv"
    path.write_text("wkt\nPOINT (600100 3270100)\n")
    rows = ["600000,3270000,599937,3270042,4544", "601000,3270000,600937,3270042,4544"]
    rows += ["600000,3271000,599937,3271042,4544"]
    points.write_text("source_x,source_y,target_x,target_y,target_crs\n" + "\n".join(rows))
    assert read_frame(path, crs="2432").crs.to_epsg() == 2432
    monkeypatch.setattr("gridmap.importers.limits._in_use", [Limits(control_points={2432: points})])
    frame = read_frame(path, crs="2432")
    assert frame.crs.to_epsg() == 4544
    assert (frame.geometry[0].x, frame.geometry[0].y) == pytest.approx((600037, 3270142))
    monkeypatch.setattr("gridmap.importers.limits._in_use", [Limits(datum_parameters={4214: (1, 2, 3, 0, 0, 0, 0)})])
    assert read_frame(path, crs="2432").crs.to_epsg() == 4326
    monkeypatch.setattr("gridmap.importers.limits._in_use", [Limits(datum_parameters={4214: (1, 2)})])
    with pytest.raises(CrsUnusable, match="seven numbers"):
        read_frame(path, crs="2432")
