"""Excel workbooks, xlsx and xls: the sheet with the rows, the header below titles and merged headings, cells as text.

Read by calamine (Rust), which evaluates nothing: a formula's value is the one that was saved, and one that failed reads
as what Excel shows (#REF!), a problem of its cell. Numbers become texts as
people wrote them: whole ones without ".0", dates as 2026-11-01. Rows are counted from the first below the header.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from gridmap.errors import FileUnreadable, HeaderUnsure, NothingToRead, SheetUnsure
from gridmap.importers.problems import problems_of, with_problems
from gridmap.importers.readers import formulas
from gridmap.importers.readers.delimited import with_geometry
from gridmap.importers.readers.tables import tidy, unique_names

#: Rows at the top among which the header is looked for.
HEAD_ROWS = 30
#: Share of a header's cells that are words.
WORDS_SHARE = 0.8

Rows = list[list[Any]]


def read(path: Path, *, sheet: str | None = None, header_row: int | None = None) -> pd.DataFrame:
    """Read one sheet as a table of texts; with geometry (system unset) from WKT or longitude and latitude.

    Parameters
    ----------
    sheet
        Its name, where several have rows.
    header_row
        Number of the row with the column names, from 1, where it cannot be told.

    Raises
    ------
    FileUnreadable
        Damaged, or locked with a password.
    SheetUnsure, HeaderUnsure
        Several sheets have rows, or no row looks like a header: the error carries what to choose from.
    NothingToRead
    """
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            rows, merged = _sheet(path, book, sheet)
    except PasswordError as error:
        raise FileUnreadable(path=path, detail="it is locked with a password. Save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(path=path, detail=f"it is no whole workbook ({error}).") from error
    first, deep = _header(path, rows, merged, header_row)
    names = _names(rows, merged, first, deep)
    body = [[_text(cell) for cell in row] for row in rows[first + deep :]]
    _fill_merged(body, merged, first + deep)
    used = [at for at, name in enumerate(names) if name or any(row[at] for row in body)]
    frame = pd.DataFrame([[row[at] for at in used] for row in body], dtype=object)
    frame.columns = pd.Index(unique_names([names[at] for at in used]))
    frame = tidy(frame)
    if frame.empty:
        raise NothingToRead(path=path, what="rows below the header")
    placed = with_geometry(frame)
    if placed is not frame:
        with_problems(placed, problems_of(frame))
    return placed


def _sheet(path: Path, book: CalamineWorkbook, wanted: str | None) -> tuple[Rows, list[tuple[int, int, int, int]]]:
    """Rows of the sheet that is meant, all of one width, and its merged ranges: first row, column, last row, column."""
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise FileUnreadable(
                path=path, detail=f"it has no sheet {wanted!r}. Its sheets: {', '.join(book.sheet_names)}."
            )
        chosen = book.get_sheet_by_name(wanted)
        return _with_failed(path, chosen, _rows(chosen)), _merged(chosen)
    filled: list[tuple[str, Rows, CalamineSheet]] = []
    for name in book.sheet_names:
        try:
            sheet = book.get_sheet_by_name(name)
        except CalamineError:
            continue  # a chart or a macro sheet
        rows = _rows(sheet)
        if sum(any(_text(cell) for cell in row) for row in rows) > 1:
            filled.append((name, rows, sheet))
    if not filled:
        raise NothingToRead(path=path, what="rows")
    if len(filled) > 1:
        options = tuple((name, tuple(_sample(rows))) for name, rows, _ in filled)
        raise SheetUnsure(path=path, sheets=", ".join(name for name, _ in options), options=options)
    _, rows, only = filled[0]
    return _with_failed(path, only, rows), _merged(only)


def _rows(sheet: CalamineSheet) -> Rows:
    rows: Rows = sheet.to_python(skip_empty_area=False)
    wide = max((len(row) for row in rows), default=0)
    return [[*row, *([""] * (wide - len(row)))] for row in rows]


def _with_failed(path: Path, sheet: CalamineSheet, rows: Rows) -> Rows:
    """Write what Excel shows into cells whose formula failed."""
    for (row, column), shown in formulas.failed(path, sheet.name).items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = shown
    return rows


def _merged(sheet: CalamineSheet) -> list[tuple[int, int, int, int]]:
    return [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]


def _sample(rows: Rows) -> list[str]:
    found = [" · ".join(text for cell in row if (text := _text(cell)))[:80] for row in rows[:8]]
    return [words for words in found if words][:3]


def _header(path: Path, rows: Rows, merged: Sequence[tuple[int, int, int, int]], stated: int | None) -> tuple[int, int]:
    """Place of the header row, from 0, and how many rows it has: one, or two under merged headings."""
    if stated is not None:
        if not 1 <= stated <= len(rows):
            raise FileUnreadable(path=path, detail=f"it has no row {stated}; it has {len(rows)}.")
        return stated - 1, _depth(rows, merged, stated - 1)
    width = max((sum(bool(_text(cell)) for cell in row) for row in rows[: 4 * HEAD_ROWS]), default=0)
    for at, row in enumerate(rows[:HEAD_ROWS]):
        texts = [cell for cell in row if _text(cell)]
        deep = _depth(rows, merged, at)
        covered = sum(bool(name) for name in _names(rows, merged, at, deep))
        if len(texts) < min(2, width) or covered < 0.6 * width:
            continue
        words = sum(isinstance(cell, str) and not _is_number(cell) for cell in texts)
        if words >= WORDS_SHARE * len(texts) and len(set(map(_text, texts))) >= 0.6 * len(texts):
            return at, deep
        break  # values before any names
    options = tuple(
        (str(number), (" · ".join(text for cell in row if (text := _text(cell)))[:120],))
        for number, row in enumerate(rows[:6], start=1)
        if any(_text(cell) for cell in row)
    )
    raise HeaderUnsure(path=path, options=options)


def _depth(rows: Rows, merged: Sequence[tuple[int, int, int, int]], at: int) -> int:
    """Two where a heading spans columns and names stand below it, else one."""
    if at + 1 >= len(rows):
        return 1
    spans = [area for area in merged if area[0] == at == area[2] and area[3] > area[1]]
    for _, left, _, right in spans:
        below = [cell for cell in rows[at + 1][left : right + 1] if _text(cell)]
        if len(below) > 1 and all(isinstance(cell, str) and not _is_number(cell) for cell in below):
            return 2
    return 1


def _names(rows: Rows, merged: Sequence[tuple[int, int, int, int]], at: int, deep: int) -> list[str]:
    """Names of the columns; a heading over several is written before each: 居住情况/户数."""
    top = [_text(cell) for cell in rows[at]]
    if deep == 1:
        return top
    for first, left, last, right in merged:
        if first == at == last:
            top[left : right + 1] = [top[left]] * (right + 1 - left)
    low = [_text(cell) for cell in rows[at + 1]]
    return [f"{a}/{b}" if a and b and a != b else a or b for a, b in zip(top, low, strict=True)]


def _fill_merged(body: list[list[str]], merged: Sequence[tuple[int, int, int, int]], start: int) -> None:
    """A cell that was merged down over rows holds for each of them."""
    for top, left, bottom, right in merged:
        if top < start or left != right:
            continue
        value = body[top - start][left] if top - start < len(body) else ""
        for at in range(top - start + 1, min(bottom - start + 1, len(body))):
            body[at][left] = body[at][left] or value


def _is_number(cell: object) -> bool:
    try:
        float(str(cell).replace(",", ""))
    except ValueError:
        return False
    return True


def _text(cell: object) -> str:
    """A cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell).strip()
