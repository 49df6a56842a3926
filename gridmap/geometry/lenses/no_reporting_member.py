"""Compounds where no in-service member has reported in."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.domain.people import MemberKind
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:  # noqa: ARG001
    """One finding per compound."""
    members = survey.inputs.members
    served = set(members.loc[members["kind"] == MemberKind.IN_SERVICE.value, "compound"].dropna())
    return [
        about_unit(
            survey,
            "no_reporting_member",
            code,
            Severity.MEDIUM,
            Message("No in-service member has reported in at {unit}.", {"unit": survey.label(code)}),
            Message(
                "Ask members who live in {unit} to report in, by way of their work units.", {"unit": survey.label(code)}
            ),
        )
        for code in survey.at_level("compound")["code"].tolist()
        if code not in served
    ]


LENS = Lens(
    name="no_reporting_member",
    title="No member reports in",
    question="In which compounds has no in-service member reported in?",
    blindness=Blindness.JOB,
    inputs=("units", "members", "households", "cases"),
    parameters=(),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Ask members who live there to report in.",
    answer=answer,
)
