"""Figures from published counts, empty denominators, lights of units."""

from __future__ import annotations

import pytest

from gridmap.domain.indicators import COUNTS, INDICATORS, UnitLight, composite, figure, unit_light

#: Zhengzhou's weekly report, as the reference quotes it
ZHENGZHOU = {"received": 51_571, "filed": 51_229}


def test_the_published_ratio_comes_out():
    assert round(100 * figure("filing", ZHENGZHOU).value, 2) == 99.34


@pytest.mark.parametrize("name", INDICATORS)
def test_nothing_over_nothing_has_no_value(name):
    found = figure(name, {})
    assert found.value is None
    assert found.n == 0


def test_every_count_is_explained():
    used = {each.numerator for each in INDICATORS.values()} | {each.denominator for each in INDICATORS.values()}
    assert used == set(COUNTS)


def test_the_composite_wants_all_three():
    assert composite(0.9, 0.8, 0.7, (0.1, 0.5, 0.4)) == pytest.approx(0.77)
    assert composite(None, 0.8, 0.7, (0.1, 0.5, 0.4)) is None
    with pytest.raises(ValueError, match="add up"):
        composite(1, 1, 1, (0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    ("unresolved", "cases", "expected"),
    [(4, 4, UnitLight.GREY), (4, 5, UnitLight.RED), (2, 5, UnitLight.YELLOW), (79, 100, UnitLight.YELLOW),
     (80, 100, UnitLight.RED), (39, 100, UnitLight.GREEN), (0, 0, UnitLight.GREY)],
)  # fmt: skip
def test_lights_of_units(unresolved, cases, expected):
    assert unit_light(unresolved, cases) is expected
