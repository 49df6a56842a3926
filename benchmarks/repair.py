"""Repair against its peers: maup.smart_repair and mapshaper -clean, on the same files, judged by the same audit.

CPU seconds (user and system, child processes included), best of the rounds, in turns. Ours counts reading the file,
repairing, both audits and writing, and is compared with mapshaper's whole process, which reads and writes as well.
maup gets the frame ready-read and writes nothing, so it is compared with ``frame to frame``: repairing and both audits.
``whole process`` is the command as people run it, Python's start included. Everything may be closed: what ours leaves
are questions of registration (exact duplicates, whole missing units), counted apart. maup is stopped when the patience
is at an end; its ratio is then a lower bound.

*moved* is the sum of what units gained and lost, measured on their areas; *damaged* counts units that vanished, were
emptied or changed by more than half.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import multiprocessing
import os
import pickle
import platform
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.audit import cpu_seconds, damaged_county, mapshaper
from gridmap.geometry.crs import to_metres
from gridmap.geometry.precision import FILE_STEPS_PER_METRE
from gridmap.geometry.repair import Limits, repair
from gridmap.geometry.topology import audit
from gridmap.importers import read_frame

RESULTS = Path(__file__).parent / "results" / "repair.json"
REAL = Path(__file__).parents[2] / "shared" / "realdata"

EVERYTHING = Limits(max_width_m=1e9, max_area_m2=1e12)

#: Peer → what of ours it is compared with, and what is aimed at: how many times the CPU time of ours.
GOALS = {"maup.smart_repair": ("gridmap, frame to frame", 50.0), "mapshaper -clean": ("gridmap", 1.0)}


class OutOfPatience(Exception):
    """A peer was stopped before it was done."""


@dataclass(frozen=True)
class Case:
    """Units in metres, named by ``unit``, in a file; and the ground that must be covered, or None."""

    name: str
    file: Path
    frame: gpd.GeoDataFrame
    jurisdiction: shapely.Polygon | None


def cases(folder: Path, largest: int) -> list[Case]:
    found = []
    for grids, damages in ((1_000, 50), (1_000, 300), (20_000, 20)):
        if grids <= largest:
            county = damaged_county(grids, damages)
            frame = gpd.GeoDataFrame({"unit": county.names}, geometry=list(county.polygons), crs=4549)
            found.append(_case(f"county {grids:,} ({damages})", folder, frame, county.jurisdiction))
    for name, path in (
        ("Denver precincts", "denver_precincts/DenverCo_precincts2020_orig.zip"),
        ("Rhode Island precincts", "ri_precincts/RI_precincts.zip"),
    ):
        if (REAL / path).exists():
            frame = to_metres(read_frame(REAL / path))
            units = gpd.GeoDataFrame(
                {"unit": [f"r{row}" for row in range(len(frame))]},
                geometry=np.asarray(frame.geometry.array),
                crs=frame.crs,
            )
            found.append(_case(name, folder, units, None))
        else:
            print(f"{name}: left out, the file is not beside the checkout")
    return found


def _case(name: str, folder: Path, frame: gpd.GeoDataFrame, jurisdiction: shapely.Polygon | None) -> Case:
    file = folder / f"{re.sub('[^a-zA-Z0-9]+', '-', name)}.geojson"
    frame.to_file(file, driver="GeoJSON", COORDINATE_PRECISION="6", RFC7946="NO")
    frame = read_frame(file)
    if jurisdiction is not None:
        gpd.GeoDataFrame({"unit": ["whole"]}, geometry=[jurisdiction], crs=frame.crs).to_file(
            file.with_suffix(".within.gpkg")
        )
    return Case(name, file, frame, jurisdiction)


def ours(case: Case) -> gpd.GeoDataFrame:
    frame = read_frame(case.file)
    polygons = np.asarray(frame.geometry.array, dtype=object)
    done = repair(polygons, polygons, case.jurisdiction, EVERYTHING)
    if not done.proven:
        raise AssertionError(f"{case.name}: the second audit does not prove the repair")
    result: gpd.GeoDataFrame = frame.set_geometry(gpd.GeoSeries(done.polygons, crs=frame.crs))
    result.to_file(case.file.with_suffix(".ours.geojson"), driver="GeoJSON", COORDINATE_PRECISION="17", RFC7946="NO")
    return result


def frame_to_frame(case: Case) -> gpd.GeoDataFrame:
    polygons = np.asarray(case.frame.geometry.array, dtype=object)
    done = repair(polygons, polygons, case.jurisdiction, EVERYTHING)
    result: gpd.GeoDataFrame = case.frame.set_geometry(gpd.GeoSeries(done.polygons, crs=case.frame.crs))
    return result


def whole_process(case: Case) -> gpd.GeoDataFrame:
    out = case.file.with_suffix(".process.geojson")
    words = [sys.executable, "-m", "gridmap", "repair", str(case.file), "--out", str(out), "--json"]
    words += ["--id-column", "unit", "--max-width-m", "1e9", "--max-area-m2", "1e12"]
    if case.jurisdiction is not None:
        words += ["--within", str(case.file.with_suffix(".within.gpkg"))]
    ended = subprocess.run(words, capture_output=True, check=False, cwd=Path(__file__).parents[1])
    if ended.returncode == 2:
        raise AssertionError(ended.stderr.decode())
    return read_frame(out)


def clean(case: Case, program: str) -> gpd.GeoDataFrame:
    """What a user of mapshaper does: read, clean, write. Every gap may be filled, as with ours."""
    out = case.file.with_suffix(".mapshaper.geojson")
    subprocess.run(
        [program, case.file.name, "-clean", "gap-fill-area=1000000000", "-o", out.name, "format=geojson"],
        cwd=case.file.parent,
        check=True,
        capture_output=True,
    )
    return gpd.read_file(out).set_crs(case.frame.crs, allow_override=True)


def smart_repair(case: Case, patience_s: float) -> gpd.GeoDataFrame:
    """maup's answer, from a copy of this process that is stopped when it takes too long."""
    out = case.file.with_suffix(".maup.pickle")
    copy = multiprocessing.get_context("fork").Process(target=_smart_repair, args=(case, out))
    copy.start()
    copy.join(patience_s)
    if copy.is_alive():
        copy.kill()
        copy.join()
        raise OutOfPatience(f"not done after {patience_s:.0f} s")
    answer = pickle.loads(out.read_bytes())  # our own copy wrote it
    if isinstance(answer, str):
        raise RuntimeError(answer)
    assert isinstance(answer, gpd.GeoDataFrame)
    return answer


def _smart_repair(case: Case, out: Path) -> None:
    import maup

    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            answer = maup.smart_repair(case.frame)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"[:200]
    out.write_bytes(pickle.dumps(answer))


def judged(case: Case, result: gpd.GeoDataFrame) -> dict[str, Any]:
    """Defects left (questions of registration apart), area moved, units damaged; the same for everybody."""
    polygons = np.asarray(result.geometry.array, dtype=object)
    rows = [str(row) for row in range(len(polygons))]
    found = audit(polygons, rows, case.jurisdiction, steps_per_metre=FILE_STEPS_PER_METRE)
    asked = repair(polygons, polygons, case.jurisdiction, Limits(to="ask")).left
    questions = sum(proposal.question is not None for proposal in asked)
    before = dict(zip(case.frame["unit"], shapely.area(np.asarray(case.frame.geometry.array)), strict=True))
    after = dict(zip(result["unit"], np.nan_to_num(shapely.area(polygons)), strict=True))
    change = {unit: after.get(unit, 0.0) - area for unit, area in before.items()}
    valid = shapely.is_valid(polygons) & ~shapely.is_missing(polygons)
    return {
        "defects_left": len(found.defects) - questions,
        "questions": questions,
        "uncovered_m2": sum(one.area_m2 for one in found.gaps),
        "double_m2": sum(one.area_m2 for one in found.overlaps),
        "spill_m2": sum(one.area_m2 for one in found.spills),
        "not_valid": int((~valid).sum()),
        "moved_m2": sum(abs(area) for area in change.values()),
        "damaged": sum(abs(change[unit]) > area / 2 for unit, area in before.items()),
    }


def compare(case: Case, rounds: int, patience_s: float) -> list[dict[str, Any]]:
    methods: dict[str, Callable[[], gpd.GeoDataFrame]] = {
        "gridmap": lambda: ours(case),
        "gridmap, frame to frame": lambda: frame_to_frame(case),
        "gridmap, whole process": lambda: whole_process(case),
    }
    program = mapshaper()
    if program is None:
        print("mapshaper is not installed: left out (npm install, in this folder)")
    else:
        methods["mapshaper -clean"] = lambda: clean(case, program)
    if importlib.util.find_spec("maup") is None:
        print("maup is not installed: left out (requirements/bench.txt has it)")
    else:
        methods["maup.smart_repair"] = lambda: smart_repair(case, patience_s)
    best = dict.fromkeys(methods, float("inf"))
    results: dict[str, gpd.GeoDataFrame | Exception] = {}
    for turn in range(rounds):
        for name, run in methods.items():
            if turn and (name == "maup.smart_repair" or isinstance(results[name], Exception)):
                continue
            before = cpu_seconds()
            try:
                results[name] = run()
            except Exception as error:  # a peer that breaks off is a result
                if name.startswith("gridmap"):
                    raise
                results[name] = error
            best[name] = min(best[name], cpu_seconds() - before)
    rows = []
    for name, result in results.items():
        other, goal = GOALS.get(name, ("gridmap", None))
        row: dict[str, Any] = {"case": case.name, "units": len(case.frame), "method": name, "cpu_s": best[name]}
        row["ratio"], row["goal"] = best[name] / best[other], goal
        if isinstance(result, OutOfPatience):
            row |= {"stopped": str(result)}
        elif isinstance(result, Exception):
            row |= {"error": f"{type(result).__name__}: {result}"[:200]}
        else:
            row |= judged(case, result)
        rows.append(row)
    return rows


def show(row: dict[str, Any]) -> None:
    met = "" if row["goal"] is None or "error" in row else "met" if row["ratio"] >= row["goal"] else "MISSED"
    head = f"{row['case']:<23} {row['method']:<23} {row['cpu_s']:>8.2f} {row['ratio']:>7.1f}× {met:<7}"
    if "error" in row or "stopped" in row:
        print(f"{head} {row.get('stopped') or 'broke off: ' + row['error'].splitlines()[0]}", flush=True)
        return
    areas = " ".join(f"{row[key]:>13,.2f}" for key in ("uncovered_m2", "double_m2", "spill_m2", "moved_m2"))
    print(f"{head} {row['defects_left']:>6,} {row['questions']:>6,} {areas} {row['damaged']:>8,}", flush=True)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks repair", description=__doc__)
    parser.add_argument("--largest", type=int, default=20_000, help="leave out counties with more grids")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each method; the best counts (maup: one)")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds after which maup is stopped")
    options = parser.parse_args(argv)
    heads = "".join(f"{head:>14}" for head in ("uncovered m²", "double m²", "spill m²", "moved m²"))
    print(f"{'file':<23} {'method':<23} {'CPU s':>8} {'ratio':>8} {'goal':<7} {'left':>6} {'asked':>6}{heads}  damaged")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), options.largest):
            for row in compare(case, options.rounds, options.patience):
                rows.append(row)
                show(row)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "shapely": shapely.__version__, "cores": os.cpu_count()}
    RESULTS.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1, default=float) + "\n")
    print(f"\nwritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
