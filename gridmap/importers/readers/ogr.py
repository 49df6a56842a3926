"""Formats that GDAL reads for us (GeoPackage, FlatGeobuf, KML), after a look at the first bytes.

GDAL chooses its driver by content, so a file that only claims to be one of these could be a VRT that opens other
files or the network: each format's own first bytes are demanded before GDAL sees it.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from gridmap.domain.messages import Message
from gridmap.errors import FileUnreadable, NothingToRead
from gridmap.importers.problems import Problem, with_problems

_FIRST_BYTES = {
    ".gpkg": re.compile(rb"SQLite format 3\0"),
    ".fgb": re.compile(rb"fgb\x03fgb"),
    ".kml": re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*<(\w+:)?kml[\s>]", re.DOTALL),
    ".shp": re.compile(rb"\x00\x00\x27\x0a"),
}


def read(path: Path, *, layer: str | None = None, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer; a geometry that cannot be built becomes None and a problem of its row.

    Raises
    ------
    FileUnreadable, NothingToRead
    """
    _look(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chosen = layer if path.suffix.lower() == ".shp" else _layer(path, layer)
            frame = pyogrio.read_dataframe(
                path, layer=None if path.suffix.lower() == ".shp" else chosen, encoding=encoding, on_invalid="ignore"
            )
            if not isinstance(frame, gpd.GeoDataFrame):
                raise NothingToRead(path=path, what="geometry")
            if frame.geometry.isna().any():
                _broken(path, chosen, frame)
    except (DataSourceError, DataLayerError, FieldError, GeometryError, ValueError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path, detail=f"{error}".splitlines()[0]) from error
    return frame


def _look(path: Path) -> None:
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        first = file.read(4096)
        if suffix == ".kml":
            # entities can name other files or swell without bound; KML needs none of its own
            head = first + file.read()
            if re.search(rb"<!(DOCTYPE|ENTITY)", head):
                raise FileUnreadable(path=path, detail="it declares XML entities, which could name other files.")
    if not _FIRST_BYTES[suffix].match(first):
        raise FileUnreadable(path=path, detail=f"its content is not what {suffix} files begin with.")


def _layer(path: Path, asked: str | None) -> str:
    """The layer asked for, or the only one with geometry, or the only one with polygons."""
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    if asked is not None:
        if asked not in [name for name, _ in layers]:
            raise FileUnreadable(
                path=path, detail=f"it has no layer {asked!r}; its layers: {', '.join(n for n, _ in layers)}."
            )
        return asked
    drawn = [(name, str(kind)) for name, kind in layers if kind is not None]
    polygons = [name for name, kind in drawn if "Polygon" in kind or "Surface" in kind]
    if len(drawn) == 1:
        return drawn[0][0]
    if len(polygons) == 1:
        return polygons[0]
    if not drawn:
        raise NothingToRead(path=path, what="geometry")
    raise FileUnreadable(
        path=path, detail=f"it holds several layers; say which as layer: {', '.join(n for n, _ in drawn)}."
    )


def _broken(path: Path, layer: str | None, frame: gpd.GeoDataFrame) -> None:
    """Tell broken geometry from absent one; close rings that only lack their last point."""
    _, _, raw, _ = pyogrio.raw.read(path, layer=None if path.suffix.lower() == ".shp" else layer, columns=[])
    absent = pd.isna(raw)
    geometry = frame.geometry.to_numpy()
    problems: list[Problem] = []
    for row in np.flatnonzero(shapely.is_missing(geometry) & ~absent):
        fixed = shapely.from_wkb(raw[row], on_invalid="fix")
        if fixed is not None:
            geometry[row] = fixed
        problems.append(
            Problem(
                row=int(row) + 1,
                column="geometry",
                value="",
                expected=Message("closed rings of at least four points"),
                fix=Message("Draw the shape again, or remove the row.")
                if fixed is None
                else Message("The open ring was closed."),
                repaired=fixed is not None,
            )
        )
    frame.geometry = gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)
    with_problems(frame, problems)
