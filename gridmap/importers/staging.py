"""Rows of a file as records: every cell read, or a problem with the row, the value, what was expected and the cure."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.domain.codes import level_of
from gridmap.domain.messages import Message
from gridmap.errors import CodeInvalid
from gridmap.importers.layers import Field, Kind, Layer, Shape
from gridmap.importers.problems import Problem, problems_of
from gridmap.importers.shapes import areas

LOCAL = ZoneInfo("Asia/Shanghai")

_YES = {"1", "true", "t", "yes", "y", "是", "有", "城镇", "urban", "√"}
_NO = {"0", "false", "f", "no", "n", "否", "无", "乡村", "农村", "rural", "×"}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
#: A day of 1954 to 2064 as spreadsheets keep it, with the time behind the point.
_SERIAL = re.compile(r"[2-5]\d{4}(\.\d+)?", re.ASCII)
_CHINESE_DAY = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)

CORRECT = Message("Correct the cell and import the file again.")


@dataclass(frozen=True, slots=True)
class Record:
    """One good row: its number in the file, its fields by name, its geometry in the working system or None."""

    row: int
    values: Mapping[str, object]
    geometry: shapely.Geometry | None


@dataclass(frozen=True)
class Staged:
    """What a file holds for a layer. ``records`` leave out rows with problems that were not repaired."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


class _Unreadable(ValueError):
    pass


def stage(frame: pd.DataFrame, layer: Layer, columns: Mapping[str, str]) -> Staged:
    """Read every row of ``frame`` (geometry in the working system, metres).

    ``columns``: field → column, from :func:`gridmap.importers.mapping.match`. Rows whose repair is a question are among
    the records, repaired: who commits sees to it that the question is answered.
    """
    problems = list(problems_of(frame))
    shapes = _shapes(frame, layer, problems)
    bad = {problem.row for problem in problems if not (problem.repaired or problem.question)}
    blank = _blank(frame, layer, columns)
    bad |= blank
    cells = {}
    for field in layer.fields:
        if field.name not in columns:
            cells[field.name] = [_read(field, None)] * len(frame)
            continue
        cells[field.name], unreadable = _read_column(field, frame[columns[field.name]].tolist())
        for at, text in unreadable:
            if at + 1 in blank:
                continue
            problems.append(Problem(at + 1, columns[field.name], text[:80], _expected(field), _cure(field, text)))
            bad.add(at + 1)
    names = [field.name for field in layer.fields]
    records: list[Record] = []
    seen: dict[tuple[object, ...], int] = {}
    for row, (cell, shape) in enumerate(zip(zip(*cells.values(), strict=True), shapes, strict=True), start=1):
        if row in bad:
            continue
        values = dict(zip(names, cell, strict=True))
        key = tuple(values[name] for name in layer.identity)
        if key in seen:
            problems.append(
                Problem(
                    row,
                    columns[layer.identity[0]],
                    ", ".join(map(str, key)),
                    Message("a row of its own; row {row} has the same", {"row": seen[key]}),
                    Message("Keep one of the two rows."),
                )
            )
            continue
        seen[key] = row
        records.append(Record(row, values, shape))
    problems.sort(key=lambda problem: problem.row)
    return Staged(tuple(records), tuple(problems))


def _blank(frame: pd.DataFrame, layer: Layer, columns: Mapping[str, str]) -> set[int]:
    """Numbers of the rows that say nothing: no cell of a field, no shape. Tables of people have them in between."""
    first = columns.get(layer.identity[0])
    if first is None:
        return set()
    # the identity's cell is empty in few rows: only these are looked at whole
    hollow = [at for at, cell in enumerate(frame[first].tolist()) if not _text(cell)]
    shapes = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else None
    return {
        at + 1
        for at in hollow
        if not any(_text(frame[column].iloc[at]) for column in set(columns.values()))
        and (shapes is None or shapes[at] is None)
    }


def _shapes(frame: pd.DataFrame, layer: Layer, problems: list[Problem]) -> list[shapely.Geometry | None]:
    """Geometry fit for the layer, a problem for each that is not."""
    if layer.shape is Shape.NONE or not isinstance(frame, gpd.GeoDataFrame):
        if layer.shape_required:
            problems.append(
                Problem(1, "geometry", "", Message("a place for every row"), Message("Add longitude and latitude."))
            )
        return [None] * len(frame)
    given = frame.geometry.to_numpy()
    told = {problem.row for problem in problems if not problem.repaired}
    if layer.shape is Shape.AREA:
        fitted, found = areas(given)
        problems.extend(problem for problem in found if problem.row not in told)
    else:
        fitted = _points(given, problems)
    if layer.shape_required:
        told = {problem.row for problem in problems if not problem.repaired}
        problems.extend(
            Problem(row, "geometry", "", Message("a place"), Message("Add the missing geometry."))
            for row, shape in enumerate(fitted, start=1)
            if shape is None and row not in told
        )
    return fitted


def _points(given: NDArray[np.object_], problems: list[Problem]) -> list[shapely.Geometry | None]:
    """One point for each row, on the millimetre grid; a problem for each shape that is none."""
    kinds = shapely.get_type_id(given)
    drawn = ~(shapely.is_missing(given) | shapely.is_empty(given))
    lone = drawn & (kinds == 4) & (shapely.get_num_geometries(given) == 1)
    found = np.full(len(given), None, dtype=object)
    points = drawn & (kinds == 0)
    found[points] = given[points]
    found[lone] = shapely.get_geometry(given[lone], 0)
    placed = points | lone
    if placed.any():
        xy = np.stack([shapely.get_x(found[placed]), shapely.get_y(found[placed])], axis=1)
        found[placed] = shapely.points(np.round(xy, 3))
    problems.extend(
        Problem(int(at) + 1, "geometry", given[at].geom_type, Message("one point"), CORRECT)
        for at in np.flatnonzero(drawn & ~placed)
    )
    fitted: list[shapely.Geometry | None] = found.tolist()
    return fitted


def _read_column(field: Field, cells: list[object]) -> tuple[list[object], list[tuple[int, str]]]:
    """Every cell read, and the places and texts of those that cannot be. A word is read once, however often it comes:
    names, kinds and days repeat by the thousand."""
    known: dict[object, object] = {}
    read: list[object] = []
    bad: list[tuple[int, str]] = []
    for at, cell in enumerate(cells):
        word = type(cell) is str  # others compare equal across kinds: 1, 1.0 and True
        if word and cell in known:
            read.append(known[cell])
            continue
        try:
            value = _read(field, cell)
        except _Unreadable:
            value = None
            bad.append((at, _text(cell)))
        else:
            if word:
                known[cell] = value
        read.append(value)
    return read, bad


def _read(field: Field, cell: object) -> object:
    text = _text(cell)
    if not text:
        if field.required:
            raise _Unreadable
        return field.default
    return _READERS[field.kind](field, text)


def _text(cell: object) -> str:
    """A cell as trimmed text; a whole number without its ``.0``, nothing for the many kinds of nothing."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, list | tuple):
        return ",".join(_text(one) for one in cell)
    return str(cell).strip().removeprefix("\ufeff")


def _narrow(text: str) -> str:
    """Full-width digits, letters and marks as plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def _number(_field: Field, text: str) -> int:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", _narrow(text))
    if not re.fullmatch(r"\d{1,9}(\.0+)?", plain, re.ASCII):
        raise _Unreadable
    return int(plain.split(".")[0])


def _day(_field: Field, text: str) -> date:
    plain = _western(_narrow(text))
    if (serial := _SERIAL.fullmatch(plain)) is not None:
        return _serial(float(serial[0])).date()
    found = _DAY.match(plain) or _PACKED.fullmatch(plain)
    if found is None or (found.end() < len(plain) and plain[found.end()] not in " T"):
        raise _Unreadable
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise _Unreadable from error


def _western(text: str) -> str:
    """二〇二六年十一月一日 as 2026年11月1日; other texts stay as they are."""
    found = _CHINESE_DAY.fullmatch(text)
    if found is None:
        return text
    year, month, day = found.groups()
    digits = "".join(str("〇一二三四五六七八九".index(each.replace("零", "〇").replace("○", "〇"))) for each in year)
    return f"{digits}年{_chinese(month)}月{_chinese(day)}日"


def _chinese(words: str) -> int:
    """一 to 三十一 as a number."""
    tens, ten, ones = words.partition("十")
    unit = "〇一二三四五六七八九".index(ones) if ones else 0
    if not ten:
        return "〇一二三四五六七八九".index(tens)
    return 10 * ("〇一二三四五六七八九".index(tens) if tens else 1) + unit


def _serial(number: float) -> datetime:
    """A day as Excel counts it: from 1899-12-30 on, after the leap day of 1900 that there never was."""
    return datetime(1899, 12, 30) + timedelta(seconds=round(number * 86400))


def _moment(field: Field, text: str) -> datetime:
    plain = _western(_narrow(text)).replace("/", "-")
    if (serial := _SERIAL.fullmatch(plain)) is not None:
        return _serial(float(serial[0])).replace(tzinfo=LOCAL).astimezone(UTC)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        clock = re.search(r"(\d{1,2}):(\d{2})(?::(\d{2}))?$", plain, re.ASCII)
        day = _day(field, plain[: clock.start()] if clock else plain)
        hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
        try:
            moment = datetime(day.year, day.month, day.day, hour, minute, second)
        except ValueError as error:
            raise _Unreadable from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)


def _flag(_field: Field, text: str) -> bool:
    word = _narrow(text).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _Unreadable


def _words(_field: Field, text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[,,、;;|]", text) if word.strip())


def _choice(field: Field, text: str) -> str:
    word = _narrow(text).lower()
    for value, names in field.choices:
        if word in names:
            return value
    raise _Unreadable


def _unit(_field: Field, text: str) -> str:
    code = re.sub(r"(?<=\d)\.0+$", "", _narrow(text).upper())
    try:
        level_of(code)
    except CodeInvalid as error:
        raise _Unreadable from error
    return code


_READERS: dict[Kind, Callable[[Field, str], object]] = {
    Kind.TEXT: lambda _field, text: text,
    Kind.NUMBER: _number,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.FLAG: _flag,
    Kind.WORDS: _words,
    Kind.CHOICE: _choice,
    Kind.UNIT: _unit,
}


def _cure(field: Field, text: str) -> Message:
    """How to put a cell right; with the word that was probably meant."""
    names = {name for _, words in field.choices for name in words}
    near = difflib.get_close_matches(_narrow(text).lower(), sorted(names), n=1, cutoff=0.5)
    return Message("Write {word} if that is meant, and import the file again.", {"word": near[0]}) if near else CORRECT


def _expected(field: Field) -> Message:
    if field.kind is Kind.CHOICE:
        return Message("one of: {words}", {"words": ", ".join("/".join(names[:2]) for _, names in field.choices)})
    return _EXPECTED[field.kind]


_EXPECTED = {
    Kind.TEXT: Message("some text"),
    Kind.NUMBER: Message("a whole number, 0 or more"),
    Kind.DAY: Message("a day, such as 2026-11-01"),
    Kind.MOMENT: Message("a time, such as 2026-11-01 09:30"),
    Kind.FLAG: Message("yes or no"),
    Kind.WORDS: Message("words with commas between"),
    Kind.UNIT: Message("a unit code: 12 digits, then nothing, 3 grid digits, C000 or Y000"),
}
