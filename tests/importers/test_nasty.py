"""Every file of the nasty collection and what becomes of it: read, read with its problems told, or refused by name."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from gridmap.errors import GridmapError
from gridmap.importers import problems_of
from gridmap.importers.readers.text import codec, detect_column
from gridmap.importers.registry import read_table

REAL = Path(os.environ.get("GRIDMAP_REALDATA", Path(__file__).resolve().parents[3] / "shared" / "realdata"))
NASTY = REAL / "nasty"
pytestmark = pytest.mark.skipif(not NASTY.is_dir(), reason=f"the nasty files are not in {NASTY}")

#: File, outcome (read; repaired: all problems repaired; problems: rows left out and told; or the error), rows.
OUTCOMES = [
    ("dbf_cpg/big5.shp", "read", 1),
    ("dbf_ldid/chinese.shp", "read", 1),
    ("geojson/invalid_geometries/invalid_incorrect_geometry_data_type.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_geometries/invalid_less_three_unique_nodes.geojson", "problems", 1),
    ("geojson/invalid_structure/invalid_feature_geometry_is_string.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_feature_no_properties.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_feature_properties_is_int.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_featurecollection_feature_nullfeature.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_featurecollection_no_features_member.geojson", "FileUnreadable", 0),
    ("geojson/invalid_structure/invalid_featurecollection_type_lowercase.geojson", "FileUnreadable", 0),
    ("geojson/invalid_structure/invalid_geometry_bbox_not4or6.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_bbox_not_numbers.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_coordinates_empty_position.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_coordinates_string.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_depth_deep_polygon.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_depth_shallow_multipolygon.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_geometrycollection_null_geometry.geojson", "GeometryUnusable", 0),
    ("geojson/invalid_structure/invalid_geometry_missing_type.geojson", "FileUnreadable", 0),
    ("geojson/problematic_geometries/problematic_3d_coordinates.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_crosses_antimeridian.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_excessive_coordinate_precision.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_feature_null_geometry.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_inner_and_exterior_ring_intersect.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_outside_lat_lon_boundaries.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_self_intersection_small.geojson", "read", 1),
    ("geojson/problematic_geometries/problematic_zero_length_linestring.geojson", "read", 1),
    ("geojson/problematic_structure/problematic_geometry_not_wrapped.geojson", "read", 1),
    ("geojson/problematic_structure/problematic_nested_geometrycollection.geojson", "read", 1),
    ("geojson/valid/valid_feature_null_geometry.geojson", "read", 1),
    ("geojson/valid/valid_feature_with_bbox.geojson", "read", 1),
    ("geojson/valid/valid_feature_with_string_id.geojson", "read", 1),
    ("geojson/valid/valid_featurecollection_bboxes.geojson", "read", 2),
    ("geojson/valid/valid_featurecollection_multiple_feature_types.geojson", "read", 4),
    ("geojson/valid/valid_geometry.geojson", "read", 1),
    ("geojson/valid/valid_geometry_bbox.geojson", "read", 1),
    ("geojson/valid/valid_geometry_geometrycollection_empty_geometries.geojson", "read", 1),
    ("geojson/valid/valid_geometry_multilinestring.geojson", "read", 1),
    ("geojson/valid/valid_geometry_multipolygon.geojson", "read", 1),
    ("geojson/valid/valid_geometry_polygon.geojson", "read", 1),
    ("gpkg/curve.gpkg", "read", 1),
    ("gpkg/curvepolygon.gpkg", "read", 1),
    ("gpkg/line_zm.gpkg", "read", 1),
    ("gpkg/multisurface.gpkg", "read", 1),
    ("gpkg/test_gpkg_nulls.gpkg", "read", 4),
    ("gre.shp", "read", 1),
    ("kml/bad.kml", "read", 1),
    ("kml/cdata.kml", "read", 1),
    ("kml/extended_data.kml", "read", 1),
    ("kml/gxtrack.kml", "read", 1),
    ("kml/linestring.kml", "read", 2),
    ("kml/multigeometry.kml", "read", 1),
    ("kml/noname.kml", "read", 1),
    ("kml/point.kml", "read", 1),
    ("kml/point_extra_coordinates.kml", "read", 1),
    ("kml/schema.kml", "read", 1),
    ("kml/selfclosing.kml", "read", 1),
    ("kml/simpledata.kml", "read", 2),
    ("kml/style.kml", "read", 3),
    ("kml/twopoints.kml", "read", 1),
    ("multicurve.gml", "FormatUnknown", 0),
    ("test_tz.geojson", "read", 1),
    ("zip/mixedcase.zip", "read", 40),
]

#: Tables without shapes: the text that the bytes beside each declaration must become.
TEXTS = {
    "big5": "國語", "euckr": "한국말", "koi8r": "русский", "latin2": "čeština", "shiftjis": "カタカナひらがな",
    "win1251": "РУССКИЙ", "win874": "ภาษาไทย",
}  # fmt: skip


@pytest.mark.parametrize(("name", "outcome", "rows"), OUTCOMES)
def test_outcome(name: str, outcome: str, rows: int) -> None:
    try:
        frame = read_table(NASTY / name)
    except GridmapError as error:
        assert type(error).__name__ == outcome
        assert "Traceback" not in str(error)
        assert rows == 0
        return
    told = problems_of(frame)
    assert outcome == ("read" if not told else "repaired" if all(one.repaired for one in told) else "problems")
    assert len(frame) == rows
    assert all(str(one.expected) and str(one.fix) and 1 <= one.row <= rows for one in told)
    words = [*map(str, frame.columns), *(str(word) for name in frame if name != "geometry" for word in frame[name])]
    assert not any("\N{REPLACEMENT CHARACTER}" in word for word in words)


def test_every_file_is_in_the_table() -> None:
    parts = {".md", ".prj", ".cpg", ".shx", ".dbf", ""}
    there = {str(path.relative_to(NASTY)) for path in NASTY.rglob("*") if path.is_file() and path.suffix not in parts}
    assert there == {name for name, _, _ in OUTCOMES}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_declared_text(name: str) -> None:
    values = cells(NASTY / "dbf_cpg" / f"{name}.dbf")
    found, _ = detect_column(values, [(NASTY / "dbf_cpg" / f"{name}.cpg").read_text()])
    assert found is not None
    assert values[0].decode(found).casefold() == TEXTS[name].casefold()


def test_utf_16_is_known_as_what_no_dbf_can_hold() -> None:
    assert str(codec((NASTY / "dbf_cpg" / "utf16.cpg").read_text())).startswith("utf-16")


def cells(path: Path) -> list[bytes]:
    """The rows of a dbf with one column, as bytes."""
    data = path.read_bytes()
    count, start, width = struct.unpack("<IHH", data[4:12])
    return [data[start + at * width + 1 : start + (at + 1) * width].strip() for at in range(count)]
