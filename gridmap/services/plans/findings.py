"""The coverage engine on a draft: what the plan creates and what it cures, on the plan's own ground only."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.domain.codes import contains
from gridmap.domain.levels import Level
from gridmap.domain.plans import Norm
from gridmap.geometry.coverage import cover
from gridmap.geometry.frames import CoverageInputs
from gridmap.geometry.identity import carry_keys
from gridmap.geometry.lenses.base import Finding
from gridmap.geometry.redraw import Layout
from gridmap.services.plans.base import outline_of_parents
from gridmap.services.plans.records import FindingView

#: Lenses that a redraw can answer to.
LENSES = ("uncovered_ground", "double_cover", "spill", "split_compound", "unstaffed_grid", "overloaded_grid")
_GROUND = ("uncovered_ground", "double_cover", "spill")


def parameters(norm: Norm) -> dict[str, float]:
    """The lens of loads, held to the plan's own norm."""
    return {
        "overloaded_grid.urban_low": float(norm.urban_low),
        "overloaded_grid.urban_high": float(norm.urban_high),
        "overloaded_grid.rural_low": float(norm.rural_low),
        "overloaded_grid.rural_high": float(norm.rural_high),
    }


def clipped(inputs: CoverageInputs, layout: Layout, scope: str) -> CoverageInputs:
    """Only what stands on the plan's ground: the engine is not to look at the rest of the county."""
    low_x, low_y, high_x, high_y = outline_of_parents(layout).bounds

    def near(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.cx[low_x:high_x, low_y:high_y].reset_index(drop=True)

    units = inputs.units
    inside = units["code"].map(lambda code: contains(scope, str(code))) | (units["level"] == Level.COUNTY)
    return CoverageInputs(
        as_of=inputs.as_of,
        units=units[inside].reset_index(drop=True),
        workers=inputs.workers,
        organisations=inputs.organisations,
        members=inputs.members,
        posts=inputs.posts,
        service_points=inputs.service_points,
        households=near(inputs.households),
        cases=near(inputs.cases),
        meetings=inputs.meetings,
    )


def drawn(inputs: CoverageInputs, layout: Layout, heirs: Mapping[str, str]) -> CoverageInputs:
    """The inputs with the draft's grids in place of those in force, and with staff where adopting would put it.

    The ground to be covered is that of the layout's parents, so it takes the county's place.
    """
    units = inputs.units
    rest = units[(units["level"] != Level.GRID) & (units["level"] != Level.COUNTY)]
    county = units[units["level"] == Level.COUNTY].copy()
    county["geometry"] = gpd.GeoSeries([outline_of_parents(layout)], index=county.index, crs=units.crs)
    known = units.set_index("code")
    rows = [
        {
            "code": code,
            "name": unit.name,
            "level": Level.GRID.value,
            "parent": unit.parent,
            "urban": unit.urban,
            "boundary_from": known.at[code, "boundary_from"] if code in known.index else pd.NaT,
            "changed_on": pd.NaT,
            "in_code_list": True,
            "geometry": unit.geometry,
        }
        for code, unit in sorted(layout.units.items())
    ]
    grids = gpd.GeoDataFrame(rows, columns=list(units.columns), geometry="geometry", crs=units.crs)
    grids["boundary_from"] = pd.to_datetime(grids["boundary_from"])
    grids["changed_on"] = pd.to_datetime(grids["changed_on"])
    workers = inputs.workers.assign(unit=inputs.workers["unit"].map(lambda code: heirs.get(code, code)))
    return CoverageInputs(
        as_of=inputs.as_of,
        units=gpd.GeoDataFrame(pd.concat([county, rest, grids], ignore_index=True), crs=units.crs),
        workers=workers,
        organisations=inputs.organisations,
        members=inputs.members,
        posts=inputs.posts,
        service_points=inputs.service_points,
        households=inputs.households,
        cases=inputs.cases,
        meetings=inputs.meetings,
    )


def look(inputs: CoverageInputs, norm: Norm) -> tuple[Finding, ...]:
    """The blind areas of a draft that a redraw can answer to, worst first."""
    return cover(inputs, lenses=LENSES, parameters=parameters(norm)).findings


def compared(before: tuple[Finding, ...], now: tuple[Finding, ...]) -> tuple[FindingView, ...]:
    """Both lists as one: new, still, cured."""
    same: dict[str, str] = {}
    earlier = {each.key for each in before}
    for lens in LENSES:
        old = [each for each in before if each.lens == lens]
        new = [each for each in now if each.lens == lens]
        if lens in _GROUND:
            same |= carry_keys(
                [(each.key, each.geometry) for each in new if each.geometry is not None],
                [(each.key, each.geometry) for each in old if each.geometry is not None],
            )
        else:
            same |= {each.key: each.key for each in new if each.key in earlier}
    kept = set(same.values())
    views = [_view(each, "still" if each.key in same else "new") for each in now]
    return (*views, *(_view(each, "cured") for each in before if each.key not in kept))


def _view(finding: Finding, state: str) -> FindingView:
    point = None
    if finding.geometry is not None and not finding.geometry.is_empty:
        inner = shapely.point_on_surface(finding.geometry)
        point = (float(inner.x), float(inner.y))
    return FindingView(
        lens=finding.lens,
        state=state,
        why=finding.why,
        act=finding.act,
        units=finding.units,
        households=finding.households,
        area_m2=finding.area_m2,
        sliver=finding.sliver,
        geometry=finding.geometry,
        at=point,
    )
