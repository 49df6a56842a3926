"""Compounds and courtyards that a grid line cuts, or that lie in no grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Parameter, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per compound with a second grid of some share, or with no grid that holds half of it."""
    compounds = survey.at_level("compound", "courtyard")
    compounds = compounds[~(compounds.geometry.isna() | compounds.geometry.is_empty)].reset_index(drop=True)
    shapes = np.asarray(compounds.geometry.to_numpy(), dtype=object)
    compound, grid = shapely.STRtree(survey.cells).query(shapes, predicate="intersects")
    inside = shapely.area(shapely.intersection(shapes[compound], survey.cells[grid])) / shapely.area(shapes[compound])
    shares: dict[int, dict[str, float]] = {}
    for row, cell, share in zip(compound.tolist(), grid.tolist(), inside.tolist(), strict=True):
        shares.setdefault(row, {})[survey.codes[cell]] = share
    found = []
    for row, code in enumerate(compounds["code"]):
        ranked = sorted(shares.get(row, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        cutting = [(each, share) for each, share in ranked if share >= values["min_share"]]
        if len(cutting) < 2 and ranked and ranked[0][1] >= values["home_share"]:
            continue
        found.append(_finding(survey, str(code), cutting))
    return found


def _finding(survey: Survey, code: str, cutting: list[tuple[str, float]]) -> Finding:
    given: dict[str, object] = {
        "unit": survey.label(code),
        "count": len(cutting),
        "shares": ", ".join(f"{survey.label(grid)} {share:.0%}" for grid, share in cutting[:5]),
    }
    if len(cutting) > 1:
        why = Message("{unit} lies across {count} grids: {shares}.", given)
        act = Message(
            "Move the grid line to the compound's edge, so that it lies in {grid} whole.",
            {"grid": survey.label(cutting[0][0])},
        )
    elif cutting:
        why = Message("Most of {unit} lies in no grid; only a part does: {shares}.", given)
        act = Message("Extend {grid} over the whole of it.", {"grid": survey.label(cutting[0][0])})
    else:
        why = Message("{unit} lies in no grid.", given)
        act = Message("Name the grid that it belongs to, and draw the boundary around it.")
    return about_unit(survey, "split_compound", code, Severity.MEDIUM, why, act, also=[grid for grid, _ in cutting])


LENS = Lens(
    name="split_compound",
    title="Split compound",
    question="Which compounds and courtyards lie across grids, or in none?",
    blindness=Blindness.GROUND,
    inputs=("units", "households", "cases"),
    parameters=(
        Parameter(
            "min_share",
            0.02,
            0.0001,
            0.5,
            "share of the area",
            "Less than two hundredths of a compound is the drawing of its wall, not a part where people live.",
        ),
        Parameter(
            "home_share",
            0.5,
            0.01,
            1,
            "share of the area",
            "A compound belongs to the grid that holds at least half of it.",
        ),
    ),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Move the grid line to the compound's edge.",
    answer=answer,
)
