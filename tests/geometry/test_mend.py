"""Outlines mended, with the area before and after; what cannot be mended is told apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.geometry.mend import Fault, mend_area, stated_area
from gridmap.importers.layers import LAYERS
from gridmap.importers.shapes import areas
from gridmap.importers.staging import stage

SQUARE = shapely.box(0, 0, 100, 100)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
HOLE_OUTSIDE = shapely.Polygon(SQUARE.exterior.coords, [[(200, 200), (201, 200), (201, 201)]])
SPIKE = shapely.Polygon([(0, 0), (100, 0), (100, 100), (99.9, 100.1), (100.1, 100.1), (99, 100), (0, 100)])


def test_stated_area_takes_holes_out_and_lets_wings_cancel() -> None:
    assert stated_area(shapely.Polygon(SQUARE.exterior.coords, [[(1, 1), (2, 1), (2, 2), (1, 2)]])) == 9999
    assert stated_area(BOW_TIE) == 0
    assert stated_area(shapely.MultiPolygon([SQUARE, SQUARE])) == 20_000
    assert stated_area(shapely.GeometryCollection([SQUARE, shapely.Point(1, 1)])) == 10_000


def test_a_sound_area_is_left_alone() -> None:
    mended = mend_area(SQUARE)
    assert mended.shape is SQUARE
    assert mended.faults == ()
    assert mended.share == 0


@pytest.mark.parametrize(
    ("shape", "fault", "question"),
    [
        (BOW_TIE, Fault.CROSSING, True),
        (SPIKE, Fault.CROSSING, False),
        (HOLE_OUTSIDE, Fault.CROSSING, False),
        (shapely.MultiPolygon([SQUARE, SQUARE]), Fault.CROSSING, True),
        (shapely.GeometryCollection([shapely.Point(0, 0), SQUARE]), Fault.MIXED, False),
    ],
)
def test_repairs_are_told_and_large_ones_are_questions(shape: shapely.Geometry, fault: Fault, question: bool) -> None:
    assert mend_area(shape).faults == (fault,)
    given = np.array([SQUARE, shape], dtype=object)
    fitted, (problem,) = areas(given)
    assert (problem.row, problem.repaired, problem.question) == (2, not question, question)
    assert problem.before_m2 == pytest.approx(stated_area(shape), abs=0.01)
    assert fitted[0] is not None
    assert fitted[1] is not None
    assert fitted[1].is_valid
    assert fitted[1].area == pytest.approx(problem.after_m2)


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (shapely.from_wkt("POLYGON ((0 0, 1 1, 2 2, 0 0))"), Fault.NO_AREA),
        (shapely.LineString([(0, 0), (1, 1)]), Fault.NO_AREA),
        (shapely.GeometryCollection([shapely.Point(0, 0)]), Fault.NO_AREA),
        (shapely.from_wkt("LINESTRING (0 0, 1 NaN)"), Fault.NOT_FINITE),
        (shapely.Polygon([(0, 0), (1e308, 0), (np.inf, 1), (0, 0)]), Fault.NOT_FINITE),
    ],
)
def test_what_cannot_be_mended_is_refused_with_the_reason(shape: shapely.Geometry, fault: Fault) -> None:
    assert fault in mend_area(shape).faults
    fitted, (problem,) = areas(np.array([shape], dtype=object))
    assert fitted == [None]
    assert not problem.repaired
    assert not problem.question
    assert str(problem.fix)


def test_an_outline_that_crosses_itself_everywhere_is_not_waited_for() -> None:
    tangle = shapely.Polygon(np.random.default_rng(1).random((3000, 2)) * 1e4)
    assert mend_area(tangle).faults == (Fault.CROSSING, Fault.TOO_LARGE)
    fitted, (problem,) = areas(np.array([tangle], dtype=object))
    assert fitted == [None]
    assert "3,001" in str(problem.fix)


def test_a_question_stops_the_commit_and_loses_no_row() -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["321081101001", "321081101002"], "name": ["甲", "乙"]}, geometry=[SQUARE, BOW_TIE], crs=4549
    )
    staged = stage(frame, LAYERS["boundaries"], {"code": "code", "name": "name"})
    assert [record.row for record in staged.records] == [1, 2]
    assert [(one.row, one.question, one.repaired) for one in staged.problems] == [(2, True, False)]
