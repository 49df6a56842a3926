"""Compounds 小区 and courtyards 院坝 of the demo county: where they lie, and those that lie in no one grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.services.demo.land import Land, rows_of
from gridmap.services.demo.naming import Names


def make_compounds(land: Land, rng: np.random.Generator, remote: set[int]) -> pd.DataFrame:
    """Estates in town (about two to a grid), hamlets and courtyards in the country; each a shrunken mesh cell."""
    things = land.given.things
    urban = land.grids["urban"].to_numpy()
    safe = np.array([g not in land.taken or g in remote for g in range(len(urban))])
    free = {g: [int(c) for c in rng.permutation(cells)] for g, cells in enumerate(land.free_cells)}
    built = np.flatnonzero(urban)
    country = np.flatnonzero(~urban & safe)
    wanted = int(things["compounds"]) - int(land.given.planted["split_compound"])
    estates = 2 * len(built)
    hosts = [(int(g), "compound", 0.72) for g in np.repeat(built, 2)]
    hosts += [(int(g), "compound", 0.42) for g in np.resize(rng.permutation(country), wanted - estates)]
    planted = int(land.given.planted["split_courtyard"]) + int(land.given.planted["courtyard_in_no_grid"])
    hosts += [
        (int(g), "courtyard", 0.22) for g in np.resize(rng.permutation(country), int(things["courtyards"]) - planted)
    ]
    mesh = land.ground.mesh
    drawn = land.grids["geometry"].to_numpy()
    rows: list[tuple[int, str, int, shapely.Polygon]] = []
    for grid, level, share in hosts:
        while free[grid]:
            cell = free[grid].pop()
            ring = mesh.vertices[mesh.rings[cell]] / 1000
            shape = None
            for size in (share, 0.6 * share, 0.3 * share):
                ring_small = np.rint((mesh.centres[cell] + size * (ring - mesh.centres[cell])) * 1000) / 1000
                shape = shapely.Polygon(ring_small)
                if shape.is_valid and drawn[grid].contains(shape):
                    break
                shape = None
            if shape is not None:
                rows.append((grid, level, cell, shape))
                break
        else:
            raise ValueError(f"grid {land.code(grid)} has no room for its compounds")
    rows += _astride(land, rng, {row[2] for row in rows})
    rows += _in_gap(land)
    return _named(land, rng, rows)


def _astride(land: Land, rng: np.random.Generator, used: set[int]) -> list[tuple[int, str, int, shapely.Polygon]]:
    """Compounds and courtyards across a border between two grids of one community."""
    plan = land.given.planted
    mesh, label = land.ground.mesh, land.ground.grid
    community = land.grids["community"].to_numpy()
    drawn = land.grids["geometry"].to_numpy()
    urban = land.grids["urban"].to_numpy()
    a, b = label[mesh.links].T
    border = np.flatnonzero((a != b) & (community[a] == community[b]) & (mesh.border_m > 60))
    rows: list[tuple[int, str, int, shapely.Polygon]] = []
    wanted = [("compound", i % 2 == 0) for i in range(plan["split_compound"])]
    wanted += [("courtyard", False)] * int(plan["split_courtyard"])
    for link in rng.permutation(border).tolist():
        if not wanted:
            break
        level, in_town = wanted[0]
        one, other = int(label[mesh.links[link, 0]]), int(label[mesh.links[link, 1]])
        cells = mesh.links[link].tolist()
        if urban[one] != in_town or {one, other} & land.taken or set(cells) & used:
            continue
        pair = shapely.union_all([shapely.Polygon(mesh.vertices[mesh.rings[c]] / 1000) for c in cells])
        middle = mesh.centres[cells].mean(axis=0)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(0.3, 0.42, 9) * np.hypot(*(mesh.centres[cells[0]] - mesh.centres[cells[1]]))
        if level == "courtyard":
            radius *= 0.6
        ring = middle + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        shape = shapely.Polygon(np.rint(ring * 1000) / 1000)
        if not shape.is_valid or not pair.contains(shape):
            continue
        shares = sorted(drawn[g].intersection(shape).area / shape.area for g in (one, other))
        if not 0.25 < shares[0] < 0.5 or sum(shares) < 0.999:
            continue
        rows.append((one, level, cells[0], shape))
        used.update(cells)
        land.taken |= {one, other}
        wanted.pop(0)
    if wanted:
        raise ValueError("no border has room for a split compound")
    return rows


def _in_gap(land: Land) -> list[tuple[int, str, int, shapely.Polygon]]:
    """Courtyards that lie in a planted gap, so in no grid at all."""
    flaws = [f for f in land.blind.flaws if f.lens == "uncovered_ground" and f.cells and f.area_m2 > 5e5]
    rows: list[tuple[int, str, int, shapely.Polygon]] = []
    mesh = land.ground.mesh
    for flaw in flaws[: land.given.planted["courtyard_in_no_grid"]]:
        cell = flaw.cells[0]
        ring = mesh.centres[cell] + 0.22 * (mesh.vertices[mesh.rings[cell]] / 1000 - mesh.centres[cell])
        rows.append((flaw.grids[0], "courtyard", cell, shapely.Polygon(np.rint(ring * 1000) / 1000)))
    return rows


def _named(land: Land, rng: np.random.Generator, rows: list[tuple[int, str, int, shapely.Polygon]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["grid", "level", "cell", "geometry"])
    frame["community"] = land.grids["community"].to_numpy()[frame["grid"]]
    names = Names(land.given, rng)
    codes = np.full(len(frame), "", dtype=object)
    called = np.full(len(frame), "", dtype=object)
    together: dict[Any, Any] = dict(frame.groupby(["community", "level"], sort=True).indices)
    about = list(rows_of(land.communities))
    for (community, level), at in together.items():
        code, name, urban = about[community].code, about[community].name, bool(about[community].urban)
        letter = "C" if level == "compound" else "Y"
        codes[at] = [f"{code}{letter}{i + 1:03d}" for i in range(len(at))]
        called[at] = names.compounds(name, len(at), urban=urban) if letter == "C" else names.courtyards(len(at))
    frame["code"], frame["name"] = codes, called
    frame["urban"] = land.communities["urban"].to_numpy()[frame["community"]]
    return frame


def plant_split(land: Land, compounds: pd.DataFrame) -> None:
    """Say of every compound that does not lie in one grid where it lies, by plain overlay."""
    drawn = land.grids["geometry"].to_numpy()
    tree = shapely.STRtree(drawn)
    for row in rows_of(compounds):
        hits = tree.query(row.geometry, predicate="intersects")
        shares = {int(g): round(drawn[g].intersection(row.geometry).area / row.geometry.area, 4) for g in hits.tolist()}
        shares = {g: share for g, share in shares.items() if share > 0}
        second = sorted(shares.values())[-2] if len(shares) > 1 else 0.0
        if second < 0.02 and max(shares.values(), default=0.0) >= 0.5:
            continue
        parts = ", ".join(f"{land.code(g)} ({share:.0%})" for g, share in sorted(shares.items())) or "no grid"
        land.plant("split_compound", (str(row.code),), f"{row.name} {row.code} lies in {parts}.", row.geometry)
