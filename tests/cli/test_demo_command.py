"""``gridmap demo``: one JSON document, or a table; the second call uses what stands."""

from __future__ import annotations

import json
import time

from click.testing import CliRunner

from gridmap import resources
from gridmap.cli.demo import command
from gridmap.domain.permissions import Role
from gridmap.geometry.lenses.registry import LENSES


def truth():
    """Lens → how many findings it must have."""
    planted = json.loads((resources.folder("geodata") / "demo" / "truth.json").read_text(encoding="utf-8"))
    return {name: len(rows) for name, rows in planted["lenses"].items()}


def test_json_is_one_document_and_nothing_else(own_demo_database, settings_of):
    settings_of(own_demo_database)
    began = time.perf_counter()
    result = CliRunner().invoke(command, ["--no-serve", "--json", "--port", "8104"])
    assert result.exit_code == 0, result.stderr
    assert time.perf_counter() - began < 10
    document = json.loads(result.stdout)
    assert document["county"] == {"code": "990001000000", "name": "云河县"}
    assert document["as_of"] == "2026-11-01"
    assert document["totals"]["towns"] == 14
    assert document["totals"]["communities"] == 330
    assert document["totals"]["grids"] == 908
    assert document["totals"]["compounds"] == 1000
    assert document["totals"]["members"] == 7000
    assert document["totals"]["cases"] == 60_000
    assert document["totals"]["households"] > 370_000
    assert [lens["name"] for lens in document["lenses"]] == list(LENSES)
    assert {lens["name"]: lens["findings"] for lens in document["lenses"]} == truth()
    assert sum(lens["new"] for lens in document["lenses"]) > 10
    assert sum(lens["cured"] for lens in document["lenses"]) > 10
    assert 0.9 < document["index"] < 1
    assert document["url"] == "http://127.0.0.1:8104"
    assert {one["role"] for one in document["accounts"]} == {role.value for role in Role}
    assert all(len(one["password"]) == 14 for one in document["accounts"])


def test_people_get_a_table_and_sign_ins(own_demo_database, settings_of):
    settings_of(own_demo_database)
    result = CliRunner().invoke(command, ["--no-serve"])
    assert result.exit_code == 0, result.stderr
    assert "云河县" in result.stdout
    assert "demo, invented" in result.stdout
    for role in (role.value for role in Role):
        assert f"{role}@yunhe.example" in result.stdout
    assert "http://127.0.0.1:8000" in result.stdout


def test_a_wrong_port_is_a_usage_error():
    result = CliRunner().invoke(command, ["--port", "0"])
    assert result.exit_code == 2
    assert "--port" in result.stderr
