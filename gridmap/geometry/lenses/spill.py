"""Grids that reach beyond the county."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.geometry.lenses import ground
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.survey import Survey
from gridmap.geometry.topology import Defect


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per spill of the audit."""
    return ground.findings(survey, "spill", survey.audit.spills, values, Severity.MEDIUM, _say)


def _say(survey: Survey, spill: Defect, sliver: bool, households: int) -> tuple[Message, Message]:
    given = {
        "area": ground.area(spill.area_m2),
        "grids": survey.labels(spill.owners),
        "households": households,
        "width": f"{spill.width_m:.3f}",
    }
    act = Message("Cut {grids} back to the county's boundary, or have the boundary corrected.", given)
    if sliver:
        return Message("A hairline of {area} ({width} m wide) of {grids} outside the county.", given), act
    return Message("{area} of {grids} lie outside the county; {households} households live on it.", given), act


LENS = Lens(
    name="spill",
    title="Ground beyond the county",
    question="Which grids reach over the county's boundary?",
    blindness=Blindness.GROUND,
    inputs=("units", "households", "cases"),
    parameters=(ground.SLIVER,),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Cut the grid back to the county's boundary, or have the boundary corrected.",
    answer=answer,
)
