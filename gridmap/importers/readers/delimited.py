"""CSV, plain or gzipped: every cell stays the text it is; geometry from a WKT column or from longitude and latitude."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.domain.messages import Message
from gridmap.errors import FileUnreadable, NothingToRead
from gridmap.importers.problems import Problem, problems_of, with_problems
from gridmap.importers.readers.tables import tidy, unique_names
from gridmap.importers.readers.text import codec, detect

#: Unpacked size of a gzipped table that is still read.
LARGEST_BYTES = 4_000_000_000

WKT_NAMES = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "几何")
LONGITUDE_NAMES = ("lon", "lng", "long", "longitude", "x", "经度", "lon_wgs84", "wgs84_lon", "point_x", "东经")
LATITUDE_NAMES = ("lat", "latitude", "y", "纬度", "lat_wgs84", "wgs84_lat", "point_y", "北纬")


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked where it is gzipped (known by its first bytes, not by its name)."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if not packed:
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, EOFError) as error:
        raise FileUnreadable(path=path, detail=f"the packed table is damaged ({error}).") from error
    if len(data) > LARGEST_BYTES:
        raise FileUnreadable(path=path, detail=f"it unpacks to more than {LARGEST_BYTES:,} bytes.")
    return data


def encoding_of(path: Path, data: bytes, asked: str | None) -> str:
    """Encoding of a table's text: what was asked for, else UTF-8 (marked or not), else GB18030, else refused."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    found = detect([data], [asked]) if asked is None else codec(asked)
    if found is not None:
        try:
            data.decode(found)
        except UnicodeDecodeError:
            found = None
    if found is None:
        raise FileUnreadable(path=path, detail=f"its text is not in {asked or 'UTF-8 or GBK'}. State the encoding.")
    return found


def delimiter_of(head: str) -> str:
    """The separator of a table: whichever of comma, semicolon, tab and bar its first line holds most often."""
    line = head.splitlines()[0] if head.strip() else ""
    return max(",;\t|", key=line.count)


def named(columns: list[str], names: tuple[str, ...]) -> str | None:
    """The column whose name is one of ``names`` (earlier names first), whatever its case and spaces."""
    plain = {column.strip().lower(): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def read(path: Path, *, encoding: str | None = None, header_row: int | None = None) -> pd.DataFrame:
    """Read a table as text; with geometry (system unset) where it has a WKT column or longitude and latitude.

    Rows with more or fewer cells than the header are problems; blank lines stay as empty rows.

    Raises
    ------
    FileUnreadable, NothingToRead
    """
    data = content(path)
    text = data.decode(encoding_of(path, data, encoding))
    if not text.strip():
        raise NothingToRead(path=path, what="rows")
    try:
        frame = _parsed(text, (header_row or 1) - 1)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError) as error:
        raise FileUnreadable(path=path, detail=f"{error}") from error
    frame = tidy(frame)
    placed = with_geometry(frame)
    if placed is not frame:
        with_problems(placed, problems_of(frame))
    return placed


def _parsed(text: str, skip: int) -> pd.DataFrame:
    """The table by pandas where every row has the header's number of cells, else row by row with a problem for each."""
    head = "\n".join(text.splitlines()[skip : skip + 1])
    separator = delimiter_of(head or text[:65536])
    given: dict[str, Any] = {"sep": separator, "dtype": str, "keep_default_na": False, "skiprows": skip, "header": None}
    try:
        plain = pd.read_csv(io.StringIO(text), **given, skip_blank_lines=True, on_bad_lines="error")
        width = len(plain.columns)
        # pandas fills short rows in silence; a row of cells says how many it had
        if not (plain.iloc[:, -1].isna() if width else pd.Series(dtype=bool)).any():
            frame: pd.DataFrame = plain.iloc[1:].reset_index(drop=True)
            frame.columns = pd.Index(unique_names([str(name) for name in plain.iloc[0]]))
            return frame
    except (pd.errors.ParserError, ValueError):
        pass
    return _row_by_row(text, separator, skip)


def _row_by_row(text: str, separator: str, skip: int) -> pd.DataFrame:
    lines = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row][skip:]
    if not lines:
        raise ValueError("the table has no header")
    names = unique_names(lines[0])
    rows, problems = [], []
    for number, cells in enumerate(lines[1:], start=1):
        if len(cells) != len(names) and any(cell.strip() for cell in cells):
            spare = [cell for cell in cells[len(names) :] if cell.strip()]
            # a trailing separator, or cells left away at the end of a line, are how programs write empty cells
            if spare or len(cells) < len(names) - 1:
                problems.append(
                    Problem(
                        number,
                        names[-1],
                        separator.join(cells)[:80],
                        Message("{count} cells, as the header has; {found} stand here",
                                {"count": len(names), "found": len(cells)}),
                        Message("Put cells that hold the separator into quotes, and give every row all its cells."),
                    )
                )  # fmt: skip
        rows.append([*cells, *[""] * len(names)][: len(names)])
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    if problems:
        with_problems(frame, problems)
    return frame


def with_geometry(frame: pd.DataFrame) -> pd.DataFrame:
    """Add geometry from a WKT column, or from longitude and latitude; a table without either stays as it is."""
    columns = [str(name) for name in frame.columns]
    wkt = named(columns, WKT_NAMES)
    if wkt is not None:
        shapes = shapely.from_wkt(frame[wkt].to_numpy(dtype=object), on_invalid="ignore")
        broken = np.flatnonzero(shapely.is_missing(shapes) & (frame[wkt].str.strip() != "").to_numpy())
        problems = [_not_wkt(int(row) + 1, wkt, frame[wkt].iloc[row]) for row in broken]
        result = gpd.GeoDataFrame(frame.drop(columns=wkt), geometry=shapes)
        with_problems(result, problems)
        return result
    x, y = named(columns, LONGITUDE_NAMES), named(columns, LATITUDE_NAMES)
    if x is None or y is None:
        return frame
    across, up = numbers(frame[x]), numbers(frame[y])
    known = np.isfinite(across) & np.isfinite(up)
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(across[known], up[known])
    written = ((frame[x].str.strip() != "") | (frame[y].str.strip() != "")).to_numpy()
    problems = [
        _not_a_number(int(row) + 1, f"{x}, {y}", f"{frame[x].iloc[row]}, {frame[y].iloc[row]}")
        for row in np.flatnonzero(~known & written)
    ]
    result = gpd.GeoDataFrame(frame, geometry=points)
    with_problems(result, problems)
    return result


def numbers(column: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Cells as numbers, NaN where they are none; full-width digits are understood."""
    read = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    left = np.flatnonzero(np.isnan(read))
    # Unicode's compatibility form turns full-width digits, points and signs into plain ones
    plain = column.iloc[left].astype(str).str.normalize("NFKC").str.strip()
    read[left] = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64)
    return read


def _not_wkt(row: int, column: str, value: str) -> Problem:
    return Problem(
        row, column, value[:80], Message("a shape in WKT, such as POLYGON ((…))"), Message("Write the shape again.")
    )


def _not_a_number(row: int, column: str, value: str) -> Problem:
    return Problem(
        row, column, value[:80], Message("longitude and latitude as numbers"), Message("Correct the coordinate.")
    )
