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
    present = _alive(bounds, "valid_from", "valid_to", stamp).set_index("unit")
    units = demo.units.copy()
    units["boundary_from"] = pd.to_datetime(units["code"].map(present["valid_from"]))
    units = gpd.GeoDataFrame(units, geometry=units["code"].map(present["geometry"]).to_numpy(), crs=EPSG)

    holders = _alive(demo.people.holders, "since", "until", stamp).groupby("post_id").size()
    members = demo.people.members.copy()
    absent = pd.to_datetime(members["reported_in_on"]) > stamp
    members["compound"] = members["compound"].where(~absent, None)
    posts = demo.people.posts.assign(holders=demo.people.posts["post_id"].map(holders).fillna(0).astype(int))
    cases = demo.affairs.cases
    cases = cases[cases["reported_at"] < end].copy()
    cases["is_open"] = cases["closed_at"].isna() | (cases["closed_at"] >= end)
    meetings = demo.affairs.meetings
    return CoverageInputs(
        as_of=day,
        units=units,
        workers=_points(_alive(demo.people.assignments, "valid_from", "valid_to", stamp)),
        organisations=_alive(demo.people.organisations, "founded_on", "dissolved_on", stamp),
        members=members,
        posts=posts,
        service_points=_points(demo.places.service_points),
        households=_points(demo.places.households),
        cases=_points(cases),
        meetings=meetings[meetings["held_on"] <= stamp],
    )


def _alive(frame: pd.DataFrame, since: str, until: str, day: pd.Timestamp) -> pd.DataFrame:
    """Rows whose period [since, until) holds on a day."""
    begun = pd.to_datetime(frame[since]) <= day
    return frame[begun & (frame[until].isna() | (pd.to_datetime(frame[until]) > day))]


def _points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Points from x and y; no geometry where they are missing."""
    geometry = np.full(len(frame), None, dtype=object)
    known = frame["x"].notna().to_numpy()
    geometry[known] = shapely.points(frame.loc[known, ["x", "y"]].to_numpy(dtype=float))
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]).reset_index(drop=True), geometry=geometry, crs=EPSG)
