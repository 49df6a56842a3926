"""``gridmap import boundaries`` with a list of codes: asked, decided by options, written whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gridmap.cli import gridmap
from gridmap.errors import BadInput
from gridmap.store.database import Database

HEAD = "代码,名称\n990001,云河县\n990001001,东镇\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(gridmap, ["import", "boundaries", *map(str, words)])


def test_a_new_year_of_codes(database: Database, settings_of: Any, tmp_path: Path) -> None:
    settings_of(database)
    old, new = tmp_path / "2016.csv", tmp_path / "2026.csv"
    old.write_text(HEAD + "990001001001,甲村委会\n990001001002,乙村委会\n", encoding="gb18030")
    new.write_text(HEAD + "990001001001,青龙谷村委会\n980001,别县\n", encoding="gb18030")
    assert run(old, "--commit").exit_code == 0
    asked = run(new, "--commit")
    assert asked.exit_code == 1
    assert "1 rows of other counties were left out" in asked.stdout
    assert "--decide 990001001001=rename" in asked.stdout
    assert "2 codes are still to be decided" in asked.stdout
    decided = ("--decide", "990001001001=rename", "--decide", "gone=retire")
    rehearsed = json.loads(run(new, *decided, "--json").stdout)
    assert [each["chosen"] for each in rehearsed["decisions"]] == ["rename", "retire"]
    done = run(new, *decided, "--commit")
    assert (done.exit_code, "Done." in done.stdout) == (0, True)
    again = json.loads(run(new, "--json").stdout)
    assert (again["changed"], again["same"], again["decisions"], again["elsewhere"]) == (0, 3, [], 1)


def test_words_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(HEAD, encoding="utf-8")
    result = CliRunner().invoke(gridmap, ["import", "boundaries", str(path), "--decide", "keep"], standalone_mode=False)
    assert isinstance(result.exception, BadInput)
    with pytest.raises(BadInput, match="CODE=WORD"):
        raise result.exception
