"""The frame of the house: errors, messages, settings, shipped folders, the command, and what importing drags in."""

from __future__ import annotations

import importlib
import inspect
import string
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gridmap import errors, resources
from gridmap.cli import COMMANDS, gridmap
from gridmap.domain.messages import Message
from gridmap.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[1]


def test_messages_fill_in_values_without_interpreting_them() -> None:
    hostile = "{0.__class__} {{ 7*7 }} </script>"
    assert str(Message("Grid {name} is unstaffed.", {"name": hostile})) == f"Grid {hostile} is unstaffed."


def test_every_error_fills_its_own_sentence() -> None:
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        blanks = [blank for _, blank, _, _ in string.Formatter().parse(kind.sentence) if blank]
        error = kind(**dict.fromkeys(blanks, 1.0))
        assert "{" not in str(error), kind
        assert error.code == kind.__name__
        assert error.exit_code in (1, 2)


def test_bad_input_ends_with_exit_code_two_and_refusals_with_one() -> None:
    assert errors.CrsMissing.exit_code == errors.LensUnknown.exit_code == 2
    assert errors.OutsideScope.exit_code == errors.ImportHasProblems.exit_code == 1


def test_every_setting_has_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description and field.description.endswith("."), name


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_PORT", "8123")
    assert Settings().port == 8123
    monkeypatch.setenv("GRIDMAP_SRID", "3857")
    with pytest.raises(ValueError, match="srid"):
        Settings()


def test_shipped_folders_are_found_and_missing_ones_named() -> None:
    assert (resources.folder("templates") / "base.html").is_file()
    with pytest.raises(errors.Unavailable, match="no-such-folder"):
        resources.folder("no-such-folder")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(gridmap, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage: gridmap" in result.output
    assert importlib.import_module(f"gridmap.cli.{COMMANDS[name]}").command.help


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("gridmap", ["numpy", "click"]),
        ("gridmap.cli", ["numpy", "sqlalchemy", "flask"]),
        ("gridmap.domain.permissions", ["numpy", "shapely", "pydantic"]),
        ("gridmap.geometry.coverage", ["flask", "sqlalchemy", "folium", "geoalchemy2", "psycopg"]),
        ("gridmap.geometry.topology", ["flask", "sqlalchemy", "folium", "geoalchemy2", "psycopg"]),
    ],
)
def test_importing_drags_in_nothing_unwanted(module: str, unwanted: list[str]) -> None:
    program = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_readme_names_only_commands_that_stand() -> None:
    for page in ("README.md", "README.zh-CN.md", "docs/operations.md"):
        text = (CHECKOUT / page).read_text(encoding="utf-8")
        code = "".join(text.split("```")[1::2])
        named = {line.split()[1] for line in code.splitlines() if line.startswith("gridmap ")}
        assert named <= set(COMMANDS), page
    for folder in ("docs/operations.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        assert (CHECKOUT / folder).is_file()
