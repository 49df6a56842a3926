"""Shapes for looking at: shared edges stay shared, coordinates are longitude and latitude."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from gridmap.errors import BadInput
from gridmap.geometry.simplify import feature_collection, label_points, simplify_coverage, to_lonlat

X, Y = 500_000.0, 3_590_000.0


def wavy_pair() -> list[Polygon]:
    """Two squares of 1 km that share a wavy edge of 201 vertices."""
    along = np.linspace(0, 1000, 201)
    edge = np.column_stack([X + 1000 + 4 * np.sin(along / 15), Y + along])
    left = Polygon([(X, Y), *edge, (X, Y + 1000)])
    right = Polygon([(X + 2000, Y), (X + 2000, Y + 1000), *edge[::-1]])
    return [left, right]


def test_the_shared_edge_is_simplified_once_for_both():
    left, right = simplify_coverage(wavy_pair(), 20)
    assert len(left.exterior.coords) < 60
    assert shapely.area(shapely.intersection(left, right)) == 0
    assert shapely.union(left, right).interiors is not None
    assert shapely.coverage_is_valid([left, right])


def test_no_polygon_vanishes_and_no_tolerance_changes_nothing():
    tiny = box(X, Y, X + 0.5, Y + 0.5)
    assert simplify_coverage([tiny], 1000)[0].area > 0
    assert simplify_coverage([tiny], 0)[0].equals(tiny)
    assert len(simplify_coverage([], 5)) == 0


def test_lonlat_is_x_east_y_north_and_rounded():
    (point, nothing) = to_lonlat([shapely.Point(X, Y), None], 4549)
    assert (point.x, point.y) == pytest.approx((120.0, 32.434), abs=0.001)
    assert point.x == round(point.x, 6)
    assert nothing is None


def test_labels_lie_in_the_largest_part():
    parts = shapely.MultiPolygon([box(0, 0, 1, 1), box(10, 10, 30, 30)])
    assert box(10, 10, 30, 30).contains(label_points([parts])[0])


def test_a_feature_collection_keeps_hostile_names_as_data():
    name = '</script><img src=x onerror=alert(1)>{{7*7}}"\u202e'
    text = feature_collection(to_lonlat([box(X, Y, X + 1, Y + 1)], 4549), [{"name": name}], bounds=[1, 2])
    read = json.loads(text)
    assert read["features"][0]["properties"]["name"] == name
    assert read["bounds"] == [1, 2]
    assert read["features"][0]["geometry"]["type"] == "Polygon"


def test_shapes_and_rows_must_be_of_one_number():
    with pytest.raises(BadInput, match="1 shapes and 0 rows"):
        feature_collection(to_lonlat([box(X, Y, X + 1, Y + 1)], 4549), [])
