"""Imports into a real PostGIS: from an empty database to a county that a coverage run can look at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, ColumnMissing, ImportHasProblems, PermissionMissing
from gridmap.services import importing, units
from gridmap.services.importing import Rehearsal
from gridmap.store.database import Session
from gridmap.store.queries.coverage_inputs import coverage_inputs
from tests.factories import square

COUNTY, TOWN, COMMUNITY = "990001000000", "990001001000", "990001001001"
GRIDS = [f"{COMMUNITY}{number:03d}" for number in (1, 2, 3, 4)]
OPERATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope="")


def write(folder: Path, name: str, rows: list[dict[str, object]], shapes: list[object] | None = None) -> Path:
    """A CSV, or with shapes a GeoPackage in degrees."""
    if shapes is None:
        path = folder / f"{name}.csv"
        pd.DataFrame(rows).to_csv(path, index=False, encoding="gb18030")
        return path
    path = folder / f"{name}.gpkg"
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4549).to_file(path)
    return path


def bring(session: Session, layer: str, path: Path, *, act: bool = True, **given: object) -> Rehearsal:
    source = importing.open_source(path, layer, assume_wgs84=True)
    verb = importing.commit if act else importing.rehearse
    return verb(session, OPERATOR, layer, source, **given)  # type: ignore[arg-type]


@pytest.fixture
def county(session: Session, tmp_path: Path) -> Session:
    """County, town, community and a block of two by two grids, imported one after another."""
    whole = square(0, 0, 2000)
    for code, name, level in (
        (COUNTY, "云河县", "county"),
        (TOWN, "城关镇", "town"),
        (COMMUNITY, "东门社区", "community"),
    ):
        path = write(tmp_path, level, [{"编码": code, "名称": name}], [whole])
        bring(session, "boundaries", path, level=level)
    rows = [{"网格编码": code, "网格名称": f"第{at}网格", "城镇": "是"} for at, code in enumerate(GRIDS)]
    path = write(tmp_path, "grids", rows, [square(1000 * (at % 2), 1000 * (at // 2)) for at in range(4)])
    outcome = bring(session, "boundaries", path, level="grid")
    assert (outcome.new, outcome.changed, outcome.same, outcome.problems) == (4, 0, 0, ())
    return session


def count(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_from_nothing_to_a_coverage_run(county: Session, tmp_path: Path) -> None:
    day = units.today(county)
    organisations = [
        {"组织编码": "D1", "组织名称": "县委", "所属单元": COUNTY, "上级组织": ""},
        {"组织编码": "D2", "组织名称": "镇党委", "所属单元": TOWN, "上级组织": "D1"},
    ]
    bring(county, "organisations", write(tmp_path, "organisations", organisations))
    compounds = [{"code": f"{COMMUNITY}C001", "name": "翠园"}, {"code": f"{COMMUNITY}Y001", "name": "老院"}]
    bring(county, "compounds", write(tmp_path, "compounds", compounds, [square(100, 100, 300), square(500, 500, 90)]))
    members = [
        {"党员编号": "M1", "组织编码": "D2", "类别": "在职", "专长": "医疗、法律", "报到小区": f"{COMMUNITY}C001"},
        {"党员编号": "M2", "组织编码": "D2", "类别": "流动", "专长": "", "报到小区": ""},
    ]
    bring(county, "members", write(tmp_path, "members", members))
    workers = [
        {"工号": "W1", "网格编码": GRIDS[0], "角色": "网格员", "任职日期": "2025年3月1日"},
        {"工号": "W2", "网格编码": GRIDS[0], "角色": "网格长", "任职日期": ""},
    ]
    bring(county, "workers", write(tmp_path, "workers", workers))
    posts = [{"岗位编码": "P1", "岗位名称": "义诊", "所属单元": GRIDS[0], "专长": "医疗", "在岗党员": "M1"}]
    bring(county, "posts", write(tmp_path, "posts", posts))
    places = [{"code": "S1", "name": "阵地", "unit": COMMUNITY}]
    bring(county, "service-points", write(tmp_path, "points", places, [square(0, 0).centroid]))
    households = [{"编号": f"H{at}", "户数": "1,200" if at else "35"} for at in range(2)]
    bring(county, "households", write(tmp_path, "households", households, [square(0, 0).centroid] * 2))
    cases = [
        {"编号": "A1", "类别": "噪音", "上报时间": f"{day} 09:30", "状态": "处理中"},
        {"编号": "A2", "类别": "噪音", "上报时间": f"{day} 10:00", "状态": "已办结"},
    ]
    for row in cases:
        row["办结时间"] = f"{day} 11:00" if row["状态"] == "已办结" else ""
    shared = shapely.Point(square(0, 0).bounds[2], square(0, 0).bounds[3])
    bring(county, "cases", write(tmp_path, "cases", cases, [square(1000, 0).centroid, shared]))
    bring(county, "meetings", write(tmp_path, "meetings", [{"院坝": f"{COMMUNITY}Y001", "日期": "2026/10/1"}]))

    found = coverage_inputs(county, day)
    assert len(found.units) == 9
    assert found.units.geometry.notna().sum() == 9
    assert found.workers["role"].tolist() == ["head", "worker"]
    assert found.organisations["parent_id"].notna().tolist() == [False, True]
    assert [sorted(skills) for skills in found.members["skills"]] == [["医疗", "法律"], []]
    assert found.posts["holders"].tolist() == [1]
    assert found.households["households"].tolist() == [35, 1200]
    assert found.cases.sort_values("case_id")["unit"].tolist() == [GRIDS[1], GRIDS[0]], "a shared corner: smallest code"
    assert len(found.meetings) == 1
    assert len(found.service_points) == 1


@pytest.mark.parametrize("layer", ["boundaries", "workers", "organisations", "households", "posts"])
def test_the_same_file_again_changes_nothing(county: Session, tmp_path: Path, layer: str) -> None:
    bring(county, "organisations", write(tmp_path, "o", [{"code": "D1", "name": "县委", "unit": COUNTY}]))
    bring(county, "members", write(tmp_path, "m", [{"label": "M1", "organisation": "D1", "kind": "local"}]))
    rows: dict[str, tuple[list[dict[str, object]], list[object] | None]] = {
        "boundaries": ([{"code": GRIDS[0], "name": "一"}], [square(0, 0, 900)]),
        "workers": ([{"label": "W1", "unit": GRIDS[0], "role": "head"}], None),
        "organisations": ([{"code": "D2", "name": "镇党委", "unit": TOWN, "parent": "D1"}], None),
        "households": ([{"code": "H1", "households": 7}], [square(0, 0).centroid]),
        "posts": ([{"code": "P", "name": "n", "unit": TOWN, "skill": "法律", "holders": "M1"}], None),
    }
    given, shapes = rows[layer]
    path = write(tmp_path, "again", given, shapes)
    bring(county, layer, path)
    before = {table: count(county, table) for table in ("audit", "imports", "boundaries", "editions", "assignments")}
    again = bring(county, layer, path)
    assert (again.new, again.changed, again.same) == (0, 0, 1)
    assert before == {table: count(county, table) for table in before}


def test_rehearsal_writes_nothing(session: Session, tmp_path: Path) -> None:
    path = write(tmp_path, "county", [{"code": COUNTY, "name": "云河县"}], [square(0, 0)])
    outcome = bring(session, "boundaries", path, act=False, level="county")
    assert outcome.new == 1
    assert not outcome.committed
    assert count(session, "units") == count(session, "audit") == 0


def test_a_redrawn_boundary_opens_a_new_one(county: Session, tmp_path: Path) -> None:
    county.execute(text("UPDATE boundaries SET valid = daterange('2025-01-01', NULL)"))
    path = write(tmp_path, "new", [{"code": GRIDS[0], "name": "第0网格"}], [square(0, 0, 900)])
    outcome = bring(county, "boundaries", path, level="grid")
    assert outcome.changed == 1
    periods = county.execute(
        text("SELECT lower(b.valid), upper(b.valid), round(ST_Area(geom)) FROM boundaries b"
             " JOIN units u ON u.id = b.unit_id WHERE u.code = :code ORDER BY 1"), {"code": GRIDS[0]}
    ).all()  # fmt: skip
    today = units.today(county)
    assert [tuple(row) for row in periods] == [(date(2025, 1, 1), today, 1_000_000), (today, None, 810_000)]


def test_problems_are_told_by_row_and_nothing_is_written(county: Session, tmp_path: Path) -> None:
    rows = [
        {"label": "W1", "unit": GRIDS[0], "role": "head"},
        {"label": "W2", "unit": GRIDS[0], "role": "head"},
        {"label": "W3", "unit": "990001001001099", "role": "worker"},
        {"label": "", "unit": GRIDS[1], "role": "worker"},
        {"label": "W5", "unit": TOWN, "role": "worker"},
        {"label": "W6", "unit": "12", "role": "chief"},
        {"label": "W1", "unit": GRIDS[0], "role": "head"},
    ]
    path = write(tmp_path, "workers", rows)
    outcome = bring(county, "workers", path, act=False)
    assert [(problem.row, problem.column) for problem in outcome.problems] == [
        (2, "unit"), (3, "unit"), (4, "label"), (5, "unit"), (6, "unit"), (6, "role"), (7, "label"),
    ]  # fmt: skip
    assert "W1" in str(outcome.problems[0].expected)
    assert outcome.problems[5].value == "chief"
    with pytest.raises(ImportHasProblems, match="7 problems"):
        bring(county, "workers", path)
    assert count(county, "workers") == 0


def test_bad_rings_are_refused_or_repaired_where_the_area_stays(county: Session, tmp_path: Path) -> None:
    x, y = square(0, 0).bounds[:2]
    bow_tie = shapely.Polygon([(x, y), (x + 900, y + 900), (x + 900, y), (x, y + 900)])
    # one ring that touches itself at a point: a hole drawn as part of the outline
    pinched = shapely.Polygon(
        [(x, y), (x + 900, y), (x + 900, y + 900), (x, y + 900), (x, y), (x + 100, y + 300), (x + 300, y + 100), (x, y)]
    )
    rows = [{"code": GRIDS[0], "name": "a"}, {"code": GRIDS[1], "name": "b"}, {"code": GRIDS[2], "name": "c"}]
    outcome = bring(
        county, "boundaries", write(tmp_path, "bad", rows, [bow_tie, pinched, square(0, 1000, 800)]), act=False
    )
    # half of the bow tie's area is in doubt, so its repair is a question that stops the commit; a pinch is not
    found = [(problem.row, problem.repaired, problem.question) for problem in outcome.problems]
    assert found == [(1, False, True), (2, True, False)]
    assert outcome.changed == 3
    assert outcome.refused == 1


def test_levels_and_parents_are_checked(county: Session, tmp_path: Path) -> None:
    rows = [{"code": code, "name": "x"} for code in ("990001009001001", TOWN, "980001000000")]
    shapes: list[object] = [square(0, 0), square(0, 0), square(0, 0)]
    outcome = bring(county, "boundaries", write(tmp_path, "odd", rows, shapes), act=False)
    assert [problem.row for problem in outcome.problems] == [1, 3]
    assert "990001009001" in str(outcome.problems[0].expected)
    outcome = bring(county, "boundaries", write(tmp_path, "odd", rows, shapes), act=False, level="grid")
    assert [problem.row for problem in outcome.problems] == [1, 2, 3]


def test_columns_can_be_named_and_missing_ones_are_told(county: Session, tmp_path: Path) -> None:
    path = write(tmp_path, "h", [{"Schlüssel": "H1", "n": "12"}], [square(0, 0).centroid])
    with pytest.raises(ColumnMissing, match="code"):
        bring(county, "households", path, act=False)
    given = {"Schlüssel": "code", "n": "households"}
    assert bring(county, "households", path, act=False, given=given).new == 1
    with pytest.raises(BadInput, match="no field 'wealth'"):
        bring(county, "households", path, act=False, given={"n": "wealth"})


def test_scope_and_role_are_enforced(county: Session, tmp_path: Path, inspector: Actor, planner: Actor) -> None:
    path = write(tmp_path, "w", [{"label": "W", "unit": GRIDS[0]}])
    source = importing.open_source(path, "workers")
    with pytest.raises(PermissionMissing):
        importing.rehearse(county, inspector, "workers", source)
    elsewhere = Actor(account_id=None, name="x", role=Role.PLANNER, scope="990001002000")
    assert importing.rehearse(county, elsewhere, "workers", source).refused == 1
    assert importing.rehearse(county, planner, "workers", source).refused == 0


def test_hostile_words_are_stored_as_they_are(county: Session, tmp_path: Path) -> None:
    name = "{{ 7*7 }}'; DROP TABLE units; --</script>\u202e=1+1"
    bring(county, "organisations", write(tmp_path, "o", [{"code": "X'", "name": name, "unit": COUNTY}]))
    assert county.execute(text("SELECT name FROM organisations")).scalars().all() == [name]
