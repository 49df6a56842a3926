"""What every operation of a plan is: a frozen record that can be kept as JSON, applied, explained and taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.topology import Defect


@dataclass(frozen=True)
class Change:
    """What an operation did. Units by code: as they were and as they are (None: absent).

    ``surroundings``: parents and units next door that only gained vertices, as they were and as they are.
    ``cured`` and ``created``: gaps, overlaps and spills that went away and that came; an operation declares them, and
    the neighbourhood's audit confirms them. ``moved_m2``: ground that belongs to another unit than before.
    ``takes_back``: the codes that go were never in use but for the change that is taken back.
    """

    before: Mapping[str, Outline | None]
    after: Mapping[str, Outline | None]
    why: Message
    surroundings: Mapping[str, tuple[BaseGeometry, BaseGeometry]] = field(default_factory=dict)
    cured: tuple[Defect, ...] = ()
    created: tuple[Defect, ...] = ()
    moved_m2: float = 0.0
    takes_back: bool = False

    def __post_init__(self) -> None:
        for name in ("before", "after", "surroundings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def inverse(self) -> Change:
        """The change that gives back the layout before, to the byte."""
        return Change(
            before=self.after,
            after=self.before,
            why=Message("Take back: {what}", {"what": self.why}),
            surroundings={code: (now, was) for code, (was, now) in self.surroundings.items()},
            cured=self.created,
            created=self.cured,
            moved_m2=self.moved_m2,
            takes_back=not self.takes_back,
        )

    @cached_property
    def touched(self) -> frozenset[str]:
        """Codes of all units that were or are different."""
        return frozenset(self.before) | frozenset(self.after)

    def on(self, layout: Layout) -> Layout:
        """The layout after the change.

        Raises
        ------
        LayoutMoved
        """
        forgotten = (
            frozenset(code for code, unit in self.after.items() if unit is None) if self.takes_back else frozenset()
        )
        return layout.changed(self.before, self.after, self.surroundings, forgotten)


class Operation(ABC):
    """One act of a planner. Subclasses are frozen dataclasses of plain values and shapely geometries."""

    #: Name in plans, files and addresses. Never changed once a plan holds it.
    kind: ClassVar[str]

    @abstractmethod
    def apply(self, layout: Layout) -> Change:
        """Work out the change on a layout, which stays as it is.

        Raises
        ------
        OperationRefused
            A precondition fails, or the neighbourhood's audit would change otherwise than declared. The sentence says
            which and what to do.
        """

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The record as JSON, ``kind`` included; geometry as GeoJSON in metres of the working system."""

    @classmethod
    @abstractmethod
    def from_json(cls, document: Mapping[str, Any]) -> Operation:
        """The record from JSON.

        Raises
        ------
        OperationInvalid
        """


def as_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Geometry for JSON: coordinates in metres, written to the millimetre, so that reading gives the same bytes."""
    document = shapely.geometry.mapping(geometry)
    return {"type": document["type"], "coordinates": _rounded(document["coordinates"])}


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else [_rounded(each) for each in value]
