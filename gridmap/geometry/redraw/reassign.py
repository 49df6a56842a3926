"""Give ground from one unit to another, or draw a new unit out of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import NARROW_MM, free_codes, inside, is_free, uncovered, unit_of
from gridmap.geometry.redraw.lattice import in_millimetres, one_or_many, polygons_of, rounded
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class Reassign(Operation):
    """A drawn area, or a whole compound, goes to a unit; ``from_`` names the units that give, else all that it covers.

    Only units of the same parent give. ``allow_parts``: a unit may fall into parts that do not touch.
    """

    kind: ClassVar[str] = "reassign"
    to: str
    area: BaseGeometry | None = None
    compound: str | None = None
    from_: tuple[str, ...] = ()
    allow_parts: bool = False

    def apply(self, layout: Layout) -> Change:
        taker = unit_of(layout, self.to)
        area = self._area(layout)
        table = Workspace(layout, shapely.union_all([area.envelope, taker.geometry.envelope]))
        wanted = snapped(table, in_millimetres(area))
        givers = [unit_of(layout, code).code for code in self.from_] or [
            code
            for code in layout.near(area)
            if layout.units[code].parent == taker.parent and code != self.to and code not in layout.locked
        ]
        if any(layout.units[code].parent != taker.parent for code in givers):
            raise OperationRefused(detail=Message("Ground goes over only between grids of one community."))
        moved = carve(table, givers, wanted)
        if not moved:
            raise OperationRefused(
                detail=Message("The area takes nothing from any other grid of {parent}.", {"parent": taker.parent})
            )
        twice = [
            shapely.intersection(face, table.shapes[f"unit:{self.to}"]) for faces in moved.values() for face in faces
        ]
        table.give(self.to, [face for faces in moved.values() for face in faces])
        hectares = sum(face.area for faces in moved.values() for face in faces) / 1e10
        given = {
            "area": f"{hectares:,.2f}",
            "giver": ", ".join(f"{layout.units[code].name} ({code})" for code in moved),
            "taker": f"{taker.name} ({taker.code})",
        }
        return table.finish(
            Message("{area} ha go from {giver} to {taker}", given),
            cured=[part for shape in twice for part in polygons_of(shape)],
            allow_parts=self.allow_parts,
        )

    def _area(self, layout: Layout) -> BaseGeometry:
        if self.compound is not None:
            found = layout.compounds.get(self.compound)
            if found is None:
                raise OperationRefused(detail=Message("There is no compound {code} here.", {"code": self.compound}))
            return found
        assert self.area is not None
        return self.area

    def as_json(self) -> dict[str, Any]:
        return written(
            {
                "kind": self.kind,
                "to": self.to,
                "area": self.area,
                "compound": self.compound,
                "from": self.from_,
                "allow_parts": self.allow_parts,
            }
        )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Reassign:
        fields = Fields(document, cls.kind, ("to", "area", "compound", "from", "allow_parts"))
        if fields.has("area") == fields.has("compound"):
            raise fields.wrong("area", "either an area or a compound")
        return cls(
            fields.text("to"),
            fields.area("area") if fields.has("area") else None,
            fields.text("compound") if fields.has("compound") else None,
            fields.texts("from"),
            fields.flag("allow_parts"),
        )


@dataclass(frozen=True)
class Create(Operation):
    """A new unit on a drawn area: on ground that nobody has, and carved out of units of its parent."""

    kind: ClassVar[str] = "create"
    name: str
    parent: str
    area: BaseGeometry
    code: str | None = None
    urban: bool = False
    allow_parts: bool = False

    def apply(self, layout: Layout) -> Change:
        if self.parent not in layout.parents:
            raise OperationRefused(detail=Message("There is no community {unit} in this draft.", {"unit": self.parent}))
        widths = [len(code) - len(self.parent) for code in layout.children(self.parent)]
        code = self.code or free_codes(layout, self.parent, max(widths, default=3), 1)[0]
        if self.code:
            is_free(layout, code, self.parent)
        table = Workspace(layout, shapely.union_all([self.area.envelope, layout.parents[self.parent].envelope]))
        wanted = snapped(table, in_millimetres(self.area))
        givers = [each for each in layout.near(self.area) if layout.units[each].parent == self.parent]
        # nobody's ground is cut like a unit of its own, so that its lines meet the others'
        nobodys = [f"#{number}" for number, gap in enumerate(uncovered(table, self.parent)) if table.lend(number, gap)]
        moved = carve(table, [*(each for each in givers if each not in layout.locked), *nobodys], wanted)
        for name in nobodys:
            table.shapes.pop(f"unit:{name}")
        gaps = [face for name in nobodys for face in moved.get(name, [])]
        faces = [face for some in moved.values() for face in some]
        if not faces:
            raise OperationRefused(detail=Message("The area holds no ground of {parent}.", {"parent": self.parent}))
        table.found(Outline(code, self.name, self.parent, self.area, self.urban), faces)
        return table.finish(
            Message("New grid {name} ({code})", {"name": self.name, "code": code}),
            cured=gaps,
            allow_parts=self.allow_parts,
        )

    def as_json(self) -> dict[str, Any]:
        return written(
            {
                "kind": self.kind,
                "name": self.name,
                "parent": self.parent,
                "area": self.area,
                "code": self.code,
                "urban": self.urban,
                "allow_parts": self.allow_parts,
            }
        )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Create:
        fields = Fields(document, cls.kind, ("name", "parent", "area", "code", "urban", "allow_parts"))
        return cls(
            fields.text("name"),
            fields.text("parent"),
            fields.area("area"),
            fields.text("code") if fields.has("code") else None,
            fields.flag("urban"),
            fields.flag("allow_parts"),
        )


def carve(table: Workspace, givers: Iterable[str], area: BaseGeometry) -> dict[str, list[shapely.Polygon]]:
    """Take what lies in an area (millimetres) away from units; giver → its faces. Whole units are not swallowed."""
    taken: dict[str, str] = {}
    for code in sorted(givers):
        outline = table.shapes[f"unit:{code}"]
        if not shapely.intersects(outline, area):
            continue
        faces = inside(table.cut(code, shapely.boundary(area)), area)
        if faces:
            table.take(code, faces)
        for number, face in enumerate(faces):
            # what was taken stays on the table, so that the cuts that follow put their points into it too
            name = f"taken:{code}:{number}"
            table.shapes[name], taken[name] = face, code
    moved: dict[str, list[shapely.Polygon]] = {}
    for name, code in taken.items():
        moved.setdefault(code, []).extend(polygons_of(table.shapes.pop(name)))
    return moved


def snapped(table: Workspace, area: BaseGeometry) -> BaseGeometry:
    """A drawn area with its rim on the borders it was meant to follow: within 5 cm."""
    near = [
        shape for name, shape in table.shapes.items() if name.startswith("unit:") and shape.intersects(area.envelope)
    ]
    if not near:
        return area
    found = rounded(shapely.snap(area, shapely.union_all([shapely.boundary(shape) for shape in near]), NARROW_MM))
    valid = found if found.is_valid else shapely.make_valid(found)
    polygons = polygons_of(valid)
    return one_or_many(polygons) if polygons else area
