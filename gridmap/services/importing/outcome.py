"""What a rehearsal found: counts, problems, and the changes that would be made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely

from gridmap.domain.imports import Decision
from gridmap.domain.messages import Message
from gridmap.importers.layers import Layer, Shape
from gridmap.importers.problems import Problem
from gridmap.importers.staging import CORRECT, Record

Standing = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A row that stands and would change: what the file says, what stands, and the fields that differ."""

    record: Record
    standing: Standing
    fields: tuple[str, ...]


@dataclass
class Plan:
    """Everything an import would do. ``stated``: the fields that the file has columns for."""

    layer: Layer
    stated: frozenset[str]
    today: date
    new: list[Record] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: int = 0
    gone: int = 0
    problems: list[Problem] = field(default_factory=list)
    decisions: tuple[Decision, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def undecided(self) -> int:
        """How many decisions wait for an answer; nothing is written before they have one."""
        return sum(decision.chosen is None for decision in self.decisions)

    def object_to(self, record: Record, column: str, value: object, expected: Message, fix: Message = CORRECT) -> None:
        """Note a problem of a row."""
        self.problems.append(Problem(record.row, column, str(value)[:80], expected, fix))


@dataclass(frozen=True)
class Rehearsal:
    """What an import would change, or (``committed``) has changed. ``columns``: field → column of the file."""

    layer: str
    file_name: str
    sha256: str
    crs: str | None
    columns: Mapping[str, str]
    rows: int
    new: int
    changed: int
    same: int
    problems: tuple[Problem, ...]
    gone: int = 0
    committed: bool = False
    take_repairs: bool = False
    import_id: int | None = None
    plan_id: int | None = None
    decisions: tuple[Decision, ...] = ()
    elsewhere: int = 0

    @property
    def undecided(self) -> int:
        """How many codes of a code list still wait for a decision."""
        return sum(decision.chosen is None for decision in self.decisions)

    @property
    def refused(self) -> int:
        """How many problems stand in the way; repaired ones do not, nor questions once the repairs are taken."""
        return sum(not problem.repaired and not (problem.question and self.take_repairs) for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "file": self.file_name,
            "sha256": self.sha256,
            "crs": self.crs,
            "columns": dict(self.columns),
            "rows": self.rows,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "gone": self.gone,
            "import_id": self.import_id,
            "plan_id": self.plan_id,
            "committed": self.committed,
            "elsewhere": self.elsewhere,
            "decisions": [
                {
                    "code": decision.code,
                    "name": decision.name,
                    "text": str(decision.text),
                    "choices": [
                        {
                            "value": choice.value,
                            "label": str(choice.label),
                            "detail": None if choice.detail is None else str(choice.detail),
                        }
                        for choice in decision.choices
                    ],
                    "chosen": decision.chosen,
                }
                for decision in self.decisions
            ],
            "problems": [
                {
                    "row": problem.row,
                    "column": problem.column,
                    "value": problem.value,
                    "expected": str(problem.expected),
                    "fix": str(problem.fix),
                    "repaired": problem.repaired,
                    "question": problem.question,
                    "before_m2": problem.before_m2,
                    "after_m2": problem.after_m2,
                }
                for problem in self.problems
            ],
        }


def compare(plan: Plan, records: Sequence[Record], standing: Iterable[Standing], *, shapes: bool) -> None:
    """Sort records into new, changed and same, by the layer's identity.

    Only what the file states is compared: a list without a column leaves that field as it is. ``shapes``: whether the
    file has geometry.
    """
    identity = plan.layer.identity
    by_key = {tuple(row[name] for name in identity): row for row in standing}
    for record in records:
        row = by_key.get(tuple(record.values[name] for name in identity))
        if row is None:
            plan.new.append(record)
            continue
        differ = [name for name in sorted(plan.stated) if _plain(record.values[name]) != _plain(row[name])]
        if shapes and record.geometry is not None and not _same_shape(record.geometry, row["geometry"]):
            differ.append("geometry")
        if differ:
            plan.changed.append(Change(record, row, tuple(differ)))
        else:
            plan.same += 1
    plan.gone = _gone(plan, records, by_key)


def _gone(plan: Plan, records: Sequence[Record], standing: Mapping[tuple[Any, ...], Standing]) -> int:
    """How many rows stand that the file should name and does not: units of its levels below the unit that holds them
    all, or rows of the list. What happened (cases, meetings) does not go away by being left out."""
    identity = plan.layer.identity
    if plan.layer.name in ("cases", "meetings") or not records:
        return 0
    named = {tuple(record.values[name] for name in identity) for record in records}
    missing = [row for key, row in standing.items() if key not in named]
    if "level" in (missing[0] if missing else {}) and identity == ("code",) and plan.layer.shape is Shape.AREA:
        codes = [str(record.values["code"]) for record in records]
        shared = os.path.commonprefix(codes)  # noqa: RUF071 — codes are prefixes of codes, letter by letter
        lengths = {(len(code), code[12:13] in ("C", "Y") and code[12]) for code in codes}
        return sum(
            row["code"].startswith(shared)
            and (len(row["code"]), row["code"][12:13] in ("C", "Y") and row["code"][12]) in lengths
            and row.get("retired_on") is None
            for row in missing
        )
    return len(missing)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list | tuple) else value


def _same_shape(a: shapely.Geometry, b: shapely.Geometry | None) -> bool:
    return b is not None and bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b), 0.0))
