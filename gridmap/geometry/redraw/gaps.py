"""Cure what the audit finds: fill a gap, resolve a double cover, cut spill back to the parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import at_point, inside, longest_neighbour, uncovered, unit_of
from gridmap.geometry.redraw.lattice import Point, polygons_of
from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace

#: Metres around a point within which the outlines that bound a gap are looked for, when it lies in no parent.
LOOK_M = 50.0


@dataclass(frozen=True)
class FillGap(Operation):
    """Give the uncovered ground around a point to ``to``, or to the neighbour with the longest shared border."""

    kind: ClassVar[str] = "fill_gap"
    at: Point
    to: str | None = None

    def apply(self, layout: Layout) -> Change:
        point = shapely.Point(self.at)
        parent = next((code for code, outline in layout.parents.items() if outline.intersects(point)), None)
        if parent is None:
            raise OperationRefused(detail=Message("The place lies outside this draft's ground."))
        table = Workspace(layout, layout.parents[parent].envelope)
        gap = at_point(uncovered(table, parent), self.at)
        if gap is None:
            raise OperationRefused(detail=Message("No uncovered ground lies here: a grid covers the place already."))
        choice = [code for code in layout.children(parent) if code not in layout.locked]
        taker = self.to or longest_neighbour(table, gap, choice)
        if taker is None:
            raise OperationRefused(detail=Message("No grid of its community borders on this ground: draw a new grid."))
        unit = unit_of(layout, taker)
        if unit.parent != parent:
            raise OperationRefused(detail=Message("{unit} belongs to another community.", {"unit": taker}))
        table.give(taker, [gap])
        given = {"area": f"{gap.area / 1e6:,.1f}", "unit": f"{unit.name} ({taker})"}
        return table.finish(Message("{area} m² of uncovered ground go to {unit}", given), cured=[gap])

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "at": self.at, "to": self.to})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FillGap:
        fields = Fields(document, cls.kind, ("at", "to"))
        return cls(fields.point("at"), fields.text("to") if fields.has("to") else None)


@dataclass(frozen=True)
class ResolveOverlap(Operation):
    """Ground that several units cover stays with ``to``, or with the one it is joined to by the longest border."""

    kind: ClassVar[str] = "resolve_overlap"
    at: Point
    to: str | None = None

    def apply(self, layout: Layout) -> Change:
        point = shapely.Point(self.at)
        owners = [code for code in layout.near(point) if layout.units[code].geometry.intersects(point)]
        if len(owners) < 2:
            raise OperationRefused(detail=Message("No two grids cover this place."))
        table = Workspace(layout, shapely.union_all([layout.units[code].geometry.envelope for code in owners]))
        common = shapely.intersection_all([table.shapes[f"unit:{code}"] for code in owners])
        piece = at_point(polygons_of(common), self.at)
        if piece is None:
            raise OperationRefused(detail=Message("No two grids cover this place."))
        keeper = self.to or self._keeper(table, piece, owners)
        if keeper not in owners:
            raise OperationRefused(
                detail=Message(
                    "{unit} does not cover this place. Choose one of {owners}.",
                    {"unit": keeper, "owners": ", ".join(owners)},
                )
            )
        cured: list[shapely.Polygon] = []
        for code in owners:
            if code == keeper:
                continue
            unit_of(layout, code)
            faces = inside(table.cut(code, shapely.boundary(piece)), piece)
            if not faces or shapely.union_all(faces).area >= table.shapes[f"unit:{code}"].area:
                raise OperationRefused(
                    detail=Message(
                        "{unit} lies wholly under another grid, which is a question of registration. Retire one.",
                        {"unit": code},
                    )
                )
            table.take(code, faces)
            cured += faces
        given = {"area": f"{piece.area / 1e6:,.1f}", "unit": f"{layout.units[keeper].name} ({keeper})"}
        return table.finish(Message("{area} m² of double cover stay with {unit}", given), cured=cured, allow_parts=True)

    @staticmethod
    def _keeper(table: Workspace, piece: BaseGeometry, owners: list[str]) -> str:
        """The owner whose other ground shares the longest border with the piece."""
        rim = shapely.boundary(piece)
        joined = {
            code: float(
                shapely.length(shapely.intersection(rim, shapely.difference(table.shapes[f"unit:{code}"], piece)))
            )
            for code in owners
        }
        return min(owners, key=lambda code: (-joined[code], code))

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "at": self.at, "to": self.to})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ResolveOverlap:
        fields = Fields(document, cls.kind, ("at", "to"))
        return cls(fields.point("at"), fields.text("to") if fields.has("to") else None)


@dataclass(frozen=True)
class CutSpill(Operation):
    """Cut a unit back to its parent: everywhere, or only the piece around a point."""

    kind: ClassVar[str] = "cut_spill"
    unit: str | None = None
    at: Point | None = None

    def apply(self, layout: Layout) -> Change:
        code = self.unit or self._found(layout)
        unit = unit_of(layout, code)
        if unit.parent not in layout.parents:
            raise OperationRefused(detail=Message("There is no community {unit} in this draft.", {"unit": unit.parent}))
        table = Workspace(layout, unit.geometry)
        ground = table.shapes[f"parent:{unit.parent}"]
        faces = table.cut(code, shapely.boundary(ground))
        ground = table.shapes[f"parent:{unit.parent}"]
        spill = [face for face in faces if not ground.intersects(face.point_on_surface())]
        if self.at is not None:
            piece = at_point(spill, self.at)
            spill = [face for face in spill if face is piece]
        if not spill:
            raise OperationRefused(detail=Message("{unit} does not reach beyond its community here.", {"unit": code}))
        table.take(code, spill)
        area = sum(face.area for face in spill) / 1e6
        given = {"area": f"{area:,.1f}", "unit": f"{unit.name} ({code})"}
        return table.finish(
            Message("{unit} cut back to its community by {area} m²", given), cured=spill, allow_parts=True
        )

    def _found(self, layout: Layout) -> str:
        """The unit that reaches beyond its parent at the point."""
        assert self.at is not None
        point = shapely.Point(self.at)
        for code in layout.near(point):
            unit = layout.units[code]
            ground = layout.parents.get(unit.parent)
            if unit.geometry.intersects(point) and ground is not None and not ground.intersects(point):
                return code
        raise OperationRefused(detail=Message("No grid reaches beyond its community here."))

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "unit": self.unit, "at": self.at})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CutSpill:
        fields = Fields(document, cls.kind, ("unit", "at"))
        if not fields.has("unit") and not fields.has("at"):
            raise fields.wrong("at", "a unit, a point, or both")
        return cls(
            fields.text("unit") if fields.has("unit") else None, fields.point("at") if fields.has("at") else None
        )
