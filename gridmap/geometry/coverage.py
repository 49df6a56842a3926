"""A coverage run: ask the lenses, and count for every unit the share of households that no blind area touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from gridmap.domain.codes import contains, parent
from gridmap.domain.messages import Message
from gridmap.errors import ParameterOutOfBounds
from gridmap.geometry.frames import CoverageInputs
from gridmap.geometry.lenses.base import Finding, Lens
from gridmap.geometry.lenses.registry import LENSES, MUST, choose
from gridmap.geometry.survey import Survey

Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Called with the share done, 0 to 1, and what is being done.
Progress = Callable[[float, Message], None]


@dataclass(frozen=True)
class UnitCoverage:
    """Households of a unit, how many of them the "must" lenses touch (none when not all of them were asked), and how
    many each lens touches; a household under several blind areas counts once in each number."""

    code: str
    households: int
    touched: int | None
    by_lens: Mapping[str, int]

    @property
    def index(self) -> float | None:
        """The coverage index, 0 to 1; None without households or without all "must" lenses."""
        if self.touched is None or not self.households:
            return None
        return 1 - self.touched / self.households


@dataclass(frozen=True)
class CoverageReport:
    """What a run found: findings (worst first), coverage of every tiling unit by code, seconds per lens.

    ``ledger_error_m2`` is the audit's, or None when no lens asked for the audit.
    """

    findings: tuple[Finding, ...]
    units: Mapping[str, UnitCoverage]
    seconds: Mapping[str, float]
    ledger_error_m2: float | None


def settle(parameters: Mapping[str, float], lenses: Iterable[Lens]) -> dict[str, dict[str, float]]:
    """Values for every lens out of parameters written ``lens.parameter``.

    Raises
    ------
    ParameterOutOfBounds
        also for a name that no lens has.
    """
    known = {f"{lens.name}.{each.name}" for lens in LENSES.values() for each in lens.parameters}
    for name, value in parameters.items():
        if name not in known:
            raise ParameterOutOfBounds(name=name, low="-", high="-", value=value)
    split = {name: {} for name in LENSES}  # type: dict[str, dict[str, float]]
    for name, value in parameters.items():
        lens, _, parameter = name.partition(".")
        split[lens][parameter] = value
    return {lens.name: lens.settle(split[lens.name]) for lens in lenses}


def cover(
    inputs: CoverageInputs,
    *,
    lenses: Iterable[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    scope: str | None = None,
    progress: Progress | None = None,
) -> CoverageReport:
    """Run lenses over the frames of a day.

    The whole ground is always looked at, since a blind area at the edge of a unit is judged by what lies beyond it;
    ``scope`` keeps what concerns one unit's subtree.

    Raises
    ------
    LensUnknown, ParameterOutOfBounds, LedgerUnbalanced
    """
    chosen = choose(lenses)
    values = settle(parameters or {}, chosen)
    survey = Survey(inputs)
    found: list[Finding] = []
    seconds: dict[str, float] = {}
    for number, lens in enumerate(chosen):
        if progress is not None:
            progress(number / len(chosen), Message("Looking for: {lens}", {"lens": Message(lens.title)}))
        begun = perf_counter()
        found += lens.answer(survey, values[lens.name])
        seconds[lens.name] = perf_counter() - begun
    begun = perf_counter()
    units = _unit_coverage(survey, found, [lens.name for lens in chosen])
    seconds["coverage index"] = perf_counter() - begun
    if scope is not None:
        found = [finding for finding in found if any(contains(scope, code) for code in finding.units)]
        units = {code: row for code, row in units.items() if contains(scope, code)}
    ground = {"uncovered_ground", "double_cover", "spill"} & {lens.name for lens in chosen}
    return CoverageReport(
        findings=tuple(sorted(found, key=_worst_first)),
        units=units,
        seconds=seconds,
        ledger_error_m2=survey.audit.ledger_error_m2 if ground else None,
    )


def _worst_first(finding: Finding) -> tuple[int, int, float, str]:
    rank = {"high": 0, "medium": 1, "low": 2}[finding.severity.value]
    return rank, -finding.households, -finding.area_m2, finding.key


def _unit_coverage(survey: Survey, findings: list[Finding], lenses: list[str]) -> dict[str, UnitCoverage]:
    """Coverage of the county, towns, communities and grids. A place counts for its lowest unit and those above."""
    touched = {name: np.zeros(len(survey.points), dtype=bool) for name in lenses}
    for finding in findings:
        touched[finding.lens][finding.places] = True
    have_must = all(name in touched for name in MUST)
    must: Flags = np.zeros(len(survey.points), dtype=bool)
    for name in MUST if have_must else ():
        must |= touched[name]

    codes = survey.at_level("county", "town", "community", "grid")["code"].tolist()
    number = {code: row for row, code in enumerate(codes)}
    weight: dict[str, np.ndarray[Any, np.dtype[np.int64]]] = {}
    columns: dict[str, Flags] = {"": np.ones(len(survey.points), dtype=bool), "must": must, **touched}
    lowest, inverse = np.unique(survey.unit_of_place.astype(str), return_inverse=True)
    # pairs (lowest unit, one of itself and those above)
    pairs = [
        (row, number[above]) for row, code in enumerate(lowest.tolist()) for above in _upwards(code) if above in number
    ]
    below, at = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    for name, flags in columns.items():
        own = np.bincount(inverse, weights=survey.households * flags, minlength=len(lowest)).astype(np.int64)
        total = np.zeros(len(codes), dtype=np.int64)
        np.add.at(total, at, own[below])
        weight[name] = total
    return {
        code: UnitCoverage(
            code=code,
            households=int(weight[""][row]),
            touched=int(weight["must"][row]) if have_must else None,
            by_lens={name: int(weight[name][row]) for name in lenses if weight[name][row]},
        )
        for code, row in number.items()
    }


def _upwards(code: str) -> list[str]:
    """A unit's code and those above it; nothing for a place in no unit at all."""
    chain: list[str] = []
    step: str | None = code
    while step:
        chain.append(step)
        step = parent(step)
    return chain
