"""Organisations, members, workers and posts of the demo county. Everybody is a number: no names, no addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.services.demo.land import Land, rows_of
from gridmap.services.demo.places import NEAR_M, Places

#: How many things per lens were blind on the earlier day and are no longer: what makes "cured" true.
CURED = 5


@dataclass
class People:
    """Frames: ``organisations``, ``members``, ``workers``, ``assignments`` (dated), ``posts``, ``holders``."""

    organisations: pd.DataFrame
    members: pd.DataFrame
    workers: pd.DataFrame
    assignments: pd.DataFrame
    posts: pd.DataFrame
    holders: pd.DataFrame


def make_people(land: Land, places: Places, rng: np.random.Generator) -> People:
    """Fill every office.

    Plants ``unstaffed_grid``, ``missing_organisation``, ``no_reporting_member`` and ``unmatched_post``.
    """
    organisations = _organisations(land, places)
    members = _members(land, places, organisations, rng)
    workers, assignments = _workers(land, places, rng)
    posts, holders = _posts(land, members, rng)
    return People(organisations, members, workers, assignments, posts, holders)


# --- organisations -------------------------------------------------------------------------------------------


def _organisations(land: Land, places: Places) -> pd.DataFrame:
    """The tree of standing organisations, then the functional branches of the built-up communities."""
    plan, given = land.given.planted, land.given
    rows: list[dict[str, object]] = []
    number: dict[str, int] = {}

    def add(unit: str, name: str, level: str, parent: str | None, *, functional: bool = False) -> int:
        rows.append(
            {
                "organisation_id": len(rows) + 1,
                "unit": unit,
                "name": name,
                "level": level,
                "parent_id": number[parent] if parent is not None else None,
                "functional": functional,
                "founded_on": date(2021, 7, 1),
                "dissolved_on": None,
            }
        )
        if not functional:
            number[unit] = len(rows)
        return len(rows)

    add(given.code, f"中共{given.name}委员会", "county", None)
    for row in rows_of(land.towns):
        kind = "党工委" if str(row.name).endswith("街道") else "党委"
        add(row.code, f"{row.name}{kind}", "town", row.parent)
    for row in rows_of(land.communities):
        add(row.code, f"{row.name}党{'委' if row.urban else '总支'}", "community", row.parent)
    for row in rows_of(land.grids):
        add(row.code, f"{row.name}党支部", "grid", row.parent)
    estates = places.compounds[(places.compounds["level"] == "compound") & places.compounds["urban"]]
    for row in rows_of(estates.iloc[::2]):
        add(row.code, f"{row.name}党支部", "compound", str(row.code)[:12])
    kinds = ["物业", "商圈", "快递行业", "志愿服务", "文体", "银龄", "楼宇", "市场"]
    urban = land.communities[land.communities["urban"]]
    for i in range(int(given.things["functional_branches"])):
        community = urban.iloc[i % len(urban)]
        kind = kinds[(i // len(urban) + i) % len(kinds)]
        add(
            community["code"], f"{community['name']}{kind}功能型党支部", "community", community["code"], functional=True
        )
    frame = pd.DataFrame(rows)
    frame["parent_id"] = frame["parent_id"].astype("Int64")
    return _break_organisations(land, frame, plan)


def _break_organisations(land: Land, frame: pd.DataFrame, plan: dict[str, int]) -> pd.DataFrame:
    """Take some organisations away and hang others under the wrong parent."""
    by_unit = frame[~frame["functional"]].set_index("unit")["organisation_id"]
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    rural = ~land.grids["urban"].to_numpy()

    # a community without its committee: its grids' branches report to the town, which breaks their chain too
    for grid in land.pick(int(plan["community_without_organisation"]), free & rural):
        community = int(land.grids["community"].iloc[grid])
        code = str(land.communities["code"].iloc[community])
        town = by_unit[str(land.communities["parent"].iloc[community])]
        frame.loc[frame["parent_id"] == by_unit[code], "parent_id"] = town
        frame = frame[frame["organisation_id"] != by_unit[code]]
        land.plant(
            "missing_organisation",
            (code,),
            f"{code} has no organisation.",
            land.communities["geometry"].iloc[community],
        )
        for below in np.flatnonzero(land.grids["community"].to_numpy() == community).tolist():
            land.taken.add(below)
            _plant(land, below, "The branch of {code} reports to the town: its community has no committee.")
    for i, grid in enumerate(land.pick(int(plan["grid_without_organisation"]), free)):
        own = frame["organisation_id"] == by_unit[land.code(grid)]
        if i % 2:
            frame = frame[~own]
            _plant(land, grid, "{code} has never had a branch.")
        else:
            frame.loc[own, "dissolved_on"] = land.given.today - timedelta(days=20 + 9 * i)
            _plant(land, grid, "The branch of {code} was dissolved and no other founded.")
    for i, grid in enumerate(land.pick(int(plan["chain_broken"]), free)):
        own = frame["organisation_id"] == by_unit[land.code(grid)]
        stranger = str(
            land.communities["code"].iloc[(int(land.grids["community"].iloc[grid]) + 7) % len(land.communities)]
        )
        frame.loc[own, "parent_id"] = pd.NA if i % 2 == 0 else by_unit[stranger]
        _plant(
            land,
            grid,
            "The branch of {code} reports to nobody."
            if i % 2 == 0
            else "The branch of {code} reports to a committee of another community.",
        )
    for town in range(len(land.towns) - 1, len(land.towns) - 1 - int(plan["town_chain_broken"]), -1):
        code = str(land.towns["code"].iloc[town])
        frame.loc[frame["organisation_id"] == by_unit[code], "parent_id"] = pd.NA
        land.plant(
            "missing_organisation",
            (code,),
            f"The committee of {code} reports to nobody.",
            land.towns["geometry"].iloc[town],
        )
    # blind on the earlier day, cured since: branches that were founded in between
    for i, grid in enumerate(land.pick(CURED, free)):
        own = frame["organisation_id"] == by_unit[land.code(grid)]
        frame.loc[own, "founded_on"] = land.given.earlier + timedelta(days=12 + 11 * i)
    return frame.reset_index(drop=True)


def _plant(land: Land, grid: int, sentence: str) -> None:
    code = land.code(grid)
    land.plant("missing_organisation", (code,), sentence.format(code=code), land.grids["geometry"].iloc[grid])


# --- members -------------------------------------------------------------------------------------------------


def _members(land: Land, places: Places, organisations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """In-service members report in at compounds (all but the planted ones have some); local ones belong to grids."""
    things, plan = land.given.things, land.given.planted
    compounds = places.compounds[places.compounds["level"] == "compound"].reset_index(drop=True)
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    able = free & np.isin(np.arange(len(free)), compounds["grid"])
    bare: set[int] = set()
    for grid in land.pick(int(plan["compound_without_member"]), able):
        at = int(np.flatnonzero(compounds["grid"].to_numpy() == grid)[0])
        bare.add(at)
        row = compounds.iloc[at]
        land.plant(
            "no_reporting_member",
            (row["code"],),
            f"No in-service member reports in at {row['name']} {row['code']}.",
            row["geometry"],
        )
    hosts = np.array([i for i in range(len(compounds)) if i not in bare])
    total = int(things["in_service_members"])
    weight = np.where(compounds["urban"].to_numpy()[hosts], 1.4, 0.6) * rng.uniform(0.5, 1.5, len(hosts))
    first = np.tile(hosts, 2)
    reported = np.concatenate([first, rng.choice(hosts, total - len(first), p=weight / weight.sum())])
    # one in-service member in twenty has not reported in anywhere yet
    unreported = np.zeros(total, dtype=bool)
    unreported[len(first) :] = rng.random(total - len(first)) < 0.05
    committees = organisations[(organisations["level"] == "community") & ~organisations["functional"]]
    functional = organisations[organisations["functional"]]["organisation_id"].to_numpy()
    home = np.concatenate([committees["organisation_id"].to_numpy(), np.repeat(functional, 3)])
    in_service = pd.DataFrame(
        {
            "organisation_id": rng.choice(home, total),
            "kind": "in_service",
            "compound": np.where(unreported, None, compounds["code"].to_numpy()[reported]),
        }
    )
    count = int(things["local_members"])
    branches = organisations[(organisations["level"] == "grid")]["organisation_id"].to_numpy()
    local = pd.DataFrame({"organisation_id": rng.choice(branches, count), "kind": "local", "compound": None})
    local.loc[local.index % 8 == 0, "kind"] = "mobile"
    frame = pd.concat([in_service, local], ignore_index=True)
    skills = np.array(list(land.given.names["skills"]))
    amount = rng.choice([1, 2, 3], len(frame), p=[0.62, 0.28, 0.10])
    frame["skills"] = [sorted(rng.choice(skills, n, replace=False).tolist()) for n in amount]
    frame.loc[frame["kind"] != "in_service", "skills"] = frame.loc[frame["kind"] != "in_service", "skills"].map(
        lambda known: known[:1]
    )
    frame["reported_in_on"] = _reporting_days(land, frame, rng)
    frame.insert(0, "member_id", np.arange(1, len(frame) + 1))
    frame.insert(1, "label", [f"党员-{i:06d}" for i in frame["member_id"]])
    return frame


def _reporting_days(land: Land, frame: pd.DataFrame, rng: np.random.Generator) -> pd.Series[Any]:
    """The day each in-service member reported in; at a few compounds the first came after the earlier day."""
    given = land.given
    days = pd.Series(
        [given.boundaries_since + timedelta(days=int(n)) for n in rng.integers(0, 560, len(frame))], dtype=object
    )
    late = sorted(frame["compound"].dropna().unique())
    for i, code in enumerate(rng.choice(late, CURED, replace=False)):
        at = frame.index[frame["compound"] == code]
        days.loc[at] = given.earlier + timedelta(days=9 + 13 * i)
    return days.where(frame["compound"].notna(), None)


# --- workers -------------------------------------------------------------------------------------------------


def _workers(land: Land, places: Places, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A worker or two and a head per grid, with the days from which and to which they serve."""
    given, plan = land.given, land.given.planted
    grids = len(land.grids)
    missing = _unstaffed(land, places)
    start = given.boundaries_since
    # some left before the earlier day, the others since
    left = {
        each: given.today - timedelta(days=115 + 6 * i if i % 3 == 0 else 14 + 7 * i)
        for i, each in enumerate(sorted(missing))
    }
    rows: list[tuple[int, int, str, date, date | None]] = []
    worker = 0
    second = set(
        rng.choice(grids, int(given.things["workers"]) - grids + int(plan["unstaffed_no_worker"]), replace=False)
    )
    second -= {grid for grid, role in missing if role == "worker"}
    for grid in range(grids):
        since = start + timedelta(days=int(rng.integers(0, 400)))
        gone = (grid, "worker") in missing
        worker += 1
        rows.append((worker, grid, "worker", since, left[grid, "worker"] if gone else None))
        if not gone and rng.random() < 0.12:
            # the post has changed hands: an earlier worker left the day the present one came
            worker += 1
            rows.append((worker, grid, "worker", start, since))
        if grid in second:
            worker += 1
            rows.append((worker, grid, "worker", since + timedelta(days=30), None))
    _cured(land, rng, rows, missing)
    community = land.grids["community"].to_numpy()
    for c in range(len(land.communities)):
        mine = np.flatnonzero(community == c).tolist()
        for at in range(0, len(mine), 4):
            worker += 1
            for grid in mine[at : at + 4]:
                gone = (grid, "head") in missing
                rows.append((worker, grid, "head", start, left[grid, "head"] if gone else None))
    frame = pd.DataFrame(rows, columns=["worker_id", "grid", "role", "valid_from", "valid_to"])
    frame["unit"] = land.grids["code"].to_numpy()[frame["grid"]]
    base = places.base[frame["grid"]]
    at_base = frame["role"].to_numpy() == "worker"
    frame["x"], frame["y"] = np.where(at_base, base[:, 0], np.nan), np.where(at_base, base[:, 1], np.nan)
    frame.insert(0, "assignment_id", np.arange(1, len(frame) + 1))
    workers = pd.DataFrame({"worker_id": np.arange(1, worker + 1)})
    workers["label"] = [f"网格员-{i:04d}" for i in workers["worker_id"]]
    return workers, frame


def _cured(
    land: Land,
    rng: np.random.Generator,
    rows: list[tuple[int, int, str, date, date | None]],
    missing: set[tuple[int, str]],
) -> None:
    """Some grids had no worker on the earlier day and have one since: their assignment begins later."""
    earlier = land.given.earlier
    sole = [i for i, row in enumerate(rows) if sum(r[1] == row[1] for r in rows[max(0, i - 3) : i + 4]) == 1]
    for i in rng.permutation(sole)[:CURED].tolist():
        worker, grid, role, _, until = rows[i]
        if (grid, role) not in missing:
            rows[i] = (worker, grid, role, earlier + timedelta(days=int(rng.integers(10, 50))), until)


def _unstaffed(land: Land, places: Places) -> set[tuple[int, str]]:
    """Pick grids without worker or head; without a worker only where the neighbours' bases stay within reach."""
    plan = land.given.planted
    homes = places.households
    inside = homes[homes["grid"] >= 0]
    far, _ = cKDTree(places.base).query(inside[["x", "y"]].to_numpy(), k=2)
    # distance to the nearest base that is not the grid's own can only be the first or second nearest
    second = pd.Series(far[:, 1]).groupby(inside["grid"].to_numpy()).max()
    near: NDArray[np.bool_] = np.zeros(len(land.grids), dtype=bool)
    near[second.index.to_numpy()] = second.to_numpy() < NEAR_M
    picked: set[tuple[int, str]] = set()
    for grid in land.pick(int(plan["unstaffed_no_worker"]), near, apart=True):
        picked.add((grid, "worker"))
    for grid in land.pick(int(plan["unstaffed_no_head"]), near):
        picked.add((grid, "head"))
    for grid, role in sorted(picked):
        code = land.code(grid)
        land.plant("unstaffed_grid", (code,), f"{code} has no {role} today.", land.grids["geometry"].iloc[grid])
    return picked


# --- posts ---------------------------------------------------------------------------------------------------


def _posts(land: Land, members: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three posts in every built-up grid and two elsewhere; members of the same town hold them."""
    plan = land.given.planted
    skills = np.array(list(land.given.names["skills"]))
    urban = land.grids["urban"].to_numpy()
    grid = np.repeat(np.arange(len(land.grids)), np.where(urban, 3, 2))
    posts = pd.DataFrame({"unit": land.grids["code"].to_numpy()[grid], "grid": grid})
    posts["skill"] = rng.choice(skills, len(posts))
    posts["name"] = posts["skill"].map(land.given.names["skills"]) + "服务岗"
    posts.insert(0, "post_id", np.arange(1, len(posts) + 1))
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    vacant: set[int] = set()
    for picked in land.pick(int(plan["unmatched_posts"]), free):
        row = posts[posts["grid"] == picked].iloc[0]
        vacant.add(int(row["post_id"]))
        land.plant(
            "unmatched_post",
            (row["unit"],),
            f"Nobody holds the post ({row['skill']}) in {row['unit']}.",
            land.grids["geometry"].iloc[picked],
            thing=int(row["post_id"]),
        )
    by_skill = {
        skill: members.loc[members["skills"].map(lambda known, s=skill: s in known), "member_id"].to_numpy()
        for skill in skills.tolist()
    }
    given, start = land.given, land.given.boundaries_since
    filled = posts.loc[~posts["post_id"].isin(vacant), "post_id"].to_numpy()
    late = {
        int(post): given.earlier + timedelta(days=14 + 12 * i)
        for i, post in enumerate(rng.choice(filled, CURED, replace=False))
    }
    rows: list[tuple[int, int, date, date | None]] = []
    for post in rows_of(posts):
        if post.post_id not in vacant:
            held = rng.choice(by_skill[post.skill], 1 + int(rng.random() < 0.3), replace=False)
            since = late.get(post.post_id, start + timedelta(days=int(rng.integers(0, 500))))
            rows += [(post.post_id, int(member), since, None) for member in held]
        elif post.post_id % 2:
            member = int(rng.choice(by_skill[post.skill]))
            rows.append((post.post_id, member, start, given.today - timedelta(days=int(rng.integers(15, 70)))))
    return posts, pd.DataFrame(rows, columns=["post_id", "member_id", "since", "until"])
