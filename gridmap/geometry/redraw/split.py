"""Split a unit: by drawn lines, or along its compounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import SNAP_M, at_point, free_codes, inside, is_free, unit_of, wide_enough
from gridmap.geometry.redraw.lattice import Point, in_millimetres, joined, polygons_of
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class Split(Operation):
    """Split a unit by one or many lines into two or more pieces.

    The lines may overshoot, and may stop up to 5 m short of the border. The largest piece keeps the code, or the one
    that holds the point ``keeps``; the others get ``codes`` and ``names``, or the next free numbers.
    """

    kind: ClassVar[str] = "split"
    unit: str
    lines: tuple[shapely.LineString, ...]
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    keeps: Point | None = None

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.unit)
        table = Workspace(layout, unit.geometry)
        outline = table.shapes[f"unit:{self.unit}"]
        knives = shapely.union_all([_reaching(in_millimetres(line), outline) for line in self.lines])
        whole = {part.normalize().wkb for part in polygons_of(outline)}
        faces = table.cut(self.unit, knives)
        pieces = [face for face in faces if face.normalize().wkb not in whole]
        if len(pieces) < 2:
            raise OperationRefused(
                detail=Message("The line does not divide {unit}: it must cross it from border to border.", _n(unit))
            )
        wide_enough(pieces)
        pieces.sort(key=lambda piece: (-piece.area, *piece.bounds))
        kept = pieces[0]
        if self.keeps is not None:
            found = at_point(pieces, self.keeps)
            kept = next((piece for piece in pieces if piece is found), kept)
        others = [piece for piece in pieces if piece is not kept]
        rest = [face for face in faces if face.normalize().wkb in whole]
        table.shapes[f"unit:{self.unit}"] = joined([kept, *rest])
        codes = _codes(layout, unit, self.codes, len(others))
        for number, (code, piece) in enumerate(zip(codes, others, strict=True)):
            name = self.names[number] if number < len(self.names) else new_name(unit.name, code)
            table.found(Outline(code, name, unit.parent, unit.geometry, unit.urban), [piece])
        return table.finish(
            Message("Split {unit} into {count}: {codes}", {**_n(unit), "count": len(pieces), "codes": ", ".join(codes)})
        )

    def as_json(self) -> dict[str, Any]:
        return written(
            {
                "kind": self.kind,
                "unit": self.unit,
                "lines": self.lines,
                "codes": self.codes,
                "names": self.names,
                "keeps": self.keeps,
            }
        )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Split:
        fields = Fields(document, cls.kind, ("unit", "lines", "codes", "names", "keeps"))
        keeps = fields.point("keeps") if fields.has("keeps") and document["keeps"] != "largest" else None
        return cls(fields.text("unit"), fields.lines("lines"), fields.texts("codes"), fields.texts("names"), keeps)


@dataclass(frozen=True)
class SplitByCompounds(Operation):
    """Let compounds leave a unit: together as one new unit, or (``each``) one new unit each."""

    kind: ClassVar[str] = "split_by_compounds"
    unit: str
    compounds: tuple[str, ...]
    each: bool = False
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.unit)
        missing = [code for code in self.compounds if code not in layout.compounds]
        if missing:
            raise OperationRefused(detail=Message("There is no compound {code} here.", {"code": missing[0]}))
        areas = {code: in_millimetres(layout.compounds[code]) for code in self.compounds}
        groups: list[list[str]] = [[code] for code in self.compounds] if self.each else [list(self.compounds)]
        table = Workspace(layout, unit.geometry)
        codes = _codes(layout, unit, self.codes, len(groups))
        for number, (code, group) in enumerate(zip(codes, groups, strict=True)):
            area = shapely.union_all([areas[each] for each in group])
            moved = inside(table.cut(self.unit, shapely.boundary(area)), area)
            if not moved:
                raise OperationRefused(
                    detail=Message("{compounds} does not lie in {unit}.", {"compounds": ", ".join(group), **_n(unit)})
                )
            name = self.names[number] if number < len(self.names) else new_name(unit.name, code)
            table.take(self.unit, moved)
            table.found(Outline(code, name, unit.parent, unit.geometry, unit.urban), moved)
        return table.finish(
            Message(
                "{compounds} left {unit} as {codes}",
                {**_n(unit), "compounds": ", ".join(self.compounds), "codes": ", ".join(codes)},
            ),
            allow_parts=True,
        )

    def as_json(self) -> dict[str, Any]:
        return written(
            {
                "kind": self.kind,
                "unit": self.unit,
                "compounds": self.compounds,
                "each": self.each,
                "codes": self.codes,
                "names": self.names,
            }
        )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SplitByCompounds:
        fields = Fields(document, cls.kind, ("unit", "compounds", "each", "codes", "names"))
        return cls(
            fields.text("unit"),
            fields.texts("compounds", least=1),
            fields.flag("each"),
            fields.texts("codes"),
            fields.texts("names"),
        )


def _n(unit: Outline) -> dict[str, object]:
    return {"unit": f"{unit.name} ({unit.code})"}


def new_name(name: str, code: str) -> str:
    """A name for a new unit until somebody gives it a better one: the old one's, and its own number."""
    return f"{name}-{code[-3:]}"


def _codes(layout: Layout, unit: Outline, given: Sequence[str], count: int) -> list[str]:
    """Codes of new units: the given ones, then the next free numbers."""
    for code in given:
        is_free(layout, code, unit.parent)
    if len(set(given)) < len(given):
        raise OperationRefused(detail=Message("{code} is or was in use. Choose another number.", {"code": given[0]}))
    digits = max(len(unit.code) - len(unit.parent), 1)
    free = [code for code in free_codes(layout, unit.parent, digits, count + len(given)) if code not in given]
    return [*given[:count], *free][:count]


def _reaching(line: BaseGeometry, outline: BaseGeometry) -> BaseGeometry:
    """The line, its ends carried on where they stop just short of the border."""
    xy = shapely.get_coordinates(line)
    if len(xy) < 2 or line.length == 0:
        raise OperationRefused(detail=Message("The line needs two different points."))
    rim = shapely.boundary(outline)
    ends = []
    for end, before in ((xy[0], xy[1]), (xy[-1], xy[-2])):
        point = shapely.Point(end)
        run = end - before
        length = float(np.hypot(*run))
        short = outline.intersects(point) and rim.distance(point) <= SNAP_M * 1000
        ends.append(np.rint(end + run / length * SNAP_M * 2000) if short and length > 0 else end)
    return shapely.LineString([ends[0], *xy[1:-1], ends[1]] if len(xy) > 2 else [ends[0], ends[1]])
