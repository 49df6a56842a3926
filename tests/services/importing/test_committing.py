"""Committing under trouble: a failure half way, two at once, outlines that become a plan, and taking it all back."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.imports import UploadState
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import GridmapError, ImportStale, ImportStandsUnder
from gridmap.services import plans, units
from gridmap.services.importing import uploads
from gridmap.settings import settings
from gridmap.store.database import Database, Session

COMMUNITY = "990001001001"
ADMINISTRATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope="990001000000")
#: Tables that imports write, and those of plans.
TABLES = ("units", "editions", "boundaries", "workers", "assignments", "plans", "plan_operations", "imports")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def grids(session: Session) -> gpd.GeoDataFrame:
    return units.boundaries(session, ADMINISTRATOR, "grid", scope=COMMUNITY, as_of=units.today(session))


def with_a_notch(session: Session, *, rename: bool = False) -> bytes:
    """The grids of a community as a redraw would give them: the first cedes a strip to a neighbour."""
    rows = grids(session)[["code", "name", "geometry"]].reset_index(drop=True)
    first, other = rows.geometry[0], None
    for at in range(1, len(rows)):
        shared = first.intersection(rows.geometry[at])
        if shared.length > 20:
            strip = shared.buffer(6, cap_style="flat").intersection(first)
            other = at
            break
    assert other is not None
    rows.loc[0, "geometry"] = first.difference(strip)
    rows.loc[other, "geometry"] = shapely.union(rows.geometry[other], strip)
    if rename:
        rows.loc[0, "name"] = "新名字的网格"
    return rows.to_crs(4490).to_json().encode()


def renamed(session: Session) -> bytes:
    rows = grids(session)[["code", "name"]]
    lines = [f"{code},{name}（改）" for code, name in zip(rows["code"], rows["name"], strict=True)]
    return "\n".join(["代码,名称", *lines, ""]).encode()


def sent(session: Session, data: bytes, name: str) -> int:
    number = uploads.receive(session, ADMINISTRATOR, "boundaries", name, BytesIO(data))
    uploads.read_and_rehearse(session, ADMINISTRATOR, number, lambda *_: None)
    shown = uploads.upload(session, ADMINISTRATOR, number)
    assert shown.state is UploadState.READY, (shown.error, shown.question)
    return number


def stand(session: Session, *tables: str) -> dict[str, list[str]]:
    """Every row of the tables, to the last digit."""
    return {
        table: sorted(session.execute(text(f"SELECT md5(t::text) FROM {table} t")).scalars())
        for table in tables or TABLES
    }


def test_a_failure_half_way_leaves_neither_rows_nor_a_plan(
    demo_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sent(demo_session, with_a_notch(demo_session), "2027年网格.geojson")
    before = stand(demo_session)

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="disk is full"):
        patched.setattr("gridmap.services.importing.run.accounts.record", broken)
        uploads.commit_upload(demo_session, ADMINISTRATOR, number)
    assert stand(demo_session) == before
    assert uploads.upload(demo_session, ADMINISTRATOR, number).state is UploadState.READY
    assert uploads.commit_upload(demo_session, ADMINISTRATOR, number) > 0, "it can be tried again"


def test_new_outlines_become_a_plan_that_goes_with_its_import(demo_session: Session) -> None:
    before = stand(demo_session, "units", "editions", "boundaries")
    number = sent(demo_session, with_a_notch(demo_session), "2027年网格.geojson")
    shown = uploads.upload(demo_session, ADMINISTRATOR, number)
    assert (shown.counts["new"], shown.counts["changed"]) == (0, 2)
    done = uploads.commit_upload(demo_session, ADMINISTRATOR, number)
    plan_id = uploads.upload(demo_session, ADMINISTRATOR, number).plan_id
    assert plan_id is not None
    assert stand(demo_session, "units", "editions", "boundaries") == before, "what stands is never overwritten"
    line = uploads.imports(demo_session, ADMINISTRATOR)[0]
    assert (line.id, line.sha256, line.detail["plan"], line.actor) == (done, shown.sha256, plan_id, "test")
    assert plans.plan(demo_session, ADMINISTRATOR, plan_id).row.state == "draft"
    counts = uploads.undo_import(demo_session, ADMINISTRATOR, done)
    assert (counts["plans"], counts["removed"]) == (1, 0)
    assert plans.plan(demo_session, ADMINISTRATOR, plan_id).row.state == "withdrawn"


def test_an_adopted_plan_keeps_its_import(demo_session: Session) -> None:
    number = sent(demo_session, with_a_notch(demo_session), "2027年网格.geojson")
    done = uploads.commit_upload(demo_session, ADMINISTRATOR, number)
    plan_id = uploads.upload(demo_session, ADMINISTRATOR, number).plan_id
    statement = "UPDATE plans SET state = 'adopted', edition_id = (SELECT max(id) FROM editions) WHERE id = :id"
    demo_session.execute(text(statement), {"id": plan_id})
    with pytest.raises(ImportStandsUnder, match="was adopted"):
        uploads.undo_import(demo_session, ADMINISTRATOR, done)


def test_what_an_import_changed_comes_back_to_the_last_digit(demo_session: Session) -> None:
    before = stand(demo_session, "units", "editions", "boundaries")
    number = sent(demo_session, renamed(demo_session), "改名.csv")
    done = uploads.commit_upload(demo_session, ADMINISTRATOR, number)
    assert stand(demo_session, "units")["units"] != before["units"]
    counts = uploads.undo_import(demo_session, ADMINISTRATOR, done)
    assert counts["changed_back"] == len(grids(demo_session))
    assert stand(demo_session, "units", "editions", "boundaries") == before


def test_two_people_commit_the_same_file_at_once(own_demo_database: Database) -> None:
    """Both rehearsed the same change; one writes it, the other hears that the ground moved."""
    with own_demo_database.session() as session:
        numbers = [sent(session, renamed(session), f"改名{at}.csv") for at in (1, 2)]
    meet, ends = threading.Barrier(2), []

    def go(number: int) -> None:
        with own_demo_database.session() as session:
            meet.wait(30)
            try:
                ends.append(uploads.commit_upload(session, ADMINISTRATOR, number))
            except GridmapError as error:
                ends.append(error)

    threads = [threading.Thread(target=go, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(isinstance(end, ImportStale) for end in ends) == [False, True], ends
    with own_demo_database.session() as session:
        assert sum(line.file_name.startswith("改名") for line in uploads.imports(session, ADMINISTRATOR)) == 1
        names = grids(session)["name"]
    assert names.str.endswith("（改）").all()
    assert not names.str.contains("（改）（改）").any()
