"""Make the demo stand: county, accounts, and two coverage runs, so that "new" and "cured" have a meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gridmap.domain.permissions import Actor
from gridmap.errors import DemoOutdated, NotADemo
from gridmap.services import accounts, coverage
from gridmap.services.demo import signins
from gridmap.services.demo.parameters import Parameters, parameters
from gridmap.services.demo.signins import SignIn
from gridmap.settings import Settings
from gridmap.store.database import Database, Session
from gridmap.store.models import County, Unit

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Loaded:
    """What stands after :func:`load`. ``made`` tells whether the county was loaded by this call."""

    made: bool
    run_id: int
    sign_ins: tuple[SignIn, ...]


def stands(session: Session, given: Parameters) -> bool:
    """Tell whether the demo county of this version is in the database.

    Raises
    ------
    NotADemo
        The database holds another county.
    DemoOutdated
        It holds the demo county of another version of gridmap.
    """
    county = session.get(County, 1)
    if county is None:
        return False
    unit = session.get(Unit, county.unit_id)
    assert unit is not None
    if county.demo_version is None:
        raise NotADemo(code=unit.code)
    if county.demo_version != given.version:
        raise DemoOutdated(found=county.demo_version, wanted=given.version)
    return True


def load(database: Database, settings: Settings, progress: Progress | None = None) -> Loaded:
    """Load the demo county into an empty database, or finish and use the one that stands.

    ``progress`` is called with the name of a step and the share of all work done.

    Raises
    ------
    NotADemo
        The database holds another county; it is not touched.
    DemoOutdated
        It holds the demo county of another version.
    """
    say = progress or (lambda _step, _share: None)
    given = parameters()
    with database.session() as session:
        made = not stands(session, given)
        if made:
            # imported here: a demo that stands is ready without the generator
            from gridmap.services.demo.generate import generate
            from gridmap.services.demo.tables import load_tables

            demo = generate(given, progress=lambda step, share: say(step, 0.5 * share))
            load_tables(session, demo, progress=lambda step, share: say(step, 0.5 + 0.2 * share))
        say("accounts", 0.7)
        ways_in = signins.ensure(session, settings.home, given)
        run_id = _runs(session, given, say)
    say("done", 1.0)
    return Loaded(made, run_id, tuple(ways_in))


def _runs(session: Session, given: Parameters, say: Progress) -> int:
    """The run as of the demo's today, after one as of the earlier day; only what is missing is computed."""
    actor = accounts.operator(session)
    kept = {run.as_of for run in coverage.runs(session, actor) if run.state == "done"}
    if given.today not in kept:
        if given.earlier not in kept:
            _run(session, actor, given.earlier, say, 0.75)
        _run(session, actor, given.today, say, 0.87)
    latest = coverage.latest_run(session, actor)
    assert latest is not None
    return latest.run_id


def _run(session: Session, actor: Actor, day: date, say: Progress, start: float) -> None:
    coverage.run_coverage(
        session, actor, as_of=day, progress=lambda share, _step: say("coverage", start + 0.12 * share)
    )
