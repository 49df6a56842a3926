"""Join units, or dissolve one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import shapely

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import longest_neighbour, unit_of
from gridmap.geometry.redraw.lattice import polygons_of
from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class Merge(Operation):
    """Join units of one parent that share border; ``into`` keeps its code and name."""

    kind: ClassVar[str] = "merge"
    units: tuple[str, ...]
    into: str

    def apply(self, layout: Layout) -> Change:
        codes = sorted({*self.units, self.into})
        units = [unit_of(layout, code) for code in codes]
        if len(codes) < 2:
            raise OperationRefused(detail=Message("Choose two grids or more to join."))
        if len({unit.parent for unit in units}) > 1:
            raise OperationRefused(detail=Message("Only grids of one community can be joined."))
        table = Workspace(layout, shapely.union_all([unit.geometry.envelope for unit in units]))
        before = [table.shapes[f"unit:{code}"] for code in codes]
        twice = [shapely.intersection(a, b) for a, b in combinations(before, 2)]
        for code in codes:
            if code != self.into:
                table.give(self.into, [table.shapes[f"unit:{code}"]])
                table.drop(code)
        after = table.shapes[f"unit:{self.into}"]
        if len(polygons_of(after)) > sum(len(polygons_of(shape)) for shape in before) - len(codes) + 1:
            raise OperationRefused(detail=Message("These grids share no border, so they cannot be joined."))
        names = {unit.code: unit.name for unit in units}
        given = {"units": ", ".join(f"{names[code]} ({code})" for code in codes if code != self.into)}
        return table.finish(
            Message("Joined {units} to {into}", {**given, "into": f"{names[self.into]} ({self.into})"}),
            cured=[part for shape in twice for part in polygons_of(shape)],
            allow_parts=True,
        )

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "units": self.units, "into": self.into})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Merge:
        fields = Fields(document, cls.kind, ("units", "into"))
        return cls(fields.texts("units", least=1), fields.text("into"))


@dataclass(frozen=True)
class Retire(Operation):
    """Dissolve a unit. Its ground goes to one unit (``to``), or part by part to the neighbour with the longest shared
    border (``neighbours``); only ``leave`` leaves it to nobody, and then says so."""

    kind: ClassVar[str] = "retire"
    unit: str
    to: str = "neighbours"
    leave: bool = False

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.unit)
        table = Workspace(layout, unit.geometry)
        ground = table.shapes[f"unit:{self.unit}"]
        name = f"{unit.name} ({unit.code})"
        if self.leave:
            others = shapely.union_all(
                [s for key, s in table.shapes.items() if key.startswith("unit:") and key != f"unit:{self.unit}"]
            )
            table.drop(self.unit)
            left, twice = shapely.difference(ground, others), shapely.intersection(ground, others)
            return table.finish(
                Message("Dissolved {unit}; its ground is left to nobody", {"unit": name}),
                created=polygons_of(left),
                cured=polygons_of(twice),
            )
        heirs: dict[str, list[shapely.Polygon]] = {}
        choice = [code for code in layout.children(unit.parent) if code != self.unit and code not in layout.locked]
        for part in polygons_of(ground):
            heir = self.to if self.to != "neighbours" else longest_neighbour(table, part, choice)
            if heir is None or heir == self.unit:
                raise OperationRefused(
                    detail=Message(
                        "No grid of its community borders on {unit}; say who takes its ground.", {"unit": name}
                    )
                )
            if unit_of(layout, heir).parent != unit.parent:
                raise OperationRefused(detail=Message("Only grids of one community can be joined."))
            heirs.setdefault(heir, []).append(part)
        double = [
            shapely.intersection(part, table.shapes[f"unit:{heir}"]) for heir, parts in heirs.items() for part in parts
        ]
        for heir, parts in heirs.items():
            table.give(heir, parts)
        table.drop(self.unit)
        return table.finish(
            Message("Dissolved {unit}; its ground goes to {heirs}", {"unit": name, "heirs": ", ".join(sorted(heirs))}),
            cured=[part for shape in double for part in polygons_of(shape)],
        )

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "unit": self.unit, "to": self.to, "leave": self.leave})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Retire:
        fields = Fields(document, cls.kind, ("unit", "to", "leave"))
        to = fields.text("to") if fields.has("to") else "neighbours"
        return cls(fields.text("unit"), to, fields.flag("leave"))
