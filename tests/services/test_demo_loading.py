"""Loading the demo: into an empty database, once, and into no other county's."""

from __future__ import annotations

import json
import stat

import pytest
import shapely

from gridmap.domain.permissions import Role
from gridmap.errors import DemoOutdated, NotADemo
from gridmap.services import accounts, units
from gridmap.services.demo import signins
from gridmap.services.demo.load import load
from gridmap.services.demo.parameters import parameters
from gridmap.services.demo.summary import summary
from gridmap.settings import Settings
from gridmap.store.models import County, Unit
from gridmap.store.queries.coverage_inputs import coverage_inputs
from tests.services import brute_force


def test_what_was_loaded_is_what_was_made(demo, demo_session):
    """The database gives back the frames of the generator: the plain lenses find the same in both."""
    stored = coverage_inputs(demo_session, demo.given.today)
    for column in ("reported_at", "due_at", "closed_at"):
        stored.cases[column] = stored.cases[column].dt.tz_localize(None)
    for name, lens in brute_force.LENSES.items():
        if name in ("unmatched_post", "unlocated_case"):  # numbers of the database's own
            assert len(lens(stored)) == sum(row.lens == name for row in demo.truth)
        else:
            assert lens(stored) == {row.units[0] for row in demo.truth if row.lens == name}


def test_geometry_comes_back_to_the_millimetre(demo, demo_session):
    stored = coverage_inputs(demo_session, demo.given.today).units.set_index("code").geometry
    made = demo.boundaries[demo.boundaries["valid_to"].isna()].set_index("unit")["geometry"]
    assert len(stored) == len(made)
    for code in made.index[::25]:
        assert shapely.equals(stored[code], made[code])


def test_a_second_load_changes_nothing(own_demo_database, tmp_path):
    given = Settings(home=tmp_path)
    first = load(own_demo_database, given)
    second = load(own_demo_database, given)
    assert not first.made
    assert second == first
    with own_demo_database.session() as session:
        found = summary(session, second)
        assert units.today(session) == parameters().today
    assert found.totals["grids"] == 908
    assert found.totals["functional_branches"] == 139
    assert found.totals["cases"] == 60_000
    assert found.totals["workers"] == pytest.approx(1100, abs=20)


def test_another_county_is_left_alone(session, tmp_path):
    unit = Unit(code="510722000000", name="三台县", level="county")
    session.add(unit)
    session.flush()
    session.add(County(unit_id=unit.id, srid=4549))
    session.flush()
    with pytest.raises(NotADemo, match="510722000000"):
        load(_Holding(session), Settings(home=tmp_path))
    assert session.query(Unit).count() == 1
    assert not (tmp_path / signins.FILE).exists()


def test_an_older_demo_is_not_overwritten(session, tmp_path):
    unit = Unit(code=parameters().code, name="云河县", level="county")
    session.add(unit)
    session.flush()
    session.add(County(unit_id=unit.id, srid=4549, demo_version="0"))
    session.flush()
    with pytest.raises(DemoOutdated, match="version 0"):
        load(_Holding(session), Settings(home=tmp_path))


class _Holding:
    """A database whose one session the test holds (and rolls back)."""

    def __init__(self, session):
        self._session = session

    def session(self):
        return self

    def __enter__(self):
        return self._session

    def __exit__(self, *_):
        return None


def test_sign_ins_work_and_only_their_owner_may_read_them(demo_session, tmp_path):
    ways = signins.ensure(demo_session, tmp_path, parameters())
    assert [one.role for one in ways] == [role.value for role in Role]
    assert stat.S_IMODE((tmp_path / signins.FILE).stat().st_mode) == 0o600
    for one in ways:
        account = accounts.verify(demo_session, one.email, one.password)
        assert account.role.value == one.role
        assert account.scope == one.scope
        assert units.find(demo_session, accounts.actor_for(account), one.scope) is not None
    assert signins.ensure(demo_session, tmp_path, parameters()) == ways


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '[{"role": "administrator"}]', "\x00\xff"])
def test_a_broken_file_of_sign_ins_is_replaced(demo_session, tmp_path, content):
    (tmp_path / signins.FILE).write_text(content, encoding="utf-8")
    ways = signins.ensure(demo_session, tmp_path, parameters())
    assert accounts.verify(demo_session, ways[1].email, ways[1].password)
    assert len(json.loads((tmp_path / signins.FILE).read_text(encoding="utf-8"))) == len(Role)
    assert stat.S_IMODE((tmp_path / signins.FILE).stat().st_mode) == 0o600


def test_passwords_are_never_the_same_twice(demo_session, tmp_path):
    first = signins.ensure(demo_session, tmp_path / "a", parameters())
    second = signins.ensure(demo_session, tmp_path / "b", parameters())
    assert not {one.password for one in first} & {one.password for one in second}
