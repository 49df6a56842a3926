"""Ground that several grids cover."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.messages import Message
from gridmap.geometry.lenses import ground
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Severity
from gridmap.geometry.survey import Survey
from gridmap.geometry.topology import Defect


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per overlap of the audit, however many owners it has."""
    return ground.findings(survey, "double_cover", survey.audit.overlaps, values, Severity.HIGH, _say)


def _say(survey: Survey, overlap: Defect, sliver: bool, households: int) -> tuple[Message, Message]:
    given = {
        "area": ground.area(overlap.area_m2),
        "grids": survey.labels(overlap.owners),
        "count": len(overlap.owners),
        "households": households,
        "width": f"{overlap.width_m:.3f}",
    }
    if sliver:
        return (
            Message("A hairline of {area} ({width} m wide) that {grids} cover together.", given),
            Message("Close it: the borders on both sides were drawn twice."),
        )
    return (
        Message("{area} that {count} grids claim: {grids}; {households} households live on it.", given),
        _keep(survey, overlap),
    )


def _keep(survey: Survey, overlap: Defect) -> Message:
    """Keep it with the owner that has the fewest households, since each already counts these."""
    lightest = min(overlap.owners, key=lambda code: (survey.load[survey.number[code]], code))
    return Message(
        "Decide on one. {grid} has the fewest households ({load}): keep it there and cut it out of the others.",
        {"grid": survey.label(lightest), "load": int(survey.load[survey.number[lightest]])},
    )


LENS = Lens(
    name="double_cover",
    title="Double cover",
    question="Which ground lies in several grids, so that each leaves it to the other?",
    blindness=Blindness.GROUND,
    inputs=("units", "households", "cases"),
    parameters=(ground.SLIVER,),
    severity=Severity.HIGH,
    must=True,
    suggested_act="Decide on one grid and cut the ground out of the others.",
    answer=answer,
)
