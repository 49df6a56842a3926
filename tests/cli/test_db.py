"""``gridmap db`` and ``gridmap user`` on an external database: the same code without a cluster of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gridmap.cli import gridmap
from gridmap.errors import FileUnreadable, NotFound, ServerUnavailable
from gridmap.store.database import Database
from tests.factories import make_unit


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(gridmap, list(arguments), catch_exceptions=True)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_status_of_an_external_database(database: Database, settings_of: Any) -> None:
    settings_of(database)
    assert json.loads(run("db", "status", "--json")) == {"kind": "external", "state": "running", "up_to_date": True}
    assert "up to date" in run("db", "upgrade")
    result = CliRunner().invoke(gridmap, ["db", "down"])
    assert isinstance(result.exception, ServerUnavailable)


def test_an_unreachable_database_is_said(monkeypatch: pytest.MonkeyPatch, settings_of: Any, tmp_path: Path) -> None:
    settings_of(type("Named", (), {"url": f"postgresql://x@/x?host={tmp_path}"}))
    assert json.loads(run("db", "status", "--json", code=1))["state"] == "unreachable"
    report = json.loads(run("doctor", "--json", code=1))
    assert [line["verdict"] for line in report].count("bad") >= 1


def test_accounts_by_command(database: Database, settings_of: Any) -> None:
    settings_of(database)
    empty = CliRunner().invoke(gridmap, ["user", "add", "a@b.cn", "--role", "inspector"])
    assert isinstance(empty.exception, NotFound)
    with database.session() as session:
        make_unit(session, "990001001001001", name="网格")
        session.commit()
    assert "password: " in run("user", "add", "a@b.cn", "--role", "inspector")
    run("user", "add", "c@d.cn", "--role", "worker", "--unit", "990001001001001", "--password", "long enough 1")
    run("user", "lock", "c@d.cn")
    rows = {row["email"]: row for row in json.loads(run("user", "list", "--json"))}
    assert rows["a@b.cn"]["scope"] == "990001000000" and rows["a@b.cn"]["active"]
    assert rows["c@d.cn"] == {
        "email": "c@d.cn",
        "name": "c",
        "role": "worker",
        "scope": "990001001001001",
        "active": False,
    }
    assert "open" in run("user", "unlock", "c@d.cn")
    assert "password changed: " in run("user", "passwd", "c@d.cn")


def test_backup_and_restore_bring_everything_back(database: Database, settings_of: Any, tmp_path: Path) -> None:
    settings_of(database)
    file = tmp_path / "county.dump"
    with database.session() as session:
        make_unit(session, "990001001001", name="东门社区")
        session.commit()
    run("db", "backup", str(file))
    with database.session() as session:
        make_unit(session, "990001001002", name="later")
        session.commit()
    run("db", "restore", str(file), "--yes")
    with database.session() as session:
        names = {unit.name for unit in session.query(type(make_unit(session, "990001001001"))).all()}
    assert "东门社区" in names and "later" not in names


def test_restoring_something_else_leaves_the_data_alone(database: Database, settings_of: Any, tmp_path: Path) -> None:
    settings_of(database)
    with database.session() as session:
        make_unit(session, "990001001001", name="东门社区")
        session.commit()
    file = tmp_path / "letter.txt"
    file.write_text("not a dump")
    result = CliRunner().invoke(gridmap, ["db", "restore", str(file), "--yes"])
    assert isinstance(result.exception, FileUnreadable)
    with database.session() as session:
        assert make_unit(session, "990001001001").name == "东门社区"
