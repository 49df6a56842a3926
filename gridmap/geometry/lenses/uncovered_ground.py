"""Ground inside the county that no grid covers."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.geometry.lenses import ground
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.survey import Survey
from gridmap.geometry.topology import Defect


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per gap of the audit."""
    return ground.findings(survey, "uncovered_ground", survey.audit.gaps, values, Severity.HIGH, _say)


def _say(survey: Survey, gap: Defect, sliver: bool, households: int) -> tuple[Message, Message]:
    given = {"area": ground.area(gap.area_m2), "households": households, "width": f"{gap.width_m:.3f}"}
    if sliver:
        return (
            Message("A hairline of {area} ({width} m wide) between grids that no grid covers.", given),
            Message("Close it: the borders on both sides were drawn twice."),
        )
    return (
        Message("{area} that no grid covers; {households} households live on it.", given),
        ground.give_to(survey, gap, households),
    )


LENS = Lens(
    name="uncovered_ground",
    title="Uncovered ground",
    question="Which ground of the county lies in no grid?",
    blindness=Blindness.GROUND,
    inputs=("units", "households", "cases"),
    parameters=(ground.SLIVER,),
    severity=Severity.HIGH,
    must=True,
    suggested_act="Give it to the neighbour with the longest shared edge that has room.",
    answer=answer,
)
