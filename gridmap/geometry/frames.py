"""The column contract of each frame the engine takes. Geometry is in the working system, metres, x east y north.

Frames come from the store (``store.queries.coverage``) or from the demo generator; both keep to this table and
:func:`check_frame` refuses others, so that a lens never meets a missing column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from gridmap.errors import BadInput

#: Required columns by frame. Dates are ``datetime64`` (naive, local days) and may be NaT where marked "or none".
COLUMNS: dict[str, tuple[str, ...]] = {
    # one row per unit alive on the day; geometry Polygon/MultiPolygon or none;
    # boundary_from: first day of its present boundary, or none; changed_on: latest change of the unit itself
    # (merged, split, renamed) in the code list, or none; in_code_list: still on the national list.
    "units": (
        "code",
        "name",
        "level",
        "parent",
        "urban",
        "boundary_from",
        "changed_on",
        "in_code_list",
        "geometry",
    ),
    # one row per assignment that holds on the day; role worker|head; geometry: work base point or none
    "workers": ("worker_id", "unit", "role", "geometry"),
    # organisation_id, unit code, level as in domain.levels (the level it stands on), parent organisation or none
    "organisations": ("organisation_id", "unit", "level", "parent_id", "functional"),
    # kind in_service|local|mobile; compound: code of the unit where they report in, or none
    "members": ("member_id", "organisation_id", "kind", "compound", "skills"),
    # one row per post; unit code; skill wanted; holders: confirmed holders today
    "posts": ("post_id", "unit", "skill", "holders"),
    "service_points": ("service_point_id", "unit", "geometry"),
    # a number of households at a place: never a person
    "households": ("place_id", "households", "compound", "geometry"),
    # unit: grid code of the day or none; times are UTC datetime64 or NaT; is_open: not closed, archived, withdrawn
    "cases": ("case_id", "unit", "kind", "is_open", "reported_at", "due_at", "closed_at", "geometry"),
    # unit: the courtyard, compound or community that met
    "meetings": ("meeting_id", "unit", "held_on"),
}


@dataclass(frozen=True)
class CoverageInputs:
    """Everything a coverage run looks at, as of one day. ``crs`` of every geometry is the working system."""

    as_of: date
    units: gpd.GeoDataFrame
    workers: gpd.GeoDataFrame
    organisations: pd.DataFrame
    members: pd.DataFrame
    posts: pd.DataFrame
    service_points: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    cases: gpd.GeoDataFrame
    meetings: pd.DataFrame

    def __post_init__(self) -> None:
        for name in COLUMNS:
            check_frame(name, getattr(self, name))


def check_frame(name: str, frame: pd.DataFrame) -> None:
    """Raise :class:`~gridmap.errors.BadInput` naming the columns that a frame lacks."""
    missing = [column for column in COLUMNS[name] if column not in frame.columns]
    if missing:
        raise BadInput(detail=f"the frame {name} lacks the columns {', '.join(missing)}")
