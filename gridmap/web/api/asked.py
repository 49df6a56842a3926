"""What a data request asks for: unit, lens, run, run to compare with. Read and checked in one place."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from gridmap.domain.codes import level_of
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, NotFound
from gridmap.services import coverage
from gridmap.web.database import db

#: how many runs the choosers offer
RUNS_SHOWN = 40


@dataclass(frozen=True)
class Asked:
    """A request's question, with the defaults filled in: the latest run, compared with the one before it."""

    unit: str
    lens: str | None
    runs: tuple[coverage.RunSummary, ...]
    run: coverage.RunSummary | None
    compare: coverage.RunSummary | None

    def require_run(self) -> int:
        """Return the run's number.

        Raises
        ------
        NotFound
            No run stands yet.
        """
        if self.run is None:
            raise NotFound(what="coverage run", key="latest")
        return self.run.run_id

    @property
    def run_id(self) -> int | None:
        return None if self.run is None else self.run.run_id

    @property
    def compare_id(self) -> int | None:
        return None if self.compare is None else self.compare.run_id


def asked(actor: Actor) -> Asked:
    """Read the question of this request.

    Raises
    ------
    CodeInvalid, OutsideScope, BadInput, NotFound
    """
    unit = request.args.get("unit") or actor.scope
    level_of(unit)
    actor.require(Permission.VIEW_COVERAGE, unit)
    runs = tuple(run for run in coverage.runs(db(), actor, limit=RUNS_SHOWN) if run.state == "done")
    number = request.args.get("run")
    run = _pick(runs, number) if number else (runs[0] if runs else None)
    compare: coverage.RunSummary | None = None
    against = request.args.get("compare")
    if against and against != "none":
        compare = _pick(runs, against)
    elif run is not None and against != "none":
        place = runs.index(run) + 1  # latest first: the next one is the run before
        compare = runs[place] if place < len(runs) else None
    return Asked(unit=unit, lens=request.args.get("lens") or None, runs=runs, run=run, compare=compare)


def whole(name: str, default: int, low: int, high: int) -> int:
    """Return a whole number of the query, within bounds."""
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise BadInput(detail=f"{name} must be a whole number between {low} and {high}")
    return int(text)


def _pick(runs: tuple[coverage.RunSummary, ...], text: str) -> coverage.RunSummary:
    for run in runs:
        if str(run.run_id) == text:
            return run
    raise NotFound(what="coverage run", key=text)
