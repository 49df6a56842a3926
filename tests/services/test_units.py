"""Looking up units, within scope only."""

from __future__ import annotations

from datetime import date

import pytest

from gridmap.domain.permissions import Actor
from gridmap.errors import OutsideScope
from gridmap.services import units
from gridmap.store.database import Session
from tests.factories import make_boundary, make_unit, square

COUNTY, TOWN, COMMUNITY, GRID = "990001000000", "990001001000", "990001001001", "990001001001001"
BESIDE = "990001002001001"


@pytest.fixture
def tree(session: Session) -> Session:
    make_unit(session, COUNTY, name="云河县", pinyin="yhx")
    make_unit(session, TOWN, name="城关镇", pinyin="cgz")
    make_unit(session, COMMUNITY, name="东门社区", pinyin="dmsq", urban=True)
    make_unit(session, GRID, name="东门100%_网格", pinyin="dmwg")
    make_unit(session, BESIDE, name="东山网格", pinyin="dswg")
    return session


def test_trail_begins_at_the_own_unit(tree: Session, inspector: Actor, planner: Actor, worker: Actor) -> None:
    assert [unit.code for unit in units.trail(tree, inspector, GRID)] == [COUNTY, TOWN, COMMUNITY, GRID]
    assert [unit.name for unit in units.trail(tree, planner, GRID)] == ["城关镇", "东门社区", "东门100%_网格"]
    assert [unit.code for unit in units.trail(tree, worker, GRID)] == [GRID]
    assert units.trail(tree, inspector, "990001001001999") == []


def test_children_are_living_and_in_order(tree: Session, inspector: Actor) -> None:
    make_unit(tree, "990001003000", retired_on=date(2026, 1, 1))
    assert [unit.code for unit in units.children(tree, inspector, COUNTY)] == [TOWN, "990001002000"]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("东门", COMMUNITY),
        ("dm", COMMUNITY),
        ("DMW", GRID),
        ("990001002", "990001002000"),
        ("100%_", GRID),
        ("山", BESIDE),
    ],
)
def test_search_by_name_code_and_initials(tree: Session, inspector: Actor, words: str, first: str) -> None:
    assert units.search(tree, inspector, words)[0].code == first


@pytest.mark.parametrize("words", ["", "  ", "\0", "a\ud800", "%", "_", "\\", "' OR 1=1 --", "没有"])
def test_search_takes_wildcards_as_they_are(tree: Session, inspector: Actor, words: str) -> None:
    assert {unit.code for unit in units.search(tree, inspector, words)} <= {GRID}


def test_search_stays_inside_the_scope(tree: Session, planner: Actor) -> None:
    assert {unit.code for unit in units.search(tree, planner, "东")} == {COMMUNITY, GRID}
    assert units.search(tree, planner, "云河") == []


@pytest.mark.parametrize("code", [COUNTY, BESIDE, "990001002000"])
def test_nobody_looks_beyond_their_scope(tree: Session, planner: Actor, code: str) -> None:
    for look in (units.find, units.trail, units.children):
        with pytest.raises(OutsideScope):
            look(tree, planner, code)
    with pytest.raises(OutsideScope):
        units.boundaries(tree, planner, "grid", scope=code, as_of=date(2026, 11, 1))


def test_boundaries_of_any_past_day(tree: Session, inspector: Actor) -> None:
    unit = make_unit(tree, GRID)
    make_boundary(tree, unit, square(0, 0, 800), since=date(2025, 1, 1), until=date(2026, 1, 1))
    version = units.boundaries_version(tree)
    make_boundary(tree, unit, square(0, 0, 1000), since=date(2026, 1, 1))
    for day, side in ((date(2025, 6, 1), 800), (date(2025, 12, 31), 800), (date(2026, 1, 1), 1000)):
        frame = units.boundaries(tree, inspector, "grid", scope=COUNTY, as_of=day)
        assert frame.crs.to_epsg() == 4549
        assert frame["code"].tolist() == [GRID] and frame.area.tolist() == [side**2]
    assert units.boundaries(tree, inspector, "grid", scope=COUNTY, as_of=date(2024, 1, 1)).empty
    assert units.boundaries_version(tree) != version


def test_today_is_the_pinned_day_where_there_is_one(tree: Session) -> None:
    from gridmap.store.models import County

    assert (date.today() - units.today(tree)).days in (-1, 0, 1)
    county = tree.get(County, 1)
    assert county is not None
    county.pinned_today = date(2026, 11, 1)
    tree.flush()
    assert units.today(tree) == date(2026, 11, 1)
