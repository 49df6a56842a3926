"""Counts of the indicators, each one condition over cases, so that a figure and its list of cases cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.domain.indicators import BASICALLY, REOPENED_WITHIN_DAYS

_IN = "c.{column} >= :start AND c.{column} < :end"
_RECEIVED = "c.status <> 'draft' AND " + _IN.format(column="reported_at")
_DUE = "c.filed_at IS NOT NULL AND c.status <> 'withdrawn' AND " + _IN.format(column="original_due_at")
_CLOSED = _IN.format(column="closed_at")
#: the latest word of the latest round of a closed case
_SAID = (
    "(SELECT f.{what} FROM follow_ups f WHERE f.case_id = c.id AND f.round = c.reworks + c.reopenings"
    " ORDER BY f.contacted DESC, f.by_resident DESC, f.id DESC LIMIT 1)"
)
_FOLLOWED = f"{_SAID.format(what='id')} IS NOT NULL"
_REOPENED = (
    "EXISTS (SELECT FROM case_events r WHERE r.case_id = e.case_id AND r.act = 'reopen' AND r.at >= e.at"
    f" AND r.at < e.at + interval '{REOPENED_WITHIN_DAYS} days')"
)

#: count → condition over ``c``: the cases that it counts
CASES: Mapping[str, str] = {
    "received": _RECEIVED,
    "filed": f"{_RECEIVED} AND c.filed_at IS NOT NULL",
    "dispatched": f"{_RECEIVED} AND c.dispatched_at IS NOT NULL",
    "never_returned": f"{_RECEIVED} AND c.dispatched_at IS NOT NULL AND c.returns = 0",
    "returns": f"{_RECEIVED} AND c.dispatched_at IS NOT NULL AND c.returns > 0",
    "due": _DUE,
    "due_closed": f"{_DUE} AND c.closed_at IS NOT NULL",
    "due_on_time": f"{_DUE} AND c.closed_at <= c.original_due_at",
    "due_on_time_extended": f"{_DUE} AND c.closed_at <= c.due_at",
    "due_reworked": f"{_DUE} AND c.reworks > 0",
    "due_extended": f"{_DUE} AND c.extensions > 0",
    "closed": _CLOSED,
    "closed_low": (
        f"{_CLOSED} AND c.body_id IS NULL AND EXISTS (SELECT FROM units h WHERE h.id = c.handler_unit_id"
        " AND h.level IN ('grid', 'compound', 'courtyard', 'community'))"
    ),
    "valid_follow_ups": f"{_CLOSED} AND {_FOLLOWED}",
    "contacted": f"{_CLOSED} AND {_SAID.format(what='contacted')}",
    "solved": f"{_CLOSED} AND {_SAID.format(what='solved')}",
    "satisfied_points": f"{_CLOSED} AND {_SAID.format(what='satisfaction')} IN ('satisfied', 'basically_satisfied')",
    "closed_before": (
        "EXISTS (SELECT FROM case_events e WHERE e.case_id = c.id AND e.act = 'close' AND e.at >= :start"
        f" AND e.at < least(:end, :now - interval '{REOPENED_WITHIN_DAYS} days'))"
    ),
    "reopened": (
        "EXISTS (SELECT FROM case_events e WHERE e.case_id = c.id AND e.act = 'close' AND e.at >= :start"
        f" AND e.at < least(:end, :now - interval '{REOPENED_WITHIN_DAYS} days') AND {_REOPENED})"
    ),
}
#: count → what it adds up, where it is more than a number of cases
_SUMS: Mapping[str, str] = {
    "returns": "c.returns",
    "satisfied_points": (f"CASE {_SAID.format(what='satisfaction')} WHEN 'satisfied' THEN 1 ELSE {BASICALLY} END"),
}
#: count → condition over ``m``, a matter
MATTERS: Mapping[str, str] = {
    "raised_all": "m.raised_at >= :start AND m.raised_at < :end",
    "raised": "m.raised_at >= :start AND m.raised_at < least(:end, :now - interval '24 hours')",
    "answered_in_time": (
        "m.raised_at >= :start AND m.raised_at < least(:end, :now - interval '24 hours')"
        " AND m.answer IN ('on_the_spot', 'promised') AND m.answered_at <= m.raised_at + interval '24 hours'"
    ),
    "on_the_spot": "m.raised_at >= :start AND m.raised_at < :end AND m.answer = 'on_the_spot'",
}


def _place(edition_on: Any) -> str:
    """The unit a case counts for: that of its day, or the grid that held its point on another day."""
    if edition_on is None:
        return "JOIN units u ON u.id = coalesce(c.unit_id, c.handler_unit_id)"
    return (
        "JOIN (SELECT DISTINCT ON (o.id) o.id, g.code FROM boundaries b JOIN units g ON g.id = b.unit_id"
        " AND g.level = 'grid' JOIN cases o ON ST_Covers(b.geom, o.geom) WHERE b.valid @> CAST(:edition AS date)"
        " AND g.code >= :low AND g.code < :high ORDER BY o.id, g.code) u ON u.id = c.id"
    )


def counts(
    session: Session,
    scope: str,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    edition_on: Any = None,
    restricted: bool = False,
) -> dict[str, float]:
    """All counts over cases of a scope and period."""
    given = _given(scope, start, end, now, edition_on)
    columns = ", ".join(
        f"coalesce(sum({_SUMS[name]}) FILTER (WHERE {condition}), 0)::float AS {name}"
        if name in _SUMS
        else f"count(*) FILTER (WHERE {condition})::float AS {name}"
        for name, condition in CASES.items()
    )
    hidden = "" if restricted else "AND NOT c.restricted"
    row = session.execute(
        text(
            f"SELECT {columns} FROM cases c {_place(edition_on)} WHERE u.code >= :low AND u.code < :high {hidden}"
            " AND (c.reported_at < :end AND (c.closed_at IS NULL OR c.closed_at >= :start"
            " OR c.original_due_at >= :start OR c.reported_at >= :start OR c.reopenings > 0))"
        ),
        given,
    ).one()
    return dict(row._mapping)


def matter_counts(session: Session, scope: str, start: datetime, end: datetime, now: datetime) -> dict[str, float]:
    """All counts over matters of a scope's meetings."""
    columns = ", ".join(f"count(*) FILTER (WHERE {condition})::float AS {name}" for name, condition in MATTERS.items())
    row = session.execute(
        text(
            f"SELECT {columns} FROM matters m JOIN meetings t ON t.id = m.meeting_id JOIN units u ON u.id = t.unit_id"
            " WHERE u.code >= :low AND u.code < :high AND m.carried_from_id IS NULL"
        ),
        _given(scope, start, end, now, None),
    ).one()
    return dict(row._mapping)


def people_counts(session: Session, scope: str, day: Any) -> dict[str, float]:
    """Posts and members on a day."""
    low = prefix(scope)
    row = session.execute(
        text(
            """
            SELECT
              (SELECT count(*) FROM posts p JOIN units u ON u.id = p.unit_id WHERE u.code >= :low AND u.code < :high
               AND coalesce(p.opened_on <= :day, true) AND coalesce(p.closed_on > :day, true))::float AS posts,
              (SELECT count(*) FROM posts p JOIN units u ON u.id = p.unit_id WHERE u.code >= :low AND u.code < :high
               AND coalesce(p.opened_on <= :day, true) AND coalesce(p.closed_on > :day, true)
               AND EXISTS (SELECT FROM post_holders h WHERE h.post_id = p.id AND h.since <= :day
                           AND coalesce(h.until > :day, true)))::float AS posts_filled,
              (SELECT count(*) FROM members m JOIN organisations o ON o.id = m.organisation_id JOIN units u
               ON u.id = o.unit_id WHERE m.kind = 'in_service' AND u.code >= :low AND u.code < :high)::float
               AS expected_in,
              (SELECT count(*) FROM members m JOIN organisations o ON o.id = m.organisation_id JOIN units u
               ON u.id = o.unit_id WHERE m.kind = 'in_service' AND u.code >= :low AND u.code < :high
               AND m.reported_in_on <= :day)::float AS reported_in
            """
        ),
        {"low": low, "high": low + "~", "day": day},
    ).one()
    return dict(row._mapping)


def case_ids(
    session: Session,
    name: str,
    scope: str,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    edition_on: Any = None,
    restricted: bool = False,
) -> list[int]:
    """Numbers of the very cases that a count counts."""
    hidden = "" if restricted else "AND NOT c.restricted"
    return list(
        session.execute(
            text(
                f"SELECT c.id FROM cases c {_place(edition_on)} WHERE u.code >= :low AND u.code < :high {hidden}"
                f" AND {CASES[name]} ORDER BY c.id"
            ),
            _given(scope, start, end, now, edition_on),
        ).scalars()
    )


def stage_times(session: Session, scope: str, start: datetime, end: datetime) -> list[Any]:
    """Stage, n, median and 90th percentile in hours, of cases closed in a period: from event to event."""
    low = prefix(scope)
    return list(
        session.execute(
            text(
                """
                WITH moments AS (
                    SELECT e.case_id, min(e.at) FILTER (WHERE e.act = 'report') AS reported,
                           min(e.at) FILTER (WHERE e.act = 'dispatch') AS dispatched,
                           min(e.at) FILTER (WHERE e.act = 'sign') AS signed,
                           max(e.at) FILTER (WHERE e.act = 'settle') AS settled,
                           max(e.at) FILTER (WHERE e.act = 'close') AS closed
                    FROM case_events e JOIN cases c ON c.id = e.case_id
                    JOIN units u ON u.id = coalesce(c.unit_id, c.handler_unit_id)
                    WHERE c.closed_at >= :start AND c.closed_at < :end AND u.code >= :low AND u.code < :high
                      AND NOT c.restricted
                    GROUP BY e.case_id),
                spans AS (
                    SELECT s.stage, s.place, extract(epoch FROM s.until - s.since) / 3600 AS hours
                    FROM moments m CROSS JOIN LATERAL (VALUES
                        ('dispatch', 1, m.reported, m.dispatched), ('sign', 2, m.dispatched, m.signed),
                        ('handle', 3, m.signed, m.settled), ('check', 4, m.settled, m.closed),
                        ('total', 5, m.reported, m.closed)) AS s (stage, place, since, until)
                    WHERE s.since IS NOT NULL AND s.until IS NOT NULL)
                SELECT stage, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) AS median,
                       percentile_cont(0.9) WITHIN GROUP (ORDER BY hours) AS p90
                FROM spans GROUP BY stage, place ORDER BY place
                """
            ),
            {"low": low, "high": low + "~", "start": start, "end": end},
        )
    )


def unresolved(session: Session, scope: str, level: str, start: datetime, end: datetime) -> list[Any]:
    """Units of a level below a scope: code, name, cases reported in a period, and how many are not resolved."""
    low = prefix(scope)
    cut = {"town": "left(u.code, 9) || '000'", "community": "left(u.code, 12)", "grid": "u.code"}[level]
    return list(
        session.execute(
            text(
                f"""
                SELECT n.code, n.name, coalesce(f.cases, 0) AS cases, coalesce(f.open, 0) AS unresolved
                FROM units n LEFT JOIN (
                    SELECT {cut} AS code, count(*) AS cases, count(*) FILTER (WHERE c.closed_at IS NULL
                           AND c.status NOT IN ('not_filed', 'withdrawn')) AS open
                    FROM cases c JOIN units u ON u.id = c.unit_id
                    WHERE c.reported_at >= :start AND c.reported_at < :end AND c.status <> 'draft'
                      AND u.code >= :low AND u.code < :high AND NOT c.restricted GROUP BY 1) f ON f.code = n.code
                WHERE n.level = :level AND n.retired_on IS NULL AND n.code >= :low AND n.code < :high ORDER BY n.code
                """
            ),
            {"low": low, "high": low + "~", "level": level, "start": start, "end": end},
        )
    )


def _given(scope: str, start: datetime, end: datetime, now: datetime, edition_on: Any) -> dict[str, Any]:
    low = prefix(scope)
    given = {"low": low, "high": low + "~", "start": start, "end": end, "now": now}
    return given if edition_on is None else {**given, "edition": edition_on}
