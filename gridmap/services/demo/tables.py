"""The demo county as rows of the database: everything in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import shapely

from gridmap.services.demo.case_tables import write_affairs
from gridmap.services.demo.copying import copy, numbered, points, span
from gridmap.services.demo.generate import Demo
from gridmap.services.demo.land import EPSG, rows_of
from gridmap.services.pinyin import initials
from gridmap.store.bulk import next_ids
from gridmap.store.database import Session
from gridmap.store.models import (
    Assignment,
    Boundary,
    County,
    Edition,
    HouseholdCount,
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
    write_affairs(session, demo, units)
    session.add(
        County(
            unit_id=units[demo.given.code], srid=EPSG, pinned_today=demo.given.today, demo_version=demo.given.version
        )
    )
    session.commit()
    say("done", 1.0)


def _units(session: Session, demo: Demo) -> dict[str, int]:
    units = demo.units
    ids = dict(zip(units["code"], next_ids(session, Unit, len(units)), strict=True))
    copy(
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
    copy(
        session,
        Edition,
        ["id", "name", "adopted_on"],
        ((editions[day], f"{day.year}年{day.month}月版", day) for day in days),
    )
    copy(
        session,
        Boundary,
        ["unit_id", "edition_id", "valid", "geom"],
        (
            (units[row.unit], editions[row.valid_from], span(row.valid_from, row.valid_to), _multi(row.geometry))
            for row in rows_of(demo.boundaries)
        ),
    )


def _multi(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


def _people(session: Session, demo: Demo, units: dict[str, int]) -> None:
    people, places = demo.people, demo.places
    organisations = numbered(session, Organisation, people.organisations, "organisation_id")
    copy(
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
    members = numbered(session, Member, people.members, "member_id")
    copy(
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
    base = dict(zip(serving["worker_id"], points(serving), strict=True))
    workers = numbered(session, Worker, people.workers, "worker_id")
    copy(
        session,
        Worker,
        ["id", "label", "geom"],
        ((workers[row.worker_id], row.label, base.get(row.worker_id)) for row in rows_of(people.workers)),
    )
    copy(
        session,
        Assignment,
        ["worker_id", "unit_id", "role", "valid"],
        (
            (workers[row.worker_id], units[row.unit], row.role, span(row.valid_from, row.valid_to))
            for row in rows_of(people.assignments)
        ),
    )
    posts = numbered(session, Post, people.posts, "post_id")
    copy(
        session,
        Post,
        ["id", "code", "unit_id", "name", "skill"],
        (
            (posts[row.post_id], f"P{row.post_id:05d}", units[row.unit], row.name, row.skill)
            for row in rows_of(people.posts)
        ),
    )
    copy(
        session,
        PostHolder,
        ["post_id", "member_id", "since", "until"],
        ((posts[row.post_id], members[row.member_id], row.since, row.until) for row in rows_of(people.holders)),
    )
    copy(
        session,
        ServicePoint,
        ["code", "unit_id", "name", "geom"],
        (
            (f"S{row.service_point_id:04d}", units[row.unit], row.name, shapely.Point(row.x, row.y))
            for row in rows_of(places.service_points)
        ),
    )
    copy(
        session,
        HouseholdCount,
        ["code", "households", "compound_id", "geom"],
        (
            (f"H{row.place_id:06d}", row.households, units.get(row.compound), shapely.Point(row.x, row.y))
            for row in rows_of(places.households)
        ),
    )
