"""Levels of the tree without their organisation, and chains of organisations that break."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gridmap.domain.levels import TILING
from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per unit. Functional organisations (of an enterprise, a trade) stand beside the tree, not in it."""
    organisations = survey.inputs.organisations
    standing = organisations[~organisations["functional"].astype(bool)]
    present = set(zip(standing["unit"], standing["level"], strict=True))
    broken = _broken(survey, standing)
    found = []
    for level in TILING:
        for code in survey.at_level(level.value)["code"].tolist():
            if (code, level.value) not in present:
                why = Message("{unit} has no party organisation of its own.", {"unit": survey.label(code)})
                act = Message("Found one under the organisation of {above}.", {"above": _above(survey, code)})
            elif code in broken:
                why = Message(
                    "The organisation of {unit} does not stand under that of {above}: the chain breaks here.",
                    {"unit": survey.label(code), "above": _above(survey, code)},
                )
                act = Message("Put it under the organisation of {above}.", {"above": _above(survey, code)})
            else:
                continue
            found.append(about_unit(survey, "missing_organisation", code, Severity.HIGH, why, act))
    return found


def _broken(survey: Survey, standing: pd.DataFrame) -> set[str]:
    """Units with an organisation whose parent is none, or does not stand on the unit above."""
    unit_of = dict(zip(standing["organisation_id"], standing["unit"], strict=True))
    rows = zip(standing["unit"], standing["level"], standing["parent_id"], strict=True)
    broken = set()
    for code, level, parent in rows:
        if level == "county" or code not in survey.units.index:
            continue
        if pd.isna(parent) or unit_of.get(parent) != survey.units.at[code, "parent"]:
            broken.add(code)
    return broken


def _above(survey: Survey, code: str) -> str:
    return survey.label(str(survey.units.at[code, "parent"]))


LENS = Lens(
    name="missing_organisation",
    title="Missing organisation",
    question="Where does a level of the tree have no organisation, or the chain upwards break?",
    blindness=Blindness.JOB,
    inputs=("units", "organisations", "households", "cases"),
    parameters=(),
    severity=Severity.HIGH,
    must=True,
    suggested_act="Found the organisation, or put it under that of the unit above.",
    answer=answer,
)
