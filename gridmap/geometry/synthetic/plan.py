"""What the demo county's ground is asked to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How many units of each level, and how large. Read from ``geodata/demo/county.toml``."""

    seed: int
    origin: tuple[float, float]
    area_m2: float
    towns: int
    communities: int
    urban_communities: int
    grids: int
    urban_grids: int
    urban_towns: tuple[int, ...]
    urban_area_m2: tuple[float, ...]
