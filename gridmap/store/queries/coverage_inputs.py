"""What a coverage run looks at, as of one day, in the columns of :mod:`gridmap.geometry.frames`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED
from gridmap.domain.codes import prefix
from gridmap.geometry.frames import CoverageInputs
from gridmap.store.queries.frames import frame, geoframe

Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)

LOCAL = ZoneInfo("Asia/Shanghai")

UNITS = """
SELECT u.code, u.name, u.level, p.code AS parent, u.urban, coalesce(b.drawn_on, lower(b.valid)) AS boundary_from,
       u.changed_on, u.in_code_list, ST_AsBinary(b.geom) AS geometry
FROM units u LEFT JOIN units p ON p.id = u.parent_id
LEFT JOIN boundaries b ON b.unit_id = u.id AND b.valid @> CAST(:as_of AS date)
WHERE (u.founded_on IS NULL OR u.founded_on <= :as_of) AND (u.retired_on IS NULL OR u.retired_on > :as_of)
  AND (u.code >= :low AND u.code < :high OR u.level = 'county')
ORDER BY u.code
"""

WORKERS = """
SELECT a.worker_id, u.code AS unit, a.role, ST_AsBinary(w.geom) AS geometry
FROM assignments a JOIN workers w ON w.id = a.worker_id JOIN units u ON u.id = a.unit_id
WHERE a.valid @> CAST(:as_of AS date) AND u.code >= :low AND u.code < :high
ORDER BY u.code, a.role, a.worker_id
"""

ORGANISATIONS = """
SELECT o.id AS organisation_id, u.code AS unit, o.level, o.parent_id, o.functional
FROM organisations o JOIN units u ON u.id = o.unit_id
WHERE (o.founded_on IS NULL OR o.founded_on <= :as_of) AND (o.dissolved_on IS NULL OR o.dissolved_on > :as_of)
ORDER BY o.id
"""

MEMBERS = """
SELECT m.id AS member_id, m.organisation_id, m.kind,
       CASE WHEN m.reported_in_on IS NULL OR m.reported_in_on <= :as_of THEN u.code END AS compound, m.skills
FROM members m LEFT JOIN units u ON u.id = m.reports_in_id
ORDER BY m.id
"""

POSTS = """
SELECT p.id AS post_id, u.code AS unit, p.skill,
       (SELECT count(*) FROM post_holders h
        WHERE h.post_id = p.id AND h.since <= :as_of AND (h.until IS NULL OR h.until > :as_of)) AS holders
FROM posts p JOIN units u ON u.id = p.unit_id
WHERE (p.opened_on IS NULL OR p.opened_on <= :as_of) AND (p.closed_on IS NULL OR p.closed_on > :as_of)
  AND u.code >= :low AND u.code < :high
ORDER BY p.id
"""

SERVICE_POINTS = """
SELECT s.id AS service_point_id, u.code AS unit, ST_AsBinary(s.geom) AS geometry
FROM service_points s JOIN units u ON u.id = s.unit_id
WHERE (s.opened_on IS NULL OR s.opened_on <= :as_of) AND (s.closed_on IS NULL OR s.closed_on > :as_of)
ORDER BY s.id
"""

HOUSEHOLDS = """
SELECT h.id AS place_id, h.households, u.code AS compound, ST_AsBinary(h.geom) AS geometry
FROM household_counts h LEFT JOIN units u ON u.id = h.compound_id
ORDER BY h.id
"""

CASES = """
SELECT c.id AS case_id, u.code AS unit, c.kind,
       c.status <> ALL(:ended) OR coalesce(c.closed_at > :night, false) AS is_open,
       c.reported_at, c.due_at, CASE WHEN c.closed_at <= :night THEN c.closed_at END AS closed_at,
       ST_AsBinary(c.geom) AS geometry
FROM cases c LEFT JOIN units u ON u.id = c.unit_id
WHERE c.reported_at <= :night AND c.status NOT IN ('draft', 'withdrawn')
  AND (c.reported_at > :year_before OR c.status <> ALL(:ended) OR c.closed_at > :night)
ORDER BY c.id
"""

MEETINGS = """
SELECT m.id AS meeting_id, u.code AS unit, m.held_on
FROM meetings m JOIN units u ON u.id = m.unit_id
WHERE m.held_on <= :as_of AND u.code >= :low AND u.code < :high
ORDER BY m.id
"""


def coverage_inputs(session: Session, as_of: date, scope: str | None = None) -> CoverageInputs:
    """Load the frames of a day. ``scope`` is a unit code: only its subtree's units, workers, posts and meetings.

    Places, cases, service points, organisations and members are loaded whole: a blind area at the scope's edge is
    judged by what lies beyond it. The county's own unit is always there, for its boundary.
    """
    low = prefix(scope) if scope else ""
    night = datetime.combine(as_of + timedelta(days=1), time(), tzinfo=LOCAL)
    given = {
        "as_of": as_of,
        "low": low,
        "high": low + "~",  # "~" sorts behind every digit and letter
        "night": night,
        "year_before": night - timedelta(days=366),
        "ended": sorted(ENDED),
    }
    return CoverageInputs(
        as_of=as_of,
        units=_dated(geoframe(session, UNITS, given), "boundary_from", "changed_on"),
        workers=geoframe(session, WORKERS, given),
        organisations=frame(session, ORGANISATIONS, given),
        members=frame(session, MEMBERS, given),
        posts=frame(session, POSTS, given),
        service_points=geoframe(session, SERVICE_POINTS, given),
        households=geoframe(session, HOUSEHOLDS, given),
        cases=_timed(geoframe(session, CASES, given), "reported_at", "due_at", "closed_at"),
        meetings=_dated(frame(session, MEETINGS, given), "held_on"),
    )


def _dated(given: Frame, *columns: str) -> Frame:
    for column in columns:
        given[column] = pd.to_datetime(given[column])
    return given


def _timed(given: gpd.GeoDataFrame, *columns: str) -> gpd.GeoDataFrame:
    for column in columns:
        given[column] = pd.to_datetime(given[column], utc=True)
    return given
