"""The table on which one operation works: a neighbourhood in whole millimetres, and what was changed on it.

The rule that keeps ground from falling between two lines: a point that is put on a border is put into *every* polygon
whose border runs there. Where the border is slanted the point is rounded to the lattice, which moves the border by less
than a millimetre, and all of them move alike: both units, a third at a junction, the parents, units next door.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.invariants import Neighbourhood, differences
from gridmap.geometry.redraw.lattice import (
    Point,
    in_metres,
    in_millimetres,
    is_whole,
    joined,
    lines_of,
    one_or_many,
    points_of,
    polygons_of,
    rounded,
    with_vertices,
)
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Change

#: A point within this many millimetres of an edge lies on it: rounding moves it by at most 0.71.
ON_EDGE_MM = 1.0
#: Rounds in which new crossing points of rounded lines are put into the borders; two are the rule.
MOST_ROUNDS = 8
#: Millimetres around the touched ground inside which borders are looked at.
MARGIN_MM = 10.0

#: Codes next door that are no longer than this are communities, towns or the county.
COMMUNITY_DIGITS = 12

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Workspace:
    """Outlines around some ground, by name: ``unit:CODE``, ``parent:CODE``, ``beyond:CODE``. Millimetres."""

    def __init__(self, layout: Layout, ground: BaseGeometry) -> None:
        """``ground``: metres; what the operation may touch."""
        self.layout = layout
        self._near = ground
        self._box = shapely.box(*ground.buffer(MARGIN_MM / 1000).bounds)
        self.shapes: dict[str, BaseGeometry] = {}
        self._was: dict[str, BaseGeometry] = {}
        self.added: dict[str, Outline] = {}
        self.gone: set[str] = set()
        self._known: dict[int, tuple[BaseGeometry, _Edges]] = {}
        for code in layout.near(self._box):
            self._take(f"unit:{code}", layout.units[code].geometry)
        for kind, outlines in (("parent", layout.parents), ("beyond", layout.beyond)):
            for code, outline in outlines.items():
                if _boxes_meet(outline, self._box):
                    self._take(f"{kind}:{code}", outline)

    def _take(self, name: str, outline: BaseGeometry) -> None:
        self.shapes[name] = self._was[name] = in_millimetres(outline)

    # --- borders ----------------------------------------------------------------------------------------

    def put(self, points: Iterable[Point]) -> None:
        """Make points vertices of every border they lie on.

        The stretch of border between the vertices nearest to a point, whoever has them, is first given these vertices
        in every polygon (they lie on it exactly, so nothing moves); then the point.
        """
        for point in sorted(set(points)):
            edges = [
                (name, a, b)
                for name, shape in self.shapes.items()
                if _in_box(point, shape)
                for a, b in self._edges(shape).at(point)
            ]
            if edges:
                self._put(point, edges)

    def _edges(self, shape: BaseGeometry) -> _Edges:
        """The edges of a shape, worked out once: the shape itself is kept, so its identity names it."""
        known = self._known.get(id(shape))
        if known is None or known[0] is not shape:
            known = self._known[id(shape)] = (shape, _Edges.of(shape))
        return known[1]

    def _put(self, point: Point, edges: list[tuple[str, Point, Point]]) -> None:
        ends = {end for _, a, b in edges for end in (a, b)}
        wanted: dict[str, dict[tuple[Point, Point], list[Point]]] = {}
        for name, a, b in edges:
            inside = [end for end in ends if end not in (a, b) and _exactly_on(end, a, b)]
            before = [end for end in (*inside, a) if _along(end, a, b) <= _along(point, a, b)]
            after = [end for end in (*inside, b) if _along(end, a, b) > _along(point, a, b)]
            nearest = {
                max(before, key=lambda end: _along(end, a, b)),
                min(after, key=lambda end: _along(end, a, b)),
            }
            wanted.setdefault(name, {})[(a, b)] = [*(nearest - {a, b}), point]
        for name, by_edge in wanted.items():
            self.shapes[name] = with_vertices(self.shapes[name], by_edge)

    def share_vertices(self, names: Sequence[str]) -> None:
        """Give outlines that touch each other's vertices, where these lie exactly on an edge."""
        shapes = [self.shapes[name] for name in names]
        for at, name in enumerate(names):
            low_x, low_y, high_x, high_y = self.shapes[name].bounds
            strange = {
                (x, y)
                for number, other in enumerate(shapes)
                if number != at and _boxes_meet(other, self.shapes[name])
                for x, y in _corners(other)
                if low_x <= x <= high_x and low_y <= y <= high_y
            }
            wanted: dict[tuple[Point, Point], list[Point]] = {}
            for corner in sorted(strange - _corners(self.shapes[name])):
                for a, b in self._edges(self.shapes[name]).at(corner):
                    if _exactly_on(corner, a, b):
                        wanted.setdefault((a, b), []).append(corner)
            if wanted:
                self.shapes[name] = with_vertices(self.shapes[name], wanted)

    # --- cutting and joining ----------------------------------------------------------------------------

    def cut(self, code: str, lines: BaseGeometry) -> list[shapely.Polygon]:
        """Cut a unit by lines (millimetres). Its faces, all on the lattice; cut points stand in every border there.

        The unit's own outline gains the cut points; the faces fill it exactly.
        """
        name = f"unit:{code}"
        knives = rounded(lines)
        for _ in range(MOST_ROUNDS):
            outline = self.shapes[name]
            rim = shapely.boundary(outline)
            self.put((round(x), round(y)) for x, y in points_of(shapely.intersection(rim, knives)))
            outline = self.shapes[name]
            inner = [rounded(line) for line in lines_of(shapely.intersection(knives, outline))]
            noded = shapely.union_all([shapely.boundary(outline), *inner])
            if not is_whole(noded):
                noded = shapely.union_all([shapely.boundary(outline), *inner], grid_size=1.0)
            fresh = _corners_of_lines(noded) - _corners(outline)
            on_rim = [corner for corner in fresh if self._edges(outline).at(corner)]
            if not on_rim:
                faces = polygons_of(shapely.polygonize([noded]))
                return [face for face in faces if outline.contains(face.point_on_surface())]
            self.put(on_rim)
            knives = shapely.union_all(inner) if inner else knives
        raise OperationRefused(
            detail=Message("The line meets the border of {unit} at too flat an angle. Draw it again.", {"unit": code})
        )

    def take(self, code: str, faces: Sequence[BaseGeometry]) -> None:
        """Take ground away from a unit: faces that :meth:`cut` gave."""
        self.shapes[f"unit:{code}"] = _without(self.shapes[f"unit:{code}"], faces)

    def give(self, code: str, faces: Sequence[BaseGeometry]) -> None:
        """Add ground to a unit; borders that meet are matched vertex by vertex first."""
        name = f"unit:{code}"
        added = one_or_many([part for face in faces for part in polygons_of(face)])
        self.shapes["faces:"] = added
        self.share_vertices([name, "faces:"])
        union = shapely.union_all([self.shapes[name], self.shapes.pop("faces:")])
        if not is_whole(union):
            union = shapely.union_all([self.shapes[name], added], grid_size=1.0)
        self.shapes[name] = one_or_many(polygons_of(union))

    def found(self, outline: Outline, faces: Sequence[BaseGeometry]) -> None:
        """A new unit on some faces; ``outline`` states code, name, parent; its geometry is what the faces are."""
        self.shapes[f"unit:{outline.code}"] = joined(faces)
        self.added[outline.code] = outline

    def lend(self, number: int, ground: BaseGeometry) -> bool:
        """Lay ground that is nobody's on the table as ``#number``, to be cut like a unit; the caller takes it away."""
        self.shapes[f"unit:#{number}"] = ground
        return True

    def drop(self, code: str) -> None:
        """A unit goes; its ground must have been given away (or its loss be declared)."""
        self.shapes.pop(f"unit:{code}")
        self.gone.add(code)

    # --- the end ----------------------------------------------------------------------------------------

    def finish(
        self,
        why: Message,
        *,
        cured: Sequence[BaseGeometry] = (),
        created: Sequence[BaseGeometry] = (),
        allow_parts: bool = False,
        names: dict[str, str] | None = None,
        any_ground: bool = False,
    ) -> Change:
        """The change, when the ground changed exactly as declared (millimetres; ``any_ground``: however it did).

        Raises
        ------
        OperationRefused
        """
        before: dict[str, Outline | None] = {}
        after: dict[str, Outline | None] = {}
        surroundings: dict[str, tuple[BaseGeometry, BaseGeometry]] = {}
        for name, shape in self.shapes.items():
            kind, code = name.split(":", 1)
            if shape is self._was.get(name):
                continue
            if kind == "unit":
                self._check(code, shape, allow_parts=allow_parts)
                old = self.layout.units.get(code)
                base = old or self.added[code]
                before[code] = old
                after[code] = replace(base, geometry=in_metres(shape))
            else:
                was = (self.layout.parents if kind == "parent" else self.layout.beyond)[code]
                surroundings[code] = (was, in_metres(shape))
        for code in self.gone:
            before[code], after[code] = self.layout.units[code], None
        for code, name in (names or {}).items():
            base_now = after.get(code) or self.layout.units[code]
            before[code] = self.layout.units.get(code)
            after[code] = replace(base_now, name=name)
        found = differences(
            self._side(self._was, touched=True),
            self._side(self.shapes, touched=True),
            self._side(self._was),
            self._side(self.shapes),
        )
        if not any_ground:
            found.demand(cured, created)
        return Change(
            before=before,
            after=after,
            why=why,
            surroundings=surroundings,
            cured=found.cured(),
            created=found.created(),
            moved_m2=self._moved(),
        )

    def _side(self, shapes: dict[str, BaseGeometry], *, touched: bool = False) -> Neighbourhood:
        """Units and the grounds they must cover, before or after; all of them, or only what changed."""
        chosen = [
            (name, shape)
            for name, shape in shapes.items()
            if not touched or self.shapes.get(name) is not self._was.get(name)
        ]
        return Neighbourhood(
            units=tuple(shape for name, shape in chosen if _role(name) == "unit"),
            grounds=tuple(shape for name, shape in chosen if _role(name) == "ground"),
        )

    def _check(self, code: str, shape: BaseGeometry, *, allow_parts: bool) -> None:
        given = {"unit": code}
        if shape.is_empty or shape.area <= 0:
            raise OperationRefused(detail=Message("Nothing would be left of {unit}. Merge or retire it.", given))
        if not shape.is_valid:
            raise OperationRefused(detail=Message("{unit} would cross itself. Draw the line again.", given))
        old = self._was.get(f"unit:{code}")
        parts = len(_connected(shape))
        if not allow_parts and parts > (1 if old is None else len(_connected(old))):
            raise OperationRefused(
                detail=Message("{unit} would fall into {parts} parts that do not touch.", {**given, "parts": parts})
            )
        if code in self.layout.locked and old is not None and not _same_ground(old, shape):
            raise OperationRefused(detail=Message("{unit} is locked in this plan.", given))

    def _moved(self) -> float:
        """Ground that belongs to another unit than before, in square metres."""
        lost = 0.0
        for name, old in self._was.items():
            if not name.startswith("unit:"):
                continue
            new = self.shapes.get(name)
            if new is None:
                lost += float(old.area)
            elif new is not old:
                lost += float(shapely.difference(old, new).area)
        return lost / 1e6


def _role(name: str) -> str:
    """``unit``, ``ground`` (what units must cover), or ``above``: towns and the county, which grounds divide."""
    kind, code = name.split(":", 1)
    if kind == "parent":
        return "ground"
    if kind == "unit" or len(code) > COMMUNITY_DIGITS:
        return "unit"
    return "above" if code.endswith("000") else "ground"


# --- edges ---------------------------------------------------------------------------------------------


def _in_box(point: Point, shape: BaseGeometry) -> bool:
    low_x, low_y, high_x, high_y = shape.bounds
    return bool(
        low_x - ON_EDGE_MM <= point[0] <= high_x + ON_EDGE_MM and low_y - ON_EDGE_MM <= point[1] <= high_y + ON_EDGE_MM
    )


def _boxes_meet(a: BaseGeometry, b: BaseGeometry) -> bool:
    one, two = a.bounds, b.bounds
    return bool(one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3])


@dataclass(frozen=True)
class _Edges:
    """The edges of all rings of a shape, for many questions: starts, ends, runs, squared lengths."""

    start: Numbers
    end: Numbers
    run: Numbers
    squared: Numbers
    reach: Numbers

    @classmethod
    def of(cls, shape: BaseGeometry) -> _Edges:
        rings = [
            np.asarray(ring.coords) for polygon in polygons_of(shape) for ring in (polygon.exterior, *polygon.interiors)
        ]
        start = np.concatenate([np.empty((0, 2)), *(xy[:-1] for xy in rings)])
        end = np.concatenate([np.empty((0, 2)), *(xy[1:] for xy in rings)])
        run = end - start
        squared = np.einsum("ij,ij->i", run, run)
        return cls(start, end, run, squared, ON_EDGE_MM * np.sqrt(squared))

    def at(self, point: Point) -> list[tuple[Point, Point]]:
        """Edges within :data:`ON_EDGE_MM` of a point that is none of their ends.

        Where the point is a vertex already, only edges that run exactly through it count (another part touches it).
        """
        x, y = point[0] - self.start[:, 0], point[1] - self.start[:, 1]
        along = x * self.run[:, 0] + y * self.run[:, 1]
        off = np.abs(x * self.run[:, 1] - y * self.run[:, 0])
        on = np.flatnonzero((off <= self.reach) & (along > 0) & (along < self.squared))
        if len(on) and ((x == 0) & (y == 0)).any():
            on = on[off[on] == 0]
        return [
            (
                (float(self.start[k, 0]), float(self.start[k, 1])),
                (float(self.end[k, 0]), float(self.end[k, 1])),
            )
            for k in on.tolist()
        ]


def _exactly_on(point: Point, a: Point, b: Point) -> bool:
    """Whether a point lies on the open edge, without any tolerance. Whole millimetres: Python's integers are exact."""
    ax, ay, bx, by, px, py = (int(value) for value in (*a, *b, *point))
    cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    dot = (px - ax) * (bx - ax) + (py - ay) * (by - ay)
    return cross == 0 and 0 < dot < (bx - ax) ** 2 + (by - ay) ** 2


def _along(point: Point, a: Point, b: Point) -> float:
    return (point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])


def _corners(shape: BaseGeometry) -> set[Point]:
    return {(float(x), float(y)) for x, y in shapely.get_coordinates(shape)}


_corners_of_lines = _corners


def _without(whole: BaseGeometry, faces: Sequence[BaseGeometry]) -> BaseGeometry:
    """An outline less faces whose borders it has, exactly; a fallback on the lattice where GEOS rounds."""
    away = shapely.union_all(list(faces))
    rest = shapely.difference(whole, away)
    if not is_whole(rest):
        rest = shapely.difference(whole, away, grid_size=1.0)
    return one_or_many(polygons_of(rest))


def _connected(shape: BaseGeometry) -> list[shapely.Polygon]:
    return polygons_of(shape)


def _same_ground(a: BaseGeometry, b: BaseGeometry) -> bool:
    """Whether only vertices were put into a border: no point moved by more than the rounding."""
    return float(shapely.symmetric_difference(a, b).area) <= ON_EDGE_MM * max(a.length, b.length)
