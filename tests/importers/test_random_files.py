"""Files with random defects: whatever is broken, the readers end in a frame or in a named error, never a traceback."""

from __future__ import annotations

import functools
import json
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import GridmapError
from gridmap.importers.registry import read_frame, read_table
from tests.fuzz.seeds import seeds

SEEDS = seeds()


def survives(name: str, data: bytes) -> None:
    """Read bytes under a name, both ways; only named errors may come out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        for read in (read_table, functools.partial(read_frame, crs="4490")):
            try:
                frame = read(path)
            except GridmapError as error:
                assert str(error)
            else:
                assert isinstance(frame, pd.DataFrame)


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_the_seeds_are_sound(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(SEEDS[name])
    assert len(read_table(tmp_path / name)) >= 2


@st.composite
def broken(draw: st.DrawFn, data: bytes) -> bytes:
    """A file with bytes changed, cut out, doubled, or its end missing."""
    raw = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        kind = draw(st.sampled_from(["flip", "zero", "ones", "cut", "drop", "double", "insert"]))
        if kind == "flip" and raw:
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif kind in ("zero", "ones"):
            width = draw(st.sampled_from([1, 2, 4, 8]))
            raw[at : at + width] = (b"\0" if kind == "zero" else b"\xff") * len(raw[at : at + width])
        elif kind == "cut":
            del raw[at:]
        elif kind == "drop":
            del raw[at : at + draw(st.integers(1, 64))]
        elif kind == "double":
            raw[at:at] = raw[at : at + draw(st.integers(1, 64))]
        else:
            raw[at:at] = draw(st.binary(max_size=8))
    return bytes(raw)


@pytest.mark.parametrize("name", sorted(SEEDS))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_files_with_random_defects(name: str, data: st.DataObject) -> None:
    survives(name, data.draw(broken(SEEDS[name])))


# A tree that looks like GeoJSON here and there.
_NUMBERS = st.one_of(st.integers(-200, 200), st.floats(), st.integers(), st.none(), st.booleans())
_LEAVES = st.one_of(
    _NUMBERS, st.text(max_size=5), st.sampled_from(["Polygon", "Point", "Feature", "name", "EPSG:4549"])
)
_POSITIONS = st.lists(st.lists(_NUMBERS, min_size=0, max_size=4), max_size=6)
_COORDINATES = st.one_of(_POSITIONS, st.lists(_POSITIONS, max_size=3), st.lists(_NUMBERS, max_size=3), _LEAVES)
_KINDS = st.sampled_from(
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection", "polygon"]
)
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
_GEOMETRIES = st.fixed_dictionaries(
    {"type": st.one_of(_KINDS, _LEAVES)}, optional={"coordinates": _COORDINATES, "geometries": _TREES, "bbox": _TREES}
)
_FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["Feature", "feature", None, 1]),
        "geometry": st.one_of(_GEOMETRIES, _TREES),
        "properties": st.one_of(st.none(), _TREES, st.dictionaries(st.sampled_from(["code", "geometry", ""]), _TREES)),
        "id": _TREES,
        "bbox": _TREES,
    },
)
_DOCUMENTS = st.one_of(
    _FEATURES,
    _GEOMETRIES,
    _TREES,
    st.fixed_dictionaries(
        {"type": st.just("FeatureCollection"), "features": st.lists(st.one_of(_FEATURES, _LEAVES), max_size=4)},
        optional={"crs": _TREES, "bbox": _TREES},
    ),
)


@settings(max_examples=300)
@given(_DOCUMENTS)
def test_random_trees_of_geojson(tree: object) -> None:
    survives("a.geojson", json.dumps(tree).encode())


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=6), max_size=4), max_size=5), st.sampled_from([",", ";", "\t"]))
def test_random_tables(rows: list[list[str]], mark: str) -> None:
    text = "\n".join(mark.join(row) for row in [["code", "lon", "lat"], *rows])
    survives("a.csv", text.encode("utf-8", "surrogatepass"))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=12), st.binary(max_size=40)), max_size=4))
def test_random_archives(members: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members:
                try:
                    archive.writestr(f"{name}.geojson", data)
                except (ValueError, UnicodeEncodeError):
                    continue
        survives("a.zip", path.read_bytes())


def test_an_empty_file_of_every_format(tmp_path: Path) -> None:
    for name in SEEDS:
        survives(name, b"")
        survives(name, b"\0")
