"""What time it is, where things are, and the calendar: what every verb of cases begins with."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache

from pyproj import CRS, Transformer

from gridmap.domain.clock import LOCAL, Calendar
from gridmap.domain.messages import Message
from gridmap.errors import BadInput
from gridmap.geometry.crs import transformer
from gridmap.services import units
from gridmap.services.cases.records import Place
from gridmap.store.database import Session
from gridmap.store.queries import cases as queries
from gridmap.store.queries.frames import working_srid


def now(session: Session) -> datetime:
    """This moment, in UTC. In a demo that stands still on a day: that day at this time of day."""
    present = datetime.now(UTC)
    county = units.county(session)
    if county is None or county.pinned_today is None:
        return present
    return datetime.combine(county.pinned_today, present.astimezone(LOCAL).time(), tzinfo=LOCAL).astimezone(UTC)


def calendar(session: Session, at: datetime) -> Calendar:
    """The county's calendar with the office hours that hold at a moment."""
    days, hours = queries.calendar_rows(session)
    exceptions = dict(days)
    held = [spans for since, spans in hours if since <= at.astimezone(LOCAL).date()]
    if not held:
        return Calendar(exceptions)
    return Calendar(exceptions, tuple((_clock(first), _clock(last)) for first, last in held[-1]))


def _clock(words: str) -> time:
    return time.fromisoformat(words)


@cache
def _inwards(srid: int) -> Transformer:
    return transformer(CRS.from_epsg(4326), CRS.from_epsg(srid))


@cache
def _outwards(srid: int) -> Transformer:
    return transformer(CRS.from_epsg(srid), CRS.from_epsg(4326))


def inward(session: Session, place: Place) -> tuple[float, float]:
    """A place in the working system, in metres on the millimetre grid.

    Raises
    ------
    BadInput
        It lies so far away that the working system has no coordinates for it.
    """
    x, y = _inwards(working_srid(session)).transform(place.lon, place.lat)
    if not (abs(x) < 1e8 and abs(y) < 1e8):
        raise BadInput(detail=Message("This place lies outside the county's coordinate system."))
    return round(x, 3), round(y, 3)


def outward(session: Session, xs: list[float | None], ys: list[float | None]) -> list[tuple[float, float] | None]:
    """Points of the working system as longitude and latitude; None stays None."""
    kept = [(x, y) for x, y in zip(xs, ys, strict=True) if x is not None and y is not None]
    if not kept:
        return [None] * len(xs)
    lons, lats = _outwards(working_srid(session)).transform([x for x, _ in kept], [y for _, y in kept])
    degrees = iter([(round(lon, 7), round(lat, 7)) for lon, lat in zip(lons, lats, strict=True)])
    return [None if x is None or y is None else next(degrees) for x, y in zip(xs, ys, strict=True)]
