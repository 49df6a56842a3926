"""Excel: a sheet of figures, one of findings, one of units. Text is written as text: no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from gridmap.geometry.lenses.registry import INDEX_DEFINITION
from gridmap.services.exporting.dossier import (
    Dossier,
    change,
    change_in_points,
)

SUFFIX, MEDIA_TYPE = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Excel's own bound; a longer text would make the file unreadable
LONGEST_TEXT = 32_767
#: Words of users pass through write_string only; these are a second wall.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_STATES = {"new": "new", "still": "still there", "cured": "cured"}


def write(dossier: Dossier) -> bytes:
    """Return the file."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties({"title": dossier.title[:250], "author": "gridmap"})
    book.set_calc_mode("auto")
    looks = looks_of(book)
    _summary(book.add_worksheet(dossier.say("Summary")), dossier, looks)
    _findings(book.add_worksheet(dossier.say("Blind areas")), dossier, looks)
    _units(book.add_worksheet(dossier.say("Units")), dossier, looks)
    book.close()
    return buffer.getvalue()


def looks_of(book: Any) -> dict[str, Any]:
    """The looks of cells, by name."""
    base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
    return {
        "title": book.add_format({**base, "font_size": 16, "bold": True}),
        "quiet": book.add_format({**base, "font_color": "#4b5563", "text_wrap": True}),
        "head": book.add_format(
            {
                **base,
                "bold": True,
                "bg_color": "#1d4f91",
                "font_color": "#ffffff",
                "text_wrap": True,
                "valign": "vcenter",
            }
        ),
        "group": book.add_format({**base, "bold": True, "bg_color": "#e3edf8"}),
        "text": book.add_format({**base, "num_format": "@"}),
        "wrap": book.add_format({**base, "num_format": "@", "text_wrap": True}),
        "bold": book.add_format({**base, "bold": True}),
        "whole": book.add_format({**base, "num_format": "#,##0"}),
        "decimal": book.add_format({**base, "num_format": "#,##0.0##"}),
        "share": book.add_format({**base, "num_format": "0.0%"}),
    }


def write_cell(sheet: Any, row: int, column: int, value: object, look: Any) -> None:
    """Write one cell by the type of its value; None and not-a-number leave it blank."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, look)
    else:
        sheet.write_string(row, column, _text(str(value)), look)


def _text(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _summary(sheet: Any, dossier: Dossier, looks: dict[str, Any]) -> None:
    say, now, then = dossier.say, dossier.figures, dossier.before
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 4, 14)
    sheet.set_column(5, 5, 70)
    sheet.set_row(0, 26)
    write_cell(sheet, 0, 0, dossier.title, looks["title"])
    facts = [
        (say("Unit"), f"{dossier.place} ({dossier.unit.code})"),
        (say("As of"), dossier.as_of.isoformat()),
        (say("Run"), str(dossier.run_id)),
        (say("Compared with"), dossier.compared_with.isoformat() if dossier.compared_with else "–"),
    ]
    if dossier.demo:
        facts.append((say("Note"), say("Demo: an invented county")))
    row = 2
    for name, value in facts:
        write_cell(sheet, row, 0, name, looks["bold"])
        write_cell(sheet, row, 1, value, looks["text"])
        row += 1
    row += 1
    for column, name in enumerate(("Figure", "Now", "Before", "Change")):
        write_cell(sheet, row, column, say(name), looks["head"])
    rows: list[tuple[str, float | None, float | None, str, str]] = [
        (
            say("Coverage index"),
            now.index,
            then.index if then else None,
            change_in_points(now.index, then.index if then else None),
            "share",
        ),
        (say("Households"), now.households, then.households if then else None, _diff(now, then, "households"), "whole"),
        (say("Households touched"), now.touched, then.touched if then else None, _diff(now, then, "touched"), "whole"),
        (say("Blind areas"), now.findings, then.findings if then else None, _diff(now, then, "findings"), "whole"),
    ]
    for label, figure, before, moved, look in rows:
        row += 1
        write_cell(sheet, row, 0, label, looks["bold"])
        write_cell(sheet, row, 1, figure, looks[look])
        write_cell(sheet, row, 2, before, looks[look])
        write_cell(sheet, row, 3, moved, looks["text"])
    row += 2
    write_cell(sheet, row, 0, say("Coverage index"), looks["bold"])
    write_cell(sheet, row, 1, say(INDEX_DEFINITION), looks["text"])
    row += 2
    for column, name in enumerate(("Lens", "Must", "Blind areas", "Change", "Households touched", "Question")):
        write_cell(sheet, row, column, say(name), looks["head"])
    group = None
    for lens in dossier.lenses:
        if lens.blindness != group:
            group = lens.blindness
            row += 1
            for column in range(6):
                write_cell(sheet, row, column, dossier.blindness(group) if column == 0 else None, looks["group"])
        row += 1
        values = (lens.title, say("must") if lens.must else "", lens.count, _signed(lens.change), lens.households)
        for column, cell in enumerate(values):
            write_cell(sheet, row, column, cell, looks["whole" if isinstance(cell, int) else "text"])
        write_cell(sheet, row, 5, lens.question, looks["wrap"])
    printable(sheet)


def _diff(now: Any, then: Any, name: str) -> str:
    return "" if then is None else change(getattr(now, name), getattr(then, name))


def _signed(value: int | None) -> str:
    return "" if value is None else change(value, 0)


def _findings(sheet: Any, dossier: Dossier, looks: dict[str, Any]) -> None:
    say = dossier.say
    columns: list[tuple[str, float, str]] = [
        ("No.", 6, "whole"),
        ("Severity", 9, "text"),
        ("Lens", 20, "text"),
        ("Blindness", 14, "text"),
        ("Units", 30, "wrap"),
        ("Unit codes", 22, "wrap"),
        ("Households", 10, "whole"),
        ("Open cases", 10, "whole"),
        ("Area, m²", 13, "decimal"),
        ("Width, m", 10, "decimal"),
        ("Sliver", 8, "text"),
        ("State", 10, "text"),
        ("Why", 60, "wrap"),
        ("What to do", 60, "wrap"),
    ]
    rows = [
        [
            *(f.number, say(f.severity.value), f.title, dossier.blindness(f.blindness)),
            *(dossier.units_of(f), ", ".join(unit.code for unit in f.units), f.households, f.open_cases),
            *(round(f.area_m2, 3) if f.area_m2 else None, round(f.width_m, 3) if f.width_m else None),
            say("yes") if f.sliver else "",
            say(_STATES[f.state]) if f.state else "",
            *(f.why, f.act),
        ]
        for f in dossier.findings
    ]
    _table(sheet, [(say(name), width, look) for name, width, look in columns], rows, looks)


def _units(sheet: Any, dossier: Dossier, looks: dict[str, Any]) -> None:
    say = dossier.say
    columns = [
        (say("Code"), 19.0, "text"),
        (say("Name"), 24.0, "text"),
        (say("Town"), 14.0, "text"),
        (say("Community"), 18.0, "text"),
        (say("Households"), 10.0, "whole"),
        (say("Households touched"), 12.0, "whole"),
        (say("Coverage index"), 11.0, "share"),
        *((lens.title, 11.0, "whole") for lens in dossier.lenses),
    ]
    rows: list[list[object]] = [
        [
            *(unit.place.code, unit.place.name, *(["", "", *unit.parents])[-2:]),
            *(unit.households, unit.touched, unit.index),
            *(unit.counts.get(lens.name, 0) for lens in dossier.lenses),
        ]
        for unit in dossier.grids
    ]
    _table(sheet, columns, rows, looks)


def _table(
    sheet: Any, columns: Sequence[tuple[str, float, str]], rows: Sequence[Sequence[object]], looks: dict[str, Any]
) -> None:
    for column, (name, width, _) in enumerate(columns):
        sheet.set_column(column, column, width)
        write_cell(sheet, 0, column, name, looks["head"])
    sheet.set_row(0, 32)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            write_cell(sheet, number, column, value, looks[columns[column][2]])
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.repeat_rows(0)
    printable(sheet)


def printable(sheet: Any) -> None:
    """Set a sheet up for A4, as wide as the page."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")
