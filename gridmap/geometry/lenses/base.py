"""What a lens is: a question with a name, parameters with bounds and reasons, and a function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import ParameterOutOfBounds
from gridmap.geometry.survey import Survey


class Blindness(StrEnum):
    """The three meanings of "blind". A map always names which one it shows."""

    GROUND = "nobody's ground"  # 无人管的地
    JOB = "nobody's job"  # 无人担的责
    NEAR = "nobody near"  # 身边没有人


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Parameter:
    """A number that a lens can be tuned by: name, default, bounds, unit and the reason for the default."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """One blind area that a lens found.

    ``key`` identifies it across runs: the same defect has the same key tomorrow, a different defect never has
    (built from the lens and the units or places concerned; for ground, from owners, neighbours and a coarse position).
    ``geometry`` is in the working system, or None where there is nothing to draw.
    ``households`` and ``open_cases`` count what the blind area touches.
    ``area_m2`` is planar, in the working system; 0 where the finding is not an area.
    ``places`` are the rows of the households frame that it touches: what the coverage index is counted from, so that
    a household under two blind areas counts once.
    """

    lens: str
    key: str
    units: tuple[str, ...]
    geometry: BaseGeometry | None
    severity: Severity
    households: int
    open_cases: int
    why: Message
    act: Message
    area_m2: float = 0.0
    width_m: float = 0.0
    sliver: bool = False
    places: np.ndarray[Any, np.dtype[np.intp]] = field(
        default_factory=lambda: np.empty(0, dtype=np.intp), repr=False, compare=False
    )


Answer = Callable[[Survey, Mapping[str, float]], list[Finding]]


@dataclass(frozen=True)
class Lens:
    """A kind of blind-area check.

    ``must`` lenses enter the coverage index. ``answer`` takes the day's survey and the settled parameters. ``inputs``
    name the frames of :class:`~gridmap.geometry.frames.CoverageInputs` that are read. ``question`` and
    ``suggested_act`` are English templates that the rim translates.
    """

    name: str
    title: str
    question: str
    blindness: Blindness
    inputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    severity: Severity
    must: bool
    suggested_act: str
    answer: Answer

    def settle(self, given: Mapping[str, float]) -> dict[str, float]:
        """Return every parameter's value: the given one where there is one, else the default.

        Raises
        ------
        ParameterOutOfBounds
        """
        values: dict[str, float] = {}
        for parameter in self.parameters:
            value = float(given.get(parameter.name, parameter.default))
            if not parameter.low <= value <= parameter.high:
                raise ParameterOutOfBounds(
                    name=f"{self.name}.{parameter.name}", low=parameter.low, high=parameter.high, value=value
                )
            values[parameter.name] = value
        return values
