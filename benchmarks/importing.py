"""Importing beside its peers, into the same PostGIS, on the same files: wall seconds and peak memory.

Ours is the whole verb: reading, checking every cell, comparing with what stands, COPY with all constraints, indexes,
the notes that make it undoable and the import log; and the same file again, which changes nothing. The peers read the
file and append it to a bare table, unchecked: ``pandas.read_csv`` + ``DataFrame.to_sql`` and
``GeoDataFrame.to_postgis``. The database server's share of the memory is not counted, its time is.

Each contestant runs in a process of its own; memory is the peak of that process (``ru_maxrss``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gridmap.store.cluster import Cluster

RESULTS = Path(__file__).parent / "results" / "importing.json"
SRID = 4549
COUNTY = "990001000000"

#: What issue 3 asks: seconds, and bytes of peak memory.
GOALS = {"620,000 unit codes": 60.0, "100,000 household points": 10.0}
MEMORY_GOAL = 1_000_000_000

#: Letters of made-up names; some have several readings.
_LETTERS = "东西南北中大小上下新老长平安和兴旺龙凤山河江湖桥塘坝岭坪家湾石金银华光明红星民乐重行"


# --- files ------------------------------------------------------------------------------------------------


def unit_codes(path: Path, count: int) -> int:
    """A county's code list: towns, communities, grids; about ``count`` lines."""
    chance = random.Random(0)
    grids = 100
    communities = max(1, min(round(count / (grids + 1) / 100), 900))
    lines = ["统计用区划代码,名称", f"{COUNTY},云河县"]
    for town in range(1, 101):
        lines.append(f"990001{town:03d}000,{_name(chance)}镇")
        for community in range(1, communities + 1):
            code = f"990001{town:03d}{community:03d}"
            lines.append(f"{code},{_name(chance)}村村民委员会")
            lines += [f"{code}{grid:03d},第{grid}网格" for grid in range(1, grids + 1)]
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return len(lines) - 1


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.choice((2, 2, 3))))


def households(path: Path, count: int) -> int:
    """Household counts at longitude and latitude, with a code each."""
    chance = np.random.default_rng(0)
    lon, lat = chance.uniform(117.0, 117.4, count), chance.uniform(32.2, 32.6, count)
    with path.open("w", encoding="utf-8") as file:
        file.write("编号,户数,经度,纬度\n")
        for at in range(count):
            file.write(f"H{at:07d},{at % 400},{lon[at]:.6f},{lat[at]:.6f}\n")
    return count


def big_geojson(path: Path, size: int) -> int:
    """Outlines of many vertices, ``size`` bytes of them."""
    written = features = 0
    angles = np.linspace(0, 2 * np.pi, 1_000, endpoint=False)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        while written < size:
            x, y = 117 + (features % 60) * 0.01, 32 + (features // 60) * 0.01
            ring = [[round(x + 0.004 * np.cos(a), 9), round(y + 0.004 * np.sin(a), 9)] for a in angles]
            ring.append(ring[0])
            code = f"990001001{features // 900 + 1:03d}{features % 900 + 1:03d}"
            properties = {"code": code, "name": f"第{features}网格"}
            geometry = {"type": "Polygon", "coordinates": [ring]}
            line = json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False)
            written += file.write(("" if not features else ",\n") + line)
            features += 1
        file.write("\n]}\n")
    return features


# --- contestants, each in a process of its own ------------------------------------------------------------


def _import(layer: str, path: Path, url: str) -> dict[str, Any]:
    from gridmap.domain.permissions import Actor, Role
    from gridmap.services import importing
    from gridmap.store.database import Database

    actor = Actor(account_id=None, name="benchmark", role=Role.ADMINISTRATOR, scope="")
    spent: dict[str, Any] = {}
    with contextlib.closing(Database(url)) as database:
        for what in ("seconds", "again"):
            start = time.perf_counter()
            with database.session() as session:
                source = importing.open_source(path, layer, assume_wgs84=True)
                outcome = importing.commit(session, actor, layer, source)
            spent[what] = time.perf_counter() - start
            spent[f"{what} rows"] = [outcome.new, outcome.changed, outcome.same, len(outcome.problems)]
            del source, outcome
    return spent


def _boundaries(path: Path, url: str) -> dict[str, Any]:
    """Grids with their outlines, below communities that a code list brought."""
    parents = path.with_suffix(".csv")
    communities = [f"990001001{at:03d},第{at}村" for at in range(1, 100)]
    parents.write_text(
        "\n".join(["code,name", f"{COUNTY},云河县", "990001001000,东镇", *communities]), encoding="utf-8"
    )
    _import("boundaries", parents, url)
    return _import("boundaries", path, url)


def _to_sql(path: Path, url: str) -> dict[str, Any]:
    import pandas as pd
    from sqlalchemy import create_engine

    start = time.perf_counter()
    frame = pd.read_csv(path, dtype=str, encoding="gb18030")
    frame.to_sql("peer_units", create_engine(url), if_exists="replace", index=False, chunksize=10_000)
    return {"seconds": time.perf_counter() - start}


def _to_postgis(path: Path, url: str) -> dict[str, Any]:
    import geopandas as gpd
    import pandas as pd
    from sqlalchemy import create_engine

    start = time.perf_counter()
    table = pd.read_csv(path)
    points = gpd.points_from_xy(table["经度"], table["纬度"], crs=4326)
    frame = gpd.GeoDataFrame(table, geometry=points).to_crs(SRID)
    frame.to_postgis("peer_households", create_engine(url), if_exists="replace", index=False)
    return {"seconds": time.perf_counter() - start}


def _read(path: Path, _url: str) -> dict[str, Any]:
    from gridmap.importers import read_frame

    start = time.perf_counter()
    rows = len(read_frame(path))
    return {"seconds": time.perf_counter() - start, "rows": rows}


def _read_geopandas(path: Path, _url: str) -> dict[str, Any]:
    import geopandas as gpd

    start = time.perf_counter()
    rows = len(gpd.read_file(path))
    return {"seconds": time.perf_counter() - start, "rows": rows}


CONTESTANTS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    "units": lambda path, url: _import("boundaries", path, url),
    "to_sql": _to_sql,
    "households": lambda path, url: _import("households", path, url),
    "to_postgis": _to_postgis,
    "boundaries": _boundaries,
    "read": _read,
    "read_geopandas": _read_geopandas,
}


def _run(name: str, path: Path, url: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.importing", "--contestant", name, str(path), url]
    done = subprocess.run(words, capture_output=True, check=False, cwd=Path(__file__).parents[1], text=True)
    if done.returncode:
        raise AssertionError(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _fresh(cluster: Cluster) -> str:
    """Address of an empty, migrated database."""
    import psycopg

    from gridmap.store.database import Database, create_if_missing

    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS importing WITH (FORCE)")
    create_if_missing(cluster, "importing")
    with contextlib.closing(Database(cluster.url("importing"))) as database:
        database.upgrade(SRID)
    return cluster.url("importing")


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="importing")
    parser.add_argument("--contestant", nargs=3, metavar=("NAME", "FILE", "URL"))
    parser.add_argument("--codes", type=int, default=620_000)
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--megabytes", type=int, default=200)
    asked, _ = parser.parse_known_args(argv)
    if asked.contestant:
        name, path, url = asked.contestant
        found = CONTESTANTS[name](Path(path), url)
        print(json.dumps({**found, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
        return
    from benchmarks._county import server  # not above: what the peers' processes load is counted as their memory

    report: dict[str, Any] = {"goals": GOALS, "memory_goal": MEMORY_GOAL}
    with tempfile.TemporaryDirectory(prefix="gm-bench-files-") as folder, server() as cluster:
        files = Path(folder)
        for title, make, ours, peer, size in (
            ("620,000 unit codes", unit_codes, "units", "to_sql", asked.codes),
            ("100,000 household points", households, "households", "to_postgis", asked.households),
        ):
            path = files / f"{ours}.csv"
            rows = make(path, size)
            url = _fresh(cluster)
            mine, theirs = _run(ours, path, url), _run(peer, path, url)
            report[title] = {"rows": rows, "gridmap": mine, peer: theirs}
            print(f"{title}: {rows:,} rows, goal {GOALS[title]:.0f} s")
            print(f"  gridmap, checked and committed {mine['seconds']:8.1f} s   {_megabytes(mine)}")
            print(f"  gridmap, the same file again   {mine['again']:8.1f} s")
            ratio = mine["seconds"] / theirs["seconds"]
            print(f"  {peer:30} {theirs['seconds']:8.1f} s   {_megabytes(theirs)}   ours takes {ratio:.2f}×")
        path = files / "big.geojson"
        big_geojson(path, asked.megabytes * 1_000_000)
        mine, theirs = _run("read", path, ""), _run("read_geopandas", path, "")
        whole = _run("boundaries", path, _fresh(cluster))
        found = {"gridmap reading": mine, "gridmap, committed": whole, "geopandas.read_file": theirs}
        report["GeoJSON"] = {"bytes": path.stat().st_size, **found}
        print(f"GeoJSON of {path.stat().st_size / 1e6:.0f} MB: goal below {MEMORY_GOAL / 1e9:.0f} GB")
        for name, each in found.items():
            print(f"  {name:30} {each['seconds']:8.1f} s   {_megabytes(each)}")
    RESULTS.write_text(json.dumps(report, indent=1), encoding="utf-8")


def _megabytes(found: dict[str, Any]) -> str:
    return f"peak {found['peak_bytes'] / 1e6:,.0f} MB"


if __name__ == "__main__":
    main(sys.argv[1:])
