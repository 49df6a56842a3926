"""Before a file is read: does its own head promise more than we take, or reach outside it? After: what did it hold?"""

from __future__ import annotations

import gzip
import lzma
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.domain.messages import Message
from gridmap.errors import FileHostile, FileUnreadable
from gridmap.importers.limits import Limits, current, too_hard
from gridmap.importers.problems import Problem, with_problems

#: Contents smaller than this may be packed as tightly as they like: no harm in ten megabytes.
SMALL_BYTES = 10_000_000

#: XML of our formats declares no entities; one that does could name other files, or swell without bound.
ENTITIES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)

#: First byte of a dbf: dBASE III to 7, FoxPro, with and without memo fields.
DBF_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0x8C, 0xF5, 0xFB})

_PIECE = 1 << 20

#: What zipfile raises on broken archives: offsets before the beginning are an OSError, odd dates a ValueError.
DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError,
    zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip


def check(path: Path, limits: Limits | None = None) -> None:
    """Look at a file before its reader does.

    Raises
    ------
    FileHostile, FileTooHard, FileUnreadable
    """
    name = path.name.lower()
    for extensions, look in _LOOKS.items():
        if name.endswith(extensions):
            look(path, limits or current())


def measured(path: Path | str, frame: pd.DataFrame, limits: Limits | None = None) -> pd.DataFrame:
    """Hold a frame to the limits; a single outline with too many coordinates becomes None and a problem of its row.

    Raises
    ------
    FileTooHard
    """
    bounds = limits or current()
    if len(frame) > bounds.rows:
        raise too_hard(path, "rows", bounds)
    if len(frame.columns) > bounds.columns:
        raise too_hard(path, "columns", bounds)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    shapes = np.asarray(frame.geometry, dtype=object)
    counts = shapely.get_num_coordinates(shapes)
    if int(counts.sum()) > bounds.coordinates:
        raise too_hard(path, "coordinates", bounds)
    large = np.flatnonzero(counts > bounds.shape_coordinates)
    if len(large):
        shapes = shapes.copy()
        shapes[large] = None
        attrs = dict(frame.attrs)
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
        frame.attrs.update(attrs)
        with_problems(
            frame,
            [
                Problem(
                    int(at) + 1,
                    "geometry",
                    f"{counts[at]:,}",
                    Message("an outline of at most {count:,} points", {"count": bounds.shape_coordinates}),
                    Message("Simplify the outline."),
                )
                for at in large
            ],
        )
    return frame


def packed_size(path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse an archive whose list of contents promises too much, or whose contents share the same bytes.

    Raises
    ------
    FileTooHard, FileHostile
    """
    members = archive.infolist()
    if len(members) > limits.members:
        raise too_hard(path, "members", limits)
    whole = sum(member.file_size for member in members)
    if whole > limits.unpacked_bytes:
        raise too_hard(path, "unpacked_bytes", limits)
    if whole > SMALL_BYTES and whole > limits.ratio * max(path.stat().st_size, 1):
        raise too_hard(path, "ratio", limits)
    end = -1
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise FileHostile(path=str(path), reason=Message("files in the archive overlap each other."))
        end = member.header_offset + 30 + member.compress_size  # a local head has thirty bytes and a name


def _zip(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            packed_size(path, archive, limits)
    except DAMAGED as error:
        raise FileUnreadable(path=path, detail=f"the archive is damaged or encrypted ({error}).") from error


def _workbook(path: Path, limits: Limits) -> None:
    """An xlsx is an archive of XML; an old xls is none and has no packing to swell."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    _zip(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(member) as inner:
                        _no_entities(path, inner.read(65536))
                if member.file_size != _true_size(archive, member, limits):
                    raise FileHostile(path=str(path), reason=Message("a file in the archive is larger than it says."))
    except DAMAGED as error:
        raise FileUnreadable(path=path, detail=f"the archive is damaged or encrypted ({error}).") from error


def _true_size(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> int:
    size = 0
    with archive.open(member) as inner:
        while size <= limits.unpacked_bytes and (piece := inner.read(_PIECE)):
            size += len(piece)
    return size


def _no_entities(path: Path, head: bytes) -> None:
    if ENTITIES.search(head) or ENTITIES.search(head.replace(b"\0", b"")):
        raise FileHostile(path=str(path), reason=Message("it declares XML entities, which could name other files."))


def _kml(path: Path, _limits: Limits) -> None:
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(_PIECE):
            text = (tail + piece).replace(b"\0", b"")
            _no_entities(path, text)
            if re.search(rb"<(\w+:)?NetworkLink[\s>]", text):
                raise FileHostile(path=str(path), reason=Message("it links to another file instead of holding shapes."))
            tail = piece[-64:]


def _geopackage(path: Path, _limits: Limits) -> None:
    """Tables and spatial indexes only: no views that compute, no virtual tables that read elsewhere."""
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(b"SQLite format 3\0"):
        return  # the reader says so itself
    try:
        # immutable: no journal is looked for beside the file, and none is made there
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with sqlite3.connect(address, uri=True) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            found = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            layers = {name.lower() for (name,) in database.execute("SELECT table_name FROM gpkg_contents").fetchall()}
        database.close()
    except (sqlite3.Error, UnicodeDecodeError, AttributeError) as error:
        raise FileUnreadable(path=path, detail=f"it is no sound GeoPackage ({error}).") from error
    for kind, name, statement in found:
        text = str(statement or "")
        if kind == "view" and str(name).lower() in layers:
            raise FileHostile(path=str(path), reason=Message("a layer is a view, which computes when it is read."))
        virtual = re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE.*?USING\s+[\"'`\[]?(\w+)", text, re.IGNORECASE | re.DOTALL)
        if virtual and virtual[1].lower() != "rtree":
            raise FileHostile(path=str(path), reason=Message("it holds a virtual table, which could read other files."))


def _parquet(path: Path, limits: Limits) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FileUnreadable(path=path, detail=f"it is no sound Parquet ({str(error).splitlines()[0]}).") from error
    if about.num_rows > limits.rows:
        raise too_hard(path, "rows", limits)
    if about.num_columns > limits.columns:
        raise too_hard(path, "columns", limits)
    whole = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
    if whole > limits.unpacked_bytes:
        raise too_hard(path, "unpacked_bytes", limits)


def _delimited(path: Path, limits: Limits) -> None:
    """A line without an end, a packed table that swells, a hundred thousand columns: seen before pandas sees them."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    whole, line, first = 0, 0, True
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            while piece := file.read(_PIECE):
                whole += len(piece)
                if packed and whole > limits.unpacked_bytes:
                    raise too_hard(path, "unpacked_bytes", limits)
                if packed and whole > SMALL_BYTES and whole > limits.ratio * path.stat().st_size:
                    raise too_hard(path, "ratio", limits)
                start, end = piece.find(b"\n"), piece.rfind(b"\n")
                if first:
                    head = piece[: start if start >= 0 else len(piece)]
                    if max(head.count(mark) for mark in (b",", b";", b"\t", b"|")) >= limits.columns:
                        raise too_hard(path, "columns", limits)
                    first = False
                line = line + len(piece) if start < 0 else len(piece) - end
                if line > limits.line_bytes:
                    raise too_hard(path, "line_bytes", limits)
    except (OSError, EOFError, zlib.error) as error:
        raise FileUnreadable(path=path, detail=f"the packed table is damaged ({error}).") from error


def _dbf(path: Path, limits: Limits) -> None:
    """The table beside a Shapefile: as many rows as its head says must be there."""
    table = next((one for one in path.parent.glob("*") if _is_table_of(one, path)), None)
    if table is None:
        return
    with table.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        raise FileUnreadable(path=path, detail="its table (.dbf) is cut off.")
    if head[0] not in DBF_VERSIONS:
        return  # the reader says so itself
    rows, start, width = struct.unpack("<IHH", head[4:12])
    if start + rows * width > table.stat().st_size + width:
        there = max(0, table.stat().st_size - start) // max(width, 1)
        raise FileUnreadable(path=path, detail=f"its table (.dbf) says it has {rows:,} rows and holds {there:,}.")
    if rows > limits.rows:
        raise too_hard(path, "rows", limits)


def _is_table_of(one: Path, path: Path) -> bool:
    return one.stem.lower() == path.stem.lower() and one.suffix.lower() == ".dbf"


_LOOKS: dict[tuple[str, ...], Callable[[Path, Limits], None]] = {
    (".zip", ".kmz"): _zip,
    (".xlsx", ".xlsm", ".xls"): _workbook,
    (".kml",): _kml,
    (".gpkg",): _geopackage,
    (".parquet", ".geoparquet"): _parquet,
    (".csv", ".csv.gz", ".txt", ".tsv"): _delimited,
    (".shp",): _dbf,
}
