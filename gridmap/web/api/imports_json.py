"""What the upload pages receive: uploads and imports as dictionaries, words in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime
from flask import url_for

from gridmap.domain.messages import Message
from gridmap.services.units import LOCAL
from gridmap.translations import say
from gridmap.web.i18n import gettext, language
from gridmap.web.pages import import_lists

if TYPE_CHECKING:
    from gridmap.domain.permissions import Actor
    from gridmap.importers.problems import Problem
    from gridmap.services.importing.uploads import Choice, ImportRow, Upload

#: state of an upload → what people read in "my uploads"
STATE_NAMES = {
    "received": Message("waiting to be read"),
    "reading": Message("being read"),
    "question": Message("has a question for you"),
    "ready": Message("ready to be looked at"),
    "committing": Message("being written"),
    "committed": Message("committed"),
    "refused": Message("refused"),
    "failed": Message("could not be read"),
    "discarded": Message("discarded"),
}


def size(count: int) -> str:
    """A size in bytes as people say it."""
    for unit, by in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= by:
            value = count / by
            return f"{value:.1f} {unit}" if value < 10 and value != round(value) else f"{value:.0f} {unit}"
    return f"{count} B"


def _when(moment: datetime | None) -> str | None:
    """A moment as people write it, in China time."""
    if moment is None:
        return None
    pattern = "y年M月d日 HH:mm" if language() == "zh_Hans" else "d MMM y, HH:mm"
    return format_datetime(moment, pattern, tzinfo=LOCAL, locale=language())


def _counted(counts: Mapping[str, int]) -> str:
    return gettext(
        "{new} new, {changed} changed, {same} unchanged",
        **{name: f"{counts.get(name, 0):,}" for name in ("new", "changed", "same")},
    )


def _said(message: Message | None) -> str | None:
    return None if message is None else say(message, language())


def upload_row(upload: Upload) -> dict[str, Any]:
    """An upload as "my uploads" and the head of its page show it."""
    state = upload.state.value
    return {
        "id": upload.id,
        "list": import_lists.title(upload.layer, language()),
        "file_name": upload.file_name,
        "size": size(upload.size),
        "sha256": upload.sha256,
        "state": state,
        "state_name": say(STATE_NAMES[state], language()),
        "error": _said(upload.error),
        "created_at": upload.created_at,
        "created": _when(upload.created_at),
        "actor": upload.actor,
        "open": state not in {"committed", "discarded"},
    }


def import_row(row: ImportRow) -> dict[str, Any]:
    """A line of the import log."""
    return {
        "id": row.id,
        "at": row.at,
        "when": _when(row.at),
        "actor": row.actor,
        "list": import_lists.title(row.layer, language()),
        "file_name": row.file_name,
        "sha256": row.sha256,
        "crs": row.crs,
        "counts_words": _counted(row.counts),
        "undone_at": row.undone_at,
        "undone_when": _when(row.undone_at),
        "undoable": row.undoable,
        "why_not": _said(row.why_not),
    }


def problem_row(problem: Problem) -> dict[str, Any]:
    """A problem of one row."""
    return {
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "expected": _said(problem.expected),
        "fix": _said(problem.fix),
        "repaired": problem.repaired,
    }


def _choices(choices: Iterable[Choice]) -> list[dict[str, Any]]:
    return [
        {
            "value": choice.value,
            "label": _said(choice.label),
            "detail": _said(choice.detail),
            "sample": list(choice.sample),
            "bounds": choice.bounds_lonlat,
        }
        for choice in choices
    ]


def upload_state(upload: Upload, actor: Actor) -> dict[str, Any]:
    """Everything that the page of one upload needs to show the step where it is."""
    question = upload.question
    return {
        "id": upload.id,
        "layer": upload.layer,
        "layer_title": import_lists.title(upload.layer, language()),
        "file_name": upload.file_name,
        "state": upload.state.value,
        "progress": upload.progress,
        "step": _said(upload.step),
        "error": _said(upload.error),
        "question": None
        if question is None
        else {"kind": question.kind, "text": _said(question.text), "choices": _choices(question.choices)},
        "columns": [
            {"column": each.column, "samples": list(each.samples), "field": each.field, "how": each.how}
            for each in upload.columns
        ],
        "fields": [
            {"name": each.name, "label": _said(each.label), "required": each.required} for each in upload.fields
        ],
        "counts": dict(upload.counts),
        "problem_columns": list(upload.problem_columns),
        "repairs": [
            {
                "row": each.row,
                "name": each.name,
                "text": _said(each.text),
                "before_m2": each.before_m2,
                "after_m2": each.after_m2,
            }
            for each in upload.repairs
        ],
        "decisions": [
            {
                "code": each.code,
                "name": each.name,
                "text": _said(each.text),
                "choices": _choices(each.choices),
                "chosen": each.chosen,
            }
            for each in upload.decisions
        ],
        "answers": {"take_repairs": bool(upload.answers.take_repairs)},
        "import_id": upload.import_id,
        "plan_id": upload.plan_id,
        "plan_url": None if upload.plan_id is None else f"/plan/{upload.plan_id}",
        "map_url": url_for("inspect.page", unit=upload.unit or actor.scope),
    }
