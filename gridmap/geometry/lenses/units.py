"""Findings about one unit: what most lenses return."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely

from gridmap.domain.messages import Message
from gridmap.geometry.lenses.base import Finding, Severity
from gridmap.geometry.survey import Survey


def about_unit(
    survey: Survey,
    lens: str,
    code: str,
    severity: Severity,
    why: Message,
    act: Message,
    *,
    also: Iterable[str] = (),
    part: str = "",
) -> Finding:
    """A finding that concerns a unit whole: its geometry, households and open cases.

    ``also`` are further units that it concerns; ``part`` tells several findings about one unit apart.
    """
    places = survey.places_of(code)
    shape = survey.shapes[code]
    return Finding(
        lens=lens,
        key=f"{lens}:{part or code}",
        units=(code, *also),
        geometry=None if shape is None or shape.is_empty else shape,
        severity=severity,
        households=survey.total(places),
        open_cases=survey.open_cases_of(code),
        why=why,
        act=act,
        places=places,
    )


def nearest_worker(survey: Survey, code: str) -> tuple[str, int] | None:
    """The grid served by the nearest worker of another grid, and the metres from there to the middle of ``code``."""
    shape = survey.shapes[code]
    others = survey.serving
    others = others[(others["unit"] != code) & ~(others.geometry.isna() | others.geometry.is_empty)]
    if shape is None or shape.is_empty or not len(others):
        return None
    bases = np.asarray(others.geometry.to_numpy(), dtype=object)
    distance: np.ndarray[Any, np.dtype[np.float64]] = np.asarray(shapely.distance(bases, shape.point_on_surface()))
    nearest = int(distance.argmin())
    return str(others["unit"].iloc[nearest]), round(float(distance[nearest]))
