"""Twelve months of cases and meetings, counted out so that only the planted grids are quiet, late or unmet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.services.demo.land import Land
from gridmap.services.demo.places import Places, Scatter

#: Cases are counted out to the last 90 days first: the quiet-grid lens looks at them.
WINDOW_DAYS = 90
#: Local time is eight hours ahead of UTC all year.
LOCAL_HOURS = 8


@dataclass
class Affairs:
    """Frames: ``cases`` (times in UTC, x and y NaN where unlocated) and ``meetings``."""

    cases: pd.DataFrame
    meetings: pd.DataFrame


def make_affairs(land: Land, places: Places, rng: np.random.Generator) -> Affairs:
    """Plants ``quiet_grid``, ``overdue_cases``, ``unlocated_case`` and ``no_meeting``."""
    cases = _cases(land, places, rng)
    meetings = _meetings(land, places, rng)
    return Affairs(cases, meetings)


def _end_of(day: date) -> pd.Timestamp:
    """The end of a local day as naive UTC."""
    return pd.Timestamp(day) + pd.Timedelta(days=1) - pd.Timedelta(hours=LOCAL_HOURS)


# --- cases ---------------------------------------------------------------------------------------------------


def _cases(land: Land, places: Places, rng: np.random.Generator) -> pd.DataFrame:
    given = land.given
    homes = places.households
    inside = homes[homes["grid"] >= 0]
    size = inside.groupby("grid")["households"].sum().reindex(range(len(land.grids)), fill_value=0).to_numpy()
    days = (given.today - given.first_case).days + 1
    quiet = _quiet(land, size)
    total = int(given.things["cases"])
    weight = size * _mood(land, rng)
    wanted = weight / weight.sum() * total
    recent = np.rint(wanted * WINDOW_DAYS / days * rng.uniform(0.92, 1.08, len(size))).astype(int)
    earlier = np.rint(wanted * (days - WINDOW_DAYS) / days * rng.uniform(0.9, 1.1, len(size))).astype(int)
    recent[quiet] = 0
    earlier[int(np.argmax(earlier))] += total - int(recent.sum() + earlier.sum())

    grid = np.concatenate([np.repeat(np.arange(len(size)), recent), np.repeat(np.arange(len(size)), earlier)])
    late = np.arange(len(grid)) < recent.sum()
    back = np.where(
        late, rng.uniform(0.02, WINDOW_DAYS - 1.5, len(grid)), rng.uniform(WINDOW_DAYS + 1.5, days, len(grid))
    )
    # a quiet grid fell silent a while before the window opens; each at its own time
    silence = np.zeros(len(size))
    silence[quiet] = np.linspace(110, 215, len(quiet))
    hushed = back < silence[grid]
    back[hushed] = rng.uniform(silence[grid[hushed]], days)
    hour = np.clip(rng.normal(13, 3.4, len(grid)), 6.5, 21.5)
    end = _end_of(given.today)
    day = (
        end.normalize()
        - pd.to_timedelta(np.floor(back), unit="D")
        + pd.Timedelta(hours=24 - LOCAL_HOURS)
        - pd.Timedelta(days=1)
    )
    reported = pd.DatetimeIndex(day + pd.to_timedelta(np.round(hour * 3600), unit="s"))
    reported = reported.where(reported < end - pd.Timedelta(hours=3), reported - pd.Timedelta(days=1))

    frame = pd.DataFrame({"grid": grid, "reported_at": reported})
    kinds = given.names["case_kinds"]
    names = np.array(list(kinds))
    share = np.array([kinds[name][1] for name in names])
    frame["kind"] = rng.choice(names, len(frame), p=share / share.sum())
    term = frame["kind"].map({name: kinds[name][2] for name in names}).to_numpy()
    frame["due_at"] = frame["reported_at"] + pd.to_timedelta(term, unit="D")
    _close(frame, term, end, rng)
    _overdue(land, frame, end, rng)
    _locate(land, places, frame, rng)
    frame = frame.sort_values(["reported_at", "grid"], kind="stable").reset_index(drop=True)
    frame.insert(0, "case_id", np.arange(1, len(frame) + 1))
    frame["unit"] = land.grids["code"].to_numpy()[frame["grid"]]
    _unlocated(land, frame)
    return frame


def _mood(land: Land, rng: np.random.Generator) -> NDArray[np.float64]:
    """How readily people report: changes slowly over tens of kilometres, so neighbours are alike."""
    x, y = land.grids["x"].to_numpy() / 9000, land.grids["y"].to_numpy() / 9000
    phase = rng.uniform(0, 2 * np.pi, 3)
    return np.asarray(1 + 0.1 * np.sin(x + phase[0]) + 0.1 * np.sin(y + phase[1]) + 0.05 * np.sin(x - y + phase[2]))


def _quiet(land: Land, size: NDArray[np.int64]) -> NDArray[np.int64]:
    able = size > 390
    picked = land.pick(int(land.given.planted["quiet_grids"]), able, apart=True)
    for grid in picked:
        code = land.code(grid)
        land.plant(
            "quiet_grid",
            (code,),
            f"{code} with {size[grid]} households has reported nothing for months; its neighbours have.",
            land.grids["geometry"].iloc[grid],
            number=int(size[grid]),
        )
    return np.array(sorted(picked))


def _close(frame: pd.DataFrame, term: NDArray[np.int64], end: pd.Timestamp, rng: np.random.Generator) -> None:
    """Most cases close in time, one in twenty late; what is still running today is open and within its term."""
    share = rng.beta(1.6, 2.6, len(frame))
    late = rng.random(len(frame)) < 0.05
    share = np.where(late, rng.uniform(1.02, 1.6, len(frame)), share)
    closed = frame["reported_at"] + pd.to_timedelta(np.round(term * 86400 * share), unit="s")
    running = closed >= end
    overdue = running & (frame["due_at"] < end)
    closed = closed.where(~overdue, frame["due_at"] - pd.Timedelta(hours=2))
    closed = closed.where(closed < end, pd.NaT)
    frame["closed_at"] = closed
    stage = rng.random(len(frame))
    shares = {"reported": 0.12, "filed": 0.03, "dispatched": 0.14, "returned": 0.02, "signed": 0.18, "paused": 0.03,
              "backlog": 0.01, "to_check": 0.06, "followed_up": 0.02}  # fmt: skip
    limits = np.cumsum(list(shares.values()))
    open_status = np.select([stage < limit for limit in limits], list(shares), "handling")
    ended = np.where(closed < end - pd.Timedelta(days=180), "archived", "closed")
    frame["status"] = np.where(closed.isna(), open_status, ended)
    reason = rng.choice(
        ["solved", "partly_solved", "explained", "cannot_be_done", "duplicate", "transferred"],
        len(frame),
        p=[0.76, 0.08, 0.09, 0.02, 0.02, 0.03],
    )
    frame["closing_reason"] = pd.Series(reason, dtype=object).where(closed.notna(), None)
    frame["source"] = rng.choice(
        ["patrol", "phone", "walk_in", "resident", "meeting"], len(frame), p=[0.46, 0.24, 0.14, 0.11, 0.05]
    )


def _reopen(frame: pd.DataFrame, rows: Any, status: str) -> None:
    frame.loc[rows, "closed_at"] = pd.NaT
    frame.loc[rows, "status"] = status
    frame.loc[rows, "closing_reason"] = None


def _overdue(land: Land, frame: pd.DataFrame, end: pd.Timestamp, rng: np.random.Generator) -> None:
    """In the planted grids some cases that should have ended are still open."""
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    for i, grid in enumerate(land.pick(int(land.given.planted["overdue_grids"]), free)):
        rows = frame.index[(frame["grid"] == grid) & (frame["due_at"] < end - pd.Timedelta(days=4))]
        rows = frame.loc[rows].sort_values("reported_at").index[-14:]
        picked = rng.choice(rows, 2 + i % 4, replace=False)
        _reopen(frame, picked, "handling")
        code = land.code(grid)
        land.plant(
            "overdue_cases",
            (code,),
            f"{len(picked)} open cases in {code} are past their day.",
            land.grids["geometry"].iloc[grid],
            number=len(picked),
        )


def _locate(land: Land, places: Places, frame: pd.DataFrame, rng: np.random.Generator) -> None:
    """Cases happen where people live: each takes a place of its grid, weighted by households, and its cell."""
    homes = places.households[places.households["grid"] >= 0].sort_values("grid", kind="stable")
    grid = homes["grid"].to_numpy()
    heap = np.cumsum(homes["households"].to_numpy())
    first = np.searchsorted(grid, np.arange(len(land.grids)))
    last = np.searchsorted(grid, np.arange(len(land.grids)), side="right") - 1
    before = np.where(first > 0, heap[first - 1], 0)
    mine = frame["grid"].to_numpy()
    draw = before[mine] + rng.random(len(frame)) * (heap[last[mine]] - before[mine])
    at = np.clip(np.searchsorted(heap, draw, side="right"), first[mine], last[mine])
    cells = homes["cell"].to_numpy(dtype=np.int64)[at]
    points = Scatter(land, rng)(cells, 0.7)
    drawn = land.grids["geometry"].to_numpy()
    shapely.prepare(drawn)
    out = ~shapely.contains_xy(drawn[mine], points[:, 0], points[:, 1])
    points[out] = np.rint(land.ground.mesh.centres[cells[out]] * 1000) / 1000
    frame["x"], frame["y"] = points.T


def _unlocated(land: Land, frame: pd.DataFrame) -> None:
    """Open cases without a place, and open cases that happened on ground no grid covers."""
    plan = land.given.planted
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    running = frame["closed_at"].isna()
    able = free & np.isin(np.arange(len(free)), frame.loc[running, "grid"])
    for grid in land.pick(int(plan["unlocated_without_place"]), able):
        at = frame.index[running & (frame["grid"] == grid)][0]
        frame.loc[at, ["x", "y"]] = np.nan
        number = int(frame.loc[at, "case_id"])
        land.plant(
            "unlocated_case",
            (land.code(grid),),
            f"The open case {number} of {land.code(grid)} has no place.",
            land.grids["geometry"].iloc[grid],
            thing=number,
        )
    wide = [f for f in land.blind.flaws if f.lens == "uncovered_ground" and len(f.cells) > 1]
    for i in range(int(plan["unlocated_in_gap"])):
        flaw = wide[i % len(wide)]
        rows = frame.index[running & (frame["grid"] == flaw.grids[0])]
        if not len(rows):
            rows = frame.index[frame["grid"] == flaw.grids[0]][-1:]
            soon = _end_of(land.given.today)
            frame.loc[rows, ["reported_at", "due_at"]] = [soon - pd.Timedelta(days=2), soon + pd.Timedelta(days=5)]
            _reopen(frame, rows, "dispatched")
        at = rows[0]
        middle = land.ground.mesh.centres[flaw.cells[-1]]
        frame.loc[at, ["x", "y"]] = np.rint(middle * 1000) / 1000
        number = int(frame.loc[at, "case_id"])
        land.plant(
            "unlocated_case",
            (land.code(flaw.grids[0]),),
            f"The open case {number} happened on ground that no grid covers.",
            shapely.Point(middle),
            thing=number,
        )


# --- meetings ------------------------------------------------------------------------------------------------


def _meetings(land: Land, places: Places, rng: np.random.Generator) -> pd.DataFrame:
    """Every courtyard meets every 25 to 80 days; the planted ones stopped some time ago."""
    given = land.given
    yards = places.compounds[places.compounds["level"] == "courtyard"].reset_index(drop=True)
    free = np.array([g not in land.taken for g in range(len(land.grids))])
    able = free & np.isin(np.arange(len(free)), yards["grid"])
    silent: dict[int, int] = {}
    for i, grid in enumerate(land.pick(int(given.planted["courtyards_not_met"]), able)):
        at = int(np.flatnonzero(yards["grid"].to_numpy() == grid)[0])
        silent[at] = 96 + 19 * i
        row = yards.iloc[at]
        land.plant(
            "no_meeting",
            (row["code"],),
            f"{row['name']} {row['code']} last met {silent[at]} days ago.",
            row["geometry"],
            number=silent[at],
        )
    rows = []
    span = (given.today - given.first_case).days
    for at, code in enumerate(yards["code"]):
        back = silent.get(at, int(rng.integers(1, 78)))
        while back < span:
            rows.append((code, back))
            back += int(rng.integers(25, 80))
    frame = pd.DataFrame(rows, columns=["unit", "back"])
    frame["held_on"] = pd.Timestamp(given.today) - pd.to_timedelta(frame.pop("back"), unit="D")
    frame = frame.sort_values(["held_on", "unit"]).reset_index(drop=True)
    frame.insert(0, "meeting_id", np.arange(1, len(frame) + 1))
    return frame
