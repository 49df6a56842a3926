"""Fewer vertices in borders that units share: both sides lose the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import shapely

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import unit_of
from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class Simplify(Operation):
    """Take vertices out of the borders between units; their border with everybody else stays.

    Method: Visvalingam and Whyatt (1993) on shared edges, by GEOS; ``tolerance_m`` is the side of the square whose area
    a vertex must enclose to stay.
    """

    kind: ClassVar[str] = "simplify"
    units: tuple[str, ...]
    tolerance_m: float

    def apply(self, layout: Layout) -> Change:
        codes = sorted(set(self.units))
        units = [unit_of(layout, code) for code in codes]
        if len(codes) < 2:
            raise OperationRefused(detail=Message("Choose two grids or more: only the borders between them change."))
        table = Workspace(layout, shapely.union_all([unit.geometry.envelope for unit in units]))
        names = [f"unit:{code}" for code in codes]
        before = sum(len(shapely.get_coordinates(table.shapes[name])) for name in names)
        table.share_vertices(names)
        shapes = np.array([table.shapes[name] for name in names], dtype=object)
        if not shapely.coverage_is_valid(shapes):
            raise OperationRefused(detail=Message("These grids have gaps or overlaps between them. Cure these first."))
        simple = shapely.coverage_simplify(shapes, self.tolerance_m * 1000, simplify_boundary=False)
        after = int(shapely.get_num_coordinates(simple).sum())
        if after >= before:
            raise OperationRefused(detail=Message("There is nothing to simplify at this tolerance."))
        for name, shape in zip(names, simple, strict=True):
            if shape.wkb != table.shapes[name].wkb:
                table.shapes[name] = shape
        given = {"count": before - after, "units": ", ".join(codes)}
        return table.finish(Message("{count} vertices fewer in the borders between {units}", given), allow_parts=True)

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "units": self.units, "tolerance_m": self.tolerance_m})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Simplify:
        fields = Fields(document, cls.kind, ("units", "tolerance_m"))
        return cls(fields.texts("units", least=2), fields.number("tolerance_m", 0.001, 1_000.0))
