"""A million points into ten thousand irregular polygons: the raster of cells against geopandas and shapely.

CPU seconds of one process, rounds interleaved, so that other work on the machine touches all alike. "cold" counts
everything from bare polygons (sjoin builds its tree too); "warm" asks an index that stands.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geometry.assign import LocateIndex
from gridmap.geometry.synthetic.lattice import county

#: Promised: faster than sjoin from cold, eight times faster once the index stands, the index within three seconds.
GOALS = {"cold": 1.0, "warm": 8.0, "build_s": 3.0}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="locate")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--grids", type=int, default=10_000)
    parser.add_argument("--vertices", type=int, default=82)
    parser.add_argument("--rounds", type=int, default=5)
    asked, _ = parser.parse_known_args(argv)

    ground = county(asked.grids, asked.vertices, seed=0)
    codes = ground.names.tolist()
    low, high = ground.rings.min(axis=(0, 1)), ground.rings.max(axis=(0, 1))
    xy = np.random.default_rng(1).uniform(low, high, (asked.points, 2))
    points = gpd.GeoDataFrame(geometry=shapely.points(xy))
    grids = gpd.GeoDataFrame(geometry=ground.polygons)
    standing = LocateIndex(ground.polygons, codes)
    tree = shapely.STRtree(ground.polygons)

    def cold() -> object:
        return LocateIndex(ground.polygons, codes, expected_points=len(xy)).units(xy)

    def join() -> object:
        # sjoin keeps the tree of a frame; a fresh frame makes it build one
        return gpd.sjoin(points, gpd.GeoDataFrame(geometry=ground.polygons), how="left", predicate="within")

    contestants: dict[str, Callable[[], object]] = {
        "gridmap cold": cold,
        "gridmap index alone": lambda: LocateIndex(ground.polygons, codes),
        "gridmap warm": lambda: standing.units(xy),
        "geopandas.sjoin cold": join,
        "geopandas.sjoin warm": lambda: gpd.sjoin(points, grids, how="left", predicate="within"),
        "shapely.STRtree warm": lambda: tree.query(points.geometry.to_numpy(), predicate="within"),
    }
    spent: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(asked.rounds):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            spent[name].append(time.process_time() - start)
    unit, on_border = standing.units(xy)
    joined = join()
    assert isinstance(joined, gpd.GeoDataFrame)
    wanted = joined["index_right"].fillna(-1).astype(int).groupby(level=0).first().to_numpy()
    differ = int((unit != wanted)[~on_border].sum())

    middle = {name: median(times) for name, times in spent.items()}
    ratios = {
        "cold": middle["geopandas.sjoin cold"] / middle["gridmap cold"],
        "warm": middle["geopandas.sjoin warm"] / middle["gridmap warm"],
        "warm against STRtree": middle["shapely.STRtree warm"] / middle["gridmap warm"],
    }
    print(f"{asked.points:,} points, {asked.grids:,} grids of {asked.vertices} vertices; CPU seconds, median")
    for name, value in middle.items():
        print(f"  {name:24} {value:8.3f}   ({min(spent[name]):.3f}–{max(spent[name]):.3f})")
    for name, value in ratios.items():
        goal = f"   goal {GOALS[name]:g}×" if name in GOALS else ""
        print(f"  {name:24} {value:7.1f}×{goal}")
    print(f"  answers that differ from sjoin away from borders: {differ} (on a border: {int(on_border.sum())})")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    report = {"arguments": vars(asked), "cpu_seconds": spent, "ratios": ratios, "goals": GOALS, "differ": differ}
    (results / "locate.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main([])
