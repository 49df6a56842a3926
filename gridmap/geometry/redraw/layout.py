"""The ground of a draft: the units that may be redrawn, and what stands around them. Immutable; a change gives another.

Every geometry is in metres of the county's working system, x east, y north, on the millimetre grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import LayoutMoved

#: Changed units are looked through one by one until there are this many; then the index is built anew.
MOST_UNINDEXED = 64


@dataclass(frozen=True, slots=True)
class Outline:
    """A unit as a draft has it. ``geometry``: Polygon or MultiPolygon; ``parent``: code of the unit above."""

    code: str
    name: str
    parent: str
    geometry: BaseGeometry
    urban: bool = False

    def same(self, other: Outline | None) -> bool:
        """Whether the other is this one to the byte, order of vertices included."""
        return (
            other is not None
            and (self.code, self.name, self.parent, self.urban) == (other.code, other.name, other.parent, other.urban)
            and (self.geometry is other.geometry or self.geometry.wkb == other.geometry.wkb)
        )


@dataclass(frozen=True)
class _Index:
    """A search tree over some units, in the order of ``codes``."""

    tree: shapely.STRtree
    codes: tuple[str, ...]

    @classmethod
    def over(cls, units: Mapping[str, BaseGeometry]) -> _Index:
        return cls(shapely.STRtree(list(units.values())), tuple(units))

    def near(self, area: BaseGeometry) -> list[str]:
        return [self.codes[row] for row in np.sort(self.tree.query(area)).tolist()]


@dataclass(frozen=True)
class Layout:
    """Units by code, and the ground they share.

    Attributes
    ----------
    units
        What operations may redraw.
    parents
        Outline of each unit above: the ground that its units must cover. Operations only ever insert vertices into it.
    beyond
        Units next door that this draft may not redraw. Operations only ever insert vertices into them.
    compounds
        Compounds and courtyards, which stay whole in proposals; never changed.
    locked
        Codes of units that no operation may change, but for vertices inserted into their border.
    used
        Codes that a new unit may not take: living and retired ones.
    """

    units: Mapping[str, Outline]
    parents: Mapping[str, BaseGeometry] = field(default_factory=dict)
    beyond: Mapping[str, BaseGeometry] = field(default_factory=dict)
    compounds: Mapping[str, BaseGeometry] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    _index: _Index | None = field(default=None, repr=False, compare=False)
    _unindexed: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    _highest: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("units", "parents", "beyond", "compounds"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        if self._index is None:
            object.__setattr__(self, "_index", _Index.over({c: unit.geometry for c, unit in self.units.items()}))

    def near(self, area: BaseGeometry) -> list[str]:
        """Codes of the units whose bounding box meets that of ``area``, in a stable order."""
        assert self._index is not None
        found = [code for code in self._index.near(area) if code not in self._unindexed]
        low_x, low_y, high_x, high_y = area.bounds
        for code in sorted(self._unindexed):
            unit = self.units.get(code)
            if unit is not None:
                a, b, c, d = unit.geometry.bounds
                if a <= high_x and c >= low_x and b <= high_y and d >= low_y:
                    found.append(code)
        return found

    def highest_number(self, parent: str) -> int:
        """The highest number that a code below a parent has or had; 0 without any. Remembered from layout to layout."""
        if parent not in self._highest:
            self._highest[parent] = max(
                (_number(code, parent) for codes in (self.used, self.units) for code in codes), default=0
            )
        return self._highest[parent]

    def children(self, parent: str) -> list[str]:
        """Codes of the units below a parent, in the order of their codes."""
        return sorted(code for code, unit in self.units.items() if unit.parent == parent)

    def changed(
        self,
        before: Mapping[str, Outline | None],
        after: Mapping[str, Outline | None],
        surroundings: Mapping[str, tuple[BaseGeometry, BaseGeometry]] | None = None,
        forgotten: frozenset[str] = frozenset(),
    ) -> Layout:
        """The layout with some units replaced (None: absent) and vertices inserted into surroundings.

        Untouched units are the same objects, so their bytes stay what they were. ``forgotten``: codes that count as
        never used, since the act that first used them is taken back.

        Raises
        ------
        LayoutMoved
            What stands here is not what the change started from.
        """
        for code, unit in before.items():
            here = self.units.get(code)
            if (unit is None) != (here is None) or (unit is not None and not unit.same(here)):
                raise LayoutMoved(code=code)
        units = {code: unit for code, unit in self.units.items() if code not in after}
        units.update((code, unit) for code, unit in after.items() if unit is not None)
        parents, beyond = dict(self.parents), dict(self.beyond)
        for code, (was, now) in (surroundings or {}).items():
            place = parents if code in parents else beyond
            if code not in place or place[code].wkb != was.wkb:
                raise LayoutMoved(code=code)
            place[code] = now
        unindexed = self._unindexed | set(after)
        rebuild = len(unindexed) > MOST_UNINDEXED
        return replace(
            self,
            units=units,
            parents=parents,
            beyond=beyond,
            used=(self.used | set(after)) - forgotten,
            _index=None if rebuild else self._index,
            _unindexed=frozenset() if rebuild else unindexed,
            _highest={}
            if forgotten
            else {
                parent: max(number, *(_number(code, parent) for code in after)) if after else number
                for parent, number in self._highest.items()
            },
        )

    def with_locks(self, codes: Iterable[str]) -> Layout:
        """The same ground with other locks."""
        return replace(self, locked=frozenset(codes))


def _number(code: str, parent: str) -> int:
    """The number that a code adds to its parent's, or 0 where it is none of its."""
    return int(rest) if code.startswith(parent) and (rest := code[len(parent) :]).isdigit() else 0
