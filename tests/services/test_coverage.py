"""Coverage runs on real PostGIS: kept, compared, scoped."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.errors import (
    BadInput,
    LensUnknown,
    NotFound,
    OutsideScope,
    ParameterOutOfBounds,
    PermissionMissing,
)
from gridmap.geometry.lenses.registry import LENSES, MUST
from gridmap.jobs import recompute
from gridmap.services import coverage
from tests.small_county import BEFORE, COUNTY, EAST, TODAY, UNITS, WEST, X, Y, build, square


@pytest.fixture
def county(session):
    return build(session)


@pytest.fixture
def town_inspector():
    return Actor(account_id=None, name="town", role=Role.INSPECTOR, scope=WEST)


def redraw(session, ids, code, shape, since):
    """A unit's boundary from a day on."""
    given = {"unit": ids[code], "since": since, "shape": shapely.to_wkb(shape)}
    session.execute(
        text(
            "UPDATE boundaries SET valid = daterange(lower(valid), :since) WHERE unit_id = :unit AND upper_inf(valid)"
        ),
        given,
    )
    session.execute(
        text(
            "INSERT INTO boundaries (unit_id, edition_id, valid, geom) SELECT :unit, max(id), daterange(:since, NULL),"
            " ST_SetSRID(ST_GeomFromWKB(:shape), gridmap_srid()) FROM editions"
        ),
        given,
    )
    session.commit()


def dismiss(session, ids, code, role="worker"):
    session.execute(
        text("DELETE FROM assignments WHERE unit_id = :unit AND role = :role"), {"unit": ids[code], "role": role}
    )
    session.commit()


def counts(session, actor, run_id, unit=None, **given):
    rows = coverage.lens_counts(session, actor, run_id, unit, **given)
    return {row.lens: (row.count, row.new, row.still, row.cured) for row in rows if row.count or row.cured}


# --- computing ------------------------------------------------------------------------------------------------


def test_a_run_is_kept_with_its_findings_and_indexes(session, county, administrator):
    steps = []
    done = coverage.run_coverage(session, administrator, progress=lambda share, step: steps.append((share, str(step))))
    assert (done.state, done.progress, done.as_of, done.unit) == ("done", 1.0, TODAY, COUNTY)
    assert done.lenses == tuple(LENSES)
    assert (done.households, done.touched) == (1210, 10)
    assert done.index == pytest.approx(1 - 10 / 1210)
    assert done.figures["findings"] == 1
    assert done.figures["ledger_error_m2"] < 1e-6
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)
    assert "Looking for: Quiet grid" in [step for _, step in steps]

    (found,) = coverage.findings(session, administrator, done.run_id)
    assert (found.lens, found.severity, found.households) == ("uncovered_ground", "high", 10)
    assert found.area_m2 == pytest.approx(200_000)
    assert found.geometry.equals(shapely.box(X + 3800, Y, X + 4000, Y + 1000))
    assert found.units == ("990001002001002",)
    assert "10 households" in str(found.why)
    assert "room for 150 more" in str(found.act)
    assert coverage.finding(session, administrator, found.finding_id) == found
    assert coverage.latest_run(session, administrator) == done
    assert coverage.runs(session, administrator) == [done]


def test_indexes_of_units_and_shares_of_grids(session, county, administrator):
    done = coverage.run_coverage(session, administrator)
    rows = {row.code: row for row in coverage.unit_indexes(session, administrator, done.run_id)}
    assert set(rows) == set(UNITS)
    assert (rows[EAST].households, rows[EAST].touched) == (610, 10)
    assert rows["990001002001"].by_lens == {"uncovered_ground": 10}
    assert rows["990001002001002"].index == 1
    grids = coverage.unit_indexes(session, administrator, done.run_id, parent=EAST, level="grid")
    assert [row.code for row in grids] == ["990001002001001", "990001002001002"]
    (one,) = coverage.unit_indexes(session, administrator, done.run_id, codes=[WEST])
    assert one.code == WEST
    assert coverage.grid_shares(session, administrator, done.run_id, WEST) == {
        "990001001001001": 1.0,
        "990001001001002": 1.0,
    }


def test_shares_of_one_lens(session, county, administrator):
    dismiss(session, county, "990001001001001")
    done = coverage.run_coverage(session, administrator)
    shares = coverage.grid_shares(session, administrator, done.run_id, WEST, lens="unstaffed_grid")
    assert shares == {"990001001001001": 1.0, "990001001001002": 0.0}


def test_chosen_lenses_give_no_index_and_are_no_state_of_the_county(session, county, administrator):
    done = coverage.run_coverage(session, administrator, lenses=["uncovered_ground"])
    assert done.lenses == ("uncovered_ground",)
    assert done.index is None
    assert coverage.latest_run(session, administrator) is None
    assert coverage.run(session, administrator, done.run_id) == done
    assert coverage.grid_shares(session, administrator, done.run_id) == {}


def test_must_lenses_alone_give_the_same_index(session, county, administrator):
    done = coverage.run_coverage(session, administrator, lenses=MUST)
    assert done.index == coverage.run_coverage(session, administrator).index


def test_parameters_are_used_and_kept(session, county, administrator):
    done = coverage.run_coverage(
        session, administrator, lenses=["overloaded_grid"], parameters={"overloaded_grid.rural_high": 299}
    )
    assert counts(session, administrator, done.run_id) == {"overloaded_grid": (4, 0, 0, 0)}
    assert done.parameters == {"overloaded_grid.rural_high": 299}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"lenses": ["nonsense"]}, LensUnknown),
        ({"parameters": {"out_of_reach.distance_m": 1}}, ParameterOutOfBounds),
        ({"parameters": {"out_of_reach.colour": 1}}, ParameterOutOfBounds),
        ({"unit": "990001009000"}, NotFound),
        ({"unit": "110101000000"}, OutsideScope),
    ],
)
def test_what_cannot_be_computed_is_refused_and_leaves_no_run(session, county, administrator, given, error):
    with pytest.raises(error):
        coverage.run_coverage(session, administrator, **given)
    assert coverage.runs(session, administrator) == []


def test_an_empty_database_is_explained(session, administrator):
    with pytest.raises(BadInput, match="gridmap demo"):
        coverage.run_coverage(session, administrator)


# --- comparing ------------------------------------------------------------------------------------------------


def test_new_still_there_and_cured(session, county, administrator):
    dismiss(session, county, "990001001001001", "head")
    first = coverage.run_coverage(session, administrator)
    session.execute(
        text(
            "INSERT INTO assignments (worker_id, unit_id, role, valid)"
            " SELECT max(id), :unit, 'head', daterange('2020-01-01', NULL) FROM workers"
        ),
        {"unit": county["990001001001001"]},
    )
    dismiss(session, county, "990001002001001")
    second = coverage.run_coverage(session, administrator)
    assert counts(session, administrator, second.run_id, compare_to=first.run_id) == {
        "uncovered_ground": (1, 0, 1, 0),
        "unstaffed_grid": (1, 1, 0, 1),
    }
    rows = coverage.findings(session, administrator, second.run_id, compare_to=first.run_id)
    assert [(row.lens, row.units[0], row.state) for row in rows] == [
        ("unstaffed_grid", "990001002001001", "new"),
        ("uncovered_ground", "990001002001002", "still"),
        ("unstaffed_grid", "990001001001001", "cured"),
    ]
    assert rows[-1].run_id == first.run_id
    assert coverage.finding(session, administrator, rows[0].finding_id, compare_to=first.run_id).state == "new"
    assert coverage.finding(session, administrator, rows[2].finding_id, compare_to=first.run_id).state == "cured"
    assert {row.state for row in coverage.findings(session, administrator, second.run_id)} == {None}


def test_a_lens_that_was_not_asked_again_is_not_cured(session, county, administrator):
    dismiss(session, county, "990001001001001")
    first = coverage.run_coverage(session, administrator)
    second = coverage.run_coverage(session, administrator, lenses=["uncovered_ground"])
    assert counts(session, administrator, second.run_id, compare_to=first.run_id) == {"uncovered_ground": (1, 0, 1, 0)}


def test_ground_that_changed_its_outline_is_the_same_blind_area(session, county, administrator):
    first = coverage.run_coverage(session, administrator)
    redraw(session, county, "990001002001002", square(3000, 0, 850), date(2026, 10, 20))
    second = coverage.run_coverage(session, administrator)
    redraw(session, county, "990001002001002", square(3000, 0, 900), date(2026, 10, 25))
    third = coverage.run_coverage(session, administrator)
    areas = [coverage.findings(session, administrator, run.run_id)[0].area_m2 for run in (first, second, third)]
    assert areas == pytest.approx([200_000, 150_000, 100_000])
    assert counts(session, administrator, third.run_id, compare_to=first.run_id) == {"uncovered_ground": (1, 0, 1, 0)}
    then = coverage.run_coverage(session, administrator, as_of=BEFORE)
    (row,) = coverage.findings(session, administrator, then.run_id, compare_to=first.run_id)
    assert row.area_m2 == pytest.approx(200_000)
    assert row.state == "still"
    assert coverage.latest_run(session, administrator).run_id == third.run_id  # the latest day, not the latest run


# --- scope ------------------------------------------------------------------------------------------------------


def test_readers_see_their_own_part_of_a_county_run(session, county, administrator, town_inspector):
    dismiss(session, county, "990001001001001")
    done = coverage.run_coverage(session, administrator)
    mine = coverage.latest_run(session, town_inspector)
    assert (mine.run_id, mine.households, mine.touched) == (done.run_id, 600, 300)
    assert counts(session, town_inspector, done.run_id) == {"unstaffed_grid": (1, 0, 0, 0)}
    rows = coverage.findings(session, town_inspector, done.run_id)
    assert [row.units[0] for row in rows] == ["990001001001001"]
    codes = {row.code for row in coverage.unit_indexes(session, town_inspector, done.run_id)}
    assert codes == {code for code in UNITS if code.startswith("990001001")}


def test_nothing_beyond_the_scope_is_told(session, county, administrator, town_inspector):
    done = coverage.run_coverage(session, administrator)
    (gap,) = coverage.findings(session, administrator, done.run_id)
    with pytest.raises(NotFound):
        coverage.finding(session, town_inspector, gap.finding_id)
    for unit in (EAST, COUNTY, "990001002001002"):
        with pytest.raises(OutsideScope):
            coverage.findings(session, town_inspector, done.run_id, unit=unit)
        with pytest.raises(OutsideScope):
            coverage.lens_counts(session, town_inspector, done.run_id, unit)
        with pytest.raises(OutsideScope):
            coverage.unit_indexes(session, town_inspector, done.run_id, codes=[unit])
        with pytest.raises(OutsideScope):
            coverage.grid_shares(session, town_inspector, done.run_id, unit)
        with pytest.raises(OutsideScope):
            coverage.run_coverage(session, town_inspector, unit=unit)


def test_a_town_is_judged_by_what_lies_beyond_it(session, county, administrator, town_inspector):
    done = coverage.run_coverage(session, town_inspector)
    assert done.unit == WEST
    assert coverage.findings(session, town_inspector, done.run_id) == []  # the other town is no gap
    assert coverage.runs(session, administrator) == []  # it says nothing about the county
    other = replace(town_inspector, scope=EAST)
    with pytest.raises(NotFound):
        coverage.run(session, other, done.run_id)
    with pytest.raises(NotFound):
        coverage.findings(session, other, done.run_id)


def test_a_worker_reads_and_does_not_compute(session, county, administrator, worker):
    coverage.run_coverage(session, administrator)
    assert coverage.latest_run(session, worker).households == 300
    with pytest.raises(PermissionMissing):
        coverage.run_coverage(session, worker)


def test_a_run_that_is_not_there(session, county, administrator):
    with pytest.raises(NotFound):
        coverage.run(session, administrator, 10**9)
    with pytest.raises(NotFound):
        coverage.findings(session, administrator, 10**9)
    with pytest.raises(NotFound):
        coverage.finding(session, administrator, 10**9)


# --- in the background --------------------------------------------------------------------------------------------


def wait(database, actor, run_id):
    for thread in threading.enumerate():
        if thread.name == f"coverage run {run_id}":
            thread.join(60)
    with database.session() as session:
        return coverage.run(session, actor, run_id)


def test_recompute_returns_at_once_and_the_run_follows(database, administrator):
    with database.session() as session:
        build(session)
    done = wait(database, administrator, recompute.start(database, administrator))
    assert (done.state, done.progress, done.error) == ("done", 1.0, None)
    assert done.figures["findings"] == 1


def test_a_second_start_joins_the_run_under_way(database, administrator):
    with database.session() as session:
        build(session)
        first, is_new = coverage.queue_run(session, administrator)
        assert is_new
    assert recompute.start(database, administrator) == first
    with database.session() as session:
        assert coverage.run(session, administrator, first).state == "queued"
        # its process died: no sign of life for longer than a minute
        session.execute(text("UPDATE coverage_runs SET heartbeat_at = now() - interval '61 seconds'"))
        session.commit()
        assert coverage.run(session, administrator, first).state == "failed"
    second = recompute.start(database, administrator)
    assert second != first
    assert wait(database, administrator, second).state == "done"


def test_a_run_that_breaks_says_so_and_tells_no_secrets(database, administrator, monkeypatch):
    with database.session() as session:
        build(session)

    def broken(*_, **__):
        raise RuntimeError("/srv/secret")

    monkeypatch.setattr(coverage, "cover", broken)
    failed = wait(database, administrator, recompute.start(database, administrator))
    assert (failed.state, failed.error) == ("failed", "RuntimeError")
    monkeypatch.undo()
    assert wait(database, administrator, recompute.start(database, administrator)).state == "done"


def test_a_worker_may_not_start_a_run(database, worker):
    with database.session() as session:
        build(session)
    with pytest.raises(PermissionMissing):
        recompute.start(database, worker)
