"""Open cases without a place, or whose place lies in no grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per case."""
    cases = survey.open_cases
    found = []
    for row in np.flatnonzero(survey.owner_of_case < 0).tolist():
        case, unit, point = cases["case_id"].iloc[row], cases["unit"].iloc[row], cases.geometry.iloc[row]
        placed = point is not None and not point.is_empty
        if placed:
            why = Message("The place of case {case} lies in no grid.", {"case": int(case)})
            act = Message("Correct its place, or draw the grid that is missing there.")
        else:
            why = Message("Case {case} is open and has no place.", {"case": int(case)})
            act = Message("Ask the reporter where it is, and set the point on the map.")
        found.append(
            Finding(
                lens="unlocated_case",
                key=f"unlocated_case:case {case}",
                units=(survey.county,) if pd.isna(unit) else (str(unit),),
                geometry=point if placed else None,
                severity=Severity.LOW,
                households=0,
                open_cases=1,
                why=why,
                act=act,
            )
        )
    return found


LENS = Lens(
    name="unlocated_case",
    title="Case without a place",
    question="Which open cases have no place, or one that lies in no grid?",
    blindness=Blindness.JOB,
    inputs=("units", "cases"),
    parameters=(),
    severity=Severity.LOW,
    must=False,
    suggested_act="Set the case's point on the map.",
    answer=answer,
)
