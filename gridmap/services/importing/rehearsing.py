"""From a file to a rehearsal: read in its own process, asked about where it is not clear, compared with what stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.domain.imports import Answers, Choice, ColumnGuess, Decision, FieldInfo, Question, Repair, UploadState
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import ColumnMissing, CrsMissing, GridmapError, ShiftSuspected
from gridmap.geometry.candidates import Candidate, candidates, sample
from gridmap.geometry.datum_shift import recognise
from gridmap.importers import mapping
from gridmap.importers.defaults import suspicious_points
from gridmap.importers.isolated import read_isolated
from gridmap.importers.layers import Layer, Shape
from gridmap.importers.layers import layer as layer_named
from gridmap.importers.problems import Problem
from gridmap.services import units
from gridmap.services.importing.code_lists import is_code_list
from gridmap.services.importing.columns import fields_of, guesses, source_key
from gridmap.services.importing.outcome import Plan
from gridmap.services.importing.preview import of_choices, of_plan
from gridmap.services.importing.run import Source, plan_of
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.queries import adoption
from gridmap.store.queries import uploads as queries
from gridmap.store.queries.units import boundaries_frame

Beat = Callable[..., None]


@dataclass(frozen=True)
class Prepared:
    """What reading and rehearsing a file came to. ``plan`` and ``source`` are None where it did not get so far."""

    file_name: str
    state: UploadState
    error: Message | None = None
    question: Question | None = None
    columns: tuple[ColumnGuess, ...] = ()
    fields: tuple[FieldInfo, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    decisions: tuple[Decision, ...] = ()
    preview: dict[str, Any] | None = None
    unit: str | None = None
    fingerprint: str = ""
    plan: Plan | None = None
    source: Source | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


def prepare(
    session: Session,
    actor: Actor,
    path: Path,
    layer_name: str,
    file_name: str,
    answers: Answers,
    beat: Beat,
    *,
    to_write: bool = False,
) -> Prepared:
    """Read and rehearse; named errors become questions or sentences, never a traceback.

    ``to_write``: what it is compared with stays as it is until the caller's transaction ends; others wait.

    Raises
    ------
    PermissionMissing
    """
    layer = layer_named(layer_name)
    fields = fields_of(layer)
    beat(0.02, Message("Reading the file"))
    try:
        frame = read_isolated(
            path,
            encoding=answers.encoding,
            layer=answers.sheet,
            sheet=answers.sheet,
            header_row=answers.header_row,
            progress=lambda share: beat(0.02 + 0.6 * share),
        )
        columns = guesses(session, actor, frame, layer, answers)
    except GridmapError as error:
        return _stopped(error, file_name, fields)
    beat(0.65, Message("Looking at the coordinates"))
    source = Source(file_name, _digest(path), None, frame)
    try:
        if isinstance(frame, gpd.GeoDataFrame) and layer.shape is not Shape.NONE:
            source = _placed(session, path, source, layer, answers)
        given = {each.column: each.field for each in columns if each.field is not None}
        beat(0.75, Message("Comparing with what stands"))
        if to_write:
            adoption.take_turn(session)
        plan, matched = plan_of(session, actor, layer_name, source, answers.level, given, answers.decisions)
    except (CrsMissing, ShiftSuspected) as error:
        question, preview = _asked(session, error, frame)
        if question is None:
            return _stopped(error, file_name, fields, columns)
        return Prepared(
            file_name, UploadState.QUESTION, question=question, columns=columns, fields=fields, preview=preview
        )
    except ColumnMissing as error:
        return Prepared(
            file_name, UploadState.REFUSED, error=_sentence(error, file_name), columns=columns, fields=fields
        )
    except GridmapError as error:
        return _stopped(error, file_name, fields, columns)
    beat(0.9, Message("Drawing what would change"))
    flag_defaults(plan, source)
    stopping = [each for each in plan.problems if not each.repaired]
    repaired = [each for each in plan.problems if each.repaired or each.question]
    return Prepared(
        file_name=file_name,
        state=UploadState.READY,
        columns=columns,
        fields=fields,
        counts={
            "rows": len(frame),
            "new": len(plan.new),
            "changed": len(plan.changed),
            "same": plan.same,
            "gone": plan.gone,
            "problems": sum(not each.question for each in stopping),
            "repaired": sum(each.repaired for each in plan.problems),
            "questions": sum(each.question for each in stopping),
            "elsewhere": int(plan.extra.get("elsewhere", 0)),
            "undecided": plan.undecided,
        },
        problems=tuple(plan.problems),
        repairs=tuple(Repair(each.row, each.value, each.fix, each.before_m2, each.after_m2) for each in repaired),
        decisions=plan.decisions,
        preview=of_plan(session, plan),
        unit=_unit(plan, actor),
        fingerprint=fingerprint(plan),
        plan=plan,
        source=source,
        mapping=matched,
    )


def _stopped(
    error: GridmapError, file_name: str, fields: tuple[FieldInfo, ...], columns: tuple[ColumnGuess, ...] = ()
) -> Prepared:
    """A question where the error carries answers to choose from, else a refusal with its sentence."""
    question = _question_of(error)
    if question is not None:
        return Prepared(file_name, UploadState.QUESTION, question=question, columns=columns, fields=fields)
    return Prepared(file_name, UploadState.REFUSED, error=_sentence(error, file_name), columns=columns, fields=fields)


_WHICH_LAYER = Message("The file holds several layers or sheets. Which one is meant?")
#: error → kind of question, and how a page asks it (the error's own sentence names options of the command)
_ASKING = {
    "EncodingUnsure": ("encoding", Message("The text can be read in several ways. Which one reads as it should?")),
    "SheetUnsure": ("layer", _WHICH_LAYER),
    "LayerUnsure": ("layer", _WHICH_LAYER),
    "HeaderUnsure": ("header", Message("No row looks like the names of columns. Which row holds them?")),
}


def _question_of(error: GridmapError) -> Question | None:
    asked = _ASKING.get(error.code)
    options = error.params.get("options") or error.params.get("candidates")
    if asked is None or not options:
        return None
    choices = []
    for option in options if isinstance(options, tuple | list) else ():
        value, shown = option if isinstance(option, tuple | list) and len(option) == 2 else (option, ())
        samples = tuple(str(each) for each in shown) if isinstance(shown, tuple | list) else (str(shown),)
        choices.append(Choice(str(value), Message("{name}", {"name": str(value)}), None, samples))
    return Question(*asked, tuple(choices))


def _sentence(error: GridmapError, file_name: str) -> Message:
    """The error's sentence with the name that the sender gave the file, not the one it has on our disk."""
    params = {name: file_name if name == "path" else value for name, value in error.params.items()}
    return Message(error.sentence, params)


def _placed(session: Session, path: Path, source: Source, layer: Layer, answers: Answers) -> Source:
    """The file with its shapes in a stated system; asked about where it states none or seems shifted.

    Raises
    ------
    CrsMissing, ShiftSuspected, and what reading with a system raises.
    """
    frame = source.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    if frame.crs is None and answers.crs is None and len(sample(frame)):
        raise CrsMissing(path=source.file_name, candidates="")
    placed = read_isolated(
        path,
        encoding=answers.encoding,
        layer=answers.sheet,
        sheet=answers.sheet,
        header_row=answers.header_row,
        crs=answers.crs,
    )
    assert isinstance(placed, gpd.GeoDataFrame)
    stated = answers.crs or CRS.from_user_input(placed.crs).to_string()
    if answers.crs is None and layer.shape is Shape.AREA and not is_code_list(layer, placed):
        look_for_shift(session, source.file_name, placed, stated)
    return Source(source.file_name, source.sha256, stated, placed)


def look_for_shift(session: Session, file_name: str, placed: gpd.GeoDataFrame, stated: str) -> None:
    """Raise where the shapes lie off those that stand, and less so once a vendor's shift is taken away.

    Raises
    ------
    ShiftSuspected
    """
    county = units.county(session)
    if county is None or placed.geometry.is_empty.all():
        return
    known = pd.concat(
        [boundaries_frame(session, level, scope=county.code, as_of=today(session)) for level in ("grid", "community")]
    )
    if not len(known):
        return
    reference = gpd.GeoDataFrame(known, geometry="geometry", crs=county.srid).to_crs(4326)
    columns = mapping.near(placed.columns, layer_named("boundaries"))
    verdict = recognise(
        placed.to_crs(4326),
        reference,
        codes=(columns["code"], "code") if "code" in columns else None,
        names=(columns["name"], "name") if "name" in columns else None,
    )
    if verdict.suspected:
        raise ShiftSuspected(
            path=file_name,
            before_m=verdict.offset_before_m,
            after_m=verdict.offset_after_m,
            kind=verdict.kind.value,
            pairs=verdict.pairs,
            stated=stated,
        )


#: kind of shift → what maps call it
_SHIFTS = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def _asked(session: Session, error: GridmapError, frame: pd.DataFrame) -> tuple[Question | None, dict[str, Any] | None]:
    """A question about coordinates, with every answer drawn."""
    assert isinstance(frame, gpd.GeoDataFrame)
    if isinstance(error, ShiftSuspected):
        kind, stated = str(error.params["kind"]), str(error.params["stated"])
        choices = [Choice(stated, Message("They are right as they are"), Message("{crs}", {"crs": stated}))]
        if kind in ("gcj02", "bd09"):
            name = {"gcj02": Message("GCJ-02 (Amap, Tencent)"), "bd09": Message("BD-09 (Baidu)")}[kind]
            choices.insert(0, Choice(kind, name, Message("Converted to WGS 84; the import log says so.")))
        text = Message(
            "The shapes lie {before_m} m off those that stand. Read as {kind} they would lie {after_m} m off"
            " ({pairs} shapes compared). Which is right?",
            {
                "before_m": round(float(str(error.params["before_m"]))),
                "after_m": round(float(str(error.params["after_m"]))),
                "pairs": error.params["pairs"],
                "kind": _SHIFTS.get(kind, kind),
            },
        )
        question = Question("shift", text, tuple(choices))
        return question, of_choices(frame, [choice.value for choice in choices])
    found: tuple[Candidate, ...] = candidates(sample(frame), _county(session))
    usable = [each for each in found if each.refused is None]
    choices = [
        Choice(
            each.crs,
            each.name,
            None
            if each.share_inside is None
            else Message("{share} % of it would lie inside the county", {"share": round(each.share_inside * 100)}),
            (),
            each.bounds_lonlat,
        )
        for each in usable
    ]
    if not choices:
        return None, None
    text = Message("The file does not say which coordinate system it uses. Where should it lie?")
    return Question("crs", text, tuple(choices)), of_choices(frame, [choice.value for choice in choices])


def _county(session: Session) -> shapely.Geometry | None:
    county = units.county(session)
    if county is None:
        return None
    found = boundaries_frame(session, "county", scope=county.code, as_of=today(session))
    return None if not len(found) else found.to_crs(4326).geometry.iloc[0]


def remember_mapping(session: Session, actor: Actor, prepared: Prepared) -> None:
    """Keep how the columns were matched, for the next file of this kind."""
    names = [each.column for each in prepared.columns]
    matched = {column: name for name, column in prepared.mapping.items()}
    if prepared.plan is not None and names:
        queries.remember(session, actor.scope, prepared.plan.layer.name, source_key(names), matched)


def fingerprint(plan: Plan) -> str:
    """What would be written, and onto what: equal as long as neither the file nor the database changed."""
    digest = hashlib.sha256()
    for record in plan.new:
        digest.update(f"new {record.row}\n".encode())
    for change in plan.changed:
        stood = {name: value for name, value in change.standing.items() if name != "geometry"}
        digest.update(f"{change.record.row} {change.fields} {sorted(stood.items(), key=str)}\n".encode())
    for decision in plan.decisions:
        digest.update(f"{decision.code} {decision.chosen}\n".encode())
    digest.update(f"{plan.same} {plan.today}".encode())
    return digest.hexdigest()


def flag_defaults(plan: Plan, source: Source) -> None:
    """Say which places many rows share that cannot all be there."""
    if plan.layer.name != "cases" or not isinstance(source.frame, gpd.GeoDataFrame):
        return
    column = next((each for each in ("address", "地址", "位置") if each in source.frame.columns), None)
    addresses = None if column is None else source.frame[column].tolist()
    for point in suspicious_points(source.frame.geometry, addresses):
        plan.problems.append(
            Problem(
                row=point.rows[0],
                column="geometry",
                value=f"{point.x:.6f}, {point.y:.6f}",
                expected=Message("a place of its own; {count} rows lie on this one point", {"count": point.count}),
                fix=Message("A geocoder gives one point to what it cannot find. Locate these rows, or leave it empty."),
                repaired=True,
            )
        )


def _unit(plan: Plan, actor: Actor) -> str | None:
    """The unit to look at afterwards."""
    records = [*plan.new, *(change.record for change in plan.changed)]
    codes = [
        str(record.values.get("code") if plan.layer.shape is Shape.AREA else record.values.get("unit"))
        for record in records
    ]
    first = next((code for code in codes if code and code != "None"), None)
    return first if first is not None else actor.scope


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
