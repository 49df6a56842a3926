"""Which formats are read, and by what. An allow-list: a file is opened by the reader of its extension and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.errors import AxesSwapped, CrsUnusable, FileMissing, FileUnreadable, FormatUnknown
from gridmap.geometry.candidates import crs_missing
from gridmap.geometry.crs import bounds_of, contradiction, declare, declared, likely, swapped
from gridmap.importers import guards
from gridmap.importers.datums import known_datum
from gridmap.importers.defaults import without_placeholders
from gridmap.importers.readers import archive, delimited, geojson, geoparquet, ogr, shapefile, spreadsheet


@dataclass(frozen=True)
class Asked:
    """What the caller stated about a file."""

    encoding: str | None = None
    layer: str | None = None
    header_row: int | None = None


Reader = Callable[[Path, Asked], pd.DataFrame]


@dataclass(frozen=True)
class Format:
    """A file format: how people call it, its extensions, and the reader."""

    name: str
    extensions: tuple[str, ...]
    read: Reader


FORMATS: tuple[Format, ...] = (
    Format("GeoJSON", (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson"), lambda path, _: geojson.read(path)),
    Format("GeoPackage", (".gpkg",), lambda path, asked: ogr.read(path, layer=asked.layer)),
    Format("Shapefile", (".shp",), lambda path, asked: shapefile.read(path, encoding=asked.encoding)),
    Format("FlatGeobuf", (".fgb",), lambda path, asked: ogr.read(path, layer=asked.layer)),
    Format("KML", (".kml",), lambda path, asked: ogr.read(path, layer=asked.layer)),
    Format("GeoParquet", (".parquet", ".geoparquet"), lambda path, _: geoparquet.read(path)),
    Format(
        "CSV",
        (".csv", ".csv.gz", ".tsv"),
        lambda path, asked: delimited.read(path, encoding=asked.encoding, header_row=asked.header_row),
    ),
    Format(
        "Excel",
        (".xlsx", ".xlsm", ".xls"),
        lambda path, asked: spreadsheet.read(path, sheet=asked.layer, header_row=asked.header_row),
    ),
)


def read_frame(
    path: str | Path, *, crs: str | None = None, encoding: str | None = None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read a vector file, zipped or loose, into a frame with its coordinate system set.

    Parameters
    ----------
    crs
        What the coordinates are in, where the file does not say or says it wrong: an EPSG code, ``gcj02`` or
        ``bd09`` (converted to WGS 84). What is stated here wins over the file.
    encoding
        Of the text, where the file does not say or says it wrong.
    layer
        Which layer, where a file holds several.

    Returns
    -------
    One row per feature, in file order, 2-D geometry (None where there is none or it is broken; then
    :func:`~gridmap.importers.problems.problems_of` says why).

    Raises
    ------
    FileMissing, FileUnreadable, FormatUnknown, CrsMissing, CrsUnknown, CrsUnusable, GeometryUnusable, NothingToRead
    """
    return placed(path, read_table(path, encoding=encoding, layer=layer), crs)


def placed(path: str | Path, table: pd.DataFrame, crs: str | None = None) -> gpd.GeoDataFrame:
    """A table as :func:`read_table` gave it, with its coordinate system set; see :func:`read_frame`.

    Raises
    ------
    FileUnreadable, CrsMissing, CrsUnknown, CrsUnusable, AxesSwapped
    """
    system = declared(crs) if crs is not None else None
    if not isinstance(table, gpd.GeoDataFrame):
        names = ", ".join(map(str, table.columns))
        raise FileUnreadable(
            path=path, detail=f"it has neither a WKT column nor longitude and latitude. Columns: {names}."
        )
    frame = table
    if not frame.geometry.is_empty.all() and frame.geometry.has_z.any():
        frame.geometry = shapely.force_2d(frame.geometry.to_numpy())
    some = bool(shapely.is_geometry(frame.geometry.to_numpy()).any() and not frame.geometry.is_empty.all())
    if system is not None:
        if system.offset is not None and frame.crs is not None and not frame.crs.is_geographic:
            raise CrsUnusable(crs=system.offset.value, detail=f"{path} is in {frame.crs.name}, not in degrees.")
        frame = declare(frame, system)
    if frame.crs is None:
        raise crs_missing(path, frame)
    if some:
        box = bounds_of(frame)
        if swapped(box, frame.crs):
            named = frame.crs.to_authority()
            choice = f"{':'.join(named) if named else frame.crs.name}:yx"
            raise AxesSwapped(path=path, system=frame.crs.name, choice=choice)
        contrary = contradiction(box, frame.crs)
        if contrary is not None:
            advice = f"State --crs. Likely: {likely(box)}."
            raise CrsUnusable(crs=frame.crs.name, detail=f"{path} is said to be in it, but {contrary}. {advice}")
    return without_placeholders(known_datum(frame))


def read_table(
    path: str | Path,
    *,
    encoding: str | None = None,
    layer: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> pd.DataFrame:
    """Read any file of the list: a GeoDataFrame (its system perhaps unset), or a plain frame for a table of words.

    ``sheet`` is the layer of a workbook; ``header_row`` the row of a table that names its columns, from 1.

    Raises
    ------
    FileMissing, FileUnreadable, FormatUnknown, GeometryUnusable, NothingToRead
    """
    local = _local(path)
    asked = Asked(encoding=encoding, layer=sheet or layer, header_row=header_row)
    if (packing := local.suffix.lower()) in (".zip", ".kmz"):
        guards.check(local)
        with archive.unpacked(local, _extensions() if packing == ".zip" else (".kml",), layer) as inner:
            guards.check(inner)
            return _reader(inner).read(inner, asked)
    reader = _reader(local)
    guards.check(local)
    return reader.read(local, asked)


def _local(path: str | Path) -> Path:
    """Only files on this machine: no addresses, no GDAL file systems (/vsicurl/, /vsizip/ …), no connection strings."""
    text = str(path)
    if "://" in text or text.lower().startswith(("/vsi", "\\vsi")) or "\0" in text or "\n" in text:
        raise FileUnreadable(path=text, detail="only files on this machine are read.")
    local = Path(path)
    if not local.exists():
        raise FileMissing(path=text)
    if not local.is_file():
        raise FormatUnknown(path=text, formats=_names())
    return local


def _reader(path: Path) -> Format:
    name = path.name.lower()
    for one in FORMATS:
        if name.endswith(one.extensions):
            return one
    raise FormatUnknown(path=path, formats=_names())


def _extensions() -> tuple[str, ...]:
    return tuple(extension for one in FORMATS for extension in one.extensions)


def _names() -> str:
    return (
        ", ".join(f"{one.name} ({', '.join(one.extensions)})" for one in FORMATS)
        + ", the same inside a .zip, and KMZ (.kmz)"
    )
