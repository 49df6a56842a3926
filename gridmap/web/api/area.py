"""The boundaries of an account's area as one GeoJSON document, kept until they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from flask import request

from gridmap import resources
from gridmap.domain.codes import level_of, prefix
from gridmap.domain.levels import Level
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import NotFound
from gridmap.geometry.simplify import feature_collection, label_points, simplify_coverage, to_lonlat
from gridmap.services import units
from gridmap.web.api.shapes import FAR_DIGITS, FAR_TOLERANCE_M, NEAR_DIGITS, Kept, Packed

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: member of the document → level whose boundaries it holds
MEMBERS = {"towns": Level.TOWN, "communities": Level.COMMUNITY, "grids": Level.GRID}

_kept = Kept()


def area(session: Session, actor: Actor) -> Packed:
    """Return the shapes of the unit asked for, or of the actor's whole area.

    Raises
    ------
    CodeInvalid, OutsideScope
    NotFound
        The database holds no county.
    """
    unit = request.args.get("unit") or actor.scope
    level_of(unit)
    actor.require(Permission.VIEW_COVERAGE, unit)
    county = units.county(session)
    if county is None:
        raise NotFound(what="county", key=unit)
    day = units.today(session)
    key = (county.code, units.boundaries_version(session), day, unit)

    def build() -> Packed:
        return Packed.of(_document(session, actor, unit, county))

    return _kept.get(key, build)


def _document(session: Session, actor: Actor, unit: str, county: units.CountyRow) -> str:
    far = level_of(unit) is Level.COUNTY
    day = units.today(session)
    members: list[str] = []
    bounds: list[float] = []
    for member, level in MEMBERS.items():
        frame = units.boundaries(session, actor, level.value, scope=unit, as_of=day)
        shapes = simplify_coverage(list(frame.geometry), FAR_TOLERANCE_M if far else 0)
        lonlat = to_lonlat(shapes, county.srid, digits=FAR_DIGITS if far else NEAR_DIGITS)
        if len(lonlat):
            bounds = [float(value) for value in shapely.total_bounds(lonlat)]
        members.append(f'"{member}":{feature_collection(lonlat, _properties(frame, level, lonlat))}')
    members.append(f'"bounds":{json.dumps(bounds)}')
    members.append(f'"ground":{_ground(unit) if far else "{}"}')
    return "{" + ",".join(members) + "}"


def _properties(frame: gpd.GeoDataFrame, level: Level, lonlat: object) -> list[dict[str, object]]:
    labels = shapely.get_coordinates(label_points(lonlat)).round(5).tolist() if len(frame) else []  # type: ignore[arg-type]
    return [
        {"code": code, "name": name, "level": level.value, "label": label}
        for code, name, label in zip(frame["code"], frame["name"], labels, strict=True)
    ]


def _ground(unit: str) -> str:
    """Rivers and roads of the demo county, for orientation; other counties have none yet."""
    if not prefix(unit).startswith(units.DEMO_PREFIX):
        return "{}"
    path = Path(resources.folder("geodata")) / "demo" / "lines.geojson"
    if not path.is_file():
        return "{}"
    by_kind: dict[str, list[object]] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        by_kind.setdefault(str(feature["properties"]["kind"]), []).append(feature)
    collections = {kind: {"type": "FeatureCollection", "features": found} for kind, found in by_kind.items()}
    return json.dumps(collections, separators=(",", ":"))
