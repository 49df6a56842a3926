"""What rows refer to must stand, lie in the actor's scope, and not contradict itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gridmap.domain.cases import CLOSED, CaseStatus
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.people import AssignmentRole
from gridmap.importers.layers import Kind
from gridmap.importers.staging import Record
from gridmap.services.importing.outcome import Plan, Standing
from gridmap.store.database import Session
from gridmap.store.queries import importing as queries

#: Level that a field's unit must have; other fields take any.
UNIT_LEVEL: dict[tuple[str, str], tuple[Level, ...]] = {
    ("workers", "unit"): (Level.GRID,),
    ("cases", "unit"): (Level.GRID,),
    ("members", "reports_in"): (Level.COMPOUND, Level.COURTYARD),
    ("households", "compound"): (Level.COMPOUND, Level.COURTYARD),
    ("meetings", "unit"): (Level.COMMUNITY, Level.COMPOUND, Level.COURTYARD),
}

#: Pairs of days or times that must follow each other; the flag: they may be equal.
ORDER: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "organisations": (("founded_on", "dissolved_on", False),),
    "workers": (("since", "until", False),),
    "posts": (("opened_on", "closed_on", False),),
    "service-points": (("opened_on", "closed_on", False),),
    "cases": (("reported_at", "due_at", True), ("reported_at", "closed_at", True)),
}


def checked(session: Session, plan: Plan, records: Sequence[Record]) -> list[Record]:
    """Leave out rows with wrong references or contradictions, and note a problem for each."""
    units = queries.unit_levels(session)
    before = len(plan.problems)
    for record in records:
        _units(plan, record, units)
        _order(plan, record)
    match plan.layer.name:
        case "organisations":
            _parents(session, plan, records)
        case "members":
            _named(plan, records, "organisation", queries.ids_by(session, "organisations"), "organisations")
        case "posts":
            _named(plan, records, "holders", queries.ids_by(session, "members"), "members")
        case "cases":
            _cases(session, plan, records)
    bad = {problem.row for problem in plan.problems[before:]}
    return [record for record in records if record.row not in bad]


def one_head_each(plan: Plan, records: Sequence[Record], standing: Sequence[Standing]) -> None:
    """Two heads of one grid at a time, or two places of one worker, are problems."""
    told = {(r.values["label"], r.values["unit"], r.values["role"]) for r in records}
    heads: dict[str, list[tuple[date, date, str]]] = {}
    for row in standing:
        if row["role"] == AssignmentRole.HEAD and (row["label"], row["unit"], row["role"]) not in told:
            heads.setdefault(row["unit"], []).append((row["since"], row["until"] or date.max, row["label"]))
    places: dict[object, Any] = {}
    for record in records:
        values = record.values
        if values["role"] == AssignmentRole.HEAD:
            since, until = values["since"] or plan.today, values["until"] or date.max
            assert isinstance(since, date)
            assert isinstance(until, date)
            others = heads.setdefault(str(values["unit"]), [])
            for start, end, label in others:
                if since < end and start < until:
                    plan.object_to(
                        record, "unit", values["unit"],
                        Message("a grid without another head at that time; it has {label}", {"label": label}),
                    )  # fmt: skip
                    break
            others.append((since, until, str(values["label"])))
        if record.geometry is not None:
            first = places.setdefault(values["label"], record.geometry)
            if first != record.geometry:
                plan.object_to(record, "geometry", values["label"], Message("the same place in every row of a worker"))


def _units(plan: Plan, record: Record, units: dict[str, tuple[int, str]]) -> None:
    for field in plan.layer.fields:
        code = record.values[field.name]
        if field.kind is not Kind.UNIT or code is None:
            continue
        stands = units.get(str(code))
        levels = UNIT_LEVEL.get((plan.layer.name, field.name))
        if stands is None:
            plan.object_to(
                record, field.name, code, Message("a unit that stands"), Message("Import its boundary or list first.")
            )
        elif levels is not None and stands[1] not in levels:
            plan.object_to(record, field.name, code, Message("the code of a {level}", {"level": "/".join(levels)}))


def _order(plan: Plan, record: Record) -> None:
    for first, second, equal in ORDER.get(plan.layer.name, ()):
        start, end = record.values[first], record.values[second]
        if not isinstance(start, date) or not isinstance(end, date):
            continue
        if end < start or (end == start and not equal):
            plan.object_to(record, second, end, Message("a time after {first}", {"first": first}))


def _parents(session: Session, plan: Plan, records: Sequence[Record]) -> None:
    known = set(queries.ids_by(session, "organisations")) | {str(record.values["code"]) for record in records}
    for record in records:
        parent = record.values["parent"]
        if parent is not None and (parent not in known or parent == record.values["code"]):
            plan.object_to(record, "parent", parent, Message("another organisation, in this file or imported before"))


def _named(plan: Plan, records: Sequence[Record], field: str, known: dict[str, int], layer: str) -> None:
    for record in records:
        value = record.values[field]
        for name in value if isinstance(value, tuple) else (value,):
            if name not in known:
                plan.object_to(
                    record, field, name, Message("one of the {layer} imported before", {"layer": layer}),
                    Message("Import the {layer} first.", {"layer": layer}),
                )  # fmt: skip


def _cases(session: Session, plan: Plan, records: Sequence[Record]) -> None:
    kinds = queries.case_kinds(session)
    plan.extra["kinds"] = kinds
    begun = queries.has_cases(session)
    for record in records:
        values = record.values
        # The first list brings its kinds along; later a new word is more likely a slip of the pen.
        if begun and values["kind"] not in kinds:
            shown = ", ".join(sorted(set(kinds.values()))[:20])
            plan.object_to(record, "kind", values["kind"], Message("a kind that is known: {kinds}", {"kinds": shown}))
        status = values["status"]
        if status is not None and (CaseStatus(str(status)) in CLOSED) != isinstance(values["closed_at"], datetime):
            plan.object_to(
                record,
                "closed_at",
                values["closed_at"] or "",
                Message("a closing time exactly where the case is closed"),
            )
