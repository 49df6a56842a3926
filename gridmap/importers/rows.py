"""Rows of points that go out as they came in: a CSV's bytes are never rewritten, only lengthened."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import ColumnMissing, CrsUnusable, FileUnreadable, NothingToRead
from gridmap.geometry.crs import declared
from gridmap.geometry.offsets import to_wgs84
from gridmap.importers.readers.delimited import (
    LATITUDE_NAMES,
    LONGITUDE_NAMES,
    WKT_NAMES,
    content,
    delimiter_of,
    encoding_of,
    named,
    numbers,
)
from gridmap.importers.registry import read_frame

ADDED = ("unit", "on_border", "nearest_unit", "distance_m")

#: Rows joined into one piece of output.
PIECE = 50_000


@dataclass(frozen=True)
class Rows:
    """Records as text, in file order, and a point for each. ``head`` and ``lines`` carry no line ending.

    ``xy``: (n, 2), x before y, NaN where a row has no readable point; ``assumed``: WGS 84 was taken for granted.
    """

    head: str
    lines: Sequence[str]
    ending: str
    delimiter: str
    encoding: str
    xy: NDArray[np.float64]
    crs: CRS
    assumed: bool


class Answers(Protocol):
    """What :func:`with_columns` writes; :class:`gridmap.geometry.assign.Located` is one."""

    @property
    def unit(self) -> NDArray[np.int64]: ...
    @property
    def on_border(self) -> NDArray[np.bool_]: ...
    @property
    def nearest(self) -> NDArray[np.int64]: ...
    @property
    def distance_m(self) -> NDArray[np.float64]: ...


def open_points(
    path: Path,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    x_column: str | None = None,
    y_column: str | None = None,
) -> Rows:
    """Read points from a CSV (plain or gzipped; longitude and latitude columns, or WKT) or from any vector file.

    Other shapes than points count by a point on them. Longitude and latitude without ``crs`` are taken as WGS 84.

    Raises
    ------
    FileMissing, FileUnreadable, FormatUnknown, ColumnMissing, CrsMissing, CrsUnknown, CrsUnusable, NothingToRead
    """
    if str(path).lower().endswith((".csv", ".csv.gz", ".txt", ".tsv")) and path.is_file():
        return _from_table(path, crs, encoding, x_column, y_column)
    frame = read_frame(path, crs=crs, encoding=encoding)
    return _from_frame(frame)


def with_columns(rows: Rows, found: Answers, codes: Sequence[str]) -> Iterator[bytes]:
    """Yield the records with :data:`ADDED` behind each, encoded as the input was."""
    encoding = "utf-8" if rows.encoding == "utf-8-sig" else rows.encoding
    mark = b"\xef\xbb\xbf" if rows.encoding == "utf-8-sig" else b""
    yield mark + (rows.delimiter.join([rows.head, *ADDED]) + rows.ending).encode(encoding)
    # -1 picks the last: no unit
    words = np.array([*(_cell(code, rows.delimiter, encoding) for code in codes), ""], dtype=object)
    unit, nearest = words[found.unit], words[found.nearest]
    border = np.where(found.on_border, "true", "false")
    distance = ["" if value != value else "0" if value == 0 else f"{value:.3f}" for value in found.distance_m.tolist()]
    by = rows.delimiter
    for start in range(0, len(rows.lines), PIECE):
        some = slice(start, start + PIECE)
        parts = zip(rows.lines[some], unit[some], border[some], nearest[some], distance[some], strict=True)
        yield "".join(by.join(part) + rows.ending for part in parts).encode(encoding)


def records(text: str) -> list[str]:
    """Split a CSV into records without touching them: a line break between quotes does not end one.

    Empty lines are no records, as everywhere where CSV is read.
    """
    lines = re.split(r"\r\n|\n|\r", text)
    if '"' not in text:
        return [line for line in lines if line]
    whole: list[str] = []
    at = 0
    breaks = [match.group() for match in re.finditer(r"\r\n|\n|\r", text)]
    while at < len(lines):
        record = lines[at]
        # an odd number of quotes: the record goes on behind the line break
        while record.count('"') % 2 and at + 1 < len(lines):
            record += breaks[at] + lines[at + 1]
            at += 1
        if record:
            whole.append(record)
        at += 1
    return whole


def _from_table(path: Path, crs: str | None, encoding: str | None, x: str | None, y: str | None) -> Rows:
    data = content(path)
    known = encoding_of(path, data, encoding)
    lines = records(data.decode(known))
    if not lines:
        raise NothingToRead(path=path, what="rows")
    ending = "\r\n" if b"\r\n" in data[:65536] else "\n"
    by = delimiter_of(lines[0])
    try:
        columns = next(csv.reader([lines[0]], delimiter=by, strict=True))
        wkt = named(columns, WKT_NAMES) if x is None and y is None else None
        x, y = x or named(columns, LONGITUDE_NAMES), y or named(columns, LATITUDE_NAMES)
        for wanted, what in ((x, "longitude (--lon-column)"), (y, "latitude (--lat-column)")):
            if wkt is None and (wanted is None or wanted not in columns):
                raise ColumnMissing(path=path, column=wanted or what, columns=", ".join(columns))
        used = [wkt] if wkt is not None else [x, y]
        places = [columns.index(str(name)) for name in used]
        body = lines[1:]
        cells = _cells(body, places, by, len(columns))
    except csv.Error as error:
        raise FileUnreadable(path=path, detail=f"its rows are damaged ({error}).") from error
    xy = _of_shapes(shapely.from_wkt(cells[0].to_numpy(dtype=object), on_invalid="ignore")) if wkt else _pairs(cells)
    system = declared(crs) if crs is not None else declared("EPSG:4326")
    if crs is None and (wrong := _impossible(xy)):
        raise CrsUnusable(crs="WGS 84", detail=f"{path} has no degrees in its columns ({wrong}). State --points-crs.")
    if system.offset is not None:
        xy = to_wgs84(xy, system.offset)
    return Rows(lines[0], body, ending, by, known, xy, system.crs, assumed=crs is None)


def _cells(lines: list[str], places: list[int], delimiter: str, width: int) -> list[pd.Series]:
    """Text of some columns. A record too short is lengthened in ``lines``, so that what is added stands right."""
    if not any('"' in line for line in lines):
        short = [at for at, line in enumerate(lines) if line.count(delimiter) < width - 1]
        _lengthen(lines, short, [lines[at].count(delimiter) + 1 for at in short], delimiter, width)
        plain = _unquoted(lines, places, delimiter, width)
        if plain is not None:
            return plain
        last = max(places) + 1
        rows = [line.split(delimiter, last) for line in lines]
    else:
        if _single(lines):
            rows = list(csv.reader(lines, delimiter=delimiter))
        else:
            rows = [next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter)) for line in lines]
        short = [at for at, row in enumerate(rows) if len(row) < width]
        _lengthen(lines, short, [len(rows[at]) for at in short], delimiter, width)
    return [pd.Series([row[at] if at < len(row) else "" for row in rows], dtype=str) for at in places]


def _unquoted(lines: list[str], places: list[int], delimiter: str, width: int) -> list[pd.Series] | None:
    """The same by pandas' parser, which is faster; None where it counts the rows otherwise."""
    if not lines:
        return None
    frame = pd.read_csv(
        io.StringIO("\n".join(lines)), sep=delimiter, header=None, names=list(range(width)), usecols=places,
        dtype=object, index_col=False, quoting=csv.QUOTE_NONE, keep_default_na=False, na_filter=False,
        skip_blank_lines=False, on_bad_lines="skip",
    )  # fmt: skip
    return [frame[at] for at in places] if len(frame) == len(lines) else None


def _lengthen(lines: list[str], short: list[int], widths: list[int], delimiter: str, width: int) -> None:
    for at, have in zip(short, widths, strict=True):
        lines[at] += delimiter * (width - have)


def _single(lines: Sequence[str]) -> bool:
    """No record spans lines, so that one reader may run over all of them."""
    return not any("\n" in line or "\r" in line or line.count('"') % 2 for line in lines)


def _pairs(cells: list[pd.Series]) -> NDArray[np.float64]:
    xy = np.stack([numbers(cells[0]), numbers(cells[1])], axis=1)
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    return xy


def _impossible(xy: NDArray[np.float64]) -> str:
    """Say so where most of the numbers cannot be degrees; single typing errors are only points far away."""
    known = xy[np.isfinite(xy).all(axis=1)]
    bad = (np.abs(known[:, 0]) > 360) | (np.abs(known[:, 1]) > 90)
    return f"for example {known[bad][0, 0]:g}, {known[bad][0, 1]:g}" if bad.sum() * 2 > len(known) else ""


def _of_shapes(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    xy = np.full((len(shapes), 2), np.nan)
    inside = shapely.point_on_surface(shapes[drawn])
    xy[drawn] = np.stack([shapely.get_x(inside), shapely.get_y(inside)], axis=1)
    return xy


def _from_frame(frame: gpd.GeoDataFrame) -> Rows:
    xy = _of_shapes(frame.geometry.to_numpy())
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    point = frame.geometry.geom_type.eq("Point").all()
    for name, column in (("x", xy[:, 0]), ("y", xy[:, 1])) if point else ():
        while name in table.columns:
            name += "_"
        table[name] = column
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(list(table.columns))
    head = buffer.getvalue().removesuffix("\n")
    lines: list[str] = []
    for row in table.astype(object).where(table.notna(), "").itertuples(index=False):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(row)
        lines.append(buffer.getvalue().removesuffix("\n"))
    crs = CRS.from_user_input(frame.crs)
    return Rows(head, lines, "\n", ",", "utf-8", xy, crs, assumed=False)


def _cell(code: str, delimiter: str, encoding: str) -> str:
    """A code as one cell, quoted where it must be; characters the output cannot hold become question marks."""
    code = code.encode(encoding, "replace").decode(encoding)
    if any(mark in code for mark in (delimiter, '"', "\n", "\r")):
        return '"' + code.replace('"', '""') + '"'
    return code
