"""Exports of the demo county out of the database: whole, in scope, and refused outside it."""

from __future__ import annotations

import io

import openpyxl
import pytest

from gridmap.domain.permissions import Actor
from gridmap.errors import LensUnknown, NotFound, OutsideScope, PermissionMissing
from gridmap.services import coverage, exporting
from gridmap.services.exporting.collect import collect
from gridmap.store.database import Session

COUNTY, TOWN = "990001000000", "990001001000"


@pytest.fixture
def run_id(demo_session: Session, inspector: Actor) -> int:
    latest = coverage.latest_run(demo_session, inspector)
    assert latest is not None
    return latest.run_id


def test_dossier_of_the_county(demo_session: Session, inspector: Actor, run_id: int) -> None:
    dossier = collect(demo_session, inspector, run_id, COUNTY, None, "zh_Hans")
    assert len(dossier.grids) == 908
    assert len(dossier.below) == 14
    assert dossier.figures.findings == len(dossier.findings) == sum(lens.count for lens in dossier.lenses)
    assert dossier.figures.index == pytest.approx(1 - dossier.figures.touched / dossier.figures.households)
    assert [finding.number for finding in dossier.findings] == list(range(1, len(dossier.findings) + 1))
    assert all(unit.name != unit.code for finding in dossier.findings for unit in finding.units)
    assert not [f.why for f in dossier.findings if " the " in f.why or " has " in f.why]
    assert set(dossier.outlines) == {"county", "town", "community"}


def test_every_kind_is_made(demo_session: Session, inspector: Actor, run_id: int) -> None:
    for kind in exporting.FORMATS:
        name, media_type, content = exporting.export(demo_session, inspector, kind, run_id, COUNTY)
        assert name.startswith("云河县")
        assert media_type
        assert 5_000 < len(content) < 5_000_000


def test_one_lens_of_one_town(demo_session: Session, planner: Actor, run_id: int) -> None:
    made = exporting.export(demo_session, planner, "excel", run_id, TOWN, "unstaffed_grid", "en")
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    codes = [row[5].value for row in book.worksheets[1].iter_rows(min_row=2) if row[5].value]
    assert all(str(code).startswith(TOWN[:9]) for code in codes)
    units = [row[0].value for row in book.worksheets[2].iter_rows(min_row=2)]
    assert units
    assert all(str(code).startswith(TOWN[:9]) for code in units)


def test_scope_and_rights_hold(
    demo_session: Session, planner: Actor, worker: Actor, inspector: Actor, run_id: int
) -> None:
    with pytest.raises(OutsideScope):
        exporting.export(demo_session, planner, "excel", run_id, COUNTY)
    with pytest.raises(PermissionMissing):
        exporting.export(demo_session, worker, "excel", run_id, worker.scope)
    with pytest.raises(NotFound):
        exporting.export(demo_session, inspector, "excel", 10**9, COUNTY)
    with pytest.raises(NotFound):
        exporting.export(demo_session, inspector, "docx", run_id, COUNTY)
    with pytest.raises(LensUnknown):
        exporting.export(demo_session, inspector, "excel", run_id, COUNTY, "no_such_lens")
