"""Courtyards that have not met for long."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Parameter, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per courtyard."""
    days = int(values["days"])
    last = survey.inputs.meetings.groupby("unit")["held_on"].max()
    since = pd.Timestamp(survey.inputs.as_of) - pd.Timedelta(days=days)
    found = []
    for code in survey.at_level("courtyard")["code"].tolist():
        met = last.get(code)
        if met is not None and pd.notna(met) and met >= since:
            continue
        given: dict[str, object] = {"unit": survey.label(code), "days": days}
        if met is None or pd.isna(met):
            why = Message("{unit} has never met.", given)
        else:
            why = Message(
                "{unit} has not met for {days} days; the last time was {day}.", given | {"day": f"{met:%Y-%m-%d}"}
            )
        act = Message("Call a meeting at {unit}.", given)
        found.append(about_unit(survey, "no_meeting", code, Severity.LOW, why, act))
    return found


LENS = Lens(
    name="no_meeting",
    title="No meeting",
    question="Which courtyards have not met for long?",
    blindness=Blindness.JOB,
    inputs=("units", "meetings", "households", "cases"),
    parameters=(Parameter("days", 90, 1, 3660, "days", "Courtyards meet at least once a quarter."),),
    severity=Severity.LOW,
    must=False,
    suggested_act="Call a meeting.",
    answer=answer,
)
