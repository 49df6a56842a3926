"""Households far from every worker's base and service point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from scipy.spatial import KDTree

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Parameter, Severity
from gridmap.geometry.survey import Geometries, Survey

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per grid with such places; its geometry is the places."""
    limit = values["distance_m"]
    bases = [survey.inputs.workers.geometry, survey.inputs.service_points.geometry]
    near = np.concatenate([shapely.get_coordinates(np.asarray(column, dtype=object)) for column in bases])
    away = _distances(survey.points, near)
    cases_away = _distances(np.asarray(survey.open_cases.geometry.to_numpy(), dtype=object), near)
    place, grid = survey.place_in_grid
    far = away[place] > limit
    place, grid = place[far], grid[far]
    found = []
    for row in np.unique(grid).tolist():
        places = place[grid == row]
        code = survey.codes[row]
        households = survey.total(places)
        given: dict[str, object] = {
            "grid": survey.label(code),
            "households": households,
            "places": len(places),
            "limit": f"{limit / 1000:g}",
            "farthest": f"{away[places].max() / 1000:.1f}",
        }
        if np.isfinite(away[places].max()):
            why = Message(
                "{households} households of {grid} live more than {limit} km from any worker or service point, "
                "the farthest {farthest} km.",
                given,
            )
        else:
            why = Message("{households} households of {grid}, and no worker or service point anywhere.", given)
        found.append(
            Finding(
                lens="out_of_reach",
                key=f"out_of_reach:{code}",
                units=(code,),
                geometry=shapely.multipoints(survey.points[places]),
                severity=Severity.HIGH,
                households=households,
                open_cases=int(((survey.owner_of_case == row) & (cases_away > limit)).sum()),
                why=why,
                act=Message("Open a service point among these {places} places, or base a worker there.", given),
                places=places,
            )
        )
    return found


def _distances(points: Geometries, near: Numbers) -> Numbers:
    """Metres from each point to the nearest of ``near``; infinite without any, 0 for a missing point."""
    known = ~(shapely.is_missing(points) | shapely.is_empty(points))
    away: Numbers = np.where(known, np.inf, 0.0)
    if known.any() and len(near):
        away[known] = KDTree(near).query(shapely.get_coordinates(points[known]))[0]
    return away


LENS = Lens(
    name="out_of_reach",
    title="Out of reach",
    question="Which households live far from every worker and service point?",
    blindness=Blindness.NEAR,
    inputs=("units", "workers", "service_points", "households", "cases"),
    parameters=(
        Parameter(
            "distance_m",
            3000,
            100,
            100_000,
            "m",
            "Three kilometres in a straight line are about an hour on foot: nobody comes by chance.",
        ),
    ),
    severity=Severity.HIGH,
    must=True,
    suggested_act="Open a service point, or base a worker there.",
    answer=answer,
)
