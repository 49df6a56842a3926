"""The audit against its peers: maup.doctor, noding everything, mapshaper's mosaic; and against its own size.

CPU seconds (user and system, child processes included) of runs taken in turns, so that a busy machine disturbs all
alike; the best of each. Every method gets the same damaged county; ``mapshaper`` is the whole process, as its users run
it, reading the file included. Peers that are not installed are left out with a word.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geometry import synthetic
from gridmap.geometry.topology import audit

RESULTS = Path(__file__).parent / "results" / "audit.json"

#: grids, damages; the first is 5 % damaged, the others are as counties are: nearly clean. 24 vertices each, 25 with
#: the closing one.
SIZES = ((1_000, 50), (20_000, 20), (200_000, 200), (1_000_000, 1_000))

#: Largest county that each peer is made to work on; beyond it a run takes minutes or gigabytes.
CAPS = {"maup.doctor": 20_000, "full arrangement": 20_000, "mapshaper mosaic": 200_000}

#: What issue 2 asks of each ratio, by grids.
GOALS = {
    ("maup.doctor", 1_000): 20.0,
    ("maup.doctor", 20_000): 100.0,
    ("full arrangement", 1_000): 5.0,
    ("full arrangement", 20_000): 5.0,
    ("mapshaper mosaic", 1_000): 1.0,
    ("mapshaper mosaic", 20_000): 1.0,
}


def damaged_county(grids: int, damages: int) -> synthetic.Damaged:
    return synthetic.damage(synthetic.county(grids, 24, seed=1), count=damages, seed=1)


def cpu_seconds() -> float:
    """CPU time of this process and of the children it has waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def ours(county: synthetic.Damaged) -> dict[str, float]:
    found = audit(county.polygons, county.names, county.jurisdiction)
    return {
        "gap": sum(defect.area_m2 for defect in found.gaps),
        "overlap": sum(defect.area_m2 for defect in found.overlaps),
        "spill": sum(defect.area_m2 for defect in found.spills),
    }


def full_arrangement(county: synthetic.Damaged) -> dict[str, float]:
    """Node all borders, polygonize, count the owners of every face."""
    rings = np.append(shapely.boundary(county.polygons), shapely.boundary(county.jurisdiction))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(rings))))
    points = shapely.point_on_surface(faces)
    covered = np.bincount(shapely.STRtree(county.polygons).query(points, predicate="within")[0], minlength=len(faces))
    shapely.prepare(county.jurisdiction)
    inside = shapely.contains(county.jurisdiction, points)
    area = shapely.area(faces)
    return {
        "gap": area[(covered == 0) & inside].sum(),
        "overlap": area[covered > 1].sum(),
        "spill": area[(covered > 0) & ~inside].sum(),
    }


def maup_doctor(county: synthetic.Damaged) -> None:
    import maup

    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        maup.doctor(gpd.GeoSeries(county.polygons, crs=4549))


def mapshaper() -> str | None:
    """The program, if it stands in node_modules or on the path."""
    local = Path(__file__).parent / "node_modules" / ".bin" / "mapshaper"
    return str(local) if local.exists() else shutil.which("mapshaper")


def mosaic(program: str, file: Path) -> None:
    """Cut the units and the jurisdiction into tiles and count the owners of each."""
    subprocess.run(
        [program, file.name, "-mosaic", "calc=n = count()", "-o", "tiles.json", "format=geojson"],
        cwd=file.parent,
        check=True,
        capture_output=True,
        env={**os.environ, "NODE_OPTIONS": "--max-old-space-size=8192"},
    )


def as_file(county: synthetic.Damaged, folder: Path) -> Path:
    file = folder / "units.geojson"
    polygons = np.append(county.polygons, county.jurisdiction)
    gpd.GeoDataFrame({"unit": [*county.names.tolist(), "jurisdiction"]}, geometry=polygons).to_file(
        file, driver="GeoJSON"
    )
    return file


def compare(grids: int, damages: int, rounds: int) -> dict[str, float]:
    """Best CPU seconds of each method on one county, runs taken in turns."""
    county = damaged_county(grids, damages)
    methods: dict[str, Callable[[], object]] = {"gridmap": lambda: ours(county)}
    if grids <= CAPS["full arrangement"]:
        methods["full arrangement"] = lambda: full_arrangement(county)
        agree(ours(county), full_arrangement(county))
    if grids <= CAPS["maup.doctor"]:
        try:
            import maup  # noqa: F401
        except ImportError:
            print("maup is not installed: left out (requirements/bench.txt has it)")
        else:
            methods["maup.doctor"] = lambda: maup_doctor(county)
    with tempfile.TemporaryDirectory() as folder:
        program = mapshaper()
        if grids <= CAPS["mapshaper mosaic"]:
            if program is None:
                print("mapshaper is not installed: left out (npm install mapshaper, in this folder or globally)")
            else:
                file = as_file(county, Path(folder))
                methods["mapshaper mosaic"] = lambda: mosaic(program, file)
        best = dict.fromkeys(methods, float("inf"))
        for _ in range(rounds):
            for name, run in methods.items():
                before = cpu_seconds()
                run()
                best[name] = min(best[name], cpu_seconds() - before)
    return best


def agree(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """A fast wrong answer is no answer: both must find the same ground."""
    for kind, area in theirs.items():
        if abs(ours[kind] - area) > 0.1:
            raise AssertionError(f"{kind}: {ours[kind]:.3f} m² found, {area:.3f} m² by the full arrangement")


def alone(grids: int, damages: int) -> None:
    """One size in a process of its own: time of the audit and peak memory, as JSON."""
    county = damaged_county(grids, damages)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    found = audit(county.polygons, county.names, county.jurisdiction)
    print(
        json.dumps(
            {
                "grids": grids,
                "segments": int(shapely.get_num_coordinates(county.polygons).sum()) - len(county.polygons),
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
                "peak_before_gb": before / 1e6,
                "defects": len(found.defects),
                "ledger_error_m2": found.ledger_error_m2,
            }
        )
    )


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks audit", description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1][0], help="leave out counties with more grids")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each method; the best counts")
    parser.add_argument("--alone", nargs=2, type=int, metavar=("GRIDS", "DAMAGES"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.alone:
        alone(*options.alone)
        return
    ratios, scale = [], []
    print(f"{'grids':>9} {'method':<18} {'CPU s':>9} {'ratio':>8} {'goal':>6}")
    for grids, damages in SIZES:
        if grids > min(options.largest, max(CAPS.values())):
            continue
        rounds = options.rounds if grids <= 20_000 else 1
        best = compare(grids, damages, rounds)
        for name, seconds in best.items():
            ratio = seconds / best["gridmap"]
            goal = GOALS.get((name, grids))
            ratios.append({"grids": grids, "method": name, "cpu_s": seconds, "ratio": ratio, "goal": goal})
            print(
                f"{grids:>9,} {name:<18} {seconds:>9.3f} {ratio:>7.1f}× {f'{goal:.0f}×' if goal else '':>6}", flush=True
            )
    print("\nby itself, in a process of its own (goal: 1,000,000 grids within 12 s and 8 GB)")
    print(f"{'grids':>9} {'segments':>11} {'CPU s':>7} {'wall s':>7} {'µs/segment':>10} {'peak GB':>8}")
    for grids, damages in SIZES:
        if grids > options.largest:
            continue
        words = [sys.executable, "-m", "benchmarks.audit", "--alone", str(grids), str(damages)]
        out = subprocess.run(words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]).stdout
        one = json.loads(out)
        scale.append(one)
        print(
            f"{grids:>9,} {one['segments']:>11,} {one['cpu_s']:>7.2f} {one['wall_s']:>7.2f} "
            f"{1e6 * one['cpu_s'] / one['segments']:>10.2f} {one['peak_gb']:>8.2f}",
            flush=True,
        )
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "shapely": shapely.__version__, "cores": os.cpu_count()}
    RESULTS.write_text(json.dumps({"machine": machine, "ratios": ratios, "scale": scale}, indent=1) + "\n")
    print(f"\nwritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
