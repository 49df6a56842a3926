"""Grids that are silent although their neighbours' rate makes silence unlikely."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import poisson

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Blindness, Finding, Lens, Parameter, Severity
from gridmap.geometry.lenses.units import about_unit
from gridmap.geometry.survey import Survey, local_days


def answer(survey: Survey, values: Mapping[str, float]) -> list[Finding]:
    """One finding per grid whose few cases are too unlikely to be chance.

    The neighbours' cases per household, times the grid's own households, is what is expected of it; the number of
    cases is taken as Poisson, and P(X ≤ own) below the bound tells "no reporting" from "no problems".
    """
    window = int(values["days"])
    cases = survey.inputs.cases
    since = pd.Timestamp(survey.inputs.as_of) - pd.Timedelta(days=window)
    recent = cases.loc[local_days(cases["reported_at"]) >= since, "unit"]
    count = pd.Series(survey.codes, dtype="object").map(recent.value_counts()).fillna(0).to_numpy(dtype=np.int64)
    a, b = survey.adjacency.a, survey.adjacency.b
    around = np.zeros((2, len(survey.codes)))
    for row, values_of in enumerate((count, survey.load)):
        np.add.at(around[row], a, values_of[b])
        np.add.at(around[row], b, values_of[a])
    expected = survey.load * np.divide(around[0], around[1], out=np.zeros_like(around[0]), where=around[1] > 0)
    chance = np.asarray(poisson.cdf(count, expected), dtype=np.float64)
    found = []
    for row in np.flatnonzero((chance < values["chance"]) & (expected > 0)).tolist():
        code = survey.codes[row]
        given: dict[str, object] = {
            "grid": survey.label(code),
            "count": int(count[row]),
            "expected": round(float(expected[row])),
            "days": window,
        }
        why = Message(
            "{grid} reported {count} cases in {days} days; at its neighbours' rate about {expected} were to be "
            "expected.",
            given,
        )
        act = Message("Visit {grid}: probably nobody reports there, not nothing happens.", given)
        found.append(about_unit(survey, "quiet_grid", code, Severity.MEDIUM, why, act))
    return found


LENS = Lens(
    name="quiet_grid",
    title="Quiet grid",
    question="Which grids are silent although their neighbours' rate makes silence unlikely?",
    blindness=Blindness.JOB,
    inputs=("units", "cases", "households"),
    parameters=(
        Parameter("days", 90, 7, 366, "days", "A quarter: long enough for some cases in every grid."),
        Parameter(
            "chance",
            1e-4,
            1e-12,
            0.05,
            "probability",
            "One in ten thousand: among a thousand grids chance alone flags one in ten runs.",
        ),
    ),
    severity=Severity.MEDIUM,
    must=False,
    suggested_act="Visit the grid and ask who reports there.",
    answer=answer,
)
