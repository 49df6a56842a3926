"""Excel of a plan: a sheet of the changed grids before and after, the operations, what adopting does, the findings."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from gridmap.services.exporting.plans.dossier import STATES, GridLine, PlanDossier
from gridmap.services.exporting.workbook import MEDIA_TYPE, OPTIONS, SUFFIX, looks_of, printable, write_cell

__all__ = ["MEDIA_TYPE", "SUFFIX", "write"]

#: column: heading, look, and the figure it shows
FIGURES: tuple[tuple[str, str, str], ...] = (
    ("Households", "whole", "households"),
    ("Compounds", "whole", "compounds"),
    ("Members reporting in", "whole", "members"),
    ("Workers", "whole", "workers"),
    ("Cases per month", "decimal", "cases_per_month"),
    ("Area, m²", "whole", "area_m2"),
    ("Compactness", "decimal", "compactness"),
    ("Longest walk, m", "whole", "longest_walk_m"),
)


def write(dossier: PlanDossier) -> bytes:
    """Return the file."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties({"title": dossier.title[:250], "author": "gridmap"})
    looks = looks_of(book)
    _summary(book.add_worksheet(dossier.say("Summary")), dossier, looks)
    _grids(book.add_worksheet(dossier.say("Grids")), dossier, looks)
    _table(
        book.add_worksheet(dossier.say("Operations")),
        looks,
        [(dossier.say(each), wide) for each, wide in (("No.", 6), ("What", 70), ("Reason", 50), ("Who", 18))],
        [(each.seq, dossier.tell(each.why), each.reason, each.actor) for each in dossier.operations],
    )
    words = {"new": dossier.say("new"), "still": dossier.say("still there"), "cured": dossier.say("cured")}
    _table(
        book.add_worksheet(dossier.say("Blind areas")),
        looks,
        [(dossier.say(each), wide) for each, wide in (("State", 12), ("Why", 80), ("What to do", 60), ("Units", 30))],
        [
            (words[each.state], dossier.tell(each.why), dossier.tell(each.act), ", ".join(each.units))
            for each in dossier.findings
        ],
    )
    book.close()
    return buffer.getvalue()


def _summary(sheet: Any, dossier: PlanDossier, looks: dict[str, Any]) -> None:
    say = dossier.say
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    write_cell(sheet, 0, 0, dossier.title, looks["title"])
    share = dossier.households_moved / dossier.households if dossier.households else None
    facts: list[tuple[str, object, str]] = [
        (say("Unit"), f"{dossier.unit} ({dossier.row.scope})", "text"),
        (say("State"), say(STATES[dossier.row.state.value]), "text"),
        (say("Author"), dossier.row.author, "text"),
        (say("Takes effect on"), dossier.row.effective_on.isoformat(), "text"),
        (say("Version"), dossier.row.version, "whole"),
        (say("Grids changed"), len(dossier.changed), "whole"),
        (say("Households that change hands"), dossier.households_moved, "whole"),
        (say("Share of the households"), share, "share"),
        (say("Note"), dossier.row.note, "wrap"),
    ]
    if dossier.adoption is not None:
        facts += [
            (say("Adopting re-homes: {what}", what=say(name)), count, "whole")
            for name, count in dossier.adoption.rehomed.items()
        ]
        facts += [
            (say("Forbids adopting") if each.refuses else say("To be looked at"), dossier.tell(each.text), "wrap")
            for each in dossier.adoption.broken
        ]
    if dossier.demo:
        facts.append((say("Demo"), say("Demo: an invented county"), "text"))
    for row, (name, value, look) in enumerate(facts, start=2):
        write_cell(sheet, row, 0, name, looks["bold"])
        write_cell(sheet, row, 1, value, looks[look])
    printable(sheet)


def _grids(sheet: Any, dossier: PlanDossier, looks: dict[str, Any]) -> None:
    say = dossier.say
    heads: list[tuple[str, float]] = [(say("Code"), 18), (say("Grid"), 24), (say("What becomes of it"), 16)]
    for name, _, _ in FIGURES:
        heads += [(f"{say(name)} · {say('before')}", 13), (f"{say(name)} · {say('after')}", 13)]
    heads += [(f"{say('Norm')} · {say('before')}", 14), (f"{say('Norm')} · {say('after')}", 14)]
    for column, (name, wide) in enumerate(heads):
        sheet.set_column(column, column, wide)
        write_cell(sheet, 0, column, name, looks["head"])
    for number, grid in enumerate(dossier.changed, start=1):
        column = 0
        for value in (grid.code, grid.name, say(fate(grid))):
            write_cell(sheet, number, column, value, looks["text"])
            column += 1
        for _, look, name in FIGURES:
            for figures in (grid.figures_before, grid.figures_after):
                write_cell(sheet, number, column, getattr(figures, name, None), looks[look])
                column += 1
        for band in (grid.band_before, grid.band_after):
            write_cell(sheet, number, column, dossier.band(band), looks["text"])
            column += 1
    sheet.freeze_panes(1, 2)
    printable(sheet)


def fate(grid: GridLine) -> str:
    """What a plan does to a grid, as a key for translation."""
    if grid.before is None:
        return "new grid"
    if grid.after is None:
        return "dissolved"
    return "redrawn"


def _table(
    sheet: Any, looks: dict[str, Any], heads: Sequence[tuple[str, float]], rows: Sequence[Sequence[object]]
) -> None:
    for column, (name, wide) in enumerate(heads):
        sheet.set_column(column, column, wide)
        write_cell(sheet, 0, column, name, looks["head"])
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            write_cell(sheet, number, column, value, looks["whole" if isinstance(value, int) else "wrap"])
    sheet.freeze_panes(1, 0)
    printable(sheet)
