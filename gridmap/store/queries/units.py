"""Units of the tree and their boundaries. Plain rows and frames; scope is the caller's business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import geopandas as gpd
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.store.queries.frames import geoframe


class UnitRow(NamedTuple):
    """A unit as it is shown: code, name, level, code of its parent or none, urban or not."""

    code: str
    name: str
    level: str
    parent: str | None
    urban: bool


class CountyRow(NamedTuple):
    """The county of this database."""

    code: str
    name: str
    srid: int
    pinned_today: date | None
    demo_version: str | None


_COLUMNS = "u.code, u.name, u.level, p.code AS parent, u.urban"
_FROM = "FROM units u LEFT JOIN units p ON p.id = u.parent_id"
_ALIVE = "u.retired_on IS NULL"
#: order of levels in lists: from the county down
_LEVEL_ORDER = "array_position(ARRAY['county','town','community','grid','compound','courtyard'], u.level)"


def _rows(session: Session, statement: str, **given: object) -> list[UnitRow]:
    return [UnitRow(*row) for row in session.execute(text(statement), given)]


def find(session: Session, code: str) -> UnitRow | None:
    """The unit with a code, or None."""
    found = _rows(session, f"SELECT {_COLUMNS} {_FROM} WHERE u.code = :code", code=code)
    return found[0] if found else None


def by_codes(session: Session, codes: Iterable[str]) -> list[UnitRow]:
    """The units with these codes, in the order of their codes; unknown codes are left out."""
    wanted = sorted(set(codes))
    return _rows(session, f"SELECT {_COLUMNS} {_FROM} WHERE u.code = ANY(:codes) ORDER BY u.code", codes=wanted)


def children(session: Session, code: str) -> list[UnitRow]:
    """The living units directly below one, in the order of their codes."""
    return _rows(session, f"SELECT {_COLUMNS} {_FROM} WHERE p.code = :code AND {_ALIVE} ORDER BY u.code", code=code)


def search(session: Session, words: str, *, scope: str, limit: int) -> list[UnitRow]:
    """Living units inside ``scope`` whose name holds ``words``, or whose code or pinyin initials begin with them."""
    plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    low = prefix(scope)
    return _rows(
        session,
        f"""
        SELECT {_COLUMNS} {_FROM}
        WHERE {_ALIVE} AND u.code >= :low AND u.code < :high
          AND (u.name ILIKE :inside OR u.code LIKE :start OR u.pinyin LIKE lower(:start))
        ORDER BY u.code = :words DESC, u.name = :words DESC, u.name ILIKE :start DESC, {_LEVEL_ORDER}, u.code
        LIMIT :limit
        """,
        low=low,
        high=low + "~",
        inside=f"%{plain}%",
        start=f"{plain}%",
        words=words,
        limit=limit,
    )


def county(session: Session) -> CountyRow | None:
    """The county of this database, or None while it is empty."""
    row = session.execute(
        text(
            "SELECT u.code, u.name, c.srid, c.pinned_today, c.demo_version"
            " FROM county c JOIN units u ON u.id = c.unit_id"
        )
    ).one_or_none()
    return None if row is None else CountyRow(*row)


def boundaries_frame(session: Session, level: str, *, scope: str, as_of: date) -> gpd.GeoDataFrame:
    """Boundaries of a level that hold on a day: code, name, parent, urban, geometry (working system)."""
    low = prefix(scope)
    return geoframe(
        session,
        f"""
        SELECT u.code, u.name, p.code AS parent, u.urban, ST_AsBinary(b.geom) AS geometry
        {_FROM} JOIN boundaries b ON b.unit_id = u.id AND b.valid @> CAST(:as_of AS date)
        WHERE u.level = :level AND (u.code >= :low AND u.code < :high)
          AND (u.retired_on IS NULL OR u.retired_on > :as_of)
        ORDER BY u.code
        """,
        {"level": level, "low": low, "high": low + "~", "as_of": as_of},
    )


def boundaries_version(session: Session) -> str:
    """A word that changes whenever boundaries or units do: for caches and ETags."""
    row = session.execute(
        text(
            "SELECT coalesce(max(b.id), 0), count(*), (SELECT coalesce(max(id), 0) FROM units),"
            " (SELECT coalesce(max(xmin::text::bigint), 0) FROM units) FROM boundaries b"
        )
    ).one()
    return "-".join(str(part) for part in row)
