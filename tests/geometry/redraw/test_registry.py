"""Records from outside: every kind reads back what it wrote; nonsense of any shape is a named error."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import GridmapError, OperationInvalid
from gridmap.geometry.redraw.registry import OPERATIONS, operation_from_json
from tests.geometry.redraw.awkward import HERE, X, Y, awkward

LINE = {"type": "LineString", "coordinates": [[X, Y], [X + 100, Y + 50]]}
AREA = {"type": "Polygon", "coordinates": [[[X, Y], [X + 9, Y], [X + 9, Y + 9], [X, Y]]]}
ONE, TWO = f"{HERE}001", f"{HERE}002"
WELL: list[dict[str, Any]] = [
    {"kind": "split", "unit": ONE, "lines": [LINE], "keeps": [X, Y], "codes": [f"{HERE}050"], "names": ["N"]},
    {"kind": "split_by_compounds", "unit": ONE, "compounds": ["990001001001C001"], "each": True},
    {"kind": "merge", "units": [ONE, TWO], "into": ONE},
    {"kind": "move_edge", "a": ONE, "b": TWO, "line": LINE},
    {"kind": "move_vertex", "at": [X, Y], "to": [X + 1, Y]},
    {"kind": "snap", "a": ONE, "b": TWO, "line": LINE, "within_m": 3.0},
    {"kind": "reassign", "to": ONE, "area": AREA, "from": [TWO], "allow_parts": True},
    {"kind": "reassign", "to": ONE, "compound": "990001001001C001"},
    {"kind": "fill_gap", "at": [X, Y], "to": ONE},
    {"kind": "resolve_overlap", "at": [X, Y]},
    {"kind": "cut_spill", "unit": ONE},
    {"kind": "create", "name": "N", "parent": HERE, "area": AREA, "code": f"{HERE}060", "urban": True},
    {"kind": "retire", "unit": ONE, "to": TWO},
    {"kind": "retire", "unit": ONE, "to": "neighbours", "leave": True},
    {"kind": "rename", "unit": ONE, "name": "N"},
    {"kind": "recode", "unit": ONE, "code": f"{HERE}070"},
    {"kind": "simplify", "units": [ONE, TWO], "tolerance_m": 2.0},
    {"kind": "set_outlines", "outlines": {ONE: AREA, TWO: None}, "names": {ONE: "N"}},
]


@pytest.mark.parametrize("document", WELL, ids=lambda document: document["kind"])
def test_what_is_written_is_read(document: dict[str, Any]) -> None:
    assert operation_from_json(document).as_json() == document


def test_every_kind_is_tried() -> None:
    assert {document["kind"] for document in WELL} == set(OPERATIONS)


BAD: list[Any] = [
    None,
    3,
    [],
    {},
    {"kind": "explode"},
    {"kind": ["split"]},
    {"kind": "merge", "units": ONE, "into": ONE},
    {"kind": "merge", "units": [ONE, 2], "into": ONE},
    {"kind": "merge", "units": [ONE], "into": ONE, "sudo": True},
    {"kind": "rename", "unit": ONE, "name": ""},
    {"kind": "rename", "unit": ONE, "name": "x" * 201},
    {"kind": "rename", "unit": ONE, "name": "a\0b"},
    {"kind": "move_vertex", "at": [X, float("nan")], "to": [X, Y]},
    {"kind": "move_vertex", "at": [X, Y, 3], "to": [X, Y]},
    {"kind": "move_vertex", "at": [True, Y], "to": [X, Y]},
    {"kind": "move_vertex", "at": [1e308, Y], "to": [X, Y]},
    {"kind": "split", "unit": ONE, "lines": []},
    {"kind": "split", "unit": ONE, "lines": [AREA]},
    {"kind": "split", "unit": ONE, "lines": [{"type": "LineString", "coordinates": [[X, Y]]}]},
    {"kind": "split", "unit": ONE, "lines": [{"type": "LineString", "coordinates": [[X, Y], ["a", 1]]}]},
    {"kind": "split", "unit": ONE, "lines": [{"type": "LineString", "coordinates": [[X, Y], [1e300, 1]]}]},
    {"kind": "split", "unit": ONE, "lines": [{"type": "LineString", "coordinates": [[X, Y]] * 200_001}]},
    {"kind": "reassign", "to": ONE},
    {"kind": "reassign", "to": ONE, "area": AREA, "compound": "C"},
    {
        "kind": "reassign",
        "to": ONE,
        "area": {"type": "Polygon", "coordinates": [[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]},
    },
    {"kind": "reassign", "to": ONE, "area": {"type": "GeometryCollection", "geometries": []}},
    {"kind": "snap", "a": ONE, "b": TWO, "line": LINE, "within_m": -1},
    {"kind": "simplify", "units": [ONE], "tolerance_m": 1},
    {"kind": "cut_spill"},
    {"kind": "set_outlines", "outlines": {}},
    {"kind": "set_outlines", "outlines": {ONE: "POLYGON EMPTY"}},
]


@pytest.mark.parametrize("document", BAD, ids=range(len(BAD)))
def test_nonsense_is_a_named_error(document: Any) -> None:
    with pytest.raises(OperationInvalid):
        operation_from_json(document)


def test_ten_thousand_brackets_are_no_geometry() -> None:
    deep: Any = [X, Y]
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(OperationInvalid):
        operation_from_json({"kind": "reassign", "to": ONE, "area": {"type": "Polygon", "coordinates": deep}})


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from([ONE, TWO, HERE, LINE, AREA]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_fields = sorted({name for document in WELL for name in document} - {"kind"})


@settings(max_examples=300)
@given(st.sampled_from(sorted(OPERATIONS)), st.dictionaries(st.sampled_from(_fields), _json, max_size=5))
def test_whatever_comes_in_ends_in_a_named_error_or_a_change(kind: str, fields: dict[str, Any]) -> None:
    layout = awkward(3).layout
    try:
        change = operation_from_json({"kind": kind, **fields}).apply(layout)
    except GridmapError:
        return
    assert all(unit.geometry.is_valid for unit in change.on(layout).units.values())


@pytest.mark.parametrize("document", WELL, ids=lambda document: document["kind"])
def test_locked_units_are_not_touched(document: dict[str, Any]) -> None:
    layout = awkward(3).layout
    locked = layout.with_locks(layout.units)
    try:
        change = operation_from_json(document).apply(locked)
    except GridmapError:
        return
    for code, unit in change.after.items():
        if unit is not None and code in locked.units:
            assert unit.geometry.symmetric_difference(locked.units[code].geometry).area < 0.01 * shapely.length(
                unit.geometry
            )
