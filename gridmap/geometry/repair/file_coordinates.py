"""From lattice points back to a file's own numbers: where a vertex was in the file, its very bits return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.topology.ground import Geometries, Ground, Indices, Integers, Numbers


def in_file_numbers(
    ground: Ground,
    polygons: Mapping[int, BaseGeometry],
    given: Geometries,
    beside: Sequence[int],
    to_file: Callable[[Numbers], Numbers],
) -> dict[int, BaseGeometry]:
    """Express rebuilt polygons in the coordinates of the file that they came from.

    Parameters
    ----------
    ground
        The lattice as read from the file, before anything was inserted.
    polygons
        Row → new polygon, in steps from the ground's origin.
    given
        All polygons of the file, in its own system.
    beside
        Rows that stay as they are and may share vertices with the new ones: their bits come first.
    to_file
        From metres of the working system, shape (n, 2), to the file's system.

    Returns
    -------
    Row → polygon in the file's system. A lattice point has one pair of numbers, whichever unit it is in.
    """
    if not polygons:
        return {}
    rows = sorted(polygons)
    shapes = np.array([polygons[row] for row in rows], dtype=object)
    steps = np.rint(shapely.get_coordinates(shapes)).astype(np.int64)
    wanted, back = np.unique(steps, axis=0, return_inverse=True)
    known, numbers = _known(ground, given, [*beside, *rows])
    at, hit = _look_up(known, wanted)
    result = np.empty((len(wanted), 2))
    result[hit] = numbers[at[hit]]
    if not hit.all():
        result[~hit] = to_file((wanted[~hit] + np.array(ground.origin)) / ground.per_metre)
    return dict(zip(rows, shapely.set_coordinates(shapes.copy(), result[back.reshape(-1)]), strict=True))


def _known(ground: Ground, given: Geometries, rows: Sequence[int]) -> tuple[Integers, Numbers]:
    """Distinct lattice points of some rows, sorted, and the file's numbers there; the first row's win."""
    first = np.searchsorted(ground.unit, rows, side="left")
    last = np.searchsorted(ground.unit, rows, side="right")
    points, numbers = [np.empty((0, 2), dtype=np.int64)], [np.empty((0, 2))]
    for row, a, b in zip(rows, ground.starts[first].tolist(), ground.starts[last].tolist(), strict=True):
        xy = shapely.get_coordinates(given[row])
        # another count: the file's shape was not valid and the lattice holds what was made of it
        if len(xy) == b - a:
            points.append(np.stack([ground.x[a:b], ground.y[a:b]], axis=1))
            numbers.append(xy)
    every = np.concatenate(points)
    once, at = np.unique(every, axis=0, return_index=True)
    return once, np.concatenate(numbers)[at]


def _look_up(known: Integers, wanted: Integers) -> tuple[Indices, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Position of each wanted point among the known ones, and whether it is there; both sorted by x, then y."""
    both, first, back = np.unique(np.concatenate([known, wanted]), axis=0, return_index=True, return_inverse=True)
    del both
    at = first[back.reshape(-1)[len(known) :]]
    return at, at < len(known)
