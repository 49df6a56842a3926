"""A hundred random straight splits in a county of 20,000 grids: ours with its local audit, beside a plain split.

The peer is shapely's split of the one polygon, which leaves the neighbours without the cut points: how often the
coverage is invalid afterwards is counted with GEOS, not with our audit. CPU seconds of one process.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
import shapely
from shapely.ops import split as plain_split

from gridmap.geometry.redraw import Layout, Outline
from gridmap.geometry.redraw.split import Split
from gridmap.geometry.synthetic.lattice import county

#: Promised: none invalid, each within 15 ms.
GOALS = {"invalid": 0, "median_ms": 15.0}
PARENT = "990001001001"


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="splits")
    parser.add_argument("--grids", type=int, default=20_000)
    parser.add_argument("--vertices", type=int, default=98)
    parser.add_argument("--splits", type=int, default=100)
    asked, _ = parser.parse_known_args(argv)

    ground = county(asked.grids, asked.vertices, seed=0)
    shapes = [shapely.transform(shape, lambda xy: np.round(xy, 3)) for shape in ground.polygons]
    codes = [f"{PARENT}{number:06}" for number in range(len(shapes))]
    layout = Layout(units={code: Outline(code, code, PARENT, shape) for code, shape in zip(codes, shapes, strict=True)})
    dice = np.random.default_rng(1)
    spent: list[float] = []
    plain: list[float] = []
    invalid = plain_invalid = 0
    drift = 0.0
    for _ in range(asked.splits):
        code = codes[dice.integers(len(codes))]
        unit = layout.units[code]
        middle = np.array(unit.geometry.representative_point().coords[0])
        angle = dice.uniform(0, np.pi)
        run = np.array([np.cos(angle), np.sin(angle)]) * 2 * max(np.ptp(unit.geometry.bounds[::2]), 1000.0)
        line = shapely.LineString([middle - run, middle + run])

        start = time.process_time()
        pieces = shapely.get_parts(plain_split(unit.geometry, line)).tolist()
        plain.append(time.process_time() - start)
        near = [layout.units[each].geometry for each in layout.near(unit.geometry) if each != code]
        plain_invalid += not shapely.coverage_is_valid(np.array([*pieces, *near], dtype=object))

        start = time.process_time()
        change = Split(code, (line,)).apply(layout)
        after = change.on(layout)
        spent.append(time.process_time() - start)
        touched = [after.units[each].geometry for each in after.near(unit.geometry)]
        invalid += not shapely.coverage_is_valid(np.array(touched, dtype=object))
        drift = max(
            drift,
            abs(
                sum(after.units[each].geometry.area for each in change.touched if each in after.units)
                - sum(layout.units[each].geometry.area for each in change.touched if each in layout.units)
            ),
        )
        layout = after
    report = {
        "arguments": vars(asked),
        "goals": GOALS,
        "gridmap": {
            "median_ms": median(spent) * 1000, "max_ms": max(spent) * 1000, "invalid": invalid, "drift_m2": drift
        },
        "shapely": {"median_ms": median(plain) * 1000, "max_ms": max(plain) * 1000, "invalid": plain_invalid},
    }  # fmt: skip
    print(f"{asked.splits} splits in {asked.grids:,} grids of {asked.vertices} vertices; CPU milliseconds")
    for name in ("gridmap", "shapely"):
        row = report[name]
        print(
            f"  {name:8} median {row['median_ms']:7.2f}  max {row['max_ms']:7.2f}   coverage left invalid "
            f"{row['invalid']} times" + (f", area drift at most {drift:.6f} m²" if name == "gridmap" else "")
        )
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "splits.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main([])
