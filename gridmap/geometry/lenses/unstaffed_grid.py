"""Grids without a worker or a head today."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.domain.people import AssignmentRole
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit, nearest_worker
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per grid that lacks either."""
    workers = survey.inputs.workers
    have = {role: set(workers.loc[workers["role"] == role.value, "unit"]) for role in AssignmentRole}
    found = []
    for code in survey.codes:
        lacks = [role for role in AssignmentRole if code not in have[role]]
        if lacks:
            found.append(about_unit(survey, "unstaffed_grid", code, Severity.HIGH, *_say(survey, code, lacks)))
    return found


def _say(survey: Survey, code: str, lacks: list[AssignmentRole]) -> tuple[Message, Message]:
    given = {"grid": survey.label(code)}
    if lacks == [AssignmentRole.HEAD]:
        return (
            Message("{grid} has no head today.", given),
            Message("Appoint a head for {grid}: its worker reports to nobody.", given),
        )
    if len(lacks) == 2:
        why = Message("{grid} has neither a worker nor a head today.", given)
    else:
        why = Message("{grid} has no worker today.", given)
    near = nearest_worker(survey, code)
    if near is None:
        return why, Message("Appoint a worker for {grid}.", given)
    return why, Message(
        "Appoint a worker for {grid}. Until then the nearest worker can stand in: from {other}, {metres} m away.",
        given | {"other": survey.label(near[0]), "metres": near[1]},
    )


LENS = Lens(
    name="unstaffed_grid",
    title="Unstaffed grid",
    question="Which grids have no worker or no head today?",
    blindness=Blindness.JOB,
    inputs=("units", "workers", "households", "cases"),
    parameters=(),
    severity=Severity.HIGH,
    must=True,
    suggested_act="Appoint somebody; until then let the nearest worker stand in.",
    answer=answer,
)
