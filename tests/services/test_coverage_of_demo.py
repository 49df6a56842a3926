"""The demo county in PostGIS: the same findings as from memory, and what changed between its two runs."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from gridmap import resources
from gridmap.geometry.lenses.registry import LENSES, MUST
from gridmap.services import coverage


@pytest.fixture(scope="module")
def truth():
    path = resources.folder("geodata") / "demo" / "truth.json"
    return json.loads(path.read_text(encoding="utf-8"))["lenses"]


@pytest.mark.slow
def test_the_kept_run_has_exactly_the_planted_findings(demo_session, administrator, truth):
    latest = coverage.latest_run(demo_session, administrator)
    counts = {row.lens: row.count for row in coverage.lens_counts(demo_session, administrator, latest.run_id)}
    assert counts == {lens: len(truth[lens]) for lens in LENSES}
    for lens in set(LENSES) - {"uncovered_ground", "double_cover", "spill", "unmatched_post", "unlocated_case"}:
        rows = coverage.findings(demo_session, administrator, latest.run_id, lens=lens, limit=10_000)
        assert sorted(row.units[0] for row in rows) == sorted(row["units"][0] for row in truth[lens])
    assert latest.figures["ledger_error_m2"] < 2e-3


@pytest.mark.slow
def test_something_is_new_still_there_and_cured(demo_session, administrator):
    latest, before = coverage.runs(demo_session, administrator)[:2]
    assert before.as_of < latest.as_of
    rows = coverage.findings(demo_session, administrator, latest.run_id, compare_to=before.run_id, limit=100_000)
    states = {lens: Counter(row.state for row in rows if row.lens == lens) for lens in ("uncovered_ground", *MUST[2:4])}
    for lens, found in states.items():
        assert set(found) == {"new", "still", "cured"}, lens
    for row in coverage.lens_counts(demo_session, administrator, latest.run_id, compare_to=before.run_id):
        assert row.count == row.new + row.still


@pytest.mark.slow
def test_each_town_sees_its_share_and_the_whole_is_their_sum(demo_session, administrator):
    latest = coverage.latest_run(demo_session, administrator)
    towns = coverage.unit_indexes(demo_session, administrator, latest.run_id, level="town")
    assert len(towns) == 14
    assert sum(row.households for row in towns) == latest.households
    assert sum(row.touched for row in towns) == latest.touched
    shares = coverage.grid_shares(demo_session, administrator, latest.run_id)
    assert len(shares) >= 900
    assert all(0 <= share <= 1 for share in shares.values())


@pytest.mark.slow
def test_the_whole_run_takes_seconds(demo_session, administrator):
    again = coverage.run_coverage(demo_session, administrator)
    assert again.figures["seconds"] < 15  # 3 s on two quiet cores; room for a busy machine
    before = coverage.runs(demo_session, administrator)[1]
    counts = coverage.lens_counts(demo_session, administrator, again.run_id, compare_to=before.run_id)
    assert {row.new + row.cured for row in counts} == {0}  # nothing happened in between
