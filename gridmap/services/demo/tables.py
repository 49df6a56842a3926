"""The demo county as rows of the database: everything in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.services.demo.generate import Demo
from gridmap.services.demo.land import EPSG, rows_of
from gridmap.services.pinyin import initials
from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.database import Session
from gridmap.store.models import (
    Assignment,
    Base,
    Boundary,
    Case,
    County,
    Edition,
    HouseholdCount,
    Meeting,
    Member,
    Organisation,
    Post,
    PostHolder,
    ServicePoint,
    Unit,
    Worker,
)

Progress = Callable[[str, float], None]


def load_tables(session: Session, demo: Demo, progress: Progress | None = None) -> None:
    """Copy the demo county into an empty database. Commits; nothing stays if anything fails.

    ``progress`` is called with the name of a step and the share done.
    """
    say = progress or (lambda _step, _share: None)
    say("units", 0.0)
    units = _units(session, demo)
    _boundaries(session, demo, units)
    say("people", 0.1)
    _people(session, demo, units)
    say("cases", 0.3)
    _affairs(session, demo, units)
    session.add(
        County(
            unit_id=units[demo.given.code], srid=EPSG, pinned_today=demo.given.today, demo_version=demo.given.version
        )
    )
    session.commit()
    say("done", 1.0)


def _copy(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    copy_rows(session, model, columns, ([_plain(value) for value in row] for row in rows))


def _plain(value: Any) -> Any:
    """Python's own types: COPY knows no numpy numbers, no NaT, no pandas NA."""
    if value is None or isinstance(value, str | list | shapely.Geometry):
        return value
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().replace(tzinfo=UTC)
    return value.item() if isinstance(value, np.generic) else value


def _span(since: date, until: date | None) -> str:
    """A half-open range of days as PostgreSQL writes it."""
    return f"[{since},{until or ''})"


def _points(frame: pd.DataFrame) -> list[shapely.Point | None]:
    return [None if np.isnan(x) else shapely.Point(x, y) for x, y in frame[["x", "y"]].to_numpy(dtype=float)]


def _numbered(session: Session, model: type[Base], frame: pd.DataFrame, column: str) -> dict[int, int]:
    """Ids of the database for the demo's own numbers."""
    return dict(zip(frame[column].tolist(), next_ids(session, model, len(frame)), strict=True))


def _units(session: Session, demo: Demo) -> dict[str, int]:
    units = demo.units
    ids = dict(zip(units["code"], next_ids(session, Unit, len(units)), strict=True))
    _copy(
        session,
        Unit,
        ["id", "code", "level", "parent_id", "name", "pinyin", "urban", "in_code_list", "changed_on"],
        (
            (
                ids[row.code],
                row.code,
                row.level,
                ids.get(row.parent),
                row.name,
                initials(row.name),
                bool(row.urban),
                bool(row.in_code_list),
                None if pd.isna(row.changed_on) else row.changed_on.date(),
            )
            for row in rows_of(units)
        ),
    )
    return ids


def _boundaries(session: Session, demo: Demo, units: dict[str, int]) -> None:
    days = sorted(set(demo.boundaries["valid_from"]))
    editions = dict(zip(days, next_ids(session, Edition, len(days)), strict=True))
    _copy(
        session,
        Edition,
        ["id", "name", "adopted_on"],
        ((editions[day], f"{day.year}年{day.month}月版", day) for day in days),
    )
    _copy(
        session,
        Boundary,
        ["unit_id", "edition_id", "valid", "geom"],
        (
            (units[row.unit], editions[row.valid_from], _span(row.valid_from, row.valid_to), _multi(row.geometry))
            for row in rows_of(demo.boundaries)
        ),
    )


def _multi(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


def _people(session: Session, demo: Demo, units: dict[str, int]) -> None:
    people, places = demo.people, demo.places
    organisations = _numbered(session, Organisation, people.organisations, "organisation_id")
    _copy(
        session,
        Organisation,
        ["id", "code", "name", "level", "functional", "unit_id", "parent_id", "founded_on", "dissolved_on"],
        (
            (
                organisations[row.organisation_id],
                f"D{row.organisation_id:05d}",
                row.name,
                row.level,
                bool(row.functional),
                units[row.unit],
                None if pd.isna(row.parent_id) else organisations[int(row.parent_id)],
                row.founded_on,
                row.dissolved_on,
            )
            for row in rows_of(people.organisations)
        ),
    )
    members = _numbered(session, Member, people.members, "member_id")
    _copy(
        session,
        Member,
        ["id", "label", "organisation_id", "kind", "skills", "reports_in_id", "reported_in_on"],
        (
            (
                members[row.member_id],
                row.label,
                organisations[row.organisation_id],
                row.kind,
                row.skills,
                units.get(row.compound),
                row.reported_in_on,
            )
            for row in rows_of(people.members)
        ),
    )
    serving = people.assignments[people.assignments["role"] == "worker"]
    base = dict(zip(serving["worker_id"], _points(serving), strict=True))
    workers = _numbered(session, Worker, people.workers, "worker_id")
    _copy(
        session,
        Worker,
        ["id", "label", "geom"],
        ((workers[row.worker_id], row.label, base.get(row.worker_id)) for row in rows_of(people.workers)),
    )
    _copy(
        session,
        Assignment,
        ["worker_id", "unit_id", "role", "valid"],
        (
            (workers[row.worker_id], units[row.unit], row.role, _span(row.valid_from, row.valid_to))
            for row in rows_of(people.assignments)
        ),
    )
    posts = _numbered(session, Post, people.posts, "post_id")
    _copy(
        session,
        Post,
        ["id", "code", "unit_id", "name", "skill"],
        (
            (posts[row.post_id], f"P{row.post_id:05d}", units[row.unit], row.name, row.skill)
            for row in rows_of(people.posts)
        ),
    )
    _copy(
        session,
        PostHolder,
        ["post_id", "member_id", "since", "until"],
        ((posts[row.post_id], members[row.member_id], row.since, row.until) for row in rows_of(people.holders)),
    )
    _copy(
        session,
        ServicePoint,
        ["code", "unit_id", "name", "geom"],
        (
            (f"S{row.service_point_id:04d}", units[row.unit], row.name, shapely.Point(row.x, row.y))
            for row in rows_of(places.service_points)
        ),
    )
    _copy(
        session,
        HouseholdCount,
        ["code", "households", "compound_id", "geom"],
        (
            (f"H{row.place_id:06d}", row.households, units.get(row.compound), shapely.Point(row.x, row.y))
            for row in rows_of(places.households)
        ),
    )


def _affairs(session: Session, demo: Demo, units: dict[str, int]) -> None:
    cases = demo.affairs.cases
    ids = _numbered(session, Case, cases, "case_id")
    reported, due, closed = (_moments(cases[column]) for column in ("reported_at", "due_at", "closed_at"))
    _copy(
        session,
        Case,
        [
            "id",
            "number",
            "kind",
            "status",
            "source",
            "unit_id",
            "geom",
            "reported_at",
            "due_at",
            "closed_at",
            "closing_reason",
        ],
        zip(
            cases["case_id"].map(ids).tolist(),
            [f"{day:%Y%m%d}-{number:05d}" for day, number in zip(reported, cases["case_id"], strict=True) if day],
            cases["kind"],
            cases["status"],
            cases["source"],
            cases["unit"].map(units).tolist(),
            _points(cases),
            reported,
            due,
            closed,
            cases["closing_reason"],
            strict=True,
        ),
    )
    meetings = demo.affairs.meetings
    heads = np.random.default_rng(int(demo.given.things["seed"])).integers(8, 46, len(meetings)).tolist()
    _copy(
        session,
        Meeting,
        ["unit_id", "held_on", "attendance"],
        (
            (units[row.unit], row.held_on.date(), attendance)
            for row, attendance in zip(rows_of(meetings), heads, strict=True)
        ),
    )


def _moments(times: pd.Series[Any]) -> list[datetime | None]:
    """Naive UTC times as aware ones."""
    return [None if pd.isna(at) else at.to_pydatetime().replace(tzinfo=UTC) for at in times]
