"""Rows with sensible relations, for tests on a real database."""

from __future__ import annotations

from datetime import date

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.domain.codes import level_of, parent
from gridmap.store.models import Boundary, County, Edition, Unit

SRID = 4549
ORIGIN = (500_000.0, 3_590_000.0)


def square(x: float, y: float, side: float = 1000.0) -> shapely.Polygon:
    """A square in the working system, offset from the demo county's middle."""
    left, low = ORIGIN[0] + x, ORIGIN[1] + y
    return shapely.box(left, low, left + side, low + side)


def make_unit(session: Session, code: str, *, name: str = "", **given: object) -> Unit:
    """A unit with all its ancestors; one that stands is returned."""
    found = session.query(Unit).filter_by(code=code).one_or_none()
    if found is not None:
        return found
    above = parent(code)
    holder = make_unit(session, above) if above else None
    unit = Unit(
        code=code,
        level=level_of(code).value,
        name=name or f"unit {code}",
        parent_id=holder.id if holder else None,
        **given,
    )
    session.add(unit)
    session.flush()
    if holder is None:
        session.add(County(unit_id=unit.id, srid=SRID))
        session.flush()
    return unit


def make_edition(session: Session, name: str = "2026") -> Edition:
    found = session.query(Edition).filter_by(name=name).one_or_none()
    if found is None:
        found = Edition(name=name, adopted_on=date(2026, 1, 1))
        session.add(found)
        session.flush()
    return found


def make_boundary(
    session: Session,
    unit: Unit,
    shape: shapely.Geometry,
    *,
    since: date = date(2026, 1, 1),
    until: date | None = None,
    srid: int = SRID,
) -> Boundary:
    whole = shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape
    boundary = Boundary(
        unit_id=unit.id,
        edition_id=make_edition(session).id,
        valid=Range(since, until, bounds="[)"),
        geom=from_shape(whole, srid=srid),
    )
    session.add(boundary)
    session.flush()
    return boundary
