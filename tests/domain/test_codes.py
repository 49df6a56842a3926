"""Unit codes: the prefix is the tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import contains, level_of, parent, prefix
from gridmap.domain.levels import PARENTS, Level
from gridmap.errors import CodeInvalid

COUNTY, TOWN, COMMUNITY = "990001000000", "990001003000", "990001003007"
GRID, COMPOUND, COURTYARD = "990001003007012", "990001003007C012", "990001003007Y012"


@pytest.mark.parametrize(
    ("code", "level", "meaning"),
    [
        (COUNTY, Level.COUNTY, "990001"),
        (TOWN, Level.TOWN, "990001003"),
        (COMMUNITY, Level.COMMUNITY, COMMUNITY),
        (GRID, Level.GRID, GRID),
        (COMPOUND, Level.COMPOUND, COMPOUND),
        (COURTYARD, Level.COURTYARD, COURTYARD),
    ],
)
def test_code_states_level_and_prefix(code: str, level: Level, meaning: str) -> None:
    assert level_of(code) is level
    assert prefix(code) == meaning


@pytest.mark.parametrize(
    "code",
    [
        "",
        "99000100000",
        "9900010000000",
        "990001000007",
        "990001003000001",
        "99000100300701",
        "x90001003007",
        "990001003007Z012",
    ],
)
def test_wrong_codes_are_refused_with_what_was_expected(code: str) -> None:
    with pytest.raises(CodeInvalid, match=r"is not a unit code: .+"):
        level_of(code)


def test_full_width_digits_are_no_code() -> None:
    with pytest.raises(CodeInvalid):
        level_of("９９０００１００３００７")


def test_parent_climbs_to_the_county() -> None:
    climbed = [GRID]
    while (above := parent(climbed[-1])) is not None:
        climbed.append(above)
    assert climbed == [GRID, COMMUNITY, TOWN, COUNTY]
    assert parent(COMPOUND) == parent(COURTYARD) == COMMUNITY


def test_scope_contains_itself_and_what_is_below_and_nothing_else() -> None:
    assert contains(TOWN, TOWN) and contains(TOWN, COMMUNITY) and contains(TOWN, GRID) and contains(TOWN, COMPOUND)
    assert not contains(TOWN, COUNTY)
    assert not contains(TOWN, "990001004001")
    assert not contains(GRID, "990001003007013")


numbers = st.integers(1, 999).map(lambda number: f"{number:03d}")


@given(numbers, numbers, numbers, numbers)
def test_any_unit_lies_in_all_its_ancestors(town: str, community: str, number: str, other: str) -> None:
    grid = f"990001{town}{community}{number}"
    above = parent(grid)
    while above is not None:
        assert contains(above, grid)
        assert level_of(above) in {level for levels in PARENTS.values() for level in levels}
        above = parent(above)
    if other != number:
        assert not contains(f"990001{town}{community}{other}", grid)
