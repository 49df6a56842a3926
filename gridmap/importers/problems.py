"""A problem of one row: where, what stood there, what was expected, how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from gridmap.domain.messages import Message

_KEY = "gridmap_problems"


@dataclass(frozen=True)
class Problem:
    """One row's problem. ``row`` counts data rows from 1; ``column`` is the file's own name, or "geometry".

    ``repaired``: the row was put right and is used; otherwise it is left out (or refuses the import).
    ``question``: the repair changes more than may be changed unasked; the row comes repaired, and nothing of the
    file is written until somebody accepts the repairs. ``before_m2``, ``after_m2``: area as the file's rings state
    it, and after the repair.
    """

    row: int
    column: str
    value: str
    expected: Message
    fix: Message
    repaired: bool = False
    question: bool = False
    before_m2: float | None = None
    after_m2: float | None = None


def problems_of(frame: pd.DataFrame) -> tuple[Problem, ...]:
    """Return the problems that reading left on a frame: rows whose geometry is none because it is broken, and so on."""
    found: tuple[Problem, ...] = frame.attrs.get(_KEY, ())
    return found


def with_problems(frame: pd.DataFrame, problems: Iterable[Problem]) -> None:
    """Attach problems to a frame, after those already there."""
    frame.attrs[_KEY] = (*problems_of(frame), *problems)
