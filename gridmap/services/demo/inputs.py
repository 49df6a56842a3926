"""The demo county as the frames that a coverage run takes, straight from memory: for tests without a database."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geometry.frames import CoverageInputs
from gridmap.services.demo.generate import Demo
from gridmap.services.demo.land import EPSG


def coverage_inputs(demo: Demo, as_of: date | None = None) -> CoverageInputs:
    """What the store would hand to the engine on a day (the demo's own today if none is given)."""
    day = as_of or demo.given.today
    stamp = pd.Timestamp(day)
    end = stamp + pd.Timedelta(days=1) - pd.Timedelta(hours=8)
    bounds = demo.boundaries
    present = bounds[
        (pd.to_datetime(bounds["valid_from"]) <= stamp)
        & (bounds["valid_to"].isna() | (pd.to_datetime(bounds["valid_to"]) > stamp))
    ].set_index("unit")
    units = demo.units.copy()
    units["boundary_from"] = pd.to_datetime(units["code"].map(present["valid_from"]))
    units = gpd.GeoDataFrame(units, geometry=units["code"].map(present["geometry"]).to_numpy(), crs=EPSG)

    assigned = demo.people.assignments
    holds = (pd.to_datetime(assigned["valid_from"]) <= stamp) & (
        assigned["valid_to"].isna() | (pd.to_datetime(assigned["valid_to"]) > stamp)
    )
    holders = demo.people.holders.groupby("post_id").size()
    posts = demo.people.posts.assign(holders=demo.people.posts["post_id"].map(holders).fillna(0).astype(int))
    cases = demo.affairs.cases
    cases = cases[cases["reported_at"] < end].copy()
    cases["is_open"] = cases["closed_at"].isna() | (cases["closed_at"] >= end)
    meetings = demo.affairs.meetings
    return CoverageInputs(
        as_of=day,
        units=units,
        workers=_points(assigned[holds]),
        organisations=demo.people.organisations,
        members=demo.people.members,
        posts=posts,
        service_points=_points(demo.places.service_points),
        households=_points(demo.places.households),
        cases=_points(cases),
        meetings=meetings[meetings["held_on"] <= stamp],
    )


def _points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Points from x and y; no geometry where they are missing."""
    geometry = np.full(len(frame), None, dtype=object)
    known = frame["x"].notna().to_numpy()
    geometry[known] = shapely.points(frame.loc[known, ["x", "y"]].to_numpy(dtype=float))
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]).reset_index(drop=True), geometry=geometry, crs=EPSG)
