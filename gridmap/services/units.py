"""Looking up units: one, its trail, its children, by words. Scope is enforced here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd

from gridmap.domain.codes import contains, parent
from gridmap.domain.permissions import Actor, Permission
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.queries import units as queries
from gridmap.store.queries.units import CountyRow, UnitRow

LOCAL = ZoneInfo("Asia/Shanghai")

#: Codes of the invented demo county begin with this; no county of the national list does.
DEMO_PREFIX = "99"

__all__ = [
    "DEMO_PREFIX",
    "CountyRow",
    "UnitRow",
    "boundaries",
    "boundaries_version",
    "children",
    "county",
    "find",
    "names",
    "search",
    "today",
    "trail",
]


def today(session: Session) -> date:
    """The present day in the county's time zone; for the demo, the day on which it stands still."""
    row = queries.county(session)
    if row is not None and row.pinned_today is not None:
        return row.pinned_today
    return datetime.now(LOCAL).date()


def county(session: Session) -> CountyRow | None:
    """The county of this database, or None while it is empty."""
    return queries.county(session)


def find(session: Session, actor: Actor, code: str) -> UnitRow | None:
    """The unit with a code inside the actor's scope, or None where there is no such unit.

    Raises
    ------
    OutsideScope
    """
    actor.require(Permission.VIEW_COVERAGE, code)
    return queries.find(session, code) if is_storable(code) else None


def trail(session: Session, actor: Actor, code: str) -> list[UnitRow]:
    """From the actor's own unit down to the one with ``code``; empty where there is none.

    Raises
    ------
    OutsideScope
    """
    actor.require(Permission.VIEW_COVERAGE, code)
    chain = [code]
    while (above := parent(chain[-1])) is not None and contains(actor.scope, above):
        chain.append(above)
    found = {row.code: row for row in queries.by_codes(session, chain)}
    return [found[each] for each in reversed(chain) if each in found] if code in found else []


def children(session: Session, actor: Actor, code: str) -> list[UnitRow]:
    """The living units directly below one.

    Raises
    ------
    OutsideScope
    """
    actor.require(Permission.VIEW_COVERAGE, code)
    return queries.children(session, code) if is_storable(code) else []


def search(session: Session, actor: Actor, words: str, *, limit: int = 12) -> list[UnitRow]:
    """Units of the actor's scope by a part of the name, the beginning of the code, or pinyin initials."""
    actor.require(Permission.VIEW_COVERAGE)
    wanted = words.strip()
    if not wanted or not is_storable(wanted):
        return []
    return queries.search(session, wanted, scope=actor.scope, limit=limit)


def names(session: Session, actor: Actor, codes: Iterable[str]) -> dict[str, UnitRow]:
    """Units by code, for showing the names of what a finding concerns.

    A blind area on the edge of the scope may concern a neighbour outside: its name is no secret.
    """
    actor.require(Permission.VIEW_COVERAGE)
    return {row.code: row for row in queries.by_codes(session, codes)}


def boundaries(session: Session, actor: Actor, level: str, *, scope: str, as_of: date) -> gpd.GeoDataFrame:
    """Boundaries of a level inside ``scope`` on a day: code, name, parent, urban, geometry in the working system.

    Raises
    ------
    OutsideScope
    """
    actor.require(Permission.VIEW_COVERAGE, scope)
    return queries.boundaries_frame(session, level, scope=scope, as_of=as_of)


def boundaries_version(session: Session) -> str:
    """A word that changes whenever boundaries or units do."""
    return queries.boundaries_version(session)
