"""How much of everything the county holds on a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

TOTALS = """
SELECT (SELECT count(*) FROM units WHERE level = 'town') AS towns,
       (SELECT count(*) FROM units WHERE level = 'community') AS communities,
       (SELECT count(*) FROM units WHERE level = 'community' AND urban) AS urban_communities,
       (SELECT count(*) FROM units WHERE level = 'grid') AS grids,
       (SELECT count(*) FROM units WHERE level = 'compound') AS compounds,
       (SELECT count(*) FROM units WHERE level = 'courtyard') AS courtyards,
       (SELECT count(*) FROM organisations WHERE functional) AS functional_branches,
       (SELECT count(*) FROM members WHERE kind = 'in_service') AS members,
       (SELECT count(DISTINCT worker_id) FROM assignments
        WHERE role = 'worker' AND valid @> CAST(:as_of AS date)) AS workers,
       (SELECT count(*) FROM household_counts) AS places,
       (SELECT coalesce(sum(households), 0) FROM household_counts) AS households,
       (SELECT count(*) FROM cases) AS cases,
       (SELECT count(*) FROM meetings) AS meetings
"""


def totals(session: Session, as_of: date) -> dict[str, int]:
    """Numbers of units by level, people, places, cases and meetings; workers are those serving on the day."""
    row = session.execute(text(TOTALS), {"as_of": as_of}).mappings().one()
    return {name: int(value) for name, value in row.items()}
