"""The lie of the land of an invented county: outline, river with tributaries, town seats and the roads between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import splev, splprep
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

Coordinates = NDArray[np.float64]


#: The county town has three wards: north of the river, and two south of it. Offsets of their seats, metres.
WARDS = ((0.0, 1500.0), (-1500.0, -1000.0), (1600.0, -1100.0))


@dataclass(frozen=True)
class Line:
    """A river or road: ``rank`` 1 is the largest. ``path`` has the shape (n, 2), metres."""

    kind: str
    rank: int
    path: Coordinates


@dataclass(frozen=True)
class Terrain:
    """Outline (closed ring), lines, ``centre`` of the county town, and town seats: its three wards first."""

    outline: Coordinates
    lines: tuple[Line, ...]
    centre: Coordinates
    seats: Coordinates

    def of(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]


def wander(
    points: Coordinates, roughness: float, rounds: int, rng: np.random.Generator, *, keep: float = 0.67
) -> Coordinates:
    """Midpoint displacement: every round halves each segment and moves the new point sideways.

    ``roughness`` is the largest sideways move as a share of the segment; ``keep`` of it is left after
    each round.
    """
    for _ in range(rounds):
        run = np.diff(points, axis=0)
        side = np.stack([-run[:, 1], run[:, 0]], axis=1)
        middle = (points[:-1] + points[1:]) / 2 + side * rng.uniform(-roughness, roughness, len(run))[:, None]
        merged = np.empty((2 * len(points) - 1, 2))
        merged[::2], merged[1::2] = points, middle
        points, roughness = merged, roughness * keep
    return points


def smooth(points: Coordinates, spacing: float) -> Coordinates:
    """A cubic spline through ``points``, sampled about every ``spacing`` metres."""
    degree = min(3, len(points) - 1)
    knots, _ = splprep(points.T, s=0, k=degree)
    dense = np.stack(splev(np.linspace(0, 1, 40 * len(points)), knots), axis=1)
    return resample(dense, spacing)


def resample(points: Coordinates, spacing: float) -> Coordinates:
    """Points at equal steps along a path, both ends kept."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    steps = np.linspace(0, along[-1], max(2, round(along[-1] / spacing) + 1))
    return np.stack([np.interp(steps, along, points[:, 0]), np.interp(steps, along, points[:, 1])], axis=1)


def terrain(area_m2: float, towns: int, origin: tuple[float, float], rng: np.random.Generator) -> Terrain:
    """Draw outline, rivers, ``towns`` seats and roads around ``origin``."""
    outline = _outline(area_m2, origin, rng)
    land = shapely.Polygon(outline)
    rivers = _rivers(land, rng)
    seats = _seats(land, rivers, towns, rng)
    centre = rivers[0].path[len(rivers[0].path) // 2]
    roads = _roads(np.vstack([centre, seats[len(WARDS) :]]), land, rng)
    return Terrain(outline, tuple(rivers + roads), centre, seats)


def _outline(area_m2: float, origin: tuple[float, float], rng: np.random.Generator) -> Coordinates:
    theta = np.linspace(0, 2 * np.pi, 29)[:-1]
    radius = np.ones_like(theta)
    for k, size in ((1, 0.05), (2, 0.11), (3, 0.13), (4, 0.08), (5, 0.09), (7, 0.06)):
        radius += size * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    radius += rng.uniform(-0.07, 0.07, len(theta))
    ring = np.stack([1.2 * radius * np.cos(theta), 0.9 * radius * np.sin(theta)], axis=1)
    ring = wander(np.vstack([ring, ring[:1]]), 0.24, 5, rng, keep=0.92)
    ring *= np.sqrt(area_m2 / shapely.Polygon(ring).area)
    return np.asarray(ring + np.asarray(origin))


def _rivers(land: shapely.Polygon, rng: np.random.Generator) -> list[Line]:
    """One river from north-west to south-east through the middle, tributaries from both sides."""
    west, south, east, north = land.bounds
    width, height = east - west, north - south
    shares = np.array(
        [
            (-0.06, 0.74),
            (0.12, 0.70),
            (0.27, 0.62),
            (0.38, 0.50),
            (0.50, 0.50),
            (0.62, 0.43),
            (0.76, 0.30),
            (1.06, 0.17),
        ]
    )
    main = np.stack([west + shares[:, 0] * width, south + shares[:, 1] * height], axis=1)
    main = smooth(wander(main, 0.16, 2, rng), 150)
    rivers = [Line("river", 1, main)]
    # where along the river each tributary joins, and the direction it comes from (degrees), and its length
    for at, bearing, reach in (
        (0.22, 100, 0.36),
        (0.30, 250, 0.38),
        (0.46, 75, 0.50),
        (0.55, 262, 0.52),
        (0.68, 60, 0.48),
        (0.74, 238, 0.44),
        (0.86, 40, 0.34),
    ):
        start = main[int(at * (len(main) - 1))]
        turn = np.radians(bearing + rng.uniform(-12, 12) + np.cumsum(np.r_[0, rng.uniform(-24, 24, 6)]))
        steps = np.stack([np.cos(turn), np.sin(turn)], axis=1) * reach * height / 7
        branch = np.vstack([start, start + np.cumsum(steps, axis=0)])
        rivers.append(Line("river", 2, smooth(wander(branch, 0.14, 2, rng), 150)))
    return rivers


def _seats(land: shapely.Polygon, rivers: list[Line], towns: int, rng: np.random.Generator) -> Coordinates:
    """The county town where the river bends in the middle; the others spread out, each drawn to a river bank."""
    main = rivers[0].path
    centre = main[len(main) // 2]
    inner = land.buffer(-0.055 * np.sqrt(land.area))
    west, south, east, north = inner.bounds
    water = np.vstack([line.path for line in rivers])
    tries = rng.uniform((west, south), (east, north), (6000, 2))
    tries = tries[shapely.contains_xy(inner, tries)]
    near = np.argmin(cdist(tries, water), axis=1)
    pull = rng.uniform(0.35, 0.93, len(tries))[:, None]
    tries = tries + (water[near] - tries) * pull
    tries = tries[shapely.contains_xy(inner, tries)]
    seats = [centre + ward for ward in np.array(WARDS)]
    while len(seats) < towns:
        # farthest from all seats and not too near the rim: an even spread that still follows the rivers
        apart = cdist(tries, np.array(seats)).min(axis=1)
        rim = shapely.distance(land.exterior, shapely.points(tries))
        seats.append(tries[int(np.argmax(np.minimum(apart, 2.0 * rim + 1500) * rng.uniform(0.9, 1.0, len(tries))))])
    return np.array(seats)


def _roads(seats: Coordinates, land: shapely.Polygon, rng: np.random.Generator) -> list[Line]:
    """A spanning tree of the seats and the best few shortcuts; national roads leave the county at both ends."""
    apart = cdist(seats, seats)
    tree = minimum_spanning_tree(apart).toarray() > 0
    tree |= tree.T
    pairs = {(i, j) for i, j in np.argwhere(np.triu(tree)).tolist()}
    walk = np.where(tree, apart, np.inf)
    for _ in range(5):
        hops = walk.copy()
        np.fill_diagonal(hops, 0)
        for k in range(len(seats)):
            hops = np.minimum(hops, hops[:, k : k + 1] + hops[k : k + 1])
        gain = np.where(apart > 0, hops / np.maximum(apart, 1), 0)
        i, j = divmod(int(np.argmax(np.where(apart < 19_000, gain, 0))), len(seats))
        pairs.add((min(i, j), max(i, j)))
        walk[i, j] = walk[j, i] = apart[i, j]
    roads = []
    for i, j in sorted(pairs):
        rank = 1 if 0 in (i, j) else 2
        roads.append(Line("road", rank, smooth(wander(seats[[i, j]], 0.13, 3, rng), 150)))
    # the through road: enters in the north-east, touches the county town and leaves in the south-west
    west, south, east, north = land.bounds
    ends = np.array([(east, south + 0.8 * (north - south)), seats[0], (west, south + 0.2 * (north - south))])
    roads.append(Line("road", 1, smooth(wander(ends, 0.1, 3, rng), 150)))
    return roads
