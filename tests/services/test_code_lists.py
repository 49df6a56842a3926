"""Code lists into a real PostGIS: renamed, renumbered, merged and retired by decision, in one piece, and taken back."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, CodesUndecided, ImportHasProblems
from gridmap.services import importing
from gridmap.services.importing import Rehearsal, uploads
from gridmap.services.importing.undo import undo_import
from gridmap.store.database import Session
from gridmap.translations import say
from tests import small_county

OPERATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope="")
REAL = Path(__file__).parents[3] / "shared" / "realdata" / "cn_codes"
COUNTY, WEST, EAST = small_county.COUNTY, small_county.WEST, small_county.EAST
A, B = "990001001001", "990001002001"
LIST = {COUNTY: "云河县", WEST: "西镇", EAST: "东镇", A: "甲村委会", B: "乙村委会"}


def file(folder: Path, rows: dict[str, str], **more: list[Any]) -> Path:
    path = folder / "codes.csv"
    pd.DataFrame({"统计用区划代码": list(rows), "名称": list(rows.values()), **more}).to_csv(path, index=False)
    return path


def bring(session: Session, path: Path, decisions: dict[str, str] | None = None, *, act: bool = True) -> Rehearsal:
    source = importing.open_source(path, "boundaries")
    verb = importing.commit if act else importing.rehearse
    return verb(session, OPERATOR, "boundaries", source, decisions=decisions)


def units(session: Session) -> dict[str, tuple[Any, ...]]:
    rows = session.execute(
        text(
            "SELECT u.code, u.id, u.name, p.code, u.retired_on IS NULL FROM units u"
            " LEFT JOIN units p ON p.id = u.parent_id"
        )
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def heirs(session: Session) -> set[tuple[str, str, float]]:
    rows = session.execute(
        text(
            "SELECT a.code, b.code, h.share FROM unit_heirs h JOIN units a ON a.id = h.unit_id"
            " JOIN units b ON b.id = h.heir_id"
        )
    )
    return {(was, now, share) for was, now, share in rows}


def everything(session: Session) -> dict[str, list[str]]:
    tables = ("units", "boundaries", "organisations", "accounts", "unit_heirs", "assignments", "household_counts")
    return {table: sorted(session.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()) for table in tables}


@pytest.fixture
def county(session: Session, tmp_path: Path) -> Session:
    """Four grids below two communities of two towns, named by a first code list."""
    small_county.build(session)
    session.execute(
        text(
            "INSERT INTO accounts (email, name, role, scope, password_hash, session_key)"
            " VALUES ('clerk@example.org', 'clerk', 'planner', :code, 'x', 'y')"
        ),
        {"code": A},
    )
    for code, name in LIST.items():
        session.execute(text("UPDATE units SET name = :name WHERE code = :code"), {"name": name, "code": code})
    session.commit()
    return session


# --- what needs no decision -------------------------------------------------------------------------------


def test_from_nothing_a_national_list_of_one_county(session: Session, tmp_path: Path) -> None:
    path = file(tmp_path, {"990001": "云河县", "990001001": "西镇", A: "甲村委会"})
    outcome = bring(session, path)
    assert (outcome.new, outcome.problems, outcome.decisions) == (3, (), ())
    found = units(session)
    assert {code: row[2] for code, row in found.items()} == {COUNTY: None, WEST: COUNTY, A: WEST}
    assert session.execute(text("SELECT count(*) FROM boundaries")).scalar_one() == 0
    again = bring(session, path)
    assert (again.new, again.changed, again.same) == (0, 0, 3)


def test_several_counties_and_none_stands(session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="2 counties"):
        bring(session, file(tmp_path, {"990001000000": "甲县", "980001000000": "乙县"}), act=False)


def test_rows_of_other_counties_are_left_out_and_counted(county: Session, tmp_path: Path) -> None:
    rows = {**LIST, "99": "省", "9900": "市", "980001000000": "乙县", "980001001001": "丙村委会", "98000x": "?"}
    outcome = bring(county, file(tmp_path, rows), act=False)
    assert outcome.elsewhere == 4
    assert (outcome.same, outcome.new, outcome.changed) == (5, 0, 0)
    assert [(problem.row, problem.value) for problem in outcome.problems] == [(10, "98000x")]


def test_a_suffix_spelled_out_is_a_change_without_a_question(county: Session, tmp_path: Path) -> None:
    before = county.execute(text("SELECT count(*) FROM boundaries")).scalar_one()
    outcome = bring(county, file(tmp_path, {**LIST, A: "甲村村民委员会"}))
    assert (outcome.changed, outcome.same, outcome.decisions) == (1, 4, ())
    found = units(county)
    assert found[A][1] == "甲村村民委员会"
    assert county.execute(text("SELECT count(*) FROM boundaries")).scalar_one() == before


def test_a_new_community_is_founded_today(county: Session, tmp_path: Path) -> None:
    assert bring(county, file(tmp_path, {**LIST, "990001001002": "丁村委会"})).new == 1
    row = county.execute(text("SELECT founded_on, pinyin FROM units WHERE code = '990001001002'")).one()
    assert tuple(row) == (small_county.TODAY, "dcwh")


# --- decisions --------------------------------------------------------------------------------------------


def test_a_name_with_nothing_in_common_is_asked(county: Session, tmp_path: Path) -> None:
    path = file(tmp_path, {**LIST, A: "青龙谷村委会"})
    outcome = bring(county, path, act=False)
    assert [(each.code, each.chosen) for each in outcome.decisions] == [(A, None)]
    assert outcome.undecided == 1
    with pytest.raises(CodesUndecided, match="1 codes"):
        bring(county, path)
    assert bring(county, path, {A: "keep"}).same == 5
    assert units(county)[A][1] == "甲村委会"
    bring(county, path, {A: "rename"})
    assert units(county)[A][1] == "青龙谷村委会"


def test_recoded_keeps_its_id_and_takes_everything_along(county: Session, tmp_path: Path) -> None:
    before, stood = units(county), everything(county)
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001001077": "甲村委会"}
    path = file(tmp_path, rows)
    rehearsed = bring(county, path, act=False)
    assert [(each.code, each.chosen) for each in rehearsed.decisions] == [("990001001077", f"recode:{A}")]
    outcome = bring(county, path)
    assert (outcome.new, outcome.same) == (0, 4)
    after = units(county)
    assert after["990001001077"][0] == before[A][0]
    assert after["990001001077001"][0] == before[f"{A}001"][0], "its grids follow"
    assert after["990001001077001"][2] == "990001001077"
    assert after[A][3] is False, "the old code is kept by a unit that never lived"
    assert heirs(county) == {(code, f"990001001077{code[12:]}", 1.0) for code in (A, f"{A}001", f"{A}002")}
    assert county.execute(text("SELECT scope FROM accounts WHERE name = 'clerk'")).scalar_one() == "990001001077"
    assert outcome.import_id is not None
    undo_import(county, OPERATOR, outcome.import_id)
    assert everything(county) == stood


def test_recoded_into_another_town_is_asked(county: Session, tmp_path: Path) -> None:
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001002002": "甲村委会"}
    path = file(tmp_path, rows)
    assert bring(county, path, act=False).undecided == 1
    bring(county, path, {"990001002002": f"recode:{A}"})
    assert units(county)["990001002002"][2] == EAST
    assert units(county)["990001002002002"][2] == "990001002002"


def test_new_in_place_of_recoded_then_the_old_one_is_asked(county: Session, tmp_path: Path) -> None:
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001001077": "甲村委会"}
    path = file(tmp_path, rows)
    outcome = bring(county, path, {"990001001077": "new"}, act=False)
    assert {each.code: each.chosen for each in outcome.decisions} == {"990001001077": "new", A: None}
    outcome = bring(county, path, {"990001001077": "new", A: "retire"}, act=False)
    assert [problem.value[:15] for problem in outcome.problems] == [f"{A}001", f"{A}002"], "grids stand below it"
    with pytest.raises(ImportHasProblems):
        bring(county, path, {"990001001077": "new", A: "retire"})
    assert bring(county, path, {"990001001077": "new", "gone": "keep"}).new == 1
    assert units(county)[A][3] is True


def test_codes_exchanged(county: Session, tmp_path: Path) -> None:
    before = units(county)
    path = file(tmp_path, {**LIST, A: "乙村委会", B: "甲村委会"})
    outcome = bring(county, path, act=False)
    assert {each.code for each in outcome.decisions} == {A, B}
    outcome = bring(county, path, {A: f"recode:{B}", B: f"recode:{A}"})
    after = units(county)
    assert (after[A][0], after[B][0]) == (before[B][0], before[A][0])
    assert after[f"{A}001"][0] == before[f"{B}001"][0]
    assert heirs(county) == set(), "both codes are in use"
    assert outcome.import_id is not None
    undo_import(county, OPERATOR, outcome.import_id)
    assert units(county) == before


def test_merged_into_one_with_outline_grids_and_undo(county: Session, tmp_path: Path) -> None:
    stood, before = everything(county), units(county)
    rows = {COUNTY: "云河县", WEST: "西镇", EAST: "东镇", "990001001009": "甲乙村委会"}
    path = file(tmp_path, rows)
    decisions = {"990001001009": f"merge:{A},{B}"}
    outcome = bring(county, path, decisions)
    after = units(county)
    assert after["990001001009"][0] == before[A][0], "the first goes on"
    assert after[B][3] is False
    assert after[B][0] == before[B][0]
    grids = {code: row[0] for code, row in after.items() if code.startswith("990001001009") and len(code) == 15}
    assert grids == {
        "990001001009001": before[f"{A}001"][0],
        "990001001009002": before[f"{A}002"][0],
        "990001001009003": before[f"{B}001"][0],
        "990001001009004": before[f"{B}002"][0],
    }, "numbers that are taken give way to the next free ones"
    assert (B, "990001001009", 1.0) in heirs(county)
    shape = county.execute(
        text(
            "SELECT ST_AsBinary(b.geom) FROM boundaries b JOIN units u ON u.id = b.unit_id"
            " WHERE u.code = '990001001009' AND b.valid @> CAST(:day AS date)"
        ),
        {"day": small_county.TODAY},
    ).scalar_one()
    assert shapely.from_wkb(bytes(shape)).equals(small_county.square(0, 0, 4000)), "one outline of both"
    organisations = county.execute(
        text("SELECT count(*) FROM organisations o JOIN units u ON u.id = o.unit_id WHERE u.code = '990001001009'")
    ).scalar_one()
    assert organisations == 2
    assert outcome.import_id is not None
    undo_import(county, OPERATOR, outcome.import_id)
    assert everything(county) == stood


def test_gone_goes_into_one_that_stays(county: Session, tmp_path: Path) -> None:
    rows = {code: name for code, name in LIST.items() if code != B}
    path = file(tmp_path, rows)
    with pytest.raises(CodesUndecided):
        bring(county, path)
    bring(county, path, {B: f"into:{A}"})
    assert units(county)[f"{A}003"][3] is True
    assert (B, A, 1.0) in heirs(county)


@pytest.mark.parametrize(
    ("code", "word"),
    [(B, "into:990001001999"), (B, "explode"), (B, f"recode:{A}"), ("990001009009", "keep"), (B, "into:")],
)
def test_words_that_are_none_are_refused(county: Session, tmp_path: Path, code: str, word: str) -> None:
    rows = {each: name for each, name in LIST.items() if each != B}
    with pytest.raises(BadInput, match=code):
        bring(county, file(tmp_path, rows), {code: word}, act=False)


def test_an_open_plan_stands_in_the_way(county: Session, tmp_path: Path) -> None:
    county.execute(
        text(
            "INSERT INTO plans (title, scope_code, state, author, base_on, base_boundaries, effective_on)"
            " VALUES ('draft', :scope, 'draft', 'x', '2026-01-01', '{}', '2026-12-01')"
        ),
        {"scope": WEST},
    )
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001001077": "甲村委会"}
    outcome = bring(county, file(tmp_path, rows), act=False)
    assert ["draft" in str(problem.expected) for problem in outcome.problems] == [True]


def test_points_of_a_list_tell_places_apart(county: Session, tmp_path: Path) -> None:
    """The middle of the community's outline, in degrees: near is likely, and the distance is told."""
    spot = county.execute(
        text(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(500950, 3590500), 4549), 4326) p) s"
        )
    ).one()
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001001077": "青龙谷村委会"}
    lon = ["", "", "", "", f"{spot[0]:.7f}"]
    lat = ["", "", "", "", f"{spot[1]:.7f}"]
    source = importing.open_source(file(tmp_path, rows, lon=lon, lat=lat), "boundaries", assume_wgs84=True)
    outcome = importing.rehearse(county, OPERATOR, "boundaries", source)
    assert outcome.problems == ()
    asked = {each.code: each for each in outcome.decisions}
    assert "m apart" in str(asked["990001001077"].choices[0].detail)


# --- a county as it changed -------------------------------------------------------------------------------


@pytest.fixture
def bishan(session: Session, tmp_path: Path) -> Path:
    """Bishan as it stood in 2016 is loaded; the file is the list of today, nationwide as far as we have it."""
    if not REAL.exists():
        pytest.skip("../shared/realdata/cn_codes is not beside the checkout")
    with (REAL / "vonng_2016_500120.csv").open(encoding="utf-8") as old:
        bring(session, file(tmp_path, {row[0]: row[2] for row in csv.reader(old)}))
    rows: dict[str, str] = {}
    for name in ("provinces", "cities", "areas", "streets_3_counties", "villages_3_counties"):
        with (REAL / f"{name}.csv").open(encoding="utf-8") as new:
            rows |= {row["code"]: row["name"] for row in csv.DictReader(new)}
    return file(tmp_path, rows)


def test_bishan_from_2016_to_today(session: Session, bishan: Path) -> None:
    outcome = bring(session, bishan, act=False)
    assert outcome.problems == ()
    assert outcome.elsewhere > 3_000
    asked = {each.code: each.chosen for each in outcome.decisions}
    # seven names that really changed, four villages that became communities
    assert len(asked) == 7 + 4
    assert sum(word is None for word in asked.values()) == 2 + 4
    decisions = {each.code: each.chosen or each.choices[0].value for each in outcome.decisions}
    done = bring(session, bishan, decisions)
    assert (done.new, done.gone) == (7, 0)
    names = {code: row[1] for code, row in units(session).items() if row[3]}
    with (REAL / "villages_3_counties.csv").open(encoding="utf-8") as new:
        today = {row["code"]: row["name"] for row in csv.DictReader(new) if row["areaCode"] == "500120"}
    assert {code: name for code, name in names.items() if not code.endswith("000")} == today
    again = bring(session, bishan, act=False)
    assert (again.new, again.changed, again.decisions) == (0, 0, ())
    assert done.import_id is not None
    undo_import(session, OPERATOR, done.import_id)
    assert sum(row[3] for row in units(session).values()) == 1 + 15 + 187


# --- through the upload page ------------------------------------------------------------------------------


def test_an_upload_asks_and_waits_for_every_decision(county: Session, tmp_path: Path) -> None:
    rows = {**{code: name for code, name in LIST.items() if code != B}, A: "青龙谷村委会", "980001000000": "别县"}
    content = file(tmp_path, rows).read_bytes()

    def look() -> uploads.Upload:
        uploads.read_and_rehearse(county, OPERATOR, number, lambda *_: None)
        return uploads.upload(county, OPERATOR, number)

    number = uploads.receive(county, OPERATOR, "boundaries", "名单.csv", io.BytesIO(content))
    found = look()
    assert found.error is None
    assert {each.code: each.chosen for each in found.decisions} == {A: None, B: None}
    assert (found.counts["elsewhere"], found.counts["undecided"]) == (1, 2)
    with pytest.raises(CodesUndecided):
        uploads.commit_upload(county, OPERATOR, number)
    uploads.answer(county, OPERATOR, number, uploads.Answers(decisions={A: "rename"}))
    assert {each.code: each.chosen for each in look().decisions} == {A: "rename", B: None}
    uploads.answer(county, OPERATOR, number, uploads.Answers(decisions={B: "keep"}))
    assert look().counts["undecided"] == 0
    assert uploads.commit_upload(county, OPERATOR, number)
    assert units(county)[A][1] == "青龙谷村委会"
    assert units(county)[B][3] is True


def test_words_of_decisions_are_translated(county: Session, tmp_path: Path) -> None:
    rows = {**{code: name for code, name in LIST.items() if code != A}, "990001001077": "甲村委会"}
    outcome = bring(county, file(tmp_path, rows), act=False)
    for decision in outcome.decisions:
        for words in (decision.text, *(choice.label for choice in decision.choices)):
            assert say(words, "zh_Hans") != str(words)
