"""The lattice county is exactly one coverage, and its damage is exactly what the truth says."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.geometry import synthetic
from gridmap.geometry.synthetic.defects import CAUSES


@pytest.mark.parametrize("n_grids", [1, 2, 7, 9, 50, 331])
@pytest.mark.parametrize("vertices", [8, 25, 40])
def test_the_county_is_covered_exactly_once(n_grids, vertices):
    county = synthetic.county(n_grids, vertices, seed=n_grids)
    assert len(county.polygons) == len(set(county.names)) == n_grids
    assert shapely.is_valid(county.polygons).all()
    assert county.jurisdiction.is_valid
    assert shapely.coverage_is_valid(county.polygons)
    assert shapely.area(county.polygons).sum() == pytest.approx(county.jurisdiction.area, abs=1e-4)
    assert shapely.symmetric_difference(shapely.union_all(county.polygons), county.jurisdiction).area < 1e-6


def test_coordinates_are_whole_millimetres_and_rings_wind_one_way():
    county = synthetic.county(100, 24, seed=3)
    millimetres = shapely.get_coordinates(county.polygons) * 1000
    np.testing.assert_allclose(millimetres, np.rint(millimetres), atol=1e-4)
    assert shapely.is_ccw(shapely.get_exterior_ring(county.polygons)).all()


def test_the_same_seed_gives_the_same_county():
    assert (synthetic.county(40, 24, seed=5).rings == synthetic.county(40, 24, seed=5).rings).all()
    assert (synthetic.county(40, 24, seed=5).rings != synthetic.county(40, 24, seed=6).rings).any()


def measured(damaged):
    """Gap, overlap and spill area by plain overlay: an independent way to the numbers of the truth."""
    union = shapely.union_all(damaged.polygons)
    excess = shapely.area(damaged.polygons).sum() - union.area
    return damaged.jurisdiction.difference(union).area, excess, union.difference(damaged.jurisdiction).area


@pytest.mark.parametrize("causes", [(cause,) for cause in CAUSES] + [CAUSES], ids=lambda causes: causes[0])
def test_damage_is_what_the_truth_says(causes):
    damaged = synthetic.damage(synthetic.county(600, 24, seed=8), share=0.06, seed=2, causes=causes)
    assert damaged.truth
    assert {planted.cause for planted in damaged.truth} == set(causes)
    assert shapely.is_valid(damaged.polygons).all()
    gap, overlap, spill = measured(damaged)
    assert gap == pytest.approx(damaged.total("gap"), abs=1e-3)
    assert overlap == pytest.approx(damaged.total("overlap"), abs=1e-3)
    assert spill == pytest.approx(damaged.total("spill"), abs=1e-3)


def test_exactly_as_many_damages_as_asked_for():
    county = synthetic.county(2_000, 24, seed=1)
    damaged = synthetic.damage(county, count=20)
    assert len(damaged.truth) == 20
    assert len(damaged.names) == len(damaged.polygons)


def test_unmatched_vertices_lie_exactly_on_the_line():
    county = synthetic.county(300, 24, seed=4)
    damaged = synthetic.damage(county, count=9, causes=("unmatched vertex",))
    assert shapely.get_num_coordinates(damaged.polygons).sum() > shapely.get_num_coordinates(county.polygons).sum()
    assert shapely.area(damaged.polygons).sum() == pytest.approx(county.jurisdiction.area, abs=1e-5)
