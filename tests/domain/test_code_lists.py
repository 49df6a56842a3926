"""Two years of a code list compared: drawn cases of every relation, and three counties as they really changed."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.code_lists import SURE, Entry, Match, Relation, compare, placed, respelled, similarity

REAL = Path(__file__).parents[3] / "shared" / "realdata" / "cn_codes"
TOWN, OTHER = "990001001000", "990001002000"


def village(number: int, name: str, *, town: str = TOWN, point: tuple[float, float] | None = None) -> Entry:
    return Entry(f"{town[:9]}{number:03d}", name, town, point)


def only(matches: tuple[Match, ...], relation: Relation) -> Match:
    found = [match for match in matches if match.relation is relation]
    assert len(found) == 1, found
    return found[0]


TOWNS = [Entry(TOWN, "东镇"), Entry(OTHER, "西镇")]


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("画眉村委会", "画眉村村民委员会"),
        ("大旺社区居委会", "大旺社区居民委员会"),
        ("大旺居委会", "大旺社区居民委员会"),
        ("璧城街道办事处", "璧城街道"),
        ("画 眉村委会", "画眉村"),
    ],
)
def test_a_suffix_spelled_out_is_no_new_name(old: str, new: str) -> None:
    assert respelled(old, new)
    assert similarity(old, new) == 1.0


@pytest.mark.parametrize(
    ("old", "new"),
    [("红学村委会", "黉学村村民委员会"), ("新堰村委会", "新堰社区居民委员会"), ("村", "社区"), ("一", "一")],
)
def test_another_letter_or_another_kind_is(old: str, new: str) -> None:
    assert not respelled(old, new)


# --- relations --------------------------------------------------------------------------------------------


def test_kept_respelled_renamed() -> None:
    old = [*TOWNS, village(1, "甲村委会"), village(2, "乙村委会"), village(3, "六合村委会"), village(4, "三都村委会")]
    new = [
        *TOWNS,
        village(1, "甲村委会"),
        village(2, "乙村村民委员会"),
        village(3, "六塘村委会"),
        village(4, "青龙谷村委会"),
    ]
    relations = [(match.relation, match.confidence >= SURE) for match in compare(old, new)][2:]
    assert relations == [
        (Relation.KEPT, True),
        (Relation.RESPELLED, True),
        (Relation.RENAMED, True),
        (Relation.RENAMED, False),  # no letter in common: only a person knows
    ]


def test_recoded_below_the_same_parent_is_sure_elsewhere_asked() -> None:
    old = [*TOWNS, village(1, "九华村委会"), village(2, "二甲村委会")]
    new = [*TOWNS, village(16, "九华村委会"), village(17, "二甲村委会", town=OTHER)]
    found = {match.old[0]: match for match in compare(old, new)}
    first, second = found[village(1, "").code], found[village(2, "").code]
    assert (first.relation, first.new, first.confidence >= SURE) == (Relation.RECODED, (village(16, "").code,), True)
    assert (second.relation, second.confidence < SURE, second.evidence.same_parent) == (Relation.RECODED, True, False)


def test_places_tell_namesakes_apart() -> None:
    old = [*TOWNS, village(1, "新街村", point=(0, 0)), village(1, "新街村", town=OTHER, point=(9000, 0))]
    third = "990001003000"
    new = [
        *TOWNS,
        Entry(third, "南镇"),
        village(1, "新街村", town=third, point=(8900, 0)),
        village(2, "新街村", town=third, point=(100, 50)),
    ]
    found = {match.old[0]: match for match in compare(old, new) if match.relation is Relation.RECODED}
    assert found[old[2].code].new == (new[4].code,)
    assert found[old[3].code].new == (new[3].code,)
    blind = compare(placed_nowhere(old), placed_nowhere(new))
    assert all(match.confidence <= 0.5 for match in blind if match.relation is Relation.RECODED), (
        "a toss-up is no match"
    )


def placed_nowhere(entries: list[Entry]) -> list[Entry]:
    return [Entry(entry.code, entry.name, entry.parent) for entry in entries]


def test_two_that_swapped_their_codes() -> None:
    old = [*TOWNS, village(1, "东风村"), village(2, "红旗村")]
    new = [*TOWNS, village(1, "红旗村"), village(2, "东风村")]
    pairs = {(match.old[0], match.new[0]) for match in compare(old, new) if match.relation is Relation.RECODED}
    assert pairs == {(old[2].code, old[3].code), (old[3].code, old[2].code)}


@pytest.mark.parametrize(
    ("parts", "whole"), [(("东风村", "红旗村"), "东风红旗村"), (("上江东社区", "下江东社区"), "江东社区")]
)
def test_merged_is_seen_in_the_names_and_never_sure(parts: tuple[str, str], whole: str) -> None:
    old = [*TOWNS, village(1, parts[0]), village(2, parts[1])]
    match = only(compare(old, [*TOWNS, village(9, whole)]), Relation.MERGED)
    assert match.old == (old[2].code, old[3].code)
    assert match.confidence < SURE
    assert {each.relation for each in match.alternatives} == {Relation.RECODED}


def test_merged_is_seen_in_the_places() -> None:
    old = [
        *TOWNS,
        village(1, "甲村", point=(0, 0)),
        village(2, "乙村", point=(900, 0)),
        village(3, "丙村", point=(9e3, 0)),
    ]
    new = [*TOWNS, village(9, "新村", point=(400, 0))]
    matches = compare(old, new)
    assert only(matches, Relation.MERGED).old == (old[2].code, old[3].code)
    assert only(matches, Relation.GONE).old == (old[4].code,)


def test_split_is_seen_in_the_names() -> None:
    old = [*TOWNS, village(1, "城东社区")]
    match = only(compare(old, [*TOWNS, village(5, "城东第一社区"), village(6, "城东第二社区")]), Relation.SPLIT)
    assert match.new == ("990001001005", "990001001006")
    assert match.confidence < SURE


def test_a_town_went_where_its_villages_went() -> None:
    old = [*TOWNS, *(village(at, f"{name}村", town=OTHER) for at, name in enumerate("甲乙丙丁", 1))]
    new = [TOWNS[0], *(village(100 + at, f"{name}村") for at, name in enumerate("甲乙丙丁", 1))]
    matches = compare(old, new)
    assert only(matches, Relation.MERGED).old == (OTHER,)
    assert only(matches, Relation.MERGED).new == (TOWN,)
    moved = [match for match in matches if match.relation is Relation.RECODED]
    assert len(moved) == 4
    assert all(match.evidence.same_parent and match.confidence >= SURE for match in moved)


def test_gone_and_new_are_offered_what_is_near() -> None:
    old = [*TOWNS, village(1, "柱山村"), village(2, "大岭村")]
    new = [*TOWNS, village(8, "柱峰村"), village(2, "大岭村"), village(9, "大岭上村")]
    matches = compare(old, new)
    assert only(matches, Relation.GONE).alternatives[0].new == (new[2].code,)
    assert not any(match.relation is Relation.RECODED for match in matches)


def test_points_are_added_to_lists() -> None:
    assert placed([village(1, "甲")], {"990001001001": (1.0, 2.0)})[0].point == (1.0, 2.0)


names = st.text(alphabet="甲乙丙东西新村社区", min_size=1, max_size=5)
lists = st.dictionaries(st.integers(1, 12), names, max_size=10).map(
    lambda rows: [Entry(TOWN, "东镇"), *(village(at, name) for at, name in rows.items())]
)


@given(lists, lists)
def test_every_code_is_accounted_for_once(old: list[Entry], new: list[Entry]) -> None:
    matches = compare(old, new)
    assert matches == compare(old, new)
    was = Counter(code for match in matches for code in match.old)
    assert set(was) == {entry.code for entry in old}
    assert max(was.values()) == 1
    now = {code for match in matches for code in match.new}
    assert now == {entry.code for entry in new}
    assert all(0 <= match.confidence <= 1 for match in matches)


def test_a_list_compared_with_itself_is_kept() -> None:
    entries = [*TOWNS, *(village(at, f"第{at}村") for at in range(1, 400))]
    assert {match.relation for match in compare(entries, entries)} == {Relation.KEPT}


# --- real change ------------------------------------------------------------------------------------------


def real(county: str) -> tuple[list[Entry], list[Entry]]:
    if not REAL.exists():
        pytest.skip("../shared/realdata/cn_codes is not beside the checkout")
    with (REAL / f"vonng_2016_{county}.csv").open(encoding="utf-8") as file:
        old = [Entry(row[0], row[2], row[1]) for row in csv.reader(file)]
    new = [Entry(county + "000000", old[0].name, old[0].parent)]
    with (REAL / "streets_3_counties.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["areaCode"] == county]
        new += [Entry(row["code"] + "000", row["name"], county + "000000") for row in rows]
    with (REAL / "villages_3_counties.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["areaCode"] == county]
        new += [Entry(row["code"], row["name"], row["streetCode"] + "000") for row in rows]
    return old, new


def villages(matches: tuple[Match, ...]) -> Counter[str]:
    return Counter(match.relation.value for match in matches if not (match.old or match.new)[0].endswith("000"))


def test_rugao_kept_335_and_recoded_a_whole_town() -> None:
    matches = compare(*real("320682"))
    found = villages(matches)
    assert found["kept"] + found["renamed"] + found["respelled"] == 335
    assert (found["renamed"], found["respelled"]) == (5, 0)
    # 九华 was numbered anew: 19 of the 20 codes that are gone are found again, all with the same name
    assert (found["recoded"], found["gone"], found["new"]) == (19, 1, 1)
    assert all(match.confidence >= SURE for match in matches if match.relation is Relation.RECODED)


def test_bishan_spelled_176_suffixes_out_and_renamed_seven() -> None:
    found = villages(compare(*real("500120")))
    assert (found["respelled"], found["renamed"], found["kept"]) == (176, 7, 0)
    # four villages became communities: the same stem below the same street, but another kind, so it is asked
    assert (found["recoded"], found["gone"], found["new"]) == (4, 0, 7)


def test_zhuji_merged_towns_and_moved_their_villages() -> None:
    old, new = real("330681")
    matches = compare(old, new)
    names = {entry.code: entry.name for entry in (*old, *new)}
    towns = {
        (names[code], names[match.new[0]])
        for match in matches
        if match.relation is Relation.MERGED and match.old[0].endswith("000")
        for code in match.old
    }
    assert towns == {
        ("阮市镇", "店口镇"),
        ("江藻镇", "姚江镇"),
        ("草塔镇", "大唐街道"),
        ("王家井镇", "暨南街道"),
        ("街亭镇", "暨南街道"),
    }
    found = villages(matches)
    assert found["kept"] + found["renamed"] + found["respelled"] == 346 - _swapped(matches)
    assert found["recoded"] >= 120
    assert sum(match.confidence >= SURE for match in matches if match.relation is Relation.RECODED) >= 80


def _swapped(matches: tuple[Match, ...]) -> int:
    """Codes that stand in both lists and were matched by name instead: 新街 and 赵家 gave theirs away."""
    gave = {code for match in matches for code in match.old if match.relation in (Relation.RECODED, Relation.GONE)}
    took = {code for match in matches for code in match.new}
    return len(gave & took)
