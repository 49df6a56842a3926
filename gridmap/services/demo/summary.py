"""What stands in the demo, in numbers: read back from the database, never from the generator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gridmap.errors import NotFound
from gridmap.services import accounts, coverage, units
from gridmap.services.demo.load import Loaded
from gridmap.store.database import Session
from gridmap.store.queries.totals import totals


@dataclass(frozen=True)
class LensLine:
    """One lens of the latest run; ``new`` and ``cured`` are against the run before it."""

    name: str
    title: str
    blindness: str
    findings: int
    new: int
    cured: int
    households: int
    must: bool


@dataclass(frozen=True)
class Summary:
    """County, its figures, and what the latest coverage run found. ``index`` is a share from 0 to 1."""

    code: str
    name: str
    as_of: date
    totals: dict[str, int]
    run_id: int
    index: float | None
    lenses: tuple[LensLine, ...]


def summary(session: Session, loaded: Loaded) -> Summary:
    """Count what stands.

    Raises
    ------
    NotFound
        The database is empty.
    """
    county = units.county(session)
    if county is None:
        raise NotFound(what="county", key="")
    today = units.today(session)
    index, lenses = _found(session, loaded.run_id, county.code)
    return Summary(
        code=county.code,
        name=county.name,
        as_of=today,
        totals=totals(session, today),
        run_id=loaded.run_id,
        index=index,
        lenses=lenses,
    )


def _found(session: Session, run_id: int, code: str) -> tuple[float | None, tuple[LensLine, ...]]:
    actor = accounts.operator(session)
    before = [run.run_id for run in coverage.runs(session, actor) if run.state == "done" and run.run_id < run_id]
    counts = coverage.lens_counts(session, actor, run_id, code, compare_to=max(before, default=None))
    lines = tuple(
        LensLine(one.lens, one.title, one.blindness.value, one.count, one.new, one.cured, one.households, one.must)
        for one in counts
    )
    return coverage.run(session, actor, run_id).index, lines
