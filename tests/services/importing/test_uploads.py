"""Uploads from receiving to committing: states, whose they are, what became stale, and nothing written by halves."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.imports import Answers, UploadState
from gridmap.domain.permissions import Actor, Role
from gridmap.errors import BadInput, ImportHasProblems, ImportStale, NotFound, PermissionMissing, Refused
from gridmap.services.importing import uploads
from gridmap.settings import settings
from gridmap.store.database import Session

COUNTY = "990001000000"
CODES = f"代码,名称\n{COUNTY},云河县\n990001001000,东镇\n"
ADMINISTRATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope="")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def sent(session: Session, words: str, layer: str = "boundaries", name: str = "代码.csv") -> int:
    """A file received, read and rehearsed."""
    number = uploads.receive(session, ADMINISTRATOR, layer, name, BytesIO(words.encode()))
    uploads.read_and_rehearse(session, ADMINISTRATOR, number, lambda *_: None)
    return number


def units(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM units")).scalar_one())


def test_two_commits_of_one_rehearsal_the_second_is_stale(session: Session, home: Path) -> None:
    first, second = sent(session, CODES), sent(session, CODES)
    assert uploads.upload(session, ADMINISTRATOR, first).state is UploadState.READY
    assert units(session) == 0
    assert uploads.commit_upload(session, ADMINISTRATOR, first) > 0
    stood = units(session)
    assert stood == 2
    with pytest.raises(ImportStale):
        uploads.commit_upload(session, ADMINISTRATOR, second)
    assert units(session) == stood
    assert uploads.upload(session, ADMINISTRATOR, second).state is UploadState.READY
    with pytest.raises(Refused):
        uploads.commit_upload(session, ADMINISTRATOR, first)
    uploads.discard(session, ADMINISTRATOR, second)
    assert list((home / "uploads").iterdir()) == [], "no file is left behind"


def test_problems_stop_the_commit_and_answers_are_read_anew(session: Session) -> None:
    uploads.commit_upload(session, ADMINISTRATOR, sent(session, CODES))
    words = "编号,单位,角色\nW1,990001001001001,网格员\n"
    number = sent(session, words, "workers")
    assert uploads.upload(session, ADMINISTRATOR, number).state is UploadState.REFUSED
    uploads.answer(session, ADMINISTRATOR, number, Answers(mapping={"编号": "label", "单位": "unit"}))
    assert uploads.upload(session, ADMINISTRATOR, number).state is UploadState.RECEIVED
    uploads.read_and_rehearse(session, ADMINISTRATOR, number, lambda *_: None)
    shown = uploads.upload(session, ADMINISTRATOR, number)
    assert (shown.state, shown.counts["problems"]) == (UploadState.READY, 1)
    with pytest.raises(ImportHasProblems):
        uploads.commit_upload(session, ADMINISTRATOR, number)
    assert session.execute(text("SELECT count(*) FROM workers")).scalar_one() == 0


def test_whose_upload_it_is(session: Session, inspector: Actor, planner: Actor) -> None:
    number = sent(session, CODES)
    with pytest.raises(PermissionMissing):
        uploads.upload(session, inspector, number)
    for verb in (uploads.upload, uploads.commit_upload, uploads.discard, uploads.problems_workbook):
        with pytest.raises(NotFound):
            verb(session, planner, number)
    with pytest.raises(PermissionMissing):
        uploads.receive(session, inspector, "workers", "a.csv", BytesIO(b"a"))


def test_nothing_stays_of_a_file_that_is_not_taken(session: Session, home: Path) -> None:
    with pytest.raises(BadInput):
        uploads.receive(session, ADMINISTRATOR, "workers", "a.csv", BytesIO(b""))
    assert list((home / "uploads").iterdir()) == []
