"""Initials for search are those of pypinyin, whatever way was the fast one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pypinyin import Style, lazy_pinyin

from gridmap.services.pinyin import initials

REAL = Path(__file__).parents[3] / "shared" / "realdata" / "cn_codes" / "villages_3_counties.csv"


def plainly(name: str) -> str:
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


@pytest.mark.parametrize(
    "name",
    ["云河县", "重庆", "重阳村委会", "长安街道办事处", "第3网格", "A区12号", "", "村委会", "乐山乐园", "〇一村", "🏠"],
)
def test_initials(name: str) -> None:
    assert initials(name) == plainly(name)


def test_initials_of_real_names() -> None:
    if not REAL.exists():
        pytest.skip("../shared/realdata/cn_codes is not beside the checkout")
    with REAL.open(encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert [initials(name) for name in names] == [plainly(name) for name in names]
