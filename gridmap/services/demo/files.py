"""The demo's files in ``geodata/demo``: the truth about what was planted, and rivers and roads for the background."""

from __future__ import annotations

import json
from pathlib import Path

import pyproj
import shapely

from gridmap.services.demo.generate import Demo
from gridmap.services.demo.land import EPSG

#: Linework is drawn at county scale: ten metres are less than a pixel.
SIMPLIFY_M = 8.0


def lines_geojson(demo: Demo) -> dict[str, object]:
    """Rivers and roads in longitude and latitude, with ``kind`` and ``rank`` (1 is the largest)."""
    degrees = pyproj.Transformer.from_crs(EPSG, 4326, always_xy=True)
    features = []
    for kind, rank, path in demo.lines[["kind", "rank", "geometry"]].itertuples(index=False):
        x, y = degrees.transform(*shapely.get_coordinates(shapely.simplify(path, SIMPLIFY_M)).T)
        features.append(
            {
                "type": "Feature",
                "properties": {"kind": kind, "rank": int(rank)},
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[round(a, 5), round(b, 5)] for a, b in zip(x.tolist(), y.tolist(), strict=True)],
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}


def write_files(demo: Demo, folder: Path) -> list[Path]:
    """Write ``truth.json`` and ``lines.geojson``; return their paths."""
    truth, lines = folder / "truth.json", folder / "lines.geojson"
    truth.write_text(json.dumps(demo.truth_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines.write_text(json.dumps(lines_geojson(demo), separators=(",", ":")) + "\n", encoding="utf-8")
    return [truth, lines]
