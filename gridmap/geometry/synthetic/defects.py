"""Damage a lattice county in known ways: what an audit must find, with exact areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.geometry.synthetic.lattice import Coordinates, County

Kind = Literal["gap", "overlap", "spill"]

#: Planted in turn. Anchors stand three cells apart, so no damage meets another and the truth stays a plain list.
CAUSES = (
    "removed cell",
    "removed rim cell",
    "overlap",
    "spill",
    "duplicate",
    "gap sliver",
    "overlap sliver",
    "unmatched vertex",
)


@dataclass(frozen=True)
class Planted:
    """One planted damage. ``kind`` is None where nothing must be found (an unmatched vertex on a straight edge)."""

    cause: str
    kind: Kind | None
    area_m2: float
    units: tuple[str, ...]
    moved_m: float = 0.0


@dataclass(frozen=True)
class Damaged:
    """A county after damage; ``truth`` lists every damage with its exact area."""

    polygons: NDArray[np.object_]
    names: NDArray[np.str_]
    jurisdiction: shapely.Polygon
    truth: tuple[Planted, ...]

    def total(self, kind: Kind) -> float:
        """Area in m² that an audit must report for one kind."""
        return sum(planted.area_m2 for planted in self.truth if planted.kind == kind)

    def count(self, kind: Kind) -> int:
        """Number of items that an audit must report for one kind."""
        return sum(planted.kind == kind for planted in self.truth)


def damage(
    whole: County, *, count: int | None = None, share: float = 0.05, seed: int = 0, causes: tuple[str, ...] = CAUSES
) -> Damaged:
    """Damage ``count`` grids (or ``share`` of them), the causes in turn.

    At most one cell in nine can be damaged, because damages keep clear of each other; a county too small for
    ``count`` gets as many as fit. Removed and overlapping areas follow from the vertices moved, so the truth is
    independent of any overlay.
    """
    rng = np.random.default_rng(seed)
    wanted = max(1, round(share * len(whole.polygons))) if count is None else count
    # The first row is the only rim that is straight for every county; anchors elsewhere are kept off the rim.
    rim, inner = _anchors(whole, rng)
    polygons = whole.polygons.copy()
    truth: list[Planted] = []
    keep = np.ones(len(polygons), dtype=bool)
    extra: list[shapely.Polygon] = []
    extra_names: list[str] = []
    turn = 0
    while len(truth) < wanted and (rim or inner):
        cause = causes[turn % len(causes)]
        turn += 1
        pool = rim if cause in ("removed rim cell", "spill") else inner
        if not pool:
            if turn > 4 * (wanted + len(causes)):
                break
            continue
        i = pool.pop()
        name = str(whole.names[i])
        if cause in ("removed cell", "removed rim cell"):
            keep[i] = False
            truth.append(Planted(cause, "gap", float(polygons[i].area), (name,)))
        elif cause == "duplicate":
            extra.append(polygons[i])
            extra_names.append(f"{name}-copy")
            truth.append(Planted(cause, "overlap", float(polygons[i].area), (name, f"{name}-copy")))
        elif cause == "unmatched vertex":
            polygons[i] = _densified(whole.rings[i])
            truth.append(Planted(cause, None, 0.0, (name,)))
        else:
            polygons[i], planted = _moved(whole, i, cause, rng)
            truth.append(planted)
    return Damaged(
        np.concatenate([polygons[keep], np.array(extra, dtype=object)]),
        np.concatenate([whole.names[keep], np.array(extra_names, dtype=whole.names.dtype.str[:2] + "32")]),
        whole.jurisdiction,
        tuple(truth),
    )


def _anchors(whole: County, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    row, column = np.divmod(np.arange(len(whole.polygons)), whole.columns)
    spaced = (row % 3 == 0) & (column % 3 == 1) & (column < whole.columns - 1)
    rim = np.flatnonzero(spaced & (row == 0))
    above = np.arange(len(whole.polygons)) + whole.columns + 1
    inner = np.flatnonzero(spaced & (row > 0) & (above < len(whole.polygons)))
    return rng.permutation(rim).tolist(), rng.permutation(inner).tolist()


def _moved(whole: County, i: int, cause: str, rng: np.random.Generator) -> tuple[shapely.Polygon, Planted]:
    """Move one vertex of one ring, square to the chord of its neighbours; the other side keeps its own.

    The area between old and new border is the quadrilateral of the two chord ends and the two positions. Moving
    square to the chord keeps the new border on one side of the old one (also after rounding, as borders never
    rise more steeply than a third).
    """
    along, up = whole.side
    ring = whole.rings[i].copy()
    # south side for spill (the first row's outer side), east side for the others
    k = along // 2 if cause == "spill" else along + up // 2
    before, here, after = whole.rings[i, k - 1 : k + 2]
    chord = after - before
    outward = np.array([chord[1], -chord[0]]) / np.hypot(*chord)
    cell = float(np.sqrt(whole.polygons[i].area))
    metres = {
        "overlap": rng.uniform(0.015, 0.08) * cell,
        "spill": rng.uniform(0.03, 0.2) * cell,
        "gap sliver": -float(np.exp(rng.uniform(np.log(0.002), np.log(1.5)))),
        "overlap sliver": float(np.exp(rng.uniform(np.log(0.002), np.log(1.5)))),
    }[cause]
    ring[k] = np.rint((here + outward * metres) * 1000) / 1000
    if k == 0:
        ring[-1] = ring[0]
    quad = np.array([before, here, after, ring[k]])
    area = abs(_shoelace(quad - before))
    kind: Kind = "spill" if cause == "spill" else "gap" if metres < 0 else "overlap"
    owners = [i] if kind != "overlap" else [i, i + 1]
    return shapely.Polygon(ring), Planted(
        cause, kind, area, tuple(str(whole.names[o]) for o in owners), float(np.hypot(*(ring[k] - here)))
    )


def _densified(ring: Coordinates) -> shapely.Polygon:
    """Add the midpoint of one segment whose ends differ by even millimetres: exactly on the line, on one side only."""
    millimetres = np.rint(ring * 1000).astype(np.int64)
    even = np.flatnonzero((np.diff(millimetres, axis=0) % 2 == 0).all(axis=1))
    if not len(even):
        return shapely.Polygon(ring)
    k = int(even[0])
    middle = (millimetres[k] + millimetres[k + 1]) // 2 / 1000
    return shapely.Polygon(np.insert(ring, k + 1, middle, axis=0))


def _shoelace(corners: Coordinates) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
