"""Shapes of blind areas as GeoJSON, exact, with what the map needs to draw them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from flask import Response

from gridmap.domain.permissions import Actor
from gridmap.errors import NotFound
from gridmap.geometry.lenses.registry import LENSES
from gridmap.geometry.simplify import feature_collection, to_lonlat
from gridmap.services import coverage, units
from gridmap.web.api.shapes import JSON, NEAR_DIGITS
from gridmap.web.contexts import blindness_key
from gridmap.web.i18n import gettext

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.web.api.asked import Asked

#: a lens with more blind areas than this is drawn worst first up to here; the list holds the rest
DRAWN_MOST = 4000


def _srid(session: Session) -> int:
    county = units.county(session)
    if county is None:
        raise NotFound(what="county", key="")
    return county.srid


def blind_areas(session: Session, actor: Actor, wanted: Asked) -> Response:
    """Return the blind areas of the chosen lens, or of all "must" lenses, that have a shape."""
    rows: list[coverage.FindingRow] = []
    chosen = [wanted.lens] if wanted.lens else [lens.name for lens in LENSES.values() if lens.must]
    for lens in chosen if wanted.run_id is not None else ():
        rows += coverage.findings(
            session,
            actor,
            wanted.require_run(),
            unit=wanted.unit,
            lens=lens,
            compare_to=wanted.compare_id,
            limit=DRAWN_MOST,
            offset=0,
        )
    placed = [row for row in rows if row.geometry is not None]
    shapes = np.array([row.geometry for row in placed], dtype=object)
    lonlat = to_lonlat(shapes, _srid(session), digits=NEAR_DIGITS) if placed else shapes
    text = feature_collection(lonlat, [_properties(row) for row in placed])
    return Response(text, mimetype=JSON)


def _properties(row: coverage.FindingRow) -> dict[str, Any]:
    lens = LENSES[row.lens]
    return {
        "id": row.finding_id,
        "lens": row.lens,
        "title": gettext(lens.title),
        "blindness": blindness_key(lens.blindness),
        "severity": row.severity,
        "state": row.state,
        "households": row.households,
    }


def shape_of(session: Session, row: coverage.FindingRow) -> dict[str, Any] | None:
    """Return the shape of one blind area as GeoJSON, or None where it has no place."""
    if row.geometry is None:
        return None
    (lonlat,) = to_lonlat([row.geometry], _srid(session), digits=NEAR_DIGITS)
    shape: dict[str, Any] = json.loads(shapely.to_geojson(lonlat))
    return shape
