"""JSON read piece by piece says what the whole would have said, wherever the pieces end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import FileUnreadable, GeometryUnusable, NothingToRead
from gridmap.importers import read_frame
from gridmap.importers.readers import json_stream
from gridmap.importers.readers.json_stream import Buffer, NotJson

words = st.text(alphabet='ab"\\/\u4e91河\U0001f600\n', max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def streamed(text: str, piece: int, encoding: str = "utf-8") -> dict[str, Any]:
    """An object read member by member, its lists item by item."""
    json_stream.PIECE, before = piece, json_stream.PIECE
    try:
        buffer = Buffer(io.BytesIO(text.encode(encoding)), encoding)
        found: dict[str, Any] = {}
        for name in buffer.members():
            found[name] = list(buffer.items()) if buffer.peek() == "[" else buffer.value()
        assert buffer.peek() == ""
        return found
    finally:
        json_stream.PIECE = before


@given(
    st.dictionaries(words, values, max_size=4), st.integers(1, 40), st.booleans(), st.sampled_from(["utf-8", "gb18030"])
)
def test_the_same_as_the_whole(document: dict[str, Any], piece: int, ascii_only: bool, encoding: str) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=piece % 3 or None)
    assert streamed(text, piece, encoding) == document


@given(st.dictionaries(words, values, min_size=1, max_size=3), st.integers(1, 40), st.data())
def test_a_document_that_is_cut_off_is_none(document: dict[str, Any], piece: int, data: st.DataObject) -> None:
    text = json.dumps(document)
    with pytest.raises(NotJson):
        streamed(text[: data.draw(st.integers(0, len(text) - 1))], piece)


def test_numbers_and_words_at_the_end_of_a_piece_go_on() -> None:
    for piece in range(1, 30):
        assert streamed('{"a": 12.5e3, "b": true, "c": [1, 22, 333], "d": "\\u4e91"}', piece) == {
            "a": 12500.0, "b": True, "c": [1, 22, 333], "d": "云",
        }  # fmt: skip


def test_a_mistake_is_told_before_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "broken.geojson"
    path.write_text('{"features": [{"type" "Feature"}' + " " * 9_000_000 + "]}", encoding="utf-8")
    with path.open("rb") as file:
        buffer = Buffer(file, "utf-8")
        names = buffer.members()
        next(names)
        with pytest.raises(NotJson, match="character 22"):
            list(buffer.items())
        assert file.tell() < 5_000_000


# --- through the reader -----------------------------------------------------------------------------------

POINT = {"type": "Point", "coordinates": [117.1, 32.4]}
FEATURE = {"type": "Feature", "properties": {"name": "云"}, "geometry": POINT}


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.geojson"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": [FEATURE] * 3}, ensure_ascii=False)
    frame = read_frame(write(tmp_path, text.encode(encoding)))
    assert frame["name"].tolist() == ["云"] * 3


def test_the_type_may_come_last_and_the_crs_behind_the_features(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    document = {"features": [FEATURE], "crs": crs, "type": "FeatureCollection"}
    frame = read_frame(write(tmp_path, json.dumps(document)))
    assert frame.crs is not None
    assert frame.crs.to_epsg() == 4490


def test_the_last_of_two_lists_counts_as_in_any_json(tmp_path: Path) -> None:
    text = json.dumps([FEATURE])
    twice = f'{{"type": "FeatureCollection", "features": {text}, "features": {json.dumps([FEATURE] * 2)}}}'
    assert len(read_frame(write(tmp_path, twice))) == 2


def test_a_file_cut_off_behind_a_broken_feature_is_no_json(tmp_path: Path) -> None:
    broken = json.dumps({"type": "Feature", "geometry": {}})
    with pytest.raises(FileUnreadable, match="no JSON"):
        read_frame(write(tmp_path, '{"type": "FeatureCollection", "features": [' + broken + ","))
    with pytest.raises(GeometryUnusable, match="properties"):
        read_frame(write(tmp_path, '{"type": "FeatureCollection", "features": [' + broken + "]}"))


@pytest.mark.parametrize("text", ["[]", "12", '"x"', "{}", '{"type": "FeatureCollection", "features": {}}', "{} x"])
def test_what_is_no_geojson(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileUnreadable):
        read_frame(write(tmp_path, text))


def test_no_features(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead):
        read_frame(write(tmp_path, '{"type": "FeatureCollection", "features": []}'))


def test_lines_of_features_and_text_sequences(tmp_path: Path) -> None:
    line = json.dumps(FEATURE)
    for text in (f"{line}\n{line}\n", f"\x1e{line}\n\x1e{line}\n", f"{line}\r\n\r\n{line}"):
        assert len(read_frame(write(tmp_path, text))) == 2
