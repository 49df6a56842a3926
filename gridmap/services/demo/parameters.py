"""What the demo county is asked to be: ``geodata/demo/county.toml`` and ``names.toml``, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from gridmap import resources
from gridmap.geometry.synthetic.plan import Plan


@dataclass(frozen=True)
class Parameters:
    """The numbers behind one version of the demo county."""

    version: str
    code: str
    name: str
    name_en: str
    today: date
    earlier: date
    autumn: date
    first_case: date
    boundaries_since: date
    ground: Plan
    things: dict[str, Any]
    planted: dict[str, Any]
    names: dict[str, Any]


@cache
def parameters() -> Parameters:
    """Read the parameters that ship with gridmap."""
    folder = resources.folder("geodata") / "demo"
    county = tomllib.loads((folder / "county.toml").read_text(encoding="utf-8"))
    names = tomllib.loads((folder / "names.toml").read_text(encoding="utf-8"))
    plan: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in county.pop("ground").items()
    }
    return Parameters(
        ground=Plan(**plan), things=county.pop("things"), planted=county.pop("planted"), names=names, **county
    )
