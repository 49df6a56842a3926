"""Grids whose households lie outside the band, in all or per worker."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.loads import BAND
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per grid. Grids without a worker are not measured per worker: that is another lens."""
    found = []
    for row, (code, urban) in enumerate(zip(survey.codes, survey.grids["urban"].tolist(), strict=True)):
        kind = "urban" if urban else "rural"
        low, high = values[f"{kind}_low"], values[f"{kind}_high"]
        load, staff = int(survey.load[row]), int(survey.staff.get(code, 0))
        given: dict[str, object] = {"grid": survey.label(code), "load": load, "low": int(low), "high": int(high)}
        if load > high:
            why = Message("{grid} has {load} households; the band is {low} to {high}.", given)
            act = _relieve(survey, code, load - int(high), values)
        elif load < low:
            why = Message("{grid} has only {load} households; the band is {low} to {high}.", given)
            act = Message("Join {grid} with a neighbour, or move the line between them.", given)
        elif staff and load / staff > values["per_worker"]:
            given |= {"staff": staff, "per_worker": int(values["per_worker"])}
            why = Message("{grid}: {load} households for {staff} workers, more than {per_worker} each.", given)
            act = Message("Appoint another worker for {grid}.", given)
        else:
            continue
        severity = Severity.LOW if load < low else Severity.MEDIUM
        found.append(about_unit(survey, "overloaded_grid", code, severity, why, act))
    return found


def _relieve(survey: Survey, code: str, surplus: int, values: Mapping[str, float]) -> Message:
    """The neighbour with the longest shared edge that has room for the surplus, else a split."""
    for other, metres in survey.neighbours(code).items():
        high = values["urban_high" if survey.units.at[other, "urban"] else "rural_high"]
        if (room := survey.room(other, high)) >= surplus:
            return Message(
                "Move {surplus} households to {other}: {metres} m of common border, and room for {room} more.",
                {"surplus": surplus, "other": survey.label(other), "metres": round(metres), "room": room},
            )
    return Message("No neighbour has room for {surplus} households: split the grid.", {"surplus": surplus})


LENS = Lens(
    name="overloaded_grid",
    title="Load outside the band",
    question="Which grids have too many households, or too few, for one worker to know them all?",
    blindness=Blindness.JOB,
    inputs=("units", "workers", "households", "cases"),
    parameters=BAND,
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Move households to a neighbour with room, split or join grids, or appoint another worker.",
    answer=answer,
)
