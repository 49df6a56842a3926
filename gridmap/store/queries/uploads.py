"""Uploads, remembered columns, the import log, and taking an import back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.domain.imports import ENDED
from gridmap.store.models import ColumnMapping, ImportLog, Upload
from gridmap.store.queries.code_lists import drop_lineage

#: Tables whose rows imports write; names that may stand in a statement.
TABLES = (
    "units",
    "editions",
    "boundaries",
    "county",
    "organisations",
    "members",
    "workers",
    "assignments",
    "posts",
    "post_holders",
    "service_points",
    "household_counts",
    "cases",
    "meetings",
)


class RowsStandOn(Exception):
    """Rows of a table refer to what would go."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Undone(NamedTuple):
    """What taking an import back does: rows that go, rows that come back, rows that become what they were."""

    removed: int
    restored: int
    changed_back: int


def add(session: Session, **values: Any) -> Upload:
    """A new upload, with its number."""
    upload = Upload(**values)
    session.add(upload)
    session.flush()
    return upload


def find(session: Session, upload_id: int, *, lock: bool = False) -> Upload | None:
    """An upload, locked against other writers where asked."""
    statement = select(Upload).where(Upload.id == upload_id).execution_options(populate_existing=True)
    return session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()


def latest(session: Session, *, account_id: int | None, scope: str | None, limit: int) -> list[Upload]:
    """Uploads, the newest first: of an account, or of everybody inside a scope."""
    statement = select(Upload).order_by(Upload.id.desc()).limit(limit)
    if scope is None:
        statement = statement.where(Upload.account_id == account_id)
    else:
        low = prefix(scope)
        statement = statement.where(Upload.scope >= low, Upload.scope < low + "~")
    return list(session.execute(statement).scalars())


def stored(session: Session, before: datetime) -> tuple[set[str], list[Upload]]:
    """Names of the files that are still needed, and uploads that were left lying since before a moment."""
    rows = list(session.execute(select(Upload).where(Upload.state.not_in([state.value for state in ENDED]))).scalars())
    old = [row for row in rows if row.created_at < before]
    return {row.stored_as for row in rows if row not in old}, old


def forget_cells(session: Session, before: datetime) -> None:
    """Forget the cells that uploads quote (samples, problems, outlines) once they have been at an end for so long."""
    session.execute(
        update(Upload)
        .where(Upload.state.in_([state.value for state in ENDED]), Upload.created_at < before)
        .values(outcome={}, problems=[], preview=None)
    )


def remembered(session: Session, scope: str, layer: str, columns: str) -> dict[str, str]:
    """Column → field as it was the last time; empty for a source that is new."""
    row = session.execute(
        select(ColumnMapping.mapping).where(
            ColumnMapping.scope == scope, ColumnMapping.layer == layer, ColumnMapping.columns == columns
        )
    ).scalar_one_or_none()
    return dict(row or {})


def remember(session: Session, scope: str, layer: str, columns: str, mapping: Mapping[str, str]) -> None:
    """Keep which column was which field."""
    session.execute(
        text(
            "INSERT INTO column_mappings (scope, layer, columns, mapping) VALUES (:scope, :layer, :columns,"
            " CAST(:mapping AS jsonb)) ON CONFLICT (scope, layer, columns) DO UPDATE SET mapping = excluded.mapping"
        ),
        {"scope": scope, "layer": layer, "columns": columns, "mapping": _json(mapping)},
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# --- imports ---------------------------------------------------------------------------------------------


def note_changes(session: Session, import_id: int | None) -> None:
    """From here to the end of the transaction, every row that is written counts as this import's (None: no more)."""
    session.execute(
        text("SELECT set_config('gridmap.import_id', :id, true)"), {"id": "" if import_id is None else str(import_id)}
    )


def imports(session: Session, limit: int) -> list[ImportLog]:
    """The import log, the newest first."""
    return list(session.execute(select(ImportLog).order_by(ImportLog.id.desc()).limit(limit)).scalars())


def find_import(session: Session, import_id: int, *, lock: bool = False) -> ImportLog | None:
    """A line of the import log."""
    statement = select(ImportLog).where(ImportLog.id == import_id).execution_options(populate_existing=True)
    return session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()


def changed_since(session: Session, import_id: int) -> list[tuple[str, int]]:
    """Rows of an import that somebody changed or removed afterwards: table and row; the first few."""
    found: list[tuple[str, int]] = []
    for table in _tables_of(session, import_id):
        rows = session.execute(
            text(
                f"WITH last AS (SELECT DISTINCT ON (row_id) row_id, after_md5 FROM import_changes"
                f" WHERE import_id = :id AND table_name = '{table}' ORDER BY row_id, step DESC)"
                f" SELECT last.row_id FROM last LEFT JOIN {table} t ON t.id = last.row_id"
                f" WHERE md5(t::text) IS DISTINCT FROM last.after_md5 AND NOT (t.id IS NULL AND last.after_md5 IS NULL)"
                " LIMIT 5"
            ),
            {"id": import_id},
        )
        found += [(table, row_id) for (row_id,) in rows]
    return found


def _tables_of(session: Session, import_id: int) -> list[str]:
    rows = session.execute(
        text("SELECT DISTINCT table_name FROM import_changes WHERE import_id = :id"), {"id": import_id}
    ).scalars()
    return sorted(set(rows) & set(TABLES))


def take_back(session: Session, import_id: int) -> Undone:
    """Undo statement by statement, the last first. Nothing is committed here.

    Raises
    ------
    RowsStandOn
        A later row refers to one that would go.
    """
    try:
        drop_lineage(session, import_id)
        return _take_back(session, import_id)
    except IntegrityError as error:
        diagnosis = getattr(error.orig, "diag", None)
        raise RowsStandOn(str(getattr(diagnosis, "table_name", None) or "")) from error


def _take_back(session: Session, import_id: int) -> Undone:
    removed = restored = changed = 0
    steps = session.execute(
        text(
            "SELECT step, table_name, bool_and(row_before IS NULL), bool_and(after_md5 IS NULL) FROM import_changes"
            " WHERE import_id = :id GROUP BY step, table_name ORDER BY step DESC"
        ),
        {"id": import_id},
    ).all()
    for step, table, inserted, deleted in steps:
        if table not in TABLES:
            continue
        given = {"id": import_id, "step": step}
        where = "c.import_id = :id AND c.step = :step"
        if inserted:
            done = session.execute(
                text(f"DELETE FROM {table} t USING import_changes c WHERE {where} AND t.id = c.row_id"), given
            )
            removed += done.rowcount  # type: ignore[attr-defined]
        elif deleted:
            done = session.execute(
                text(f"INSERT INTO {table} SELECT (c.row_before::{table}).* FROM import_changes c WHERE {where}"), given
            )
            restored += done.rowcount  # type: ignore[attr-defined]
        else:
            columns = session.execute(
                text(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_schema = current_schema() AND table_name = :table AND column_name <> 'id'"
                ),
                {"table": table},
            ).scalars()
            sets = ", ".join(f'"{name}" = o."{name}"' for name in columns)
            done = session.execute(
                text(
                    f"UPDATE {table} t SET {sets} FROM (SELECT (c.row_before::{table}).* FROM import_changes c"
                    f" WHERE {where}) o WHERE t.id = o.id"
                ),
                given,
            )
            changed += done.rowcount  # type: ignore[attr-defined]
    session.flush()
    return Undone(removed, restored, changed)
