"""Neighbours and their common border, on drawn polygons."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.geometry.adjacency import adjacency
from gridmap.geometry.synthetic import lattice


def squares(*boxes):
    return np.array([shapely.box(*box) for box in boxes], dtype=object)


def test_an_edge_that_stands_in_both_is_shared():
    found = adjacency(squares((0, 0, 10, 10), (10, 0, 20, 10)))
    assert found.of(0) == {1: 10.0}
    assert found.of(1) == {0: 10.0}


def test_touching_at_a_corner_is_not_sharing():
    assert adjacency(squares((0, 0, 10, 10), (10, 10, 20, 20))).neighbours == {}


def test_a_junction_in_the_middle_of_an_edge_splits_the_border():
    found = adjacency(squares((0, 0, 10, 10), (10, 0, 20, 4), (10, 4, 20, 10)))
    assert found.of(0) == {2: 6.0, 1: 4.0}
    assert list(found.of(0)) == [2, 1]  # longest first


def test_a_vertex_on_one_side_only_keeps_the_border_whole():
    a = shapely.Polygon([(0, 0), (6.001, 2.003), (12.002, 4.006), (12.002, 20), (0, 20)])
    b = shapely.Polygon([(0, 0), (12.002, 4.006), (12, -10)])
    assert adjacency(np.array([a, b], dtype=object)).of(0)[1] == pytest.approx(np.hypot(12.002, 4.006))


def test_an_island_shares_its_whole_ring_with_what_surrounds_it():
    hole = shapely.box(4, 4, 6, 6)
    around = shapely.box(0, 0, 10, 10).difference(hole)
    assert adjacency(np.array([around, hole], dtype=object)).of(1) == {0: 8.0}


def test_duplicates_share_their_border_with_one_another_and_the_neighbour():
    found = adjacency(squares((0, 0, 1, 1), (0, 0, 1, 1), (1, 0, 2, 1)))
    assert found.of(0) == {1: 4.0, 2: 1.0}
    assert found.of(2) == {0: 1.0, 1: 1.0}


def test_a_hairline_apart_is_not_sharing():
    assert adjacency(squares((0, 0, 10, 10), (10.001, 0, 20, 10))).neighbours == {}


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()], [shapely.box(0, 0, 1, 1)]])
def test_nothing_to_share(shapes):
    assert adjacency(np.array(shapes, dtype=object)).neighbours == {}


def test_it_agrees_with_overlays_of_borders():
    polygons = lattice.county(60, 12, seed=5).polygons
    found = adjacency(polygons)
    millimetres = shapely.transform(polygons, lambda points: np.rint(points * 1000))
    for i, shape in enumerate(millimetres):
        near = {
            j: shape.boundary.intersection(other.boundary).length / 1000
            for j, other in enumerate(millimetres)
            if j != i and shape.intersects(other)
        }
        assert found.of(i) == pytest.approx({j: metres for j, metres in near.items() if metres > 0}, abs=1e-6)


def test_multipolygons_have_the_neighbours_of_their_parts() -> None:
    boxes = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 20, 40)]
    wrapped = np.array(
        [shapely.MultiPolygon([boxes[0]]), boxes[1], shapely.MultiPolygon([boxes[2], boxes[3]])], dtype=object
    )
    found = adjacency(wrapped)
    assert list(zip(found.a.tolist(), found.b.tolist(), found.metres.tolist(), strict=True)) == [
        (0, 1, 10.0),
        (1, 2, 10.0),
    ]
