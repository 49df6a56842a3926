"""What the plan verbs give back. Geometry is in the working system; Messages are translated at the rim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.domain.plans import Act, Norm, PlanState
from gridmap.geometry.redraw.figures import Figures
from gridmap.store.queries.plans import CommentRow


@dataclass(frozen=True)
class PlanRow:
    """A plan in a list. ``operations``: how many stand. ``approved``: the present version was approved."""

    id: int
    title: str
    note: str
    scope: str
    state: PlanState
    author: str
    version: int
    effective_on: date
    updated_at: datetime
    operations: int
    approved: bool


@dataclass(frozen=True)
class OperationRow:
    """One operation of a plan: its record, what it did, why it was done, and whether it stands or is undone."""

    id: int
    seq: int
    kind: str
    document: Mapping[str, Any]
    reason: str
    actor: str
    at: datetime
    why: Message
    undone: bool


@dataclass(frozen=True)
class EventRow:
    """One line of a plan's history."""

    at: datetime
    actor: str
    act: str
    version: int
    note: str


@dataclass(frozen=True)
class PlanDetail:
    """A plan with its operations, remarks and history; ``can``: what the reader may do with it now."""

    row: PlanRow
    norm: Norm
    locked: tuple[str, ...]
    operations: tuple[OperationRow, ...]
    comments: tuple[CommentRow, ...]
    history: tuple[EventRow, ...]
    can: frozenset[Act]
    base_moved: bool


@dataclass(frozen=True)
class UnitView:
    """A grid of a draft: figures in the base (None for a new one) and now (None for one that vanished)."""

    code: str
    name: str
    parent: str
    urban: bool
    geometry: BaseGeometry
    before: Figures | None
    figures: Figures | None
    band: str | None
    changed: bool


@dataclass(frozen=True)
class FindingView:
    """A blind area of the draft: ``state`` new, still or cured by the plan. ``at``: a point inside it, or None."""

    lens: str
    state: str
    why: Message
    act: Message
    units: tuple[str, ...]
    households: int
    area_m2: float
    sliver: bool
    geometry: BaseGeometry | None
    at: tuple[float, float] | None


@dataclass(frozen=True)
class PlanView:
    """The draft as it stands at a version."""

    version: int
    units: tuple[UnitView, ...]
    parents: Mapping[str, BaseGeometry]
    compounds: Mapping[str, BaseGeometry]
    findings: tuple[FindingView, ...]
    households_moved: int
    norm: Norm


@dataclass(frozen=True)
class Touched:
    """A unit that one operation touches: outline, name and figures before and after (None: absent)."""

    code: str
    name: str
    before: BaseGeometry | None
    after: BaseGeometry | None
    figures_before: Figures | None
    figures_after: Figures | None
    band_before: str | None
    band_after: str | None


@dataclass(frozen=True)
class DefectView:
    """Ground that an operation leaves without a unit, under several, or outside; or cures."""

    kind: str
    area_m2: float
    width_m: float
    geometry: BaseGeometry


@dataclass(frozen=True)
class Effect:
    """What an operation does, or would do. ``version``: of the draft that it was worked out on, or after it."""

    version: int
    why: Message
    units: tuple[Touched, ...]
    created: tuple[DefectView, ...]
    cured: tuple[DefectView, ...]
    moved_m2: float
    households_moved: int


@dataclass(frozen=True)
class Broken:
    """An invariant that a plan breaks, or a warning (``refuses`` False): what, and where."""

    text: Message
    units: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    refuses: bool = True


@dataclass(frozen=True)
class Adoption:
    """What adopting does: codes opened, closed, changed; how many things are re-homed, by kind; what forbids it."""

    edition: str
    effective_on: date
    opened: tuple[str, ...]
    retired: Mapping[str, tuple[str, ...]]
    redrawn: tuple[str, ...]
    renamed: Mapping[str, tuple[str, str]]
    surroundings: tuple[str, ...]
    rehomed: Mapping[str, int]
    broken: tuple[Broken, ...]
    done: bool = False

    @property
    def refused(self) -> bool:
        """Whether an invariant forbids it."""
        return any(each.refuses for each in self.broken)


@dataclass(frozen=True)
class ComparedUnit:
    """A grid in two plans (None: absent there)."""

    code: str
    name: str
    a: BaseGeometry | None
    b: BaseGeometry | None
    figures_a: Figures | None
    figures_b: Figures | None
    same: bool


@dataclass(frozen=True)
class Comparison:
    """Two drafts side by side; ``b`` None stands for the boundaries in force at the base."""

    a: PlanRow
    b: PlanRow | None
    units: tuple[ComparedUnit, ...]
    households_moved: int


@dataclass(frozen=True)
class Conflict:
    """An operation that no longer applies, or applies to ground that changed underneath."""

    operation: OperationRow
    why: Message
    geometry: BaseGeometry | None
    refused: bool


@dataclass(frozen=True)
class Rebase:
    """What moving a draft onto today's boundaries meets; ``done`` when it was carried out."""

    changed_units: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    version: int
    done: bool = field(default=False)
