"""Grids with open cases past their deadline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey, local_days


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per unit with at least one; it counts the overdue cases, not all open ones."""
    cases = survey.open_cases
    midnight = pd.Timestamp(survey.inputs.as_of) + pd.Timedelta(days=1)
    due = local_days(cases["due_at"])
    late = pd.DataFrame({"unit": cases["unit"], "due": due})[due < midnight]
    found = []
    for code, rows in late.groupby("unit"):
        if code not in survey.units.index:
            continue
        given: dict[str, object] = {
            "unit": survey.label(str(code)),
            "count": len(rows),
            "days": (midnight - rows["due"].min()).days,
        }
        why = Message("{unit} has {count} open cases past their deadline, the oldest by {days} days.", given)
        act = Message("Close them, or give {unit} help: start with the oldest.", given)
        finding = about_unit(survey, "overdue_cases", str(code), Severity.MEDIUM, why, act)
        found.append(replace(finding, open_cases=len(rows)))
    return found


LENS = Lens(
    name="overdue_cases",
    title="Overdue cases",
    question="Which grids have open cases past their deadline?",
    blindness=Blindness.JOB,
    inputs=("units", "cases", "households"),
    parameters=(),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Close them, starting with the oldest.",
    answer=answer,
)
