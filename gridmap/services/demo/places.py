"""Where people live in the demo county: household counts at places, compounds, courtyards; and where workers sit.

Everything stands inside one mesh cell that one grid alone covers, so blind ground never moves a place by accident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.services.demo.compounds import make_compounds, plant_split
from gridmap.services.demo.land import Land, rows_of

Coordinates = NDArray[np.float64]

#: Nobody lives farther than this from a worker's base unless planted (the lens asks 3,000 m) …
NEAR_M = 2750.0
#: … and the planted places lie clearly beyond.
FAR_M = 3200.0


#: Grids that overlap or spill have this many households fewer: those on the blind ground may count as theirs as well.
ROOM = 90


@dataclass
class Places:
    """Frames of things that stand somewhere.

    ``households``: place_id, households, compound, cell, grid (-1: in a gap), x, y. ``compounds``: code, name, level,
    community, grid, cell, geometry. ``base`` (grids, 2) is where each grid's worker sits.
    """

    households: pd.DataFrame
    compounds: pd.DataFrame
    base: Coordinates
    service_points: pd.DataFrame
    overloaded: dict[int, int] = field(default_factory=dict)
    remote: dict[int, list[int]] = field(default_factory=dict)


class Scatter:
    """Random points inside mesh cells: from the middle part of the way to a random corner."""

    def __init__(self, land: Land, rng: np.random.Generator) -> None:
        mesh = land.ground.mesh
        self._rng = rng
        self._centres = mesh.centres
        self._corners = mesh.vertices[np.concatenate(mesh.rings)] / 1000
        self._count = np.array([len(ring) for ring in mesh.rings])
        self._start = np.concatenate([[0], np.cumsum(self._count)[:-1]])

    def __call__(self, cells: NDArray[np.int64], reach: float = 0.6) -> Coordinates:
        """One point per cell number given, on the millimetre lattice. Shape (n, 2)."""
        pick = self._start[cells] + (self._rng.random(len(cells)) * self._count[cells]).astype(int)
        share = reach * np.sqrt(self._rng.random(len(cells)))[:, None]
        points = self._centres[cells] + share * (self._corners[pick] - self._centres[cells])
        return np.asarray(np.rint(points * 1000) / 1000)


def make_places(land: Land, rng: np.random.Generator) -> Places:
    """Settle the county; plants ``overloaded_grid``, ``out_of_reach`` and ``split_compound``."""
    base = _bases(land)
    remote = _remote(land, base)
    scatter = Scatter(land, rng)
    compounds = make_compounds(land, rng, set(remote))
    overloaded = _overloaded(land)
    households = _households(land, rng, scatter, compounds, base, overloaded, remote)
    service_points = _service_points(land, rng, scatter, remote)
    _plant_remote(land, households, remote)
    plant_split(land, compounds)
    return Places(households, compounds, base, service_points, overloaded, remote)


# --- where workers sit, and who is out of reach --------------------------------------------------------------


def _bases(land: Land) -> Coordinates:
    """Each grid's base: the cell whose farthest other cell of the grid is nearest."""
    centres = land.ground.mesh.centres
    bases = np.empty((len(land.grids), 2))
    for grid, cells in enumerate(land.free_cells):
        here = centres[cells]
        apart = np.hypot(*(here[:, None] - here[None]).transpose(2, 0, 1))
        bases[grid] = here[int(apart.max(axis=1).argmin())]
    return np.asarray(np.rint(bases * 1000) / 1000)


def _remote(land: Land, base: Coordinates) -> dict[int, list[int]]:
    """Pick large grids whose base moves to one end, so that cells at the other end are far from every base.

    Changes ``base`` of the picked grids. Returns per grid the far cells where planted hamlets stand.
    """
    centres = land.ground.mesh.centres
    count = int(land.given.planted["out_of_reach"])
    options: list[tuple[float, int, Coordinates, list[int]]] = []
    for grid, cells in enumerate(land.free_cells):
        if land.grids["urban"].iloc[grid] or grid in land.taken:
            continue
        others = np.delete(base, grid, axis=0)
        far, _ = cKDTree(others).query(centres[cells])
        lonely = np.flatnonzero(far > FAR_M)
        if not len(lonely):
            continue
        here = centres[cells]
        top = here[lonely[int(far[lonely].argmax())]]
        seat = here[int(np.hypot(*(here - top).T).argmax())]
        beyond = [cells[i] for i in lonely if np.hypot(*(here[i] - seat)) > FAR_M]
        if len(beyond) >= 2:
            options.append((float(len(beyond)), grid, seat, beyond))
    able = np.zeros(len(land.grids), dtype=bool)
    able[[grid for _, grid, _, _ in options]] = True
    by_grid = {grid: (seat, beyond) for _, grid, seat, beyond in options}
    remote = {}
    for grid in land.pick(count, able):
        seat, beyond = by_grid[grid]
        base[grid] = np.rint(seat * 1000) / 1000
        remote[grid] = beyond[:6]
    return remote


def _plant_remote(land: Land, households: pd.DataFrame, remote: dict[int, list[int]]) -> None:
    for grid, cells in remote.items():
        rows = households[(households["grid"] == grid) & households["cell"].isin(cells)]
        number = int(rows["households"].sum())
        points = shapely.MultiPoint(rows[["x", "y"]].to_numpy())
        code = land.code(grid)
        land.plant(
            "out_of_reach",
            (code,),
            f"{number} households of {code} live more than 3 km from any worker's base or service point.",
            points,
            number=number,
        )


def _service_points(
    land: Land, rng: np.random.Generator, scatter: Scatter, remote: dict[int, list[int]]
) -> pd.DataFrame:
    """A service point in every third community, none within reach of the remote hamlets."""
    far = land.ground.mesh.centres[[cell for cells in remote.values() for cell in cells]]
    names = land.given.names["service_points"]
    rows: list[tuple[str, str, float, float]] = []
    for community in range(0, len(land.communities), 3):
        grids = np.flatnonzero(land.grids["community"].to_numpy() == community)
        grid = int(rng.choice(grids))
        x, y = scatter(np.array([int(rng.choice(land.free_cells[grid]))]))[0]
        if len(far) and np.hypot(far[:, 0] - x, far[:, 1] - y).min() < FAR_M:
            continue
        stem = str(land.communities["name"].iloc[community]).removesuffix("社区").removesuffix("村")
        rows.append((land.code(grid), stem + names[len(rows) % len(names)], x, y))
    frame = pd.DataFrame(rows, columns=["unit", "name", "x", "y"])
    frame.insert(0, "service_point_id", np.arange(1, len(frame) + 1))
    return frame


# --- households ----------------------------------------------------------------------------------------------


def _overloaded(land: Land) -> dict[int, int]:
    """Grids with far too many or too few households, and how many."""
    plan = land.given.planted
    urban = land.grids["urban"].to_numpy()
    high, low = int(plan["overloaded_high"]), int(plan["overloaded_low"])
    numbers: dict[int, int] = {}
    split = (high // 2, high - high // 2, low // 2, low - low // 2)
    for count, able, first, step in (
        (split[0], ~urban, 560, 45),
        (split[1], urban, 690, 70),
        (split[2], ~urban, 92, 20),
        (split[3], urban, 168, 30),
    ):
        for i, grid in enumerate(land.pick(count, able, apart=True)):
            numbers[grid] = first + step * i
    for grid, number in numbers.items():
        code = land.code(grid)
        band = "300–500" if urban[grid] else "150–450"
        land.plant(
            "overloaded_grid",
            (code,),
            f"{number} households in {code}, outside {band}.",
            land.grids["geometry"].iloc[grid],
            number=number,
        )
    return numbers


def _households(
    land: Land,
    rng: np.random.Generator,
    scatter: Scatter,
    compounds: pd.DataFrame,
    base: Coordinates,
    overloaded: dict[int, int],
    remote: dict[int, list[int]],
) -> pd.DataFrame:
    """Every grid's number drawn in its band, shared among its compounds and places; some more in the gaps."""
    things = land.given.things
    centres = land.ground.mesh.centres
    reach = cKDTree(base)
    near, _ = reach.query(centres)
    shared = {g for flaw in land.blind.flaws if flaw.cells and flaw.lens != "uncovered_ground" for g in flaw.grids}
    by_grid: dict[Any, pd.DataFrame] = dict(iter(compounds.groupby("grid")))
    parts = []
    for grid, cells in enumerate(land.free_cells):
        urban = bool(land.grids["urban"].iloc[grid])
        low, high, a, b = things["urban_households" if urban else "rural_households"]
        number = overloaded.get(grid, round(low + (high - low) * rng.beta(a, b)))
        if grid in shared:
            number = min(number, high - ROOM)
        good = [c for c in cells if near[c] < NEAR_M]
        own = by_grid.get(grid)
        homes: list[tuple[int, float, str | None]] = []
        if own is not None:
            for row in rows_of(own):
                if row.cell in good:
                    homes += [(row.cell, rng.uniform(1.5, 4.0) if urban else 2.0, row.code)] * (3 if urban else 1)
        count = 13 if urban else 17
        homes += [(int(c), rng.uniform(0.4, 1.6), None) for c in rng.choice(good, count, replace=len(good) < count)]
        if grid in remote:
            homes += [(int(c), 1.4, None) for c in remote[grid]]
        weight = np.array([w for _, w, _ in homes])
        share = np.maximum(1, np.floor(weight / weight.sum() * number)).astype(int)
        share[: max(0, number - share.sum())] += 1
        share[int(share.argmax())] += number - share.sum()
        frame = pd.DataFrame(
            {"households": share, "cell": [c for c, _, _ in homes], "compound": [c for *_, c in homes]}
        )
        frame["grid"] = grid
        parts.append(frame)
    parts.append(_stranded(land, near))
    frame = pd.concat(parts, ignore_index=True)
    frame[["x", "y"]] = scatter(frame["cell"].to_numpy(dtype=np.int64), 0.6)
    inside = frame["compound"].notna().to_numpy()
    shape = compounds.set_index("code")["geometry"]
    # a compound's households stand in the compound: near the middle of its cell
    frame.loc[inside, ["x", "y"]] = [
        _middle(shape[code], x, y) for code, x, y in frame.loc[inside, ["compound", "x", "y"]].itertuples(index=False)
    ]
    _keep_inside(land, frame)
    frame.insert(0, "place_id", np.arange(1, len(frame) + 1))
    return frame


def _middle(shape: shapely.Polygon, x: float, y: float) -> tuple[float, float]:
    """The point itself where it lies in the compound, else a point halfway to the compound's middle or the middle."""
    centre = shape.representative_point()
    for share in (1.0, 0.6, 0.3):
        px, py = centre.x + share * (x - centre.x), centre.y + share * (y - centre.y)
        if shape.contains(shapely.Point(px, py)):
            return round(px, 3), round(py, 3)
    return round(centre.x, 3), round(centre.y, 3)


def _stranded(land: Land, near: NDArray[np.float64]) -> pd.DataFrame:
    """Households on blind ground, which make it matter: in gaps (grid -1), under two grids or outside the edge (-2)."""
    rows: list[tuple[int, int, None, int]] = []
    for flaw in land.blind.flaws:
        if flaw.lens == "uncovered_ground":
            rows += [(24 + 7 * (i % 4), cell, None, -1) for i, cell in enumerate(flaw.cells[:5])]
        else:
            reached = [cell for cell in flaw.cells if near[cell] < NEAR_M]
            rows += [(12 + 5 * i, cell, None, -2) for i, cell in enumerate(reached[:3])]
    return pd.DataFrame(rows, columns=["households", "cell", "compound", "grid"])


def _keep_inside(land: Land, frame: pd.DataFrame) -> None:
    """A point that a bulging border left outside its grid moves to the middle of its cell."""
    drawn = land.grids["geometry"].to_numpy()
    inside = frame["grid"].to_numpy() >= 0
    rows = np.flatnonzero(inside)
    points = shapely.points(frame[["x", "y"]].to_numpy()[rows])
    out = rows[~shapely.contains_properly(drawn[frame["grid"].to_numpy()[rows]], points)]
    if len(out):
        frame.loc[out, ["x", "y"]] = np.rint(land.ground.mesh.centres[frame["cell"].to_numpy()[out]] * 1000) / 1000
