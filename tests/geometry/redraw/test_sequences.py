"""Thousands of random operations on awkward ground, judged by shapely and by the full audit, not by the operations."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import OperationRefused
from gridmap.geometry.redraw import Layout, replay
from gridmap.geometry.redraw.operation import Change, as_geojson
from gridmap.geometry.redraw.registry import operation_from_json
from gridmap.geometry.topology import audit
from tests.geometry.redraw.awkward import HERE, Drawn, X, Y, awkward

Document = dict[str, Any]


def anything(dice: np.random.Generator, layout: Layout) -> Document:
    """A random act of a planner: some make sense, some do not."""
    codes = sorted(layout.units)
    unit = codes[dice.integers(len(codes))]
    shape = layout.units[unit].geometry
    middle = np.array(shape.representative_point().coords[0])
    angle = dice.uniform(0, np.pi)
    run = np.array([np.cos(angle), np.sin(angle)]) * dice.uniform(20, 200)
    across = shapely.LineString([middle - run, middle + dice.uniform(-15, 15, 2), middle + run])
    near = [code for code in layout.near(shape.buffer(1)) if code != unit]
    other = near[dice.integers(len(near))] if near else unit
    xy = shapely.get_coordinates(shape)
    corner = xy[dice.integers(len(xy))]
    blob = shapely.Point(corner + dice.uniform(-20, 20, 2)).buffer(
        dice.uniform(3, 40), quad_segs=int(dice.integers(1, 4))
    )
    border = shape.boundary.interpolate(dice.uniform(0, 1), normalized=True)
    end = shape.boundary.interpolate(dice.uniform(0, 1), normalized=True)
    bow = shapely.LineString([border, shapely.Point(middle + dice.uniform(-60, 60, 2)), end])
    acts: list[Document] = [
        {"kind": "split", "unit": unit, "lines": [as_geojson(across)]},
        {"kind": "merge", "units": [unit, other], "into": unit},
        {"kind": "reassign", "to": unit, "area": as_geojson(blob), "allow_parts": bool(dice.random() < 0.3)},
        {"kind": "move_edge", "a": unit, "line": as_geojson(bow)},
        {"kind": "move_vertex", "at": corner.tolist(), "to": (corner + dice.uniform(-12, 12, 2)).tolist()},
        {"kind": "snap", "a": unit, "b": other, "line": as_geojson(bow), "within_m": 15.0},
        {"kind": "create", "name": "New", "parent": HERE, "area": as_geojson(blob)},
        {"kind": "retire", "unit": unit},
        {"kind": "retire", "unit": unit, "leave": True},
        {"kind": "fill_gap", "at": middle.tolist()},
        {"kind": "rename", "unit": unit, "name": f"Name {int(dice.integers(1000))}"},
        {"kind": "recode", "unit": unit, "code": f"{HERE}{int(dice.integers(1, 999)):03}"},
        {
            "kind": "simplify",
            "units": sorted({unit, other, *near[:2]}) * 2,
            "tolerance_m": float(dice.uniform(0.5, 20)),
        },
    ]
    return acts[dice.integers(len(acts))]


def gap_point(layout: Layout) -> list[float] | None:
    """A place inside uncovered ground, by shapely."""
    rest = shapely.difference(layout.parents[HERE], shapely.union_all([u.geometry for u in layout.units.values()]))
    parts = [part for part in shapely.get_parts(rest).tolist() if part.area > 0.01]
    return list(parts[0].representative_point().coords[0]) if parts else None


def judge(drawn: Drawn, before: Layout, change: Change, after: Layout) -> None:
    """Everything that must hold after an operation, computed from the outlines alone."""
    for code in before.units:
        if code not in change.touched:
            assert after.units[code] is before.units[code]
    shapes = [unit.geometry for unit in after.units.values()]
    for unit in after.units.values():
        assert unit.geometry.is_valid, unit.code
        xy = shapely.get_coordinates(unit.geometry) * 1000
        assert np.abs(xy - np.rint(xy)).max() < 1e-4
    declared_gaps = sum(each.area_m2 for each in change.created if each.kind == "gap")
    cured_gaps = sum(each.area_m2 for each in change.cured if each.kind == "gap")
    was = sum(unit.geometry.area for unit in before.units.values())
    now = sum(shape.area for shape in shapes)
    assert now - was == pytest.approx(cured_gaps - declared_gaps, abs=0.15)
    # overlaps: the sum of the areas is the area of the union, computed by somebody else
    assert now == pytest.approx(shapely.union_all(shapes).area, abs=1e-3)
    found = audit(
        [*shapes, *(after.beyond[c] for c in after.beyond if len(c) > 12)],
        [*after.units, *(c for c in after.beyond if len(c) > 12)],
    )
    assert found.overlaps == ()
    parent = after.parents[HERE]
    assert parent.symmetric_difference(drawn.ground).area < 0.2
    with_parent = audit(shapes, list(after.units), parent)
    assert with_parent.spills == ()
    assert sum(gap.area_m2 for gap in with_parent.gaps) == pytest.approx(parent.area - now, abs=1e-3)
    back = change.inverse.on(after)
    assert set(back.units) == set(before.units)
    assert all(back.units[code].same(before.units[code]) for code in before.units)
    assert {c: s.wkb for c, s in back.parents.items()} == {c: s.wkb for c, s in before.parents.items()}
    assert {c: s.wkb for c, s in back.beyond.items()} == {c: s.wkb for c, s in before.beyond.items()}
    assert back.used == before.used


def walk(seed: int, acts: int, done: Counter[str]) -> None:
    drawn = awkward(seed)
    dice = np.random.default_rng(seed + 1)
    layout, kept = drawn.layout, []
    for _ in range(acts):
        document = anything(dice, layout)
        gap = gap_point(layout) if document["kind"] in ("fill_gap", "create") else None
        if gap is not None and document["kind"] == "fill_gap":
            document["at"] = gap
        operation = operation_from_json(document)
        assert operation_from_json(operation.as_json()).as_json() == operation.as_json()
        try:
            change = operation.apply(layout)
        except OperationRefused:
            done[f"{document['kind']} refused"] += 1
            continue
        again = operation_from_json(operation.as_json()).apply(layout)
        assert all(
            (new is None and again.after[code] is None) or (new is not None and new.same(again.after[code]))
            for code, new in change.after.items()
        )
        after = change.on(layout)
        judge(drawn, layout, change, after)
        layout = after
        kept.append(operation)
        done[document["kind"]] += 1
    replayed = replay(drawn.layout, kept).layout
    assert {code: unit.geometry.wkb for code, unit in replayed.units.items()} == {
        code: unit.geometry.wkb for code, unit in layout.units.items()
    }
    assert replayed.used == layout.used


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_no_ground_is_lost_whatever_is_drawn(seed: int) -> None:
    walk(seed, 14, Counter())


@pytest.mark.slow
def test_thousands_of_operations_and_every_kind_among_them() -> None:
    done: Counter[str] = Counter()
    for seed in range(110):
        walk(1_000_000 + seed, 20, done)
    kinds = ("split", "merge", "reassign", "move_edge", "move_vertex", "create", "retire", "fill_gap", "simplify")
    assert all(done[kind] >= 5 for kind in kinds), done


def test_the_awkward_ground_is_awkward() -> None:
    drawn = awkward(11)
    assert drawn.layout.parents[HERE].bounds[0] < X + 50
    assert drawn.ground.bounds[1] > Y - 50
    assert len({len(shapely.get_coordinates(unit.geometry)) for unit in drawn.layout.units.values()}) > 2
