"""Writing the lists: organisations, members, workers, posts, places, cases, meetings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gridmap.domain.cases import CaseStatus
from gridmap.domain.codes import level_of
from gridmap.domain.meetings import HELD_BY, Tier
from gridmap.domain.permissions import Actor
from gridmap.importers.staging import Record
from gridmap.services.importing.outcome import Change, Plan, compare
from gridmap.services.importing.references import checked, one_head_each
from gridmap.services.units import LOCAL
from gridmap.store.database import Session
from gridmap.store.queries import case_lists
from gridmap.store.queries import importing as queries

Row = dict[str, Any]


#: level of a unit → the tier of the meetings it holds
_TIERS = {level: tier for tier, levels in HELD_BY.items() for level in levels}


def plan_list(session: Session, plan: Plan, records: Sequence[Record], *, shapes: bool) -> None:
    """Check references and sort into new, changed, same."""
    good = checked(session, plan, records)
    standing = queries.standing(session, plan.layer.name, plan.today)
    if plan.layer.name == "workers":
        one_head_each(plan, good, standing)
        bad = {problem.row for problem in plan.problems}
        good = [record for record in good if record.row not in bad]
        # An empty day means "not stated": the assignment keeps the day it has.
        held = {(row["label"], row["unit"], row["role"]): row for row in standing}
        good = [_with_days(record, held) for record in good]
    elif plan.layer.name == "organisations":
        levels = queries.unit_levels(session)
        good = [_with(record, level=record.values["level"] or levels[str(record.values["unit"])][1]) for record in good]
    elif plan.layer.name == "cases":
        good = _cases(plan, good)
    compare(plan, good, standing, shapes=shapes)


def write_list(session: Session, plan: Plan) -> None:
    """Insert and change the rows of a plan. Nothing is committed here."""
    _WRITERS[plan.layer.name](session, plan)


def _with(record: Record, **values: object) -> Record:
    return replace(record, values={**record.values, **values})


def _with_days(record: Record, held: dict[tuple[Any, ...], Row]) -> Record:
    row = held.get((record.values["label"], record.values["unit"], record.values["role"]))
    if row is None or record.values["since"] is not None:
        return record
    return _with(record, since=row["since"])


def _cases(plan: Plan, records: Sequence[Record]) -> list[Record]:
    """Fill in what follows from the rest: kind's code, status; the grid of the day is found for new rows only."""
    kinds = plan.extra["kinds"]
    filled = []
    for record in records:
        values = record.values
        status = values["status"] or (CaseStatus.CLOSED if values["closed_at"] else CaseStatus.REPORTED)
        filled.append(_with(record, kind=kinds.get(values["kind"], values["kind"]), status=str(status)))
    return filled


def _organisations(session: Session, plan: Plan) -> None:
    units = _unit_ids(session)
    names = ("code", "name", "level", "functional", "founded_on", "dissolved_on")

    def row(record: Record) -> Row:
        return {**{name: record.values[name] for name in names}, "unit_id": units[record.values["unit"]]}

    queries.insert(session, "organisations", [row(record) for record in plan.new])
    _update(session, plan, row, {"unit": "unit_id"}, skip={"parent"})
    linked = [record for record in plan.new if record.values["parent"] is not None]
    linked += [change.record for change in plan.changed if "parent" in change.fields]
    if linked:
        queries.link_parents(session, [(str(r.values["code"]), _text(r.values["parent"])) for r in linked])


def _members(session: Session, plan: Plan) -> None:
    units, organisations = _unit_ids(session), queries.ids_by(session, "organisations")

    def row(record: Record) -> Row:
        values = record.values
        return {
            "label": values["label"],
            "organisation_id": organisations[str(values["organisation"])],
            "kind": values["kind"],
            "skills": list(_words(values["skills"])),
            "reports_in_id": units.get(values["reports_in"]),
            "reported_in_on": values["reported_in_on"],
        }

    queries.insert(session, "members", [row(record) for record in plan.new])
    _update(session, plan, row, {"organisation": "organisation_id", "reports_in": "reports_in_id"})


def _workers(session: Session, plan: Plan) -> None:
    units, workers = _unit_ids(session), queries.ids_by(session, "workers")
    place: dict[str, Any] = {}
    for record in (*plan.new, *(change.record for change in plan.changed)):
        if record.geometry is not None or str(record.values["label"]) not in place:
            place[str(record.values["label"])] = record.geometry
    fresh = [label for label in place if label not in workers]
    keys = queries.insert(session, "workers", [{"label": label, "geom": place[label]} for label in fresh])
    for label, shape in place.items():
        if label in workers and shape is not None:
            queries.update(session, "workers", workers[label], {"geom": shape})
    workers.update(zip(fresh, keys, strict=True))
    queries.insert(
        session,
        "assignments",
        [
            {
                "worker_id": workers[str(record.values["label"])],
                "unit_id": units[record.values["unit"]],
                "role": record.values["role"],
                "valid": _period(record, plan.today),
            }
            for record in plan.new
        ],
    )
    for change in plan.changed:
        if {"since", "until"} & set(change.fields):
            kept = {**{name: change.standing[name] for name in ("since", "until")}}
            kept.update({name: change.record.values[name] for name in change.fields if name in kept})
            period = _period(_with(change.record, **kept), plan.today)
            queries.update(session, "assignments", change.standing["id"], {"valid": period})


def _posts(session: Session, plan: Plan) -> None:
    units, members = _unit_ids(session), queries.ids_by(session, "members")
    names = ("code", "name", "skill", "opened_on", "closed_on")

    def row(record: Record) -> Row:
        return {**{name: record.values[name] for name in names}, "unit_id": units[record.values["unit"]]}

    keys = queries.insert(session, "posts", [row(record) for record in plan.new])
    _update(session, plan, row, {"unit": "unit_id"}, skip={"holders"})
    held = [(key, label) for key, r in zip(keys, plan.new, strict=True) for label in _words(r.values["holders"])]
    for change in plan.changed:
        if "holders" not in change.fields:
            continue
        before, after = set(change.standing["holders"]), set(_words(change.record.values["holders"]))
        queries.end_holders(session, change.standing["id"], sorted(before - after), plan.today)
        held += [(change.standing["id"], label) for label in sorted(after - before)]
    queries.insert(
        session,
        "post_holders",
        [{"post_id": post, "member_id": members[label], "since": plan.today} for post, label in held],
    )


def _service_points(session: Session, plan: Plan) -> None:
    units = _unit_ids(session)
    names = ("code", "name", "opened_on", "closed_on")

    def row(record: Record) -> Row:
        values = {name: record.values[name] for name in names}
        return {**values, "unit_id": units[record.values["unit"]], "geom": record.geometry}

    queries.insert(session, "service-points", [row(record) for record in plan.new])
    _update(session, plan, row, {"unit": "unit_id", "geometry": "geom"})


def _households(session: Session, plan: Plan) -> None:
    units = _unit_ids(session)

    def row(record: Record) -> Row:
        values = record.values
        compound = units.get(values["compound"])
        return {
            "code": values["code"], "households": values["households"], "compound_id": compound, "geom": record.geometry
        }  # fmt: skip

    queries.insert(session, "households", [row(record) for record in plan.new])
    _update(session, plan, row, {"compound": "compound_id", "geometry": "geom"})


def _write_cases(session: Session, plan: Plan) -> None:
    units = _unit_ids(session)
    known = set(plan.extra["kinds"].values())
    queries.add_case_kinds(session, {str(record.values["kind"]) for record in plan.new} - known)
    names = (
        "number", "kind", "status", "source", "address", "words", "reported_at", "due_at", "closed_at", "closing_reason"
    )  # fmt: skip
    placed = [record for record in plan.new if record.values["unit"] is None and record.geometry is not None]
    days = [_local_day(record.values["reported_at"]) for record in placed]
    points = [record.geometry for record in placed if record.geometry is not None]
    found = dict(zip((r.row for r in placed), queries.grids_on(session, days, points), strict=True)) if placed else {}

    def row(record: Record) -> Row:
        values = {name: record.values[name] for name in names}
        unit = units.get(record.values["unit"], found.get(record.row))
        return {**values, "unit_id": unit, "geom": record.geometry}

    fresh = queries.insert(session, "cases", [row(record) for record in plan.new])
    case_lists.settle(session, fresh)
    case_lists.take_states_as_stated(session)
    before = case_lists.states(session, [change.standing["id"] for change in plan.changed])
    _update(session, plan, row, {"unit": "unit_id", "geometry": "geom"})
    actor: Actor = plan.extra["actor"]
    case_lists.note_changes(session, before, "import", actor.name, actor.account_id)


def _meetings(session: Session, plan: Plan) -> None:
    units = _unit_ids(session)
    names = ("held_on", "attendance", "minutes")

    def row(record: Record) -> Row:
        unit = record.values["unit"]
        tier = _TIERS.get(level_of(str(unit)), Tier.COURTYARD)
        return {"unit_id": units[unit], "tier": str(tier), **{name: record.values[name] for name in names}}

    queries.insert(session, "meetings", [row(record) for record in plan.new])
    _update(session, plan, row, {"unit": "unit_id"})


def _update(
    session: Session,
    plan: Plan,
    row: Callable[[Record], Row],
    columns: dict[str, str],
    *,
    skip: frozenset[str] | set[str] = frozenset(),
) -> None:
    """Write the fields that differ; ``columns``: field → column of the table, where they differ in name."""
    for change in plan.changed:
        values = row(change.record)
        wanted = [columns.get(name, name) for name in _written(change, skip)]
        if wanted:
            queries.update(session, plan.layer.name, change.standing["id"], {name: values[name] for name in wanted})


def _written(change: Change, skip: frozenset[str] | set[str]) -> list[str]:
    return [name for name in change.fields if name not in skip]


def _unit_ids(session: Session) -> dict[Any, int]:
    return {code: key for code, (key, _) in queries.unit_levels(session).items()}


def _period(record: Record, today: date) -> str:
    """A half-open range of days as PostgreSQL writes it; without a first day it begins today."""
    since = record.values["since"] or today
    return f"[{since},{record.values['until'] or ''})"


def _local_day(moment: object) -> date:
    assert isinstance(moment, datetime)
    return moment.astimezone(LOCAL).date()


def _words(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else ()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_WRITERS: dict[str, Callable[[Session, Plan], None]] = {
    "organisations": _organisations,
    "members": _members,
    "workers": _workers,
    "posts": _posts,
    "service-points": _service_points,
    "households": _households,
    "cases": _write_cases,
    "meetings": _meetings,
}
