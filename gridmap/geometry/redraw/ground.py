"""What several operations ask of the ground: who is here, whose border is longest, what is too narrow to be ground."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.measures import inscribed_widths
from gridmap.geometry.precision import SLIVER_WIDTH_M
from gridmap.geometry.redraw.lattice import Point, in_metres, polygons_of
from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.workspace import Workspace

#: A drawn line that stops this many metres short of the border is taken to reach it: hands are not that steady.
SNAP_M = 5.0
#: A face narrower than this, in millimetres, between a drawn line and a border is where the two were meant to be one.
NARROW_MM = 50.0


def unit_of(layout: Layout, code: str) -> Outline:
    """The unit with a code, unlocked.

    Raises
    ------
    OperationRefused
    """
    unit = layout.units.get(code)
    if unit is None:
        raise OperationRefused(detail=Message("There is no grid {unit} in this draft.", {"unit": code}))
    if code in layout.locked:
        raise OperationRefused(detail=Message("{unit} is locked in this plan.", {"unit": code}))
    return unit


def free_codes(layout: Layout, parent: str, digits: int, count: int) -> list[str]:
    """The next codes below a parent that were never used.

    Raises
    ------
    OperationRefused
        There are no more.
    """
    first = layout.highest_number(parent) + 1
    if first + count - 1 >= 10**digits:
        raise OperationRefused(detail=Message("{parent} has no free grid number left.", {"parent": parent}))
    return [f"{parent}{number:0{digits}}" for number in range(first, first + count)]


def is_free(layout: Layout, code: str, parent: str) -> None:
    """Raise unless a code is one of the parent's and was never used.

    Raises
    ------
    OperationRefused
    """
    if not code.startswith(parent) or not code[len(parent) :].isdigit():
        raise OperationRefused(
            detail=Message("{code} is not the code of a grid of {parent}.", {"code": code, "parent": parent})
        )
    if code in layout.used or code in layout.units:
        raise OperationRefused(detail=Message("{code} is or was in use. Choose another number.", {"code": code}))


def wide_enough(faces: Iterable[BaseGeometry]) -> None:
    """Raise when a piece (millimetres) would be a sliver.

    Raises
    ------
    OperationRefused
    """
    shapes = np.array([in_metres(face) for face in faces], dtype=object)
    width = float(inscribed_widths(shapes).min()) if len(shapes) else np.inf
    if width < SLIVER_WIDTH_M:
        raise OperationRefused(
            detail=Message("A piece would be only {width} m wide. Draw the line further in.", {"width": f"{width:.2f}"})
        )


def longest_neighbour(table: Workspace, piece: BaseGeometry, codes: Iterable[str]) -> str | None:
    """Which of some units shares the longest border with a piece (millimetres); ties go to the smaller code."""
    rim = shapely.boundary(piece)
    best: tuple[float, str] | None = None
    for code in sorted(codes):
        shape = table.shapes.get(f"unit:{code}")
        if shape is None:
            continue
        metres = float(shapely.length(shapely.intersection(rim, shapely.boundary(shape))))
        if metres > 0 and (best is None or metres > best[0]):
            best = (metres, code)
    return best[1] if best else None


def at_point(faces: Sequence[BaseGeometry], at: Point) -> BaseGeometry | None:
    """The face that holds a point (metres), or the nearest one within a millimetre or so."""
    point = shapely.Point(at[0] * 1000, at[1] * 1000)
    for face in faces:
        if face.intersects(point):
            return face
    near = [(float(face.distance(point)), number) for number, face in enumerate(faces)]
    return faces[min(near)[1]] if near and min(near)[0] <= 2.0 else None


def inside(faces: Sequence[shapely.Polygon], area: BaseGeometry) -> list[shapely.Polygon]:
    """Faces that lie in an area; narrow ones go with the wider face they share most border with."""
    narrow = [face.area * 2 / face.length < NARROW_MM for face in faces]
    status = [bool(area.intersects(face.point_on_surface())) for face in faces]
    for number, face in enumerate(faces):
        if not narrow[number]:
            continue
        rim, best = face.boundary, 0.0
        for other, neighbour in enumerate(faces):
            if narrow[other] or other == number:
                continue
            shared = float(rim.intersection(neighbour.boundary).length)
            if shared > best:
                best, status[number] = shared, status[other]
    return [face for face, within in zip(faces, status, strict=True) if within]


def uncovered(table: Workspace, parent: str) -> list[shapely.Polygon]:
    """Ground of a parent that no unit covers, on the lattice; crossing points are put into the borders on the way."""
    name = f"parent:{parent}"
    for _ in range(8):
        covering = [shape for key, shape in table.shapes.items() if key.startswith("unit:")]
        rest = shapely.difference(table.shapes[name], shapely.union_all(covering))
        xy = shapely.get_coordinates(rest)
        odd = xy[(xy != np.rint(xy)).any(axis=1)]
        if not len(odd):
            return polygons_of(rest)
        table.put((float(x), float(y)) for x, y in np.unique(np.rint(odd), axis=0))
    rest = shapely.difference(table.shapes[name], shapely.union_all(covering), grid_size=1.0)
    return polygons_of(rest)
