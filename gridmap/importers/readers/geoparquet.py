"""GeoParquet: shapes where the file declares them; a Parquet file without is a plain table."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj.exceptions import CRSError

from gridmap.errors import FileUnreadable, NothingToRead


def read(path: Path) -> pd.DataFrame:
    """Read a Parquet file: a GeoDataFrame where it carries the metadata of GeoParquet, else a frame of its columns.

    A GeoParquet file that names no system is in WGS 84 by its standard; one that says ``null`` has none.

    Raises
    ------
    FileUnreadable, NothingToRead
    """
    try:
        about = pq.read_schema(path).metadata or {}
        if b"geo" not in about:
            return _some(path, pq.read_table(path).to_pandas())
        json.loads(about[b"geo"])
        frame = gpd.read_parquet(path)
        if frame.crs is not None and frame.crs.to_authority() == ("OGC", "CRS84"):
            frame = frame.set_crs(4326, allow_override=True)
    except (pa.ArrowException, CRSError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileUnreadable(path=path, detail=f"it is no sound GeoParquet ({_first(error)}).") from error
    except (NotImplementedError, shapely.errors.ShapelyError) as error:
        raise FileUnreadable(path=path, detail=f"its shapes cannot be read ({_first(error)}).") from error
    return _some(path, frame.reset_index(drop=True))


def _some(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        raise NothingToRead(path=path, what="rows")
    return frame


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
