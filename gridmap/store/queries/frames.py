"""Query results as frames, geometry as shapely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session


def frame(session: Session, statement: str, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Run a SELECT; one column per output column, in order."""
    result = session.execute(text(statement), dict(params or {}))
    # plain tuples: pandas asks every Row whether it is a dataclass, which takes longer than the query
    return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))


def geoframe(session: Session, statement: str, params: Mapping[str, Any] | None = None) -> gpd.GeoDataFrame:
    """Run a SELECT whose column ``geometry`` is ``ST_AsBinary(…)``, in the working system."""
    plain = frame(session, statement, params)
    shapes = shapely.from_wkb(np.array([None if g is None else bytes(g) for g in plain["geometry"]], dtype=object))
    return gpd.GeoDataFrame(plain.drop(columns="geometry"), geometry=shapes, crs=working_srid(session))


def working_srid(session: Session) -> int:
    """EPSG number of the database's working system."""
    known = session.info.get("srid")
    if known is None:  # it never changes in the life of a database, and is asked for often
        known = session.info["srid"] = int(session.execute(text("SELECT gridmap_srid()")).scalar_one())
    return int(known)
