"""Does a file carry a map vendor's shift that it does not declare? Asked of boundaries that are already loaded.

GCJ-02 moves ground in China by 100–700 m, BD-09 by about a kilometre, each in a direction that depends on the place.
Shapes of the same unit in both sets are compared as they are and after undoing either shift. A redrawn boundary moves
too, but not by that vector: the shift is suspected only where undoing it brings the shapes back onto each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.geometry.offsets import Offset, to_wgs84

Numbers = NDArray[np.float64]
Shapes = NDArray[np.object_]

#: Below this distance nothing is suspected, m: the vendors' shifts are larger almost everywhere in China.
LEAST_M = 100.0
#: The distance must shrink to this share of itself. Bishan's shrinks to 8 %; drawing another year's line does not.
MARKEDLY = 0.4
#: Area that two outlines of one unit do not share must shrink to this share as well.
MARKEDLY_AREA = 0.6
#: Outlines are taken for the same unit without a code or a name where they share this much of both.
SAME_GROUND = 0.5
#: Vectors of an unknown shift agree: their spread is below this share of their length.
AGREEING = 0.25
#: Pairs that are compared at most; more say nothing new.
MOST_PAIRS = 500


class Kind(StrEnum):
    """What was recognised."""

    NONE = "none"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The finding: median distance of the pairs in metres as they are, and after undoing the shift ``kind``.

    ``unknown``: all lie off by nearly the same vector, which is neither of the two; ``offset_after_m`` is then the
    distance that is left once that vector is taken away.
    """

    kind: Kind
    offset_before_m: float
    offset_after_m: float
    pairs: int

    @property
    def suspected(self) -> bool:
        """Whether a person has to be asked."""
        return self.kind is not Kind.NONE


def recognise(
    frame: gpd.GeoDataFrame,
    reference: gpd.GeoDataFrame,
    *,
    codes: tuple[str, str] | None = None,
    names: tuple[str, str] | None = None,
) -> Verdict:
    """Compare shapes with those already loaded.

    Parameters
    ----------
    frame, reference
        Longitude and latitude (WGS 84 or CGCS2000 as far as declared), areas or points.
    codes, names
        Column of the frame and of the reference that hold the unit's code, its name. Pairs are made by code, then by
        name where it stands once in each, then (areas only) by the ground that they share most of.

    Returns
    -------
    ``none`` also where nothing can be compared (``pairs`` is then 0).
    """
    ours, theirs = _drawn(frame), _drawn(reference)
    pairs = _pairs(frame, reference, ours, theirs, codes, names)
    if not pairs:
        return Verdict(Kind.NONE, 0.0, 0.0, 0)
    at = np.array(pairs[:MOST_PAIRS])
    given, known = ours[at[:, 0]], theirs[at[:, 1]]
    goal = _middles(known)
    vectors = _metres(_middles(given), goal)
    before = _typical(vectors)
    if before < LEAST_M:
        return Verdict(Kind.NONE, before, before, len(at))
    best: tuple[float, Kind] | None = None
    for offset in Offset:
        undone = _undone(given, offset)
        after = _typical(_metres(_middles(undone), goal))
        if after <= MARKEDLY * before and _closer(given, undone, known) and (best is None or after < best[0]):
            best = after, Kind(offset.value)
    if best is not None:
        return Verdict(best[1], before, best[0], len(at))
    common = np.median(vectors, axis=0)
    left = _typical(vectors - common)
    if len(at) >= 3 and left <= AGREEING * float(np.hypot(*common)):
        return Verdict(Kind.UNKNOWN, before, left, len(at))
    return Verdict(Kind.NONE, before, before, len(at))


def _drawn(frame: gpd.GeoDataFrame) -> Shapes:
    shapes = np.array(frame.geometry, dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[~finite] = None
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    bad = areas[~shapely.is_valid(shapes[areas])]
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure")
    return shapes


def _undone(shapes: Shapes, offset: Offset) -> Shapes:
    return np.asarray(shapely.transform(shapes, lambda xy: to_wgs84(xy, offset)), dtype=object)


def _pairs(
    frame: gpd.GeoDataFrame,
    reference: gpd.GeoDataFrame,
    ours: Shapes,
    theirs: Shapes,
    codes: tuple[str, str] | None,
    names: tuple[str, str] | None,
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    used: set[int] = set()
    for columns in (codes, names):
        if columns is None:
            continue
        first, second = _once(frame[columns[0]], ours), _once(reference[columns[1]], theirs)
        for word, at in first.items():
            if word in second and at not in used:
                used.add(at)
                found.append((at, second[word]))
    if len(found) < 3:
        # Grids are narrower than BD-09 is long: their ground is looked for where each shift would have taken it from.
        ways = [ours, *(_undone(ours, one) for one in Offset)]
        found += [pair for pair in max((_by_ground(way, theirs) for way in ways), key=len) if pair[0] not in used]
    return found


def _once(column: Iterable[object], shapes: Shapes) -> dict[str, int]:
    """Words that stand exactly once beside a shape, and where."""
    seen: dict[str, int] = {}
    twice: set[str] = set()
    for at, value in enumerate(column):
        word = "" if value is None or value != value else str(value).strip().removesuffix(".0")
        if word and shapes[at] is not None:
            if word in seen:
                twice.add(word)
            seen[word] = at
    return {word: at for word, at in seen.items() if word not in twice}


def _by_ground(ours: Shapes, theirs: Shapes) -> list[tuple[int, int]]:
    first = np.flatnonzero(shapely.get_dimensions(ours) == 2)
    second = np.flatnonzero(shapely.get_dimensions(theirs) == 2)
    if not len(first) or not len(second):
        return []
    pairs: list[tuple[int, int]] = []
    tree = shapely.STRtree(theirs[second])
    for at in first[:MOST_PAIRS]:
        near = second[tree.query(ours[at], predicate="intersects")]
        if not len(near):
            continue
        shared = shapely.area(shapely.intersection(ours[at], theirs[near]))
        whole = np.maximum(shapely.area(ours[at]), shapely.area(theirs[near]))
        best = int(np.argmax(shared / np.maximum(whole, 1e-18)))
        if shared[best] >= SAME_GROUND * whole[best]:
            pairs.append((int(at), int(near[best])))
    return pairs


def _middles(shapes: Shapes) -> Numbers:
    middles: Numbers = shapely.get_coordinates(shapely.centroid(shapes))
    return middles


def _metres(here: Numbers, there: Numbers) -> Numbers:
    """Vectors from ``there`` to ``here`` in metres east and north; a sphere is exact enough for a few kilometres."""
    radius = 6_371_008.8
    change = np.radians(here - there) * radius
    change[:, 0] *= np.cos(np.radians(there[:, 1]))
    return change


def _typical(vectors: Numbers) -> float:
    return float(np.median(np.hypot(vectors[:, 0], vectors[:, 1])))


def _closer(given: Shapes, undone: Shapes, known: Shapes) -> bool:
    """Whether outlines lie on each other markedly better; points have no outline, for them the distance decides."""
    areas = (shapely.get_dimensions(given) == 2) & (shapely.get_dimensions(known) == 2)
    if not areas.any():
        return True
    apart = shapely.area(shapely.symmetric_difference(given[areas], known[areas])).sum()
    left = shapely.area(shapely.symmetric_difference(undone[areas], known[areas])).sum()
    return bool(left <= MARKEDLY_AREA * apart)
