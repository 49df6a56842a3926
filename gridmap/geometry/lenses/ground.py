"""Findings out of the audit's defects: shared by the three lenses of ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Finding, Parameter, Severity
from gridmap.geometry.lenses.loads import most
from gridmap.geometry.precision import SLIVER_WIDTH_M
from gridmap.geometry.survey import Survey
from gridmap.geometry.topology import Defect

SLIVER = Parameter(
    "sliver_width_m",
    SLIVER_WIDTH_M,
    0,
    100,
    "m",
    "Survey errors of boundary points are 0.1 to 0.5 m: a narrower strip is two drawings of one border.",
)

Say = Callable[[Survey, Defect, bool, int], tuple[Message, Message]]


def findings(
    survey: Survey,
    lens: str,
    defects: Sequence[Defect],
    values: Mapping[str, float],
    severity: Severity,
    say: Say,
) -> list[Finding]:
    """One finding per defect. ``say(survey, defect, sliver, households)`` gives why and act."""
    found = []
    for defect in defects:
        places = survey.places_in(defect.polygon)
        households = survey.total(places)
        sliver = defect.width_m < values["sliver_width_m"]
        why, act = say(survey, defect, sliver, households)
        point = defect.polygon.point_on_surface()
        # Two pieces of one kind never share an inner point, so the point names the piece; services carry the key on
        # from run to run while the piece only changes its outline.
        found.append(
            Finding(
                lens=lens,
                key=f"{lens}@{point.x:.4f},{point.y:.4f}",
                units=(*defect.owners, *(code for code in defect.neighbours if code not in defect.owners))
                or (survey.county,),
                geometry=defect.polygon,
                severity=Severity.LOW if sliver else severity,
                households=households,
                open_cases=survey.open_cases_in(defect.polygon),
                why=why,
                act=act,
                area_m2=defect.area_m2,
                width_m=defect.width_m,
                sliver=sliver,
                places=places,
            )
        )
    return found


def give_to(survey: Survey, defect: Defect, households: int) -> Message:
    """Which neighbour should take a piece: the one with the longest shared edge that has room for its households."""
    if not defect.neighbours:
        return Message("No grid borders on this ground: draw a new grid here.")
    for code, metres in defect.neighbours.items():
        urban = bool(survey.units.at[code, "urban"])
        if (room := survey.room(code, most(urban))) >= households:
            return Message(
                "Give it to {grid}: the longest shared edge ({metres} m) with room for {room} more households.",
                {"grid": survey.label(code), "metres": round(metres), "room": room},
            )
    code, metres = next(iter(defect.neighbours.items()))
    return Message(
        "No neighbour has room for its households. {grid} shares the longest edge ({metres} m): redraw it together "
        "with its neighbours.",
        {"grid": survey.label(code), "metres": round(metres)},
    )


def area(m2: float) -> str:
    """An area for a sentence: hectares from one on, else square metres.

    >>> area(12345), area(3.456)
    ('1.23 ha', '3.46 m²')
    """
    return f"{m2 / 10_000:,.2f} ha" if m2 >= 10_000 else f"{m2:,.2f} m²"
