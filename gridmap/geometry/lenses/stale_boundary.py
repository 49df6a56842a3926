"""Boundaries older than the latest change of their community, and communities that left the national list."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per community or grid."""
    units = survey.at_level("community", "grid")
    community = units["parent"].where(units["level"] == "grid", units["code"])
    changed = pd.to_datetime(survey.units["changed_on"]).reindex(community).set_axis(units.index)
    stale = units["boundary_from"] < changed
    gone = (units["level"] == "community") & ~units["in_code_list"].astype(bool)
    found = []
    for row in units.index[stale | gone].tolist():
        code = str(units.at[row, "code"])
        given: dict[str, object] = {"unit": survey.label(code), "community": survey.label(str(community[row]))}
        if gone[row]:
            why = Message("{unit} is no longer in the national list of codes.", given)
            act = Message("Take over the unit that the list names in its place.")
        else:
            given |= {"drawn": str(units["boundary_from"][row].date()), "changed": str(changed[row].date())}
            why = Message("The boundary of {unit} dates from {drawn}; {community} changed on {changed}.", given)
            act = Message("Draw the boundary of {unit} anew after the change of {changed}.", given)
        found.append(about_unit(survey, "stale_boundary", code, Severity.MEDIUM, why, act))
    return found


LENS = Lens(
    name="stale_boundary",
    title="Stale boundary",
    question="Which boundaries are older than the latest change of their community?",
    blindness=Blindness.GROUND,
    inputs=("units", "households", "cases"),
    parameters=(),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Draw the boundary anew.",
    answer=answer,
)
