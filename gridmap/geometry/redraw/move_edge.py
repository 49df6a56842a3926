"""Move the border between units: along a drawn line, vertex by vertex, or onto a road or a compound's outline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import SNAP_M, longest_neighbour, unit_of
from gridmap.geometry.redraw.lattice import Numbers, Point, in_metres, in_millimetres, lines_of, rounded
from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.workspace import Workspace


@dataclass(frozen=True)
class MoveEdge(Operation):
    """Draw the border of ``a`` anew along a line that begins and ends on it (or within 5 m of it).

    Where the line runs inside ``a``, the ground it cuts off goes to the neighbour it borders on; where it runs outside,
    the ground between it and the old border goes to ``a``. With ``b``, only the border between the two moves. The
    larger part always stays where it was. No ground goes over between two parents.
    """

    kind: ClassVar[str] = "move_edge"
    a: str
    line: shapely.LineString
    b: str | None = None

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.a)
        near = [code for code in self._others(layout) if code not in layout.locked]
        boxes = [layout.units[code].geometry.envelope for code in (self.a, *near)]
        table = Workspace(layout, shapely.union_all([*boxes, self.line.envelope]))
        knife = _on_border(in_millimetres(self.line), table.shapes[f"unit:{self.a}"])
        ground = table.shapes.get(f"parent:{unit.parent}")
        if ground is not None and shapely.difference(knife, ground).length > 1.0:
            raise OperationRefused(
                detail=Message("The line leaves the community {parent}. Keep it inside.", {"parent": unit.parent})
            )
        lost = self._cut_off(table, self.a, knife)
        gained: dict[str, list[shapely.Polygon]] = {}
        border = shapely.boundary(table.shapes[f"unit:{self.a}"])
        for code in near:
            if not table.shapes[f"unit:{code}"].intersects(knife):
                continue
            faces = [face for face in self._cut_off(table, code, knife) if _shares(face, border)]
            if faces:
                gained[code] = faces
        if not lost and not gained:
            raise OperationRefused(
                detail=Message(
                    "The line moves nothing: it must leave the border of {unit} and come back.",
                    {"unit": f"{unit.name} ({self.a})"},
                )
            )
        takers: dict[str, list[shapely.Polygon]] = {}
        for face in lost:
            taker = self.b or longest_neighbour(table, face, near)
            if taker is None:
                raise OperationRefused(detail=Message("No grid borders on the ground that the line cuts off."))
            takers.setdefault(taker, []).append(face)
        if lost:
            table.take(self.a, lost)
        for code, faces in gained.items():
            table.take(code, faces)
        for code, faces in takers.items():
            table.give(code, faces)
        if gained:
            table.give(self.a, [face for faces in gained.values() for face in faces])
        given = {
            "unit": f"{unit.name} ({self.a})",
            "gain": f"{sum(face.area for faces in gained.values() for face in faces) / 1e10:,.2f}",
            "loss": f"{sum(face.area for face in lost) / 1e10:,.2f}",
        }
        return table.finish(Message("Border of {unit} moved: {gain} ha gained, {loss} ha given", given))

    def _others(self, layout: Layout) -> list[str]:
        unit = layout.units[self.a]
        if self.b is not None:
            other = unit_of(layout, self.b)
            if other.parent != unit.parent:
                raise OperationRefused(detail=Message("Ground goes over only between grids of one community."))
            return [self.b]
        reach = shapely.union(unit.geometry, self.line)
        return [code for code in layout.near(reach) if code != self.a and layout.units[code].parent == unit.parent]

    @staticmethod
    def _cut_off(table: Workspace, code: str, knife: BaseGeometry) -> list[shapely.Polygon]:
        """The faces that a line cuts off a unit: all but the largest of each of its parts."""
        faces = table.cut(code, knife)
        if len(faces) < 2:
            return []
        largest = max(faces, key=lambda face: (face.area, *face.bounds))
        return [face for face in faces if face is not largest and face.boundary.intersection(knife).length > 0]

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "a": self.a, "b": self.b, "line": self.line})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> MoveEdge:
        fields = Fields(document, cls.kind, ("a", "b", "line"))
        return cls(fields.text("a"), fields.line("line"), fields.text("b") if fields.has("b") else None)


@dataclass(frozen=True)
class Snap(Operation):
    """Move the border between two units onto a line (a road, a compound's outline) where it is within a distance."""

    kind: ClassVar[str] = "snap"
    a: str
    b: str
    line: shapely.LineString
    within_m: float

    def apply(self, layout: Layout) -> Change:
        one, two = unit_of(layout, self.a), unit_of(layout, self.b)
        shared = shapely.line_merge(shapely.intersection(one.geometry.boundary, two.geometry.boundary))
        runs = lines_of(shared)
        if not runs:
            raise OperationRefused(detail=Message("{a} and {b} share no border.", {"a": self.a, "b": self.b}))
        run = max(runs, key=lambda each: each.length)
        near = lines_of(shapely.line_merge(shapely.intersection(self.line, run.buffer(self.within_m))))
        if not near:
            raise OperationRefused(
                detail=Message(
                    "The line comes nowhere within {metres} m of the border.", {"metres": f"{self.within_m:g}"}
                )
            )
        part = max(near, key=lambda each: each.length)
        ends = [run.interpolate(run.project(shapely.Point(end))) for end in (part.coords[0], part.coords[-1])]
        path = shapely.LineString([ends[0].coords[0], *part.coords, ends[1].coords[0]])
        smooth = shapely.LineString(shapely.get_coordinates(in_metres(in_millimetres(path))))
        done = MoveEdge(self.a, smooth, self.b).apply(layout)
        given = {"a": f"{one.name} ({self.a})", "b": f"{two.name} ({self.b})"}
        return replace(done, why=Message("Border between {a} and {b} moved onto the line", given))

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "a": self.a, "b": self.b, "line": self.line, "within_m": self.within_m})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Snap:
        fields = Fields(document, cls.kind, ("a", "b", "line", "within_m"))
        return cls(fields.text("a"), fields.text("b"), fields.line("line"), fields.number("within_m", 0.001, 10_000.0))


@dataclass(frozen=True)
class MoveVertex(Operation):
    """Move a vertex in every unit that has it. One on the border of a parent, or with units next door, stays."""

    kind: ClassVar[str] = "move_vertex"
    at: Point
    to: Point

    def apply(self, layout: Layout) -> Change:
        reach = shapely.union(shapely.Point(self.at).buffer(SNAP_M), shapely.Point(self.to).buffer(1.0))
        codes = [code for code in layout.near(reach) if layout.units[code].geometry.intersects(reach)]
        if not codes:
            raise OperationRefused(detail=Message("No border has a corner here."))
        table = Workspace(layout, shapely.union_all([layout.units[code].geometry.envelope for code in codes]))
        corner = self._corner(table)
        target = (float(round(self.to[0] * 1000)), float(round(self.to[1] * 1000)))
        table.put([corner])
        holders = [name for name, shape in table.shapes.items() if _has(shape, corner)]
        fixed = [name for name in holders if not name.startswith("unit:")]
        if fixed:
            raise OperationRefused(
                detail=Message(
                    "This corner stands on the border of {unit}, which a plan does not move.",
                    {"unit": fixed[0].split(":")[1]},
                )
            )
        for name in holders:
            unit_of(layout, name.split(":", 1)[1])
            table.shapes[name] = shapely.transform(
                table.shapes[name], lambda xy: np.where((xy == corner).all(axis=1)[:, None], target, xy)
            )
        metres = float(np.hypot(target[0] - corner[0], target[1] - corner[1])) / 1000
        given = {"metres": f"{metres:,.1f}", "units": ", ".join(name.split(":", 1)[1] for name in holders)}
        return table.finish(Message("A corner of {units} moved by {metres} m", given))

    def _corner(self, table: Workspace) -> Point:
        """The vertex nearest to the point that was grasped, within 5 m."""
        point = np.array(self.at) * 1000
        best: tuple[float, Point] | None = None
        for name, shape in table.shapes.items():
            if not name.startswith("unit:"):
                continue
            xy = shapely.get_coordinates(shape)
            away = np.hypot(*(xy - point).T)
            nearest = int(np.argmin(away))
            if best is None or away[nearest] < best[0]:
                best = (float(away[nearest]), (float(xy[nearest][0]), float(xy[nearest][1])))
        if best is None or best[0] > SNAP_M * 1000:
            raise OperationRefused(detail=Message("No border has a corner here."))
        return best[1]

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "at": self.at, "to": self.to})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> MoveVertex:
        fields = Fields(document, cls.kind, ("at", "to"))
        return cls(fields.point("at"), fields.point("to"))


def _has(shape: BaseGeometry, corner: Point) -> bool:
    return bool((shapely.get_coordinates(shape) == np.array(corner)).all(axis=1).any())


def _shares(face: shapely.Polygon, border: BaseGeometry) -> bool:
    """Whether a face shares a stretch of border, not just a point."""
    return float(shapely.length(shapely.intersection(face.boundary, border))) > 0


def _on_border(line: BaseGeometry, outline: BaseGeometry) -> BaseGeometry:
    """The line with its ends on the border, where they are within 5 m of it."""
    rim = shapely.boundary(outline)
    xy = shapely.get_coordinates(line)
    first, last = shapely.Point(xy[0]), shapely.Point(xy[-1])
    start: list[Numbers] = []
    end: list[Numbers] = []
    for point, place in ((first, start), (last, end)):
        away = rim.distance(point)
        if 0 < away <= SNAP_M * 1000:
            place.append(shapely.get_coordinates(rounded(shapely.shortest_line(point, rim)))[1])
    path = shapely.LineString([*start, *xy, *end])
    return shapely.remove_repeated_points(path)
