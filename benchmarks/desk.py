"""The planner's desk: from the end of a drawn line to refreshed figures, findings and map, over HTTP.

The product serves as it does in a county (``gridmap serve``). In the largest communities of the demo county a draft is
opened, grids are split until there are thirty, and lines are drawn across the others: *preview* is what happens when
the mouse is let go, *apply* and *undo* are the acts. Milliseconds at the client: the request, the answer, and reading
its JSON.

The peer is what a script does for such an answer, in memory, without a draft, a history or findings: shapely's split,
geopandas' joins of households, service points and cases with the new grids, and GEOS' check of the coverage.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import split as plain_split
from sqlalchemy import text

from benchmarks._county import Client, demo, server, serving
from gridmap.domain.permissions import Role
from gridmap.services import accounts, plans, units
from gridmap.store.database import Database

RESULTS = Path(__file__).parent / "results" / "desk.json"

#: What is aimed at, in a community of 30 grids: milliseconds, median.
GOAL_MS = 300.0
GRIDS = 30

#: Places that are counted per grid.
_PLACES = {
    "households": "SELECT geom FROM household_counts WHERE geom IS NOT NULL",
    "service_points": "SELECT geom FROM service_points WHERE geom IS NOT NULL",
    "cases": "SELECT geom FROM cases WHERE geom IS NOT NULL",
}


def line_across(shape: shapely.Polygon, chance: random.Random) -> shapely.LineString:
    """A line through the middle, longer than the grid."""
    middle, angle = shape.representative_point(), chance.uniform(0, np.pi)
    west, south, east, north = shape.bounds
    reach = np.hypot(east - west, north - south)
    run = np.array([np.cos(angle), np.sin(angle)]) * reach
    return shapely.LineString([np.array(middle.coords[0]) - run, np.array(middle.coords[0]) + run])


def largest(database: Database, count: int) -> list[tuple[str, int]]:
    """Communities with the most grids."""
    with database.session() as session:
        found = session.execute(
            text(
                "SELECT substr(code, 1, 12), count(*) FROM units WHERE level = 'grid' AND retired_on IS NULL"
                " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :count"
            ),
            {"count": count},
        )
        return [(row[0], row[1]) for row in found]


def at_the_desk(client: Client, database: Database, community: str, acts: int, chance: random.Random) -> dict[str, Any]:
    """Milliseconds of previews, applies and undos in one community."""
    with database.session() as session:
        actor = accounts.operator(session)
        number = plans.create(session, actor, community, "Measured")
        session.commit()
        grids = units.boundaries(session, actor, "grid", scope=community, as_of=units.today(session))
    lines = [(code, line_across(shape, chance)) for code, shape in zip(grids["code"], grids.geometry, strict=True)]
    turned = gpd.GeoSeries([line for _, line in lines], crs=grids.crs).to_crs(4326)
    spent: dict[str, list[float]] = {"preview": [], "apply": [], "undo": []}

    def timed(what: str, body: dict[str, Any]) -> Any:
        start = time.perf_counter()
        answer = client.post(f"/plan/data/{number}/{what}", body)
        spent[what].append((time.perf_counter() - start) * 1000)
        return answer

    def across(at: int) -> dict[str, Any]:
        line = {"type": "LineString", "coordinates": [list(point) for point in turned.iloc[at].coords]}
        return {"kind": "split", "unit": lines[at][0], "lines": [line]}

    draft = client.get(f"/plan/data/{number}")
    version, stand, first = draft["version"], len(grids), 0
    while stand < GRIDS:
        effect = client.post(f"/plan/data/{number}/apply", {"version": version, "operation": across(first)})
        version, first = effect["version"], first + 1
        stand = sum(unit["figures"] is not None for unit in client.get(f"/plan/data/{number}")["units"])
    for turn in range(acts):
        operation = across(first + turn % (len(lines) - first))
        timed("preview", {"version": version, "operation": operation})
        version = timed("apply", {"version": version, "operation": operation, "reason": ""})["version"]
        version = timed("undo", {"version": version})["version"]
    return spent


def by_hand(database: Database, community: str, acts: int, chance: random.Random) -> list[float]:
    """Milliseconds of the same answer with shapely and geopandas, everything read beforehand."""
    with database.session() as session:
        actor = accounts.operator(session)
        grids = units.boundaries(session, actor, "grid", scope=community, as_of=units.today(session))
    with database.engine.connect() as connection:
        places = {
            name: gpd.read_postgis(text(statement), connection, geom_col="geom", crs=grids.crs)
            for name, statement in _PLACES.items()
        }
    near = {
        name: frame.iloc[frame.sindex.query(grids.union_all(), predicate="intersects")]
        for name, frame in places.items()
    }
    spent = []
    for turn in range(acts):
        at = turn % len(grids)
        line = line_across(grids.geometry.iloc[at], chance)
        start = time.perf_counter()
        pieces = list(plain_split(grids.geometry.iloc[at], line).geoms)
        rest = grids.drop(grids.index[at])
        fresh = gpd.GeoDataFrame(
            {"code": [f"new{place}" for place in range(len(pieces))]}, geometry=pieces, crs=grids.crs
        )
        after = gpd.GeoDataFrame(pd.concat([rest[["code", "geometry"]], fresh]), crs=grids.crs)
        for frame in near.values():
            gpd.sjoin(frame, after, predicate="within").groupby("code").size()
        after["area"], after["round"] = after.area, 4 * np.pi * after.area / after.length**2
        shapely.coverage_invalid_edges(np.asarray(after.geometry.array))
        json.loads(after.to_crs(4326).to_json())
        spent.append((time.perf_counter() - start) * 1000)
    return spent


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks desk", description=__doc__)
    parser.add_argument("--communities", type=int, default=3)
    parser.add_argument("--acts", type=int, default=30, help="of each kind in every community")
    options, _ = parser.parse_known_args(argv)
    rows = []
    with server() as cluster, demo(cluster) as database, serving(cluster) as address:
        client = Client(address, Role.ADMINISTRATOR)
        for community, grids in largest(database, options.communities):
            at_the_desk(client, database, community, 2, random.Random(1))  # warm
            spent = at_the_desk(client, database, community, options.acts, random.Random(0))
            peer = by_hand(database, community, options.acts, random.Random(0))
            row: dict[str, Any] = {"community": community, "grids": grids, "goal_ms": GOAL_MS}
            for what, values in {**spent, "peer": peer}.items():
                row[what] = {"median_ms": median(values), "p95_ms": quantiles(values, n=20)[-1]}
            row["ratio"] = row["peer"]["median_ms"] / row["preview"]["median_ms"]
            rows.append(row)
            print(
                f"community of {grids} grids made {GRIDS}; milliseconds, median (95th percentile), goal {GOAL_MS:.0f}"
            )
            for what in ("preview", "apply", "undo", "peer"):
                met = "" if what == "peer" else "met" if row[what]["median_ms"] <= GOAL_MS else "MISSED"
                print(f"  {what:8} {row[what]['median_ms']:7.1f} ({row[what]['p95_ms']:7.1f})  {met}")
            print(f"  the peer takes {row['ratio']:.2f}× the time of a preview", flush=True)
    RESULTS.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([])
