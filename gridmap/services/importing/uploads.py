"""Uploads: a file that somebody sent, read and rehearsed in the background, asked about, committed or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import IO, Any

from gridmap.domain.codes import contains
from gridmap.domain.imports import (
    Answers,
    Choice,
    ColumnGuess,
    Decision,
    FieldInfo,
    Question,
    Repair,
    UploadState,
)
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission, Role
from gridmap.errors import ImportHasProblems, ImportStale, NotFound, Refused
from gridmap.importers.layers import layer as layer_named
from gridmap.importers.problems import Problem
from gridmap.importers.wire import packed, unpacked
from gridmap.services.importing import upload_files
from gridmap.services.importing.redrawn import as_plan
from gridmap.services.importing.rehearsing import Prepared, fingerprint, prepare, remember_mapping
from gridmap.services.importing.run import carry_out
from gridmap.services.importing.undo import ImportRow, imports, undo_import
from gridmap.services.importing.workbooks import problems_workbook_of, template_workbook
from gridmap.services.units import LOCAL
from gridmap.store.database import Session
from gridmap.store.models import Upload as Row
from gridmap.store.queries import uploads as queries

__all__ = [
    "Answers",
    "Choice",
    "ColumnGuess",
    "Decision",
    "FieldInfo",
    "ImportRow",
    "Question",
    "Repair",
    "Upload",
    "answer",
    "commit_upload",
    "discard",
    "imports",
    "preview",
    "problems",
    "problems_workbook",
    "read_and_rehearse",
    "receive",
    "report_failure",
    "template_workbook",
    "undo_import",
    "upload",
    "uploads",
]

#: Seconds without a sign of life after which a reading counts as broken off: the process that did it is gone.
SILENT_S = 60.0
#: Problems kept with an upload; the workbook and the page show these, the count is of all.
MOST_PROBLEMS = 5_000


@dataclass(frozen=True)
class Upload:
    """An upload as pages show it; see :class:`gridmap.store.models.imports.Upload`."""

    id: int
    layer: str
    file_name: str
    size: int
    sha256: str
    state: UploadState
    progress: float
    step: Message | None
    answers: Answers
    error: Message | None
    question: Question | None
    columns: tuple[ColumnGuess, ...]
    fields: tuple[FieldInfo, ...]
    counts: Mapping[str, int]
    problem_columns: tuple[str, ...]
    repairs: tuple[Repair, ...]
    decisions: tuple[Decision, ...]
    import_id: int | None
    plan_id: int | None
    unit: str | None
    created_at: datetime
    actor: str


def receive(
    session: Session, actor: Actor, layer: str, file_name: str, stream: IO[bytes], *, level: str | None = None
) -> int:
    """Take a file for a list; return the upload's number. It is read by the job, not here.

    Raises
    ------
    PermissionMissing, BadInput
    """
    actor.require(Permission.IMPORT)
    layer_named(layer)
    upload_files.sweep(session)
    stored = upload_files.take(file_name, stream)
    try:
        row = queries.add(
            session,
            account_id=actor.account_id,
            actor=actor.name,
            scope=actor.scope,
            layer=layer,
            file_name=file_name[-200:],
            stored_as=stored.name,
            size=stored.size,
            sha256=stored.sha256,
            state=UploadState.RECEIVED.value,
            answers=packed(asdict(Answers(level=level))),
        )
        session.commit()
    except BaseException:
        upload_files.remove(stored.name)
        raise
    return row.id


def _own(session: Session, actor: Actor, upload_id: int, *, lock: bool = False) -> Row:
    """The upload, when it is the actor's own; administrators see those of their area.

    Raises
    ------
    NotFound, PermissionMissing
    """
    actor.require(Permission.IMPORT)
    row = queries.find(session, upload_id, lock=lock)
    mine = row is not None and row.account_id == actor.account_id and row.actor == actor.name
    if row is None or not (mine or (actor.role is Role.ADMINISTRATOR and contains(actor.scope, row.scope))):
        raise NotFound(what="upload", key=upload_id)
    return row


def _answers(row: Row) -> Answers:
    given = unpacked(row.answers)
    return Answers(**given) if isinstance(given, dict) else Answers()


def upload(session: Session, actor: Actor, upload_id: int) -> Upload:
    """Where an upload is.

    Raises
    ------
    NotFound, PermissionMissing
    """
    return _shown(session, _own(session, actor, upload_id))


def uploads(session: Session, actor: Actor, limit: int = 20) -> list[Upload]:
    """The actor's uploads, the newest first; administrators see everybody's in their area."""
    actor.require(Permission.IMPORT)
    scope = actor.scope if actor.role is Role.ADMINISTRATOR else None
    rows = queries.latest(session, account_id=actor.account_id, scope=scope, limit=limit)
    return [_shown(session, row) for row in rows]


def _shown(session: Session, row: Row) -> Upload:
    if row.state == UploadState.READING and _silent(row):
        row.state = UploadState.FAILED.value
        row.error = packed(Message("Reading broke off: the server was stopped meanwhile. Send the file again."))
        session.commit()
    found = unpacked(row.outcome) if row.outcome else {}
    return Upload(
        id=row.id,
        layer=row.layer,
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        state=UploadState(row.state),
        progress=row.progress,
        step=unpacked(row.step) if row.step else None,
        answers=_answers(row),
        error=unpacked(row.error) if row.error else None,
        question=unpacked(row.question) if row.question else None,
        columns=tuple(found.get("columns", ())),
        fields=tuple(found.get("fields", ())),
        counts=dict(found.get("counts", {})),
        problem_columns=tuple(found.get("problem_columns", ())),
        repairs=tuple(found.get("repairs", ())),
        decisions=tuple(found.get("decisions", ())),
        import_id=row.import_id,
        plan_id=row.plan_id,
        unit=found.get("unit"),
        created_at=row.created_at,
        actor=row.actor,
    )


def _silent(row: Row) -> bool:
    last = row.heartbeat_at or row.created_at
    return (datetime.now(LOCAL) - last).total_seconds() > SILENT_S


def answer(session: Session, actor: Actor, upload_id: int, answers: Answers) -> None:
    """Take what a person says about a file; what is not said stays as it was. The job then reads it again.

    Raises
    ------
    NotFound, Refused
    """
    row = _own(session, actor, upload_id, lock=True)
    if row.state not in (UploadState.QUESTION, UploadState.READY, UploadState.REFUSED, UploadState.FAILED):
        raise Refused(detail=Message("This upload takes no more answers: it is {state}.", {"state": row.state}))
    known = _answers(row)
    said = {name: value for name, value in vars(answers).items() if value is not None}
    if said.get("decisions") is not None and known.decisions:
        said["decisions"] = {**known.decisions, **said["decisions"]}
    row.answers = packed(vars(replace(known, **said)))
    row.state = UploadState.RECEIVED.value
    row.error = row.question = None
    session.commit()


def read_and_rehearse(session: Session, actor: Actor, upload_id: int, beat: Any) -> None:
    """Read a file in its own process and rehearse it; the upload says what came of it. ``beat(share, step)``.

    Raises
    ------
    NotFound, PermissionMissing
    """
    row = _own(session, actor, upload_id)
    answers = _answers(row)
    path, layer, name = upload_files.path_of(row.stored_as), row.layer, row.file_name
    session.commit()
    prepared = prepare(session, actor, path, layer, name, answers, beat)
    row = _own(session, actor, upload_id, lock=True)
    if row.state == UploadState.DISCARDED:
        session.rollback()
        return
    if answers.mapping and prepared.plan is not None:
        remember_mapping(session, actor, prepared)  # what a clerk said by hand is known for the corrected file
    row.progress, row.step = 1.0, None
    row.error = packed(prepared.error) if prepared.error else None
    row.question = packed(prepared.question) if prepared.question else None
    row.state = prepared.state.value
    row.outcome = packed(
        {
            "columns": prepared.columns,
            "fields": prepared.fields,
            "counts": prepared.counts,
            "problem_columns": tuple(dict.fromkeys(each.column for each in prepared.problems)),
            "repairs": prepared.repairs,
            "decisions": prepared.decisions,
            "unit": prepared.unit,
            "fingerprint": prepared.fingerprint,
        }
    )
    row.problems = [packed(each) for each in prepared.problems[:MOST_PROBLEMS]]
    row.preview = prepared.preview
    session.commit()


def report_progress(session: Session, upload_id: int, share: float | None = None, step: Message | None = None) -> None:
    """A sign of life of the job, and how far it is. Locked: what the job found must not be said away meanwhile."""
    row = queries.find(session, upload_id, lock=True)
    if row is None or row.state not in (UploadState.RECEIVED, UploadState.READING):
        session.rollback()
        return
    row.state = UploadState.READING.value
    row.heartbeat_at = datetime.now(LOCAL)
    if share is not None:
        row.progress = min(max(share, 0.0), 1.0)
    if step is not None:
        row.step = packed(step)
    session.commit()


def report_failure(session: Session, upload_id: int, reason: Message) -> None:
    """The job broke off."""
    row = queries.find(session, upload_id, lock=True)
    if row is not None and row.state != UploadState.DISCARDED:
        row.state, row.error = UploadState.FAILED.value, packed(reason)
        session.commit()


def problems(
    session: Session, actor: Actor, upload_id: int, *, offset: int = 0, limit: int = 100, column: str | None = None
) -> tuple[int, list[Problem]]:
    """Problems in the order of the rows, those of one column where it is named: how many, and some of them."""
    row = _own(session, actor, upload_id)
    found: list[Problem] = [unpacked(each) for each in row.problems]
    chosen = [each for each in found if column is None or each.column == column]
    return len(chosen), chosen[offset : offset + limit]


def preview(session: Session, actor: Actor, upload_id: int) -> dict[str, Any]:
    """Old and new outlines of what would change, as GeoJSON in EPSG:4326; or those of every answer to a question."""
    row = _own(session, actor, upload_id)
    return row.preview or {"type": "FeatureCollection", "features": []}


def problems_workbook(session: Session, actor: Actor, upload_id: int) -> bytes:
    """The rows with problems as Excel, bad cells marked.

    Raises
    ------
    NotFound
        The upload has no problems, or its file is gone.
    """
    row = _own(session, actor, upload_id)
    path = upload_files.path_of(row.stored_as)
    if not row.problems or not path.exists():
        raise NotFound(what="list of problems for upload", key=upload_id)
    found: list[Problem] = [unpacked(each) for each in row.problems]
    guessed: tuple[ColumnGuess, ...] = unpacked(row.outcome).get("columns", ()) if row.outcome else ()
    matched = {each.field: each.column for each in guessed if each.field is not None}
    return problems_workbook_of(path, row.file_name, found, _answers(row), matched=matched)


def commit_upload(session: Session, actor: Actor, upload_id: int) -> int:
    """Write everything of a rehearsed upload, or nothing; return the import's number (0: there was nothing to write).

    Grids that would get another outline become a plan to adopt (:attr:`Upload.plan_id`); what stands is never
    overwritten.

    Raises
    ------
    ImportHasProblems, ImportStale, Refused, NotFound, PermissionMissing
    """
    row = _own(session, actor, upload_id, lock=True)
    if row.state != UploadState.READY:
        raise Refused(detail=Message("Only a rehearsed upload can be committed: it is {state}.", {"state": row.state}))
    answers = _answers(row)
    path = upload_files.path_of(row.stored_as)
    row.state = UploadState.COMMITTING.value
    session.commit()
    try:
        prepared = prepare(session, actor, path, row.layer, row.file_name, answers, lambda *_: None, to_write=True)
        plan_id, number = _write(session, actor, prepared, answers, str(unpacked(row.outcome).get("fingerprint")))
    except BaseException:
        session.rollback()
        row = _own(session, actor, upload_id, lock=True)
        row.state = UploadState.READY.value
        session.commit()
        raise
    row = _own(session, actor, upload_id, lock=True)
    row.state, row.import_id, row.plan_id = UploadState.COMMITTED.value, number or None, plan_id
    session.commit()
    upload_files.remove(path.name)
    return number


def _write(
    session: Session, actor: Actor, prepared: Prepared, answers: Answers, rehearsed: str
) -> tuple[int | None, int]:
    """Import number and plan number of what was written."""
    if prepared.plan is None or prepared.source is None:
        raise ImportStale(path=prepared.file_name)
    stopping = sum(
        not each.repaired and not (each.question and answers.take_repairs) for each in prepared.plan.problems
    )
    if stopping:
        raise ImportHasProblems(count=stopping, path=prepared.file_name)
    if fingerprint(prepared.plan) != rehearsed:
        raise ImportStale(path=prepared.file_name)
    rest, plan_id = as_plan(session, actor, prepared.plan, prepared.file_name)
    remember_mapping(session, actor, prepared)
    done = carry_out(
        session,
        actor,
        rest,
        prepared.mapping,
        prepared.source,
        take_repairs=bool(answers.take_repairs),
        detail={
            "encoding": answers.encoding,
            "take_repairs": bool(answers.take_repairs),
            "columns": dict(prepared.mapping),
        },
        drafted=plan_id,
    )
    return plan_id, done.import_id or 0


def discard(session: Session, actor: Actor, upload_id: int) -> None:
    """Drop an upload and its file.

    Raises
    ------
    NotFound, Refused
    """
    row = _own(session, actor, upload_id, lock=True)
    if row.state in (UploadState.COMMITTING, UploadState.COMMITTED):
        raise Refused(detail=Message("This upload is committed; undo the import instead."))
    row.state = UploadState.DISCARDED.value
    row.problems, row.preview = [], None
    session.commit()
    upload_files.remove(row.stored_as)
