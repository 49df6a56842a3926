"""The grid worker's phone: where am I, and what it needs to keep for the time without a signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely

from gridmap.domain.codes import contains, level_of
from gridmap.domain.levels import Level
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import NotFound
from gridmap.services import units
from gridmap.services.cases.moment import inward, now, outward
from gridmap.services.cases.reading import cases
from gridmap.services.cases.records import CaseRow, Filter, Place
from gridmap.store.database import Session
from gridmap.store.models import CaseKind
from gridmap.store.queries import desks
from gridmap.store.queries import places as queries
from gridmap.store.queries.units import boundaries_frame

#: So near to a border (metres) that a phone cannot tell on which side one stands.
BORDER_M = 15.0
#: Grids within this many metres are named as being next door.
NEXT_DOOR_M = 200.0
#: Cases kept on a phone.
MOST_CASES = 300


@dataclass(frozen=True)
class Near:
    code: str
    name: str
    distance_m: float


@dataclass(frozen=True)
class Staff:
    label: str
    role: str


@dataclass(frozen=True)
class Here:
    """What lies at a place: codes and names by level, who serves the grid, and grids nearby.

    ``grid`` is None on ground that no grid covers; ``on_border``: within a phone's error of the next grid.
    """

    grid: str | None
    grid_name: str
    units: dict[str, tuple[str, str]]
    staff: tuple[Staff, ...]
    on_border: bool
    nearest: tuple[Near, ...]


@dataclass(frozen=True)
class Bundle:
    """What a phone keeps: outlines (GeoJSON in EPSG:4326), kinds, own cases, and the moment it was made."""

    scope: str
    name: str
    outlines: dict[str, Any]
    compounds: tuple[tuple[str, str, float, float], ...]
    kinds: tuple[tuple[str, str, str], ...]
    cases: tuple[CaseRow, ...]
    staff: tuple[Staff, ...]
    made_at: str


def where_am_i(session: Session, actor: Actor, place: Place) -> Here:
    """The grid a place falls in, what is above it, who serves it, and what is next door.

    Raises
    ------
    PermissionMissing, BadInput
    """
    actor.require(Permission.VIEW_CASES)
    day = units.today(session)
    x, y = inward(session, place)
    found = queries.units_at(session, x, y, day)
    named: dict[str, tuple[str, str]] = {}
    for row in found:
        named.setdefault(row.level, (row.code, row.name))
    grid = next((row for row in found if row.level == Level.GRID), None)
    # on a grid only what is next door matters; the search for the nearest is for ground that nobody has
    around = queries.nearest_grids(session, x, y, day, limit=4, within=NEXT_DOOR_M if grid is not None else None)
    near = [Near(row.code, row.name, round(row.metres, 1)) for row in around]
    others = tuple(each for each in near if grid is None or each.code != grid.code)
    return Here(
        grid=grid.code if grid else None,
        grid_name=grid.name if grid else "",
        units=named,
        staff=tuple(Staff(*row) for row in queries.staff_of(session, grid.code, day)) if grid else (),
        on_border=grid is not None and any(each.distance_m <= BORDER_M for each in others),
        nearest=others[:3],
    )


def bundle(session: Session, actor: Actor) -> Bundle:
    """Everything a worker's phone needs without a signal: nothing of other areas, no contacts.

    Raises
    ------
    PermissionMissing, NotFound
    """
    actor.require(Permission.HANDLE_CASES)
    home = units.find(session, actor, actor.scope)
    if home is None:
        raise NotFound(what="unit", key=actor.scope)
    day = units.today(session)
    # the grid with its neighbours of the same community, so that one sees what is next door
    around = actor.scope[:12] if level_of(actor.scope) is Level.GRID else actor.scope
    grids = boundaries_frame(session, "grid", scope=around, as_of=day)
    features = [
        {
            "type": "Feature",
            "properties": {"code": row.code, "name": row.name, "own": contains(actor.scope, str(row.code))},
            "geometry": _degrees(session, row.geometry),
        }
        for row in grids.itertuples()
    ]
    named = queries.compounds_in(session, around, day)
    middles = outward(session, [row.x for row in named], [row.y for row in named])
    mine = cases(session, actor, Filter(mine=True, open_only=True, limit=MOST_CASES)).rows
    kinds: list[CaseKind] = desks.kinds(session)
    return Bundle(
        scope=actor.scope,
        name=home.name,
        outlines={"type": "FeatureCollection", "features": features},
        compounds=tuple(
            (row.code, row.name, *place) for row, place in zip(named, middles, strict=True) if place is not None
        ),
        kinds=tuple((kind.code, kind.name_zh, kind.name_en) for kind in kinds),
        cases=mine,
        staff=tuple(Staff(*row) for row in queries.staff_of(session, actor.scope, day)),
        made_at=now(session).isoformat(),
    )


def _degrees(session: Session, shape: Any) -> dict[str, Any]:
    points = shapely.get_coordinates(shape)
    degrees = outward(session, points[:, 0].tolist(), points[:, 1].tolist())
    moved = shapely.set_coordinates(shapely.force_2d(shape), [each for each in degrees if each is not None])
    document: dict[str, Any] = dict(moved.__geo_interface__)
    return document
