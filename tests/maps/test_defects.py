"""Maps of an audit of plain files: what ``gridmap check`` writes with --map and --png."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.image import imread

from gridmap.errors import BadInput
from gridmap.maps.sheet import INDEX_RAMP, class_of, legend_rows, one_line, percent
from gridmap.maps.standalone import write_defect_map
from gridmap.maps.static_png import write_defect_png

HOSTILE = "</script><script>alert(1)</script>{{7*7}}"


def frames(crs: int | None = 4326) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Three units, one of two parts; a gap, a sliver of an overlap, a spill."""
    units = gpd.GeoDataFrame(
        {"unit": ["a", HOSTILE, "$x_{"]},
        geometry=[
            shapely.box(105, 32, 105.01, 32.01),
            shapely.box(105.01, 32, 105.02, 32.01),
            shapely.MultiPolygon([shapely.box(105, 32.02, 105.01, 32.03), shapely.box(105.02, 32.02, 105.03, 32.03)]),
        ],
        crs=crs,
    )
    defects = gpd.GeoDataFrame(
        {
            "kind": ["gap", "overlap", "spill"],
            "area_m2": [12.0, 0.002, 2_000_000.0],
            "width_m": [1.0, 0.001, 50.0],
            "sliver": [False, True, False],
            "units": ["", f"a, {HOSTILE}", "a"],
            "neighbours": ["a", "", ""],
        },
        geometry=[
            shapely.box(105.012, 32.012, 105.0121, 32.0121),
            shapely.box(105.01, 32, 105.010001, 32.001),
            shapely.box(105, 32.03, 105.01, 32.04),
        ],
        crs=crs,
    )
    return units, defects


@pytest.mark.parametrize("crs", [4326, 4549])
def test_map_and_picture_are_written(tmp_path: Path, crs: int) -> None:
    units, defects = (frame.to_crs(crs) for frame in frames())
    write_defect_map(tmp_path / "a.html", units, defects)
    write_defect_png(tmp_path / "a.png", units, defects)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert data["names"][1] == HOSTILE
    assert [entry["lens"] for entry in data["entries"]] == ["spill", "gap", "overlap"]
    assert "<script>alert(1)" not in text
    assert len(data["units"][2]["coordinates"]) == 2
    assert imread(tmp_path / "a.png").std() > 0.02


def test_no_defect_is_a_map_too(tmp_path: Path) -> None:
    units, defects = frames()
    write_defect_map(tmp_path / "a.html", units, defects.iloc[:0], language="zh_Hans")
    write_defect_png(tmp_path / "a.png", units, defects.iloc[:0], language="zh_Hans")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_frame_without_coordinate_system_is_refused(tmp_path: Path) -> None:
    units, defects = frames(None)
    with pytest.raises(BadInput, match="coordinate system"):
        write_defect_png(tmp_path / "a.png", units, defects)


def test_both_parts_of_a_unit_are_filled() -> None:
    from gridmap.maps.static_png import path_of

    two = shapely.MultiPolygon(
        [shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1).difference(shapely.box(2.2, 0.2, 2.8, 0.8))]
    )
    path = path_of(two)
    rings = [
        shapely.LinearRing(ring[:-1]) for ring in np.split(path.vertices, np.flatnonzero(path.codes == path.MOVETO)[1:])
    ]
    # shells one way round, holes the other: both fill rules then agree
    assert [shapely.is_ccw(ring) for ring in rings] == [False, False, True] or [
        shapely.is_ccw(ring) for ring in rings
    ] == [True, True, False]


def test_words_for_pictures() -> None:
    assert one_line("a\u202eb\nc\x00") == "a b c"
    assert one_line("x" * 200, 10) == "x" * 9 + "…"
    assert percent(0.9999) == "99%"
    assert percent(0.0001) == "1%"
    assert class_of(INDEX_RAMP, 1.0) == 4
    assert class_of(INDEX_RAMP, 0.5) == 1
    assert len(legend_rows("index", "zh_Hans")) == 5
