"""Every lens again, by the plainest means: what each should find, computed without any of the engine.

Slow on purpose where that is plainer. Returns sets of unit codes (posts and cases: numbers), to hold against the truth.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
import shapely
from scipy.spatial.distance import cdist
from scipy.stats import poisson

from gridmap.geometry.frames import CoverageInputs

BAND = {True: (300, 500), False: (150, 450)}


def level(inputs: CoverageInputs, name: str) -> pd.DataFrame:
    return inputs.units[inputs.units["level"] == name].reset_index(drop=True)


def located(inputs: CoverageInputs, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (number of the point, number of the grid) for every grid a point lies in."""
    tree = shapely.STRtree(level(inputs, "grid").geometry.to_numpy())
    return tree.query(points, predicate="within")


def split_compound(inputs: CoverageInputs) -> set[Hashable]:
    grids = level(inputs, "grid").geometry.to_numpy()
    tree = shapely.STRtree(grids)
    found: set[Hashable] = set()
    for row in inputs.units[inputs.units["level"].isin(["compound", "courtyard"])].itertuples():
        shares = [grids[g].intersection(row.geometry).area / row.geometry.area for g in tree.query(row.geometry)]
        shares = sorted([*shares, 0.0, 0.0])
        if shares[-2] >= 0.02 or shares[-1] < 0.5:
            found.add(row.code)
    return found


def unstaffed_grid(inputs: CoverageInputs) -> set[Hashable]:
    roles = inputs.workers.groupby("unit")["role"].agg(set)
    return {code for code in level(inputs, "grid")["code"] if roles.get(code, set()) < {"worker", "head"}}


def overloaded_grid(inputs: CoverageInputs) -> set[Hashable]:
    grids = level(inputs, "grid")
    place, grid = located(inputs, inputs.households.geometry.to_numpy())
    load = np.bincount(grid, inputs.households["households"].to_numpy()[place], minlength=len(grids))
    workers = inputs.workers[inputs.workers["role"] == "worker"].groupby("unit").size()
    found: set[Hashable] = set()
    for number, code, urban in zip(load, grids["code"], grids["urban"], strict=True):
        low, high = BAND[bool(urban)]
        staff = workers.get(code, 0)
        if not low <= number <= high or (staff and number / staff > 600):
            found.add(code)
    return found


def missing_organisation(inputs: CoverageInputs) -> set[Hashable]:
    standing = inputs.organisations[~inputs.organisations["functional"]]
    unit_of = standing.set_index("organisation_id")["unit"].to_dict()
    parent_of = inputs.units.set_index("code")["parent"].to_dict()
    found: set[Hashable] = set()
    for name in ("town", "community", "grid"):
        have = set(standing.loc[standing["level"] == name, "unit"])
        found |= set(level(inputs, name)["code"]) - have
    for row in standing[standing["level"] != "county"].itertuples():
        parent = None if pd.isna(row.parent_id) else unit_of.get(row.parent_id)
        if parent != parent_of[row.unit]:
            found.add(row.unit)
    return found


def no_reporting_member(inputs: CoverageInputs) -> set[Hashable]:
    members = inputs.members[inputs.members["kind"] == "in_service"]
    return set(level(inputs, "compound")["code"]) - set(members["compound"].dropna())


def unmatched_post(inputs: CoverageInputs) -> set[Hashable]:
    return set(inputs.posts.loc[inputs.posts["holders"] == 0, "post_id"].tolist())


def out_of_reach(inputs: CoverageInputs) -> set[Hashable]:
    grids = level(inputs, "grid")
    bases = [*inputs.workers.geometry.dropna(), *inputs.service_points.geometry]
    points = shapely.get_coordinates(inputs.households.geometry.to_numpy())
    far = np.concatenate(
        [cdist(part, shapely.get_coordinates(bases)).min(axis=1) for part in np.array_split(points, 20)]
    )
    place, grid = located(inputs, inputs.households.geometry.to_numpy())
    return set(grids["code"].to_numpy()[grid[far[place] > 3000]].tolist())


def quiet_grid(inputs: CoverageInputs) -> set[Hashable]:
    grids = level(inputs, "grid")
    since = pd.Timestamp(inputs.as_of) - pd.Timedelta(days=90)
    recent = inputs.cases[inputs.cases["reported_at"] + pd.Timedelta(hours=8) >= since]
    count = grids["code"].map(recent.groupby("unit").size()).fillna(0).to_numpy()
    place, grid = located(inputs, inputs.households.geometry.to_numpy())
    load = np.bincount(grid, inputs.households["households"].to_numpy()[place], minlength=len(grids))
    shapes = grids.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found: set[Hashable] = set()
    for i, shape in enumerate(shapes):
        near = [j for j in tree.query(shape, predicate="intersects") if j != i]
        near = [j for j in near if shape.boundary.intersection(shapes[j].boundary).length > 0]
        expected = load[i] * count[near].sum() / load[near].sum()
        if poisson.cdf(count[i], expected) < 1e-4:
            found.add(grids["code"].iloc[i])
    return found


def overdue_cases(inputs: CoverageInputs) -> set[Hashable]:
    end = pd.Timestamp(inputs.as_of) + pd.Timedelta(days=1) - pd.Timedelta(hours=8)
    cases = inputs.cases[inputs.cases["is_open"] & (inputs.cases["due_at"] < end)]
    return set(cases["unit"])


def no_meeting(inputs: CoverageInputs) -> set[Hashable]:
    since = pd.Timestamp(inputs.as_of) - pd.Timedelta(days=90)
    met = set(inputs.meetings.loc[inputs.meetings["held_on"] >= since, "unit"])
    return set(level(inputs, "courtyard")["code"]) - met


def unlocated_case(inputs: CoverageInputs) -> set[Hashable]:
    cases = inputs.cases[inputs.cases["is_open"]].reset_index(drop=True)
    nowhere = cases.geometry.isna()
    placed = np.flatnonzero(~nowhere)
    inside = set(placed[located(inputs, cases.geometry.to_numpy()[placed])[0]].tolist())
    lost = [i for i in range(len(cases)) if i not in inside]
    return set(cases["case_id"].iloc[lost].tolist())


def stale_boundary(inputs: CoverageInputs) -> set[Hashable]:
    units = inputs.units
    changed = units.set_index("code")["changed_on"].to_dict()
    found = set(units.loc[(units["level"] == "community") & ~units["in_code_list"], "code"])
    for row in units[units["level"].isin(["community", "grid"])].itertuples():
        when = changed[row.code if row.level == "community" else row.parent]
        if pd.notna(when) and row.boundary_from < when:
            found.add(row.code)
    return found


LENSES = {
    check.__name__: check
    for check in (
        split_compound,
        unstaffed_grid,
        overloaded_grid,
        missing_organisation,
        no_reporting_member,
        unmatched_post,
        out_of_reach,
        quiet_grid,
        overdue_cases,
        no_meeting,
        unlocated_case,
        stale_boundary,
    )
}
