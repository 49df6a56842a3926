"""Workbooks of the import: the rows with problems, bad cells marked; and an empty list to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from gridmap.domain.imports import Answers
from gridmap.domain.messages import Message
from gridmap.importers.isolated import read_isolated
from gridmap.importers.layers import Field, Kind, Layer, Shape
from gridmap.importers.layers import layer as layer_named
from gridmap.importers.problems import Problem
from gridmap.services.exporting.workbook import OPTIONS
from gridmap.translations import say, translate

#: Rows written at most; the page and the count say how many there are.
MOST_ROWS = 5_000

#: looks of cells
LOOKS: dict[str, dict[str, Any]] = {
    "head": {"bold": True, "bg_color": "#1d4f91", "font_color": "#ffffff", "text_wrap": True},
    "text": {"num_format": "@"},
    "bad": {"num_format": "@", "bg_color": "#f9c9c4", "border": 1, "border_color": "#b42318"},
    "mended": {"num_format": "@", "bg_color": "#fdf0c2"},
    "wrap": {"num_format": "@", "text_wrap": True},
}

#: kind of cell → an example that is right
EXAMPLES: dict[Kind, str] = {
    Kind.TEXT: "",
    Kind.NUMBER: "320",
    Kind.DAY: "2026-11-01",
    Kind.MOMENT: "2026-11-01 09:30",
    Kind.FLAG: "是",
    Kind.WORDS: "水电维修,医疗",
    Kind.CHOICE: "",
    Kind.UNIT: "990001001001001",
}


def problems_workbook_of(
    path: Path,
    file_name: str,
    problems: Sequence[Problem],
    answers: Answers,
    language: str = "zh_Hans",
    matched: Mapping[str, str] | None = None,
) -> bytes:
    """The file's rows with problems as they stand in it; bad cells are red (repaired ones yellow) and say why.

    ``matched``: field → column of the file, for problems that name the field.
    """
    frame = read_isolated(
        path,
        encoding=answers.encoding,
        layer=answers.sheet,
        sheet=answers.sheet,
        header_row=answers.header_row,
    )
    plain = pd.DataFrame(frame.drop(columns="geometry") if isinstance(frame, gpd.GeoDataFrame) else frame)
    columns = [str(name) for name in plain.columns]
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    looks: dict[str, Any] = {
        name: book.add_format({"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top", **more})
        for name, more in LOOKS.items()
    }
    sheet = book.add_worksheet(translate("Problems", language)[:31])
    heads = [translate("Row", language), *columns, translate("What to do", language)]
    for at, head in enumerate(heads):
        sheet.write_string(0, at, head, looks["head"])
        sheet.set_column(at, at, 60 if at == len(heads) - 1 else 18 if at else 7)
    by_row: dict[int, list[Problem]] = {}
    for problem in problems:
        column = problem.column if problem.column in columns else (matched or {}).get(problem.column, problem.column)
        by_row.setdefault(problem.row, []).append(replace(problem, column=column))
    for line, (row, found) in enumerate(sorted(by_row.items())[:MOST_ROWS], start=1):
        sheet.write_number(line, 0, row)
        cells = plain.iloc[row - 1].tolist() if 0 < row <= len(plain) else [None] * len(columns)
        bad = {problem.column: problem for problem in found}
        for at, (column, cell) in enumerate(zip(columns, cells, strict=True), start=1):
            here = bad.get(column)
            look = looks["text"] if here is None else looks["mended" if here.repaired else "bad"]
            sheet.write_string(line, at, _text(cell), look)
            if here is not None:
                sheet.write_comment(line, at, _advice(here, language), {"x_scale": 2})
        advice = "\n".join(f"{problem.column}: {_advice(problem, language)}" for problem in found)
        sheet.write_string(line, len(heads) - 1, advice[:32_000], looks["wrap"])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(by_row), 1), len(heads) - 1)
    book.set_properties({"title": file_name[:250], "author": "gridmap"})
    book.close()
    return buffer.getvalue()


def _advice(problem: Problem, language: str) -> str:
    expected = translate("expected: {what}", language, what=say(problem.expected, language))
    return f"{expected}. {say(problem.fix, language)}"


def _text(cell: object) -> str:
    return "" if cell is None or (isinstance(cell, float) and cell != cell) or cell is pd.NaT else str(cell)[:32_000]


def template_workbook(layer_name: str, language: str) -> bytes:
    """An empty list to fill in: headings with notes that explain them, and one example row. On one sheet, so that the
    reader need not ask which.

    Raises
    ------
    BadInput
    """
    layer = layer_named(layer_name)
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    head = book.add_format({"bold": True, "bg_color": "#1d4f91", "font_color": "#ffffff"})
    must = book.add_format({"bold": True, "bg_color": "#b3410a", "font_color": "#ffffff"})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(translate("List", language)[:31])
    columns = [*((heading(each, language), each) for each in layer.fields), *_place_columns(layer, language)]
    for at, (name, each) in enumerate(columns):
        required = isinstance(each, Field) and each.required
        sheet.write_string(0, at, name, must if required else head)
        sheet.set_column(at, at, max(14, 2 * len(name)), text)
        sheet.write_string(1, at, example(each, layer) if isinstance(each, Field) else each, text)
        if isinstance(each, Field):
            must_be = translate("yes" if each.required else "no", language)
            note = f"{translate('Must be filled in', language)}: {must_be}\n{_explained(each, language)}"
            sheet.write_comment(0, at, note, {"x_scale": 2, "font_size": 10})
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def heading(field: Field, language: str) -> str:
    """A heading that the reader matches again: the first Chinese name, or the field's own."""
    if language.startswith("zh"):
        return next((name for name in field.names if not name.isascii()), field.name)
    return field.name


def example(field: Field, layer: Layer) -> str:
    """A cell that is right."""
    if field.choices:
        return field.choices[0][0]
    if field.kind is Kind.UNIT and layer.name in ("compounds",):
        return "990001001001C001"
    return EXAMPLES[field.kind] or {"name": "示例", "code": "A001"}.get(field.name, "示例")


def _place_columns(layer: Layer, language: str) -> list[tuple[str, str]]:
    if layer.shape is not Shape.POINT:
        return []
    names = ("经度", "纬度") if language.startswith("zh") else ("longitude", "latitude")
    return [(names[0], "117.000000"), (names[1], "32.400000")]


def _explained(field: Field, language: str) -> str:
    words = say(Message(field.kind.value), language)
    if field.choices:
        words = " / ".join(
            names[1] if language.startswith("zh") and len(names) > 1 else word for word, names in field.choices
        )
    return words
