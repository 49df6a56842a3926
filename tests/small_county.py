"""A county of four grids in a row, in a real database: everything in order but 200 m at its eastern end."""

from __future__ import annotations

from datetime import date

import shapely
from sqlalchemy.dialects.postgresql import Range

from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.models import (
    Assignment,
    Boundary,
    County,
    Edition,
    HouseholdCount,
    Organisation,
    Unit,
    Worker,
)

COUNTY, WEST, EAST = "990001000000", "990001001000", "990001002000"
TODAY, BEFORE = date(2026, 11, 1), date(2026, 10, 1)
X, Y = 500_000, 3_590_000


def square(x, y, wide, high=1000):
    return shapely.MultiPolygon([shapely.box(X + x, Y + y, X + x + wide, Y + y + high)])


#: code → (level, parent, geometry): two towns of one community, two grids each, 1 km squares in a row. In the east
#: town's second grid 200 m are missing, up to the county's edge.
UNITS = {
    COUNTY: ("county", None, square(0, 0, 4000)),
    WEST: ("town", COUNTY, square(0, 0, 2000)),
    EAST: ("town", COUNTY, square(2000, 0, 2000)),
    "990001001001": ("community", WEST, square(0, 0, 2000)),
    "990001002001": ("community", EAST, square(2000, 0, 2000)),
    "990001001001001": ("grid", "990001001001", square(0, 0, 1000)),
    "990001001001002": ("grid", "990001001001", square(1000, 0, 1000)),
    "990001002001001": ("grid", "990001002001", square(2000, 0, 1000)),
    "990001002001002": ("grid", "990001002001", square(3000, 0, 800)),
}
GRIDS = [code for code, (level, _, _) in UNITS.items() if level == "grid"]


def build(session):
    """Fill an empty database: everything in order but the missing 200 m (with 10 households on them)."""
    ids = dict(zip(UNITS, next_ids(session, Unit, len(UNITS)), strict=True))
    edition = next_ids(session, Edition, 1)[0]
    copy_rows(
        session,
        Unit,
        ["id", "code", "level", "parent_id", "name"],
        [(ids[code], code, level, ids.get(parent), f"N{code}") for code, (level, parent, _) in UNITS.items()],
    )
    copy_rows(session, Edition, ["id", "name", "adopted_on"], [(edition, "first", date(2020, 1, 1))])
    always = Range(date(2020, 1, 1), None)
    copy_rows(
        session,
        Boundary,
        ["unit_id", "edition_id", "valid", "geom"],
        [(ids[code], edition, always, shape) for code, (_, _, shape) in UNITS.items()],
    )
    organisations: dict[str, int] = {}
    for code, (level, parent, _) in UNITS.items():
        organisations[code] = next_ids(session, Organisation, 1)[0]
        copy_rows(
            session,
            Organisation,
            ["id", "code", "name", "level", "functional", "unit_id", "parent_id"],
            [(organisations[code], code, code, level, False, ids[code], organisations.get(parent))],
        )
    workers = next_ids(session, Worker, 2 * len(GRIDS))
    copy_rows(
        session,
        Worker,
        ["id", "label", "geom"],
        [(worker, f"W{worker}", UNITS[code][2].centroid) for worker, code in zip(workers, GRIDS * 2, strict=True)],
    )
    roles = ["worker"] * len(GRIDS) + ["head"] * len(GRIDS)
    copy_rows(
        session,
        Assignment,
        ["worker_id", "unit_id", "role", "valid"],
        [(worker, ids[code], role, always) for worker, code, role in zip(workers, GRIDS * 2, roles, strict=True)],
    )
    copy_rows(
        session,
        HouseholdCount,
        ["code", "households", "geom"],
        [(code, 300, UNITS[code][2].centroid) for code in GRIDS] + [("lost", 10, shapely.Point(X + 3900, Y + 500))],
    )
    session.add(County(unit_id=ids[COUNTY], srid=4549, pinned_today=TODAY))
    session.commit()
    return ids
