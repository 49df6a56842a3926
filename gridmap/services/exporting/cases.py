"""Cases as CSV and Excel: exactly those that a filter shows, in its order. No cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import xlsxwriter

from gridmap.domain.clock import LOCAL
from gridmap.domain.permissions import Actor, Permission
from gridmap.services import cases
from gridmap.services.cases.records import CaseRow, Filter
from gridmap.services.exporting.workbook import OPTIONS
from gridmap.store.database import Session
from gridmap.store.queries import accounts
from gridmap.translations import translate

#: Most rows of one file.
MOST = 100_000
#: Beginnings of a cell that a spreadsheet would run.
_RUNS = ("=", "+", "-", "@", "\t", "\r")

COLUMNS: tuple[tuple[str, Callable[[CaseRow, str], object]], ...] = (
    ("Number", lambda row, _: row.number),
    ("Kind", lambda row, language: row.kind.name(language)),
    ("State", lambda row, _: row.status.value),
    ("Light", lambda row, _: row.light.value if row.light else ""),
    ("Source", lambda row, _: row.source.value),
    ("Grid", lambda row, _: row.unit or ""),
    ("Name of the grid", lambda row, _: row.unit_name),
    ("Community", lambda row, _: row.community_name),
    ("Address", lambda row, _: row.address),
    ("Matter", lambda row, _: row.words),
    ("Longitude", lambda row, _: row.lon if row.lon is not None else ""),
    ("Latitude", lambda row, _: row.lat if row.lat is not None else ""),
    ("Reported at", lambda row, _: row.reported_at),
    ("Due at", lambda row, _: row.due_at),
    ("Closed at", lambda row, _: row.closed_at),
    ("Closing reason", lambda row, _: row.closing_reason.value if row.closing_reason else ""),
    ("With", lambda row, language: row.handler.name(language) if row.handler else ""),
    ("Worker", lambda row, _: row.worker or ""),
    ("Returns", lambda row, _: row.returns),
    ("Reworks", lambda row, _: row.reworks),
    ("Reopened", lambda row, _: row.reopenings),
    ("Me too", lambda row, _: row.me_too),
)


def as_csv(session: Session, actor: Actor, wanted: Filter, language: str) -> bytes:
    """The cases as CSV in UTF-8 with a mark, as Excel wants it.

    Raises
    ------
    PermissionMissing, OutsideScope, BadInput
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([translate(title, language) for title, _ in COLUMNS])
    for row in _rows(session, actor, wanted):
        writer.writerow([_plain(_written(tell(row, language))) for _, tell in COLUMNS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_workbook(session: Session, actor: Actor, wanted: Filter, language: str) -> bytes:
    """The cases as an Excel workbook.

    Raises
    ------
    As :func:`as_csv`.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    sheet = book.add_worksheet(translate("Cases", language))
    bold = book.add_format({"bold": True, "bg_color": "#e8f0f8", "bottom": 1})
    for at, (title, _) in enumerate(COLUMNS):
        sheet.write_string(0, at, translate(title, language), bold)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(COLUMNS) - 1, 16)
    last = 0
    for last, row in enumerate(_rows(session, actor, wanted), start=1):
        for at, (_, tell) in enumerate(COLUMNS):
            value = _written(tell(row, language))
            if isinstance(value, int | float):
                sheet.write_number(last, at, value)
            else:
                sheet.write_string(last, at, value)
    sheet.autofilter(0, 0, max(last, 1), len(COLUMNS) - 1)
    book.close()
    return out.getvalue()


def _rows(session: Session, actor: Actor, wanted: Filter) -> Iterator[CaseRow]:
    actor.require(Permission.EXPORT)
    accounts.record(
        session,
        account_id=actor.account_id,
        actor=actor.name,
        action="cases exported",
        subject=wanted.unit or actor.scope,
        detail={},
    )
    session.commit()
    count, cursor = 0, None
    while count < MOST:
        page = cases.cases(session, actor, Filter(**{**wanted.__dict__, "limit": 1_000, "after": cursor}))
        yield from page.rows
        count += len(page.rows)
        cursor = page.cursor
        if cursor is None:
            return


def _written(value: object) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    moment = getattr(value, "astimezone", None)
    return moment(LOCAL).strftime("%Y-%m-%d %H:%M") if moment else str(value)


def _plain(value: str | int | float) -> str | int | float:
    """A text that a spreadsheet takes for a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RUNS) else value
