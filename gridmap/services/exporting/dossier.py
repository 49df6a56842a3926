"""What every export is made from: one run of one unit as plain values, words already in the reader's language.

The formats know this and nothing of databases or actors; so a workbook or a report can be made, and tested, from
drawn data. Names and words in it may come from users: formats write them as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.lenses.base import Blindness, Severity
from gridmap.geometry.lenses.registry import INDEX_DEFINITION
from gridmap.translations import translate

#: blindness → its key in gridmap.maps.themes, its title
BLINDNESSES: dict[Blindness, tuple[str, str]] = {
    Blindness.GROUND: ("ground", "Nobody's ground"),
    Blindness.JOB: ("job", "Nobody's job"),
    Blindness.NEAR: ("near", "Nobody near"),
}
SEVERITY_ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True)
class Place:
    """A unit's code, name and level."""

    code: str
    name: str
    level: str


@dataclass(frozen=True)
class LensLine:
    """One lens: its words, how much it found, and the change since the run before (None where there was none)."""

    name: str
    title: str
    question: str
    blindness: Blindness
    must: bool
    count: int
    households: int
    open_cases: int
    change: int | None


@dataclass(frozen=True)
class FindingLine:
    """One blind area. ``state``: new or still, or None without a run to compare with."""

    number: int
    key: str
    lens: str
    title: str
    blindness: Blindness
    severity: Severity
    units: tuple[Place, ...]
    households: int
    open_cases: int
    area_m2: float
    width_m: float
    sliver: bool
    state: str | None
    why: str
    act: str
    geometry: BaseGeometry | None

    @property
    def style(self) -> str:
        return BLINDNESSES[self.blindness][0]


@dataclass(frozen=True)
class UnitLine:
    """One unit with its figures. ``index`` None: no households, so no share. ``counts``: findings by lens."""

    place: Place
    parents: tuple[str, ...]
    urban: bool
    households: int
    touched: int
    index: float | None
    counts: Mapping[str, int]
    geometry: BaseGeometry | None


@dataclass(frozen=True)
class Figures:
    """The key figures of the unit in one run."""

    index: float | None
    households: int
    touched: int
    findings: int
    open_cases: int


@dataclass(frozen=True)
class Dossier:
    """One run of one unit. Geometry is in the working system ``srid``. Findings stand worst first."""

    language: str
    unit: Place
    parents: tuple[str, ...]
    demo: bool
    run_id: int
    as_of: date
    made_at: datetime
    compared_with: date | None
    lens: LensLine | None
    srid: int
    figures: Figures
    before: Figures | None
    lenses: tuple[LensLine, ...]
    findings: tuple[FindingLine, ...]
    grids: tuple[UnitLine, ...]
    below: tuple[UnitLine, ...]
    fresh: int | None = None
    cured: int | None = None
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    outlines: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    names: tuple[tuple[float, float, str], ...] = ()
    ground: Mapping[str, tuple[BaseGeometry, ...]] = field(default_factory=dict)

    def say(self, text: str, **params: object) -> str:
        """Translate a sentence of ours into the reader's language and fill its blanks."""
        return translate(text, self.language, **params)

    def blindness(self, kind: Blindness) -> str:
        """What a blindness is called."""
        return self.say(BLINDNESSES[kind][1])

    def units_of(self, finding: FindingLine) -> str:
        """The names of the units that a finding concerns, in one line."""
        return ("、" if self.language.startswith("zh") else ", ").join(unit.name for unit in finding.units)

    @property
    def place(self) -> str:
        """The unit with the names above it: county, town, community."""
        return (" " if self.language.startswith("zh") else " › ").join((*self.parents, self.unit.name))

    @property
    def title(self) -> str:
        if self.lens is not None:
            return self.say("{unit}: {what}", unit=self.unit.name, what=self.lens.title)
        return self.say("{unit}: coverage and blind areas", unit=self.unit.name)

    @property
    def day(self) -> str:
        return spoken_day(self.as_of, self.language)

    @property
    def index_words(self) -> str:
        """The index with its definition, never one without the other."""
        return self.say(
            "Coverage index {index}. {definition}",
            index=share(self.figures.index),
            definition=self.say(INDEX_DEFINITION),
        )

    @property
    def must(self) -> tuple[str, ...]:
        return tuple(lens.name for lens in self.lenses if lens.must)


def spoken_day(day: date, language: str) -> str:
    """A day as the language writes it."""
    if language.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B} {day.year}"


def share(value: float | None) -> str:
    """A share as a percentage, rounded down: 99.96 % must not read as 100 %."""
    if value is None:
        return "–"
    return f"{int(value * 1000 + 1e-9) / 10:.1f}%" if value < 1 else "100%"


def change(now: float, before: float | None) -> str:
    """A signed whole difference; empty without a figure to compare with."""
    return "" if before is None else f"{now - before:+,.0f}".replace("-", "−") if now != before else "±0"


def change_in_points(now: float | None, before: float | None) -> str:
    """The difference of two shares in percentage points."""
    if now is None or before is None:
        return ""
    points = round((now - before) * 100, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "±0"
