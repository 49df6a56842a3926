"""What stands in the demo, in numbers: read back from the database, never from the generator."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from gridmap.errors import NotFound
from gridmap.services import accounts, units
from gridmap.services.demo.load import Loaded
from gridmap.store.database import Session
from gridmap.store.queries.totals import totals


@dataclass(frozen=True)
class LensLine:
    """One lens of the latest run."""

    name: str
    title: str
    blindness: str
    findings: int
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
    if not run_id:
        return None, ()
    coverage: Any = importlib.import_module("gridmap.services.coverage")
    actor = accounts.operator(session)
    counts = coverage.lens_counts(session, actor, run_id, code)
    lines = tuple(
        LensLine(one.lens, one.title, str(one.blindness), one.findings, one.households, one.must) for one in counts
    )
    return coverage.latest_run(session, actor).index, lines
