"""Outlines drawn elsewhere: a redraw done in QGIS, a new year's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import is_free, unit_of
from gridmap.geometry.redraw.lattice import in_millimetres
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class SetOutlines(Operation):
    """Take outlines as they were drawn; None retires a unit. Every gap, overlap and spill that comes or goes is said.

    Their vertices are put into the borders of whoever is next door, so that lines that were meant to be one are one.
    """

    kind: ClassVar[str] = "set_outlines"
    outlines: Mapping[str, BaseGeometry | None]
    names: Mapping[str, str] = field(default_factory=dict)

    def apply(self, layout: Layout) -> Change:
        given = {code: None if shape is None else in_millimetres(shape) for code, shape in self.outlines.items()}
        old = [unit_of(layout, code).geometry for code in given if code in layout.units]
        new = [shape for shape in self.outlines.values() if shape is not None]
        table = Workspace(layout, shapely.union_all([shape.envelope for shape in (*old, *new)]))
        for code, shape in given.items():
            if shape is None:
                unit_of(layout, code)
                table.drop(code)
                continue
            if not shape.is_valid:
                raise OperationRefused(detail=Message("The outline of {code} is not valid.", {"code": code}))
            if code in layout.units:
                table.shapes[f"unit:{code}"] = shape
            else:
                self._found(layout, table, code, shape)
        for shape in given.values():
            if shape is not None:
                table.put((float(x), float(y)) for x, y in shapely.get_coordinates(shape))
        renamed = {
            code: name
            for code, name in self.names.items()
            if code in layout.units and given.get(code) is not None and layout.units[code].name != name
        }
        return table.finish(
            Message("Outlines of {count} grids taken as drawn elsewhere", {"count": len(given)}),
            allow_parts=True,
            any_ground=True,
            names=renamed,
        )

    def _found(self, layout: Layout, table: Workspace, code: str, shape: BaseGeometry) -> None:
        parent = max((each for each in layout.parents if code.startswith(each)), key=len, default="")
        if not parent:
            raise OperationRefused(detail=Message("{code} belongs to no community of this draft.", {"code": code}))
        is_free(layout, code, parent)
        siblings = [layout.units[each].urban for each in layout.children(parent)]
        urban = sum(siblings) * 2 > len(siblings)
        table.found(Outline(code, self.names.get(code, code), parent, shape, urban), [shape])
        table.shapes[f"unit:{code}"] = shape

    def as_json(self) -> dict[str, Any]:
        document = written({"kind": self.kind, "names": dict(self.names)})
        plain = {
            code: None if shape is None else written({"shape": shape})["shape"] for code, shape in self.outlines.items()
        }
        return {**document, "outlines": plain}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SetOutlines:
        fields = Fields(document, cls.kind, ("outlines", "names"))
        return cls(fields.outlines("outlines"), fields.names("names"))
