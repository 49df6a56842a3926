"""The ground of the demo county: towns, communities and grids that divide it without rest at every level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gridmap.geometry.synthetic import mesh as meshes
from gridmap.geometry.synthetic.grow import Graph, divide
from gridmap.geometry.synthetic.mesh import Mesh
from gridmap.geometry.synthetic.plan import Plan
from gridmap.geometry.synthetic.terrain import WARDS, Terrain, terrain

Coordinates = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Ground:
    """A mesh and, per cell, the unit it belongs to at each level.

    ``town``, ``community`` and ``grid`` number the units of the whole county; ``community_town``, ``grid_community``
    state parents, ``urban`` marks urban communities.
    """

    terrain: Terrain
    mesh: Mesh
    graph: Graph
    town: Indices
    community: Indices
    grid: Indices
    community_town: Indices
    grid_community: Indices
    urban: NDArray[np.bool_]
    weight: NDArray[np.float64]

    def rings(self, label: Indices) -> list[list[Indices]]:
        """Vertex rings around the cells of each label value 0, 1, …"""
        order = np.argsort(label, kind="stable")
        cuts = np.searchsorted(label[order], np.arange(1, int(label.max()) + 1))
        return [self.mesh.dissolve(cells) for cells in np.split(order, cuts)]

    def polygons(self, label: Indices) -> NDArray[np.object_]:
        """One polygon (or multipolygon) per label value, metres."""
        metres = self.mesh.vertices / 1000
        return np.array([polygon_of([metres[ring] for ring in rings]) for rings in self.rings(label)], dtype=object)


def polygon_of(rings: list[Coordinates]) -> shapely.Polygon | shapely.MultiPolygon:
    """Build a polygon from its rings: counter-clockwise ones are shells, clockwise ones holes."""
    shells: list[Coordinates] = []
    holes: list[Coordinates] = []
    for ring in rings:
        (shells if shapely.is_ccw(shapely.linearrings(ring)) else holes).append(ring)
    if len(shells) == 1:
        return shapely.Polygon(shells[0], holes)
    parts = []
    for shell in shells:
        area = shapely.Polygon(shell)
        inner = [hole for hole in holes if area.contains(shapely.Polygon(hole).representative_point())]
        parts.append(shapely.Polygon(shell, inner))
    return shapely.MultiPolygon(parts)


def make_ground(plan: Plan) -> Ground:
    """Make the ground. Deterministic for one plan."""
    rng = np.random.default_rng(plan.seed)
    land = terrain(plan.area_m2, plan.towns, plan.origin, rng)
    cores = _cores(land, plan)
    mesh = _mesh(land, cores, rng)
    weight = _weight(mesh, land, cores)
    apart = np.hypot(*(mesh.centres[mesh.links[:, 0]] - mesh.centres[mesh.links[:, 1]]).T)
    barrier = _barriers(mesh, land)
    cost = apart * (1 + 40 * barrier) * rng.lognormal(0, 0.25, len(apart))
    # a border on a barrier is cheap to keep: straightening must not pull it off
    border = mesh.border_m * (1 - 0.9 * np.minimum(1.5 * barrier, 1))
    graph = Graph(len(mesh.centres), mesh.links, cost, border, float(apart.mean()))

    town = divide(graph, mesh.centres, weight, plan.towns, rng, seats=land.seats, share=_town_share(plan, rng))
    urban_cell = _urban_cells(graph, mesh, land, cores, plan)
    community, community_town, urban = _communities(graph, mesh, weight, town, urban_cell, plan, rng)
    grid, grid_community = _grids(graph, mesh, weight, community, urban, plan, rng)
    return Ground(land, mesh, graph, town, community, grid, community_town, grid_community, urban, weight)


def _barriers(mesh: Mesh, land: Terrain) -> NDArray[np.float64]:
    """How hard each link between cells is to cross, 0 to 1: rivers hold units apart more than roads do."""
    strength = {("river", 1): 1.0, ("river", 2): 0.55, ("road", 1): 0.35, ("road", 2): 0.2}
    steps = [
        (shapely.LineString(pair), strength[line.kind, line.rank])
        for line in land.lines
        for pair in np.stack([line.path[:-1], line.path[1:]], axis=1)
    ]
    tree = shapely.STRtree([step for step, _ in steps])
    link, step = tree.query(shapely.linestrings(mesh.centres[mesh.links]), predicate="intersects")
    barrier = np.zeros(len(mesh.links))
    np.maximum.at(barrier, link, np.array([hold for _, hold in steps])[step])
    return barrier


def _town_share(plan: Plan, rng: np.random.Generator) -> NDArray[np.float64]:
    """Towns differ in size by up to a half either way; the county town's wards hold much in little room."""
    share = rng.uniform(0.7, 1.3, plan.towns)
    share[: len(WARDS)] = 1.15
    return np.asarray(share / share.sum())


def _cores(land: Terrain, plan: Plan) -> list[tuple[Coordinates, float]]:
    """Built-up cores: middle and radius in metres. Town 0 stands for the county town, which has three wards."""
    return [
        (land.seats[town] if town else land.centre, float(np.sqrt(area / np.pi)))
        for town, area in zip(plan.urban_towns, plan.urban_area_m2, strict=True)
    ]


def _core_distance(points: Coordinates, cores: list[tuple[Coordinates, float]]) -> NDArray[np.float64]:
    """Distance to the nearest core's seat in radii of that core."""
    return np.asarray(np.min([np.hypot(*(points - seat).T) / radius for seat, radius in cores], axis=0))


def _mesh(land: Terrain, cores: list[tuple[Coordinates, float]], rng: np.random.Generator) -> Mesh:
    outline = np.vstack([land.outline])
    inside = shapely.Polygon(outline)
    frame = inside.buffer(1500)
    groups = [meshes.pairs_along(outline, 210, 70)]
    apart = [190.0]
    for line in sorted(land.lines, key=lambda line: (line.rank, line.kind == "road")):
        clipped = _inside(line.path, inside)
        spacing = 170 if line.rank == 1 else 210
        for path in clipped:
            groups.append(meshes.pairs_along(path, spacing, 0.34 * spacing))
            apart.append(0.72 * spacing)
    points, pair = meshes.keep_pairs_apart(groups, apart)

    fill = _fill(points, frame, cores, rng)
    generators = np.vstack([points, fill])
    pair = np.concatenate([pair, np.full(len(fill), -1)])
    # the county's edge (the first group) is the only line that wanders
    straight = np.arange(len(generators)) >= len(groups[0])
    generators += rng.uniform(-1.5, 1.5, generators.shape)
    keep = shapely.contains_xy(inside, generators)
    dense = np.clip(_core_distance(generators, cores) - 0.8, 0, 1)
    step = 22 + 30 * dense
    rough = 0.10 + 0.38 * dense
    return meshes.build(generators, keep, pair, straight, step, rough, rng)


def _inside(path: Coordinates, inside: shapely.Polygon) -> list[Coordinates]:
    clipped = shapely.LineString(path).intersection(inside)
    lines = [part for part in shapely.get_parts(clipped) if part.length > 600]
    return [shapely.get_coordinates(part) for part in lines]


def _fill(
    taken: Coordinates, frame: shapely.Polygon, cores: list[tuple[Coordinates, float]], rng: np.random.Generator
) -> Coordinates:
    """Generators between the lines: blocks of a turned street grid in the cores, loose scatter in the country."""
    west, south, east, north = frame.bounds
    parts = []
    for seat, radius in cores:
        turn = rng.uniform(0.1, 0.7)
        block = np.array([118.0, 98.0])
        half = int(1.9 * radius / block.min())
        i, j = np.mgrid[-half : half + 1, -half : half + 1]
        flat = np.stack([i.ravel() + 0.5 * (j.ravel() % 2), j.ravel()], axis=1) * block
        flat = flat + rng.uniform(-0.24, 0.24, flat.shape) * block
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        parts.append(flat @ spin.T + seat)
    streets = np.vstack(parts)
    ratio = _core_distance(streets, cores)
    streets = streets[ratio < 1.55]
    streets = _spaced(streets, 60.0)

    tries = rng.uniform((west, south), (east, north), (60_000, 2))
    tries = tries[shapely.contains_xy(frame, tries)]
    ratio = _core_distance(tries, cores)
    radius_m = np.interp(ratio, [1.5, 2.2, 4.0, 8.0], [120, 185, 245, 330])
    tries, radius_m = tries[ratio > 1.5], radius_m[ratio > 1.5]
    free, _ = cKDTree(np.vstack([taken, streets])).query(tries)
    tries, radius_m = tries[free > 0.62 * radius_m], radius_m[free > 0.62 * radius_m]
    loose = _scattered(tries, radius_m)
    free, _ = cKDTree(taken).query(streets)
    return np.vstack([streets[free > 62], loose])


def _spaced(points: Coordinates, distance: float) -> Coordinates:
    close = cKDTree(points).query_pairs(distance)
    return np.delete(points, sorted({max(pair) for pair in close}), axis=0)


def _scattered(points: Coordinates, radius: NDArray[np.float64]) -> Coordinates:
    """Dart throwing in the given order: a point stays if no kept one lies within its radius."""
    tree = cKDTree(points)
    dropped = np.zeros(len(points), dtype=bool)
    kept = []
    for i, near in enumerate(tree.query_ball_point(points, radius)):
        if dropped[i]:
            continue
        kept.append(i)
        dropped[near] = True
    return points[kept]


def _weight(mesh: Mesh, land: Terrain, cores: list[tuple[Coordinates, float]]) -> NDArray[np.float64]:
    """Households that a cell could hold, in arbitrary units: area times a density that falls away from valleys."""
    water = np.vstack([line.path for line in land.lines])
    valley, _ = cKDTree(water).query(mesh.centres)
    ratio = _core_distance(mesh.centres, cores)
    density = 0.16 + 1.5 * np.exp(-valley / 800) + 6 * np.exp(-((ratio / 1.6) ** 2))
    return np.asarray(mesh.area_m2 * density / 1e5)


def _urban_cells(
    graph: Graph, mesh: Mesh, land: Terrain, cores: list[tuple[Coordinates, float]], plan: Plan
) -> NDArray[np.bool_]:
    """Cells of the built-up cores: grown outward from the middle, faster along roads, until the area is used up."""
    roads = np.vstack([line.path for line in land.of("road")])
    away, _ = cKDTree(roads).query(mesh.centres)
    slow = 0.55 + 0.45 * np.clip(away / 900, 0, 1)
    urban = np.zeros(graph.cells, dtype=bool)
    for (middle, _), area in zip(cores, plan.urban_area_m2, strict=True):
        start = int(np.argmin(np.hypot(*(mesh.centres - middle).T)))
        order = np.argsort(_walk(graph, start, slow), kind="stable")
        urban[order[np.cumsum(mesh.area_m2[order]) <= area]] = True
    return urban


def _walk(graph: Graph, start: int, slow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost of the way from one cell to every other, each link taken ``slow`` times as slowly."""
    both = np.vstack([graph.links, graph.links[:, ::-1]])
    cost = np.tile(graph.cost**0.5 * slow[graph.links].mean(axis=1), 2)
    matrix = coo_array((cost, (both[:, 0], both[:, 1])), shape=(graph.cells, graph.cells)).tocsr()
    return np.asarray(dijkstra(matrix, indices=start))


def _communities(
    graph: Graph,
    mesh: Mesh,
    weight: NDArray[np.float64],
    town: Indices,
    urban_cell: NDArray[np.bool_],
    plan: Plan,
    rng: np.random.Generator,
) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    """Divide every town's built-up and rural parts. Returns community per cell, town and urban flag per community."""
    zones = _zones(graph, town, urban_cell)
    keys = sorted(zones)
    rural = [key for key in keys if not key[1]]
    built = [key for key in keys if key[1]]
    area = {key: float(mesh.area_m2[zones[key]].sum()) for key in keys}
    load = {key: float(weight[zones[key]].sum()) for key in keys}
    parts = dict(
        zip(built, _apportion(np.array([area[k] for k in built]), plan.urban_communities), strict=True)
    ) | dict(
        zip(
            rural,
            _apportion(np.array([load[k] for k in rural]), plan.communities - plan.urban_communities),
            strict=True,
        )
    )
    community = np.full(graph.cells, -1, dtype=np.int64)
    towns: list[int] = []
    urban: list[bool] = []
    for key in keys:
        members = zones[key]
        use = mesh.area_m2 if key[1] else weight
        label = divide(graph.part(members), mesh.centres[members], use[members], parts[key], rng)
        community[members] = label + len(towns)
        towns += [key[0]] * parts[key]
        urban += [key[1]] * parts[key]
    return community, np.array(towns), np.array(urban)


def _zones(graph: Graph, town: Indices, urban_cell: NDArray[np.bool_]) -> dict[tuple[int, bool, int], Indices]:
    """Connected zones (town, built-up?, number) → cells. Scraps join the other side of their town."""
    urban_cell = urban_cell.copy()
    zones: dict[tuple[int, bool, int], Indices] = {}
    for _ in range(4):
        zones = {}
        scraps = False
        for name in range(int(town.max()) + 1):
            for built in (False, True):
                members = np.flatnonzero((town == name) & (urban_cell == built))
                if not len(members):
                    continue
                piece = graph.part(members).pieces()
                for number in range(int(piece.max()) + 1):
                    cells = members[piece == number]
                    if len(cells) < 30:
                        urban_cell[cells] = not built
                        scraps = True
                    else:
                        zones[(name, built, number)] = cells
        if not scraps:
            break
    return zones


def _apportion(size: NDArray[np.float64], total: int) -> list[int]:
    """Share ``total`` seats by size, at least one each (largest remainders)."""
    seats = np.maximum(1, np.floor(size / size.sum() * total)).astype(int)
    while seats.sum() < total:
        seats[np.argmax(size / (seats + 0.5))] += 1
    while seats.sum() > total:
        able = np.where(seats > 1, size / seats, np.inf)
        seats[np.argmin(able)] -= 1
    return [int(n) for n in seats]


def _grids(
    graph: Graph,
    mesh: Mesh,
    weight: NDArray[np.float64],
    community: Indices,
    urban: NDArray[np.bool_],
    plan: Plan,
    rng: np.random.Generator,
) -> tuple[Indices, Indices]:
    members = [np.flatnonzero(community == i) for i in range(len(urban))]
    size = np.array([(mesh.area_m2 if urban[i] else weight)[cells].sum() for i, cells in enumerate(members)])
    parts = np.zeros(len(urban), dtype=int)
    parts[urban] = _apportion(size[urban], plan.urban_grids)
    parts[~urban] = _apportion(size[~urban], plan.grids - plan.urban_grids)
    grid = np.full(graph.cells, -1, dtype=np.int64)
    parents: list[int] = []
    for i, cells in enumerate(members):
        use = mesh.area_m2 if urban[i] else weight
        label = divide(graph.part(cells), mesh.centres[cells], use[cells], int(parts[i]), rng)
        grid[cells] = label + len(parents)
        parents += [i] * int(parts[i])
    return grid, np.array(parents)
