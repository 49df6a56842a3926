"""Lists of 60,000 cases and "which grid am I in", with 20 clients at once, beside the obvious way of doing it.

The product serves as it does in a county (``gridmap serve``). Twenty signed-in clients, each a dispatcher's page and a
worker's phone, ask with half a second between answer and question, as busy people do; and, to see where it ends,
without any pause: as many as some hundreds of people who look at a page for some seconds, all processors of the
machine busy with clients, server and database. *at the server* is the time the server says it took
(``Server-Timing``), *at the client* what the client waited, its turn in the queue included.

The peers do the same work in the same database, one at a time: ``pandas.read_sql`` of the area's cases, then lights,
order and counts in pandas; and ``geopandas.sjoin`` of the point with the grids read by ``read_postgis``.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import text

from benchmarks._county import COUNTY, Client, demo, server, serving
from gridmap.domain.permissions import Role
from gridmap.services import accounts, units
from gridmap.store.database import Database

RESULTS = Path(__file__).parent / "results" / "cases.json"

#: What is aimed at: milliseconds at the server, median, warm.
GOALS = {"dispatcher's list": 150.0, "worker's list": 150.0, "where am I": 20.0}

#: Columns that a copy of a case does not share with its original.
_OWN = {"id", "number", "follow_hash", "duplicate_of_id"}


def multiply(database: Database, count: int) -> int:
    """Copies of the demo's cases, deadlines and history included, until there are so many."""
    with database.session() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # the originals passed every rule
        names = session.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'cases' ORDER BY 1")
        ).scalars()
        columns = ", ".join(name for name in names if name not in _OWN)
        stood = session.execute(text("SELECT count(*) FROM cases")).scalar_one()
        session.execute(text("CREATE TEMP TABLE copies (id bigint, of bigint) ON COMMIT DROP"))
        session.execute(
            text(
                "INSERT INTO copies SELECT (SELECT max(id) FROM cases) + row_number() OVER (), id FROM cases"
                " CROSS JOIN generate_series(1, :times) LIMIT :more"
            ),
            {"times": -(-count // stood), "more": max(0, count - stood)},
        )
        session.execute(
            text(
                f"INSERT INTO cases (id, number, {columns}) SELECT copies.id, 'copy' || copies.id, {columns}"
                " FROM copies JOIN cases c ON c.id = copies.of"
            )
        )
        for table, own in (("case_terms", "case_id"), ("case_events", "id, case_id")):
            rest = session.execute(
                text("SELECT column_name FROM information_schema.columns WHERE table_name = :t ORDER BY 1"),
                {"t": table},
            ).scalars()
            shared = ", ".join(name for name in rest if name not in own.split(", "))
            chosen = "nextval(pg_get_serial_sequence('case_events', 'id')), copies.id" if "," in own else "copies.id"
            session.execute(
                text(
                    f"INSERT INTO {table} ({own}, {shared}) SELECT {chosen}, {shared}"
                    f" FROM copies JOIN {table} t ON t.case_id = copies.of"
                )
            )
        session.execute(text("SELECT setval(pg_get_serial_sequence('cases', 'id'), (SELECT max(id) FROM cases))"))
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()
        return int(session.execute(text("SELECT count(*) FROM cases")).scalar_one())


def paths(database: Database, chance: random.Random, count: int) -> list[tuple[str, str]]:
    """What the clients ask, in a random order: kind of question, and its address."""
    with database.session() as session:
        actor = accounts.operator(session)
        frame = units.boundaries(session, actor, "grid", scope=COUNTY, as_of=units.today(session)).to_crs(4326)
    towns = sorted({f"{code[:9]}000" for code in frame["code"]})
    inside = frame.geometry.representative_point()
    asked = []
    for _ in range(count):
        at = inside.iloc[chance.randrange(len(inside))]
        light = chance.choice(["", "&light=red", "&light=yellow", "&light=green"])
        asked += [
            ("dispatcher's list", f"/cases/data/list?unit={chance.choice(towns)}{light}"),
            ("worker's list", f"/field/data/mine?lon={at.x:.7f}&lat={at.y:.7f}"),
            ("where am I", f"/field/data/here?lon={at.x:.7f}&lat={at.y:.7f}"),
        ]
    chance.shuffle(asked)
    return asked


class Watch:
    """Milliseconds of every kind of question, at the server and at the client."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.server: dict[str, list[float]] = defaultdict(list)
        self.client: dict[str, list[float]] = defaultdict(list)

    def ask(self, client: Client, kind: str, path: str) -> None:
        start = time.perf_counter()
        with client.opener.open(f"{client.address}{path}") as answer:
            json.load(answer)
            timing = answer.headers.get("Server-Timing", "")
        waited = (time.perf_counter() - start) * 1000
        said = re.search(r"app;dur=([\d.]+)", timing)
        with self.lock:
            self.client[kind].append(waited)
            if said is not None:
                self.server[kind].append(float(said[1]))


def crowd(address: str, asked: list[tuple[str, str]], clients: int, pause_s: float) -> tuple[Watch, float]:
    """So many clients at once work the questions off; what they measured, and the seconds it took."""
    desks = [Client(address, Role.DISPATCHER) for _ in range(clients)]
    phones = [Client(address, Role.WORKER) for _ in range(clients)]
    watch, rest = Watch(), iter(asked)
    turn = threading.Lock()

    def work(desk: Client, phone: Client) -> None:
        while True:
            with turn:
                one = next(rest, None)
            if one is None:
                return
            watch.ask(desk if one[1].startswith("/cases") else phone, *one)
            time.sleep(pause_s * random.uniform(0.5, 1.5))

    for kind, path in asked[:24]:
        Watch().ask(desks[0] if path.startswith("/cases") else phones[0], kind, path)  # warm
    threads = [threading.Thread(target=work, args=pair) for pair in zip(desks, phones, strict=True)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return watch, time.perf_counter() - start


def peers(database: Database, asked: list[tuple[str, str]]) -> dict[str, float]:
    """Median milliseconds of the obvious way, one at a time."""
    spent: dict[str, list[float]] = defaultdict(list)
    with database.engine.connect() as connection:
        for kind, path in asked:
            if kind == "worker's list" or len(spent[kind]) >= 20:
                continue
            start = time.perf_counter()
            if kind == "dispatcher's list":
                town = re.search(r"unit=(\d{9})", path)
                assert town is not None
                frame = pd.read_sql(
                    text(
                        "SELECT c.id, c.status, c.due_at, c.reported_at, c.words, u.code FROM cases c"
                        " JOIN units u ON u.id = c.unit_id WHERE u.code LIKE :town AND c.closed_at IS NULL"
                    ),
                    connection,
                    params={"town": f"{town[1]}%"},
                )
                present = pd.Timestamp.now(tz="UTC")
                gone = (present - frame["reported_at"]) / (frame["due_at"] - frame["reported_at"])
                frame["light"] = pd.cut(gone, [-1e9, 0.75, 1, 1e9], labels=["green", "yellow", "red"])
                frame["light"].value_counts()
                frame.sort_values("due_at").head(100).to_json(orient="records")
            else:
                lon, lat = (float(each) for each in re.findall(r"l(?:on|at)=([\d.]+)", path))
                grids = gpd.read_postgis(
                    "SELECT u.code, b.geom FROM boundaries b JOIN units u ON u.id = b.unit_id WHERE u.level = 'grid'",
                    connection,
                    geom_col="geom",
                )
                point = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=4326).to_crs(grids.crs)
                gpd.sjoin(point, grids, predicate="within")
            spent[kind].append((time.perf_counter() - start) * 1000)
    return {kind: median(values) for kind, values in spent.items() if values}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks cases", description=__doc__)
    parser.add_argument("--cases", type=int, default=60_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--questions", type=int, default=300, help="of each kind")
    options, _ = parser.parse_known_args(argv)
    with server() as cluster, demo(cluster) as database:
        stood = multiply(database, options.cases)
        asked = paths(database, random.Random(0), options.questions)
        with serving(cluster) as address:
            report: dict[str, Any] = {"cases": stood, "goals": GOALS, "runs": []}
            for clients, pause_s in ((1, 0.0), (options.clients, 0.5), (options.clients, 0.0)):
                watch, seconds = crowd(address, asked[: len(asked) if clients > 1 else 90], clients, pause_s)
                report["runs"].append({"clients": clients, "pause_s": pause_s, **_told(watch, seconds)})
        report["peers"] = peers(database, asked)
    _show(report)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _told(watch: Watch, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = {"answers_per_s": sum(map(len, watch.client.values())) / seconds}
    for kind in GOALS:
        at_server, at_client = watch.server[kind], watch.client[kind]
        told[kind] = {
            "n": len(at_client),
            "server_median_ms": median(at_server),
            "server_p95_ms": quantiles(at_server, n=20)[-1],
            "client_median_ms": median(at_client),
            "client_p95_ms": quantiles(at_client, n=20)[-1],
        }
    return told


def _show(report: dict[str, Any]) -> None:
    print(f"{report['cases']:,} cases; milliseconds, median (95th percentile)")
    for run in report["runs"]:
        pause = f"{run['pause_s']:.1f} s between answer and question" if run["pause_s"] else "no pause"
        print(f"{run['clients']} client(s) at once, {pause}: {run['answers_per_s']:.0f} answers a second")
        for kind, goal in GOALS.items():
            row = run[kind]
            peer = report["peers"].get(kind)
            met = "met" if row["server_median_ms"] <= goal else "MISSED"
            beside = "" if peer is None else f"   peer alone {peer:7.1f}, {peer / row['server_median_ms']:.1f}× ours"
            at_client = f"{row['client_median_ms']:7.1f} ({row['client_p95_ms']:7.1f})"
            print(
                f"  {kind:18} at the server {row['server_median_ms']:7.1f} ({row['server_p95_ms']:7.1f})"
                f"  goal {goal:5.0f}"
                f" {met:6}  at the client {at_client}{beside}"
            )


if __name__ == "__main__":
    main([])
