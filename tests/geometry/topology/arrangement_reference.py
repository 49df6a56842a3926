"""The slow way to an audit: node everything, look at every face. Shares no code with the engine."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Reference:
    """Items per kind as (owners, area in mm²), and the excess of overlaps with multiplicity."""

    gaps: list[tuple[tuple[str, ...], float]]
    overlaps: list[tuple[tuple[str, ...], float]]
    spills: list[tuple[tuple[str, ...], float]]

    def area(self, kind: str) -> float:
        return sum(area for _, area in getattr(self, kind))


def full_arrangement(polygons, names, jurisdiction=None) -> Reference:
    """Audit polygons with whole-number coordinates (mm) by noding all borders and counting owners of every face."""
    valid = [shapely.make_valid(polygon) for polygon in polygons]
    everything = [*valid, jurisdiction] if jurisdiction is not None else valid
    lines = shapely.union_all(shapely.boundary(np.array(everything, dtype=object)))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    groups: dict[str, dict[tuple[str, ...], list]] = {
        kind: defaultdict(list) for kind in ("gaps", "overlaps", "spills")
    }
    tree = shapely.STRtree(valid)
    inside = shapely.point_on_surface(faces)
    hits = defaultdict(list)
    for face, unit in zip(*tree.query(inside, predicate="intersects"), strict=True):
        hits[int(face)].append(int(unit))
    for k, face in enumerate(faces):
        owners = tuple(str(names[unit]) for unit in sorted(hits[k]))
        in_ground = jurisdiction is None or jurisdiction.intersects(inside[k])
        if not owners and in_ground:
            groups["gaps"][()].append(face)
        if len(owners) > 1:
            groups["overlaps"][owners].append(face)
        if owners and not in_ground:
            groups["spills"][owners].append(face)
    return Reference(
        **{
            kind: [
                (owners, float(part.area))
                for owners, members in found.items()
                for part in shapely.get_parts(shapely.union_all(members))
            ]
            for kind, found in groups.items()
        }
    )
