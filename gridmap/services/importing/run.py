"""The two verbs: rehearse and commit. Both plan the same way, so that what was rehearsed is what is done."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridmap.domain.codes import contains
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, CodesUndecided, CrsMissing, ImportHasProblems, NothingToRead
from gridmap.geometry.crs import bounds_of, likely, transform
from gridmap.importers import mapping
from gridmap.importers.layers import Kind, Layer, Shape
from gridmap.importers.layers import layer as layer_named
from gridmap.importers.problems import problems_of, with_problems
from gridmap.importers.readers.delimited import LATITUDE_NAMES, LONGITUDE_NAMES, named
from gridmap.importers.registry import placed, read_table
from gridmap.importers.staging import stage
from gridmap.services.importing.code_lists import is_code_list, plan_code_list
from gridmap.services.importing.lists import plan_list, write_list
from gridmap.services.importing.outcome import Plan, Rehearsal
from gridmap.services.importing.renumbering import write_codes
from gridmap.services.importing.territory import LEVELS, is_territory, plan_units, write_units
from gridmap.services.units import today
from gridmap.store.database import Session
from gridmap.store.queries import accounts, adoption, uploads
from gridmap.store.queries import importing as queries
from gridmap.store.queries.frames import working_srid


@dataclass(frozen=True)
class Source:
    """A file that was read: its name, its checksum, what its coordinates are in, and its rows."""

    file_name: str
    sha256: str
    crs: str | None
    frame: pd.DataFrame


def open_source(
    path: Path,
    layer_name: str,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    assume_wgs84: bool = False,
    table: pd.DataFrame | None = None,
) -> Source:
    """Read a file for a layer. A list without geometry needs no system; one of boundaries is a list of codes.

    ``assume_wgs84``: take longitude and latitude columns of a CSV as WGS 84 where ``crs`` says nothing.
    ``table``: its rows, where they were read already.

    Raises
    ------
    What :func:`gridmap.importers.read_frame` raises; BadInput for an unknown layer.
    """
    layer = layer_named(layer_name)
    table = read_table(path, encoding=encoding) if table is None else table
    stated = crs
    if isinstance(table, gpd.GeoDataFrame) and layer.shape is not Shape.NONE:
        if table.crs is None and crs is None and assume_wgs84 and _has_degrees(path, table):
            stated = "EPSG:4326"
        table = placed(path, table, stated)
        stated = stated or CRS.from_user_input(table.crs).to_string()
    elif layer.shape_required and not is_code_list(layer, table):
        raise NothingToRead(path=path, what="geometry: neither shapes, a WKT column, nor longitude and latitude")
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return Source(Path(path).name, digest.hexdigest(), stated, table)


def _has_degrees(path: Path, table: pd.DataFrame) -> bool:
    """Whether the places come from columns called longitude and latitude (WKT in a CSV says nothing)."""
    columns = [str(name) for name in table.columns]
    return str(path).lower().endswith((".csv", ".csv.gz", ".csv.zip")) and (
        named(columns, LONGITUDE_NAMES) is not None and named(columns, LATITUDE_NAMES) is not None
    )


def rehearse(
    session: Session,
    actor: Actor,
    layer_name: str,
    source: Source,
    *,
    level: str | None = None,
    given: Mapping[str, str] | None = None,
    decisions: Mapping[str, str] | None = None,
) -> Rehearsal:
    """Say what importing a file would do, without doing it.

    Parameters
    ----------
    level
        For boundaries and compounds: what every code must be; without it, whatever the codes state.
    given
        Column → field, where names do not say it.
    decisions
        Code → word, for a list of codes: see :mod:`gridmap.services.importing.code_decisions`.

    Raises
    ------
    BadInput, ColumnMissing, CrsMissing, CrsUnusable, PermissionMissing
    """
    plan, columns = plan_of(session, actor, layer_name, source, level, given, decisions)
    return rehearsal_of(plan, columns, source, committed=False)


def commit(
    session: Session,
    actor: Actor,
    layer_name: str,
    source: Source,
    *,
    level: str | None = None,
    given: Mapping[str, str] | None = None,
    decisions: Mapping[str, str] | None = None,
) -> Rehearsal:
    """Import a file: everything in one transaction, with an audit row and a line in the import log, or nothing.

    A file that changes nothing writes nothing.

    Raises
    ------
    ImportHasProblems
        There are problems; :func:`rehearse` lists them.
    CodesUndecided
        What became of some codes is still to be decided; :func:`rehearse` lists the choices.
    Refused
        The rows contradict the database in a way that the checks did not foresee.
    And what :func:`rehearse` raises.
    """
    adoption.take_turn(session)  # what the file is compared with must still stand when it is written
    plan, columns = plan_of(session, actor, layer_name, source, level, given, decisions)
    return carry_out(session, actor, plan, columns, source)


def carry_out(
    session: Session,
    actor: Actor,
    plan: Plan,
    columns: Mapping[str, str],
    source: Source,
    *,
    take_repairs: bool = False,
    detail: Mapping[str, object] | None = None,
    drafted: int | None = None,
) -> Rehearsal:
    """Write a plan and commit; see :func:`commit`. What it writes is noted row by row, so that it can be undone.

    The caller took its turn before it made the plan (:func:`gridmap.store.queries.adoption.take_turn`).

    Parameters
    ----------
    detail
        What else the import log is to say.
    drafted
        Number of the plan to adopt that the file's other rows became, in this transaction.
    """
    outcome = rehearsal_of(plan, columns, source, committed=True, take_repairs=take_repairs)
    if outcome.refused:
        raise ImportHasProblems(count=outcome.refused, path=source.file_name)
    if plan.undecided:
        raise CodesUndecided(count=plan.undecided, path=source.file_name)
    if not plan.new and not plan.changed and drafted is None:
        return outcome
    counts = {"new": outcome.new, "changed": outcome.changed, "same": outcome.same, "gone": outcome.gone}
    try:
        with queries.one_whole():
            number = queries.log_import(
                session, account_id=actor.account_id, actor=actor.name, layer=plan.layer.name,
                file_name=source.file_name, sha256=source.sha256, crs=source.crs, counts=counts,
                detail={**(detail or {}), "plan": drafted},
            )  # fmt: skip
            uploads.note_changes(session, number)
            edition = f"{Path(source.file_name).stem} {plan.today}"
            if "renumbering" in plan.extra:
                queries.add_import_detail(session, number, write_codes(session, plan, edition))
            elif is_territory(plan.layer):
                write_units(session, plan, edition)
            else:
                plan.extra["actor"] = actor
                write_list(session, plan)
            uploads.note_changes(session, None)
            accounts.record(
                session, account_id=actor.account_id, actor=actor.name, action="import", subject=plan.layer.name,
                detail={"file": source.file_name, "sha256": source.sha256, "crs": source.crs, **counts},
            )  # fmt: skip
            session.commit()
    except BaseException:
        session.rollback()
        raise
    return replace(outcome, import_id=number)


def plan_of(
    session: Session,
    actor: Actor,
    layer_name: str,
    source: Source,
    level: str | None,
    given: Mapping[str, str] | None,
    decisions: Mapping[str, str] | None = None,
) -> tuple[Plan, dict[str, str]]:
    """Everything that importing a file would do, and field → column. Raises what :func:`rehearse` raises."""
    layer = layer_named(layer_name)
    actor.require(Permission.IMPORT)
    frame = source.frame
    names = [str(name) for name in frame.columns if name != "geometry"]
    columns = mapping.match(source.file_name, names, layer, given)
    if is_code_list(layer, frame):
        plan = Plan(layer, frozenset(columns), today(session))
        points = isinstance(frame, gpd.GeoDataFrame)
        plan_code_list(
            session, actor, plan, _working(session, frame) if points else frame, columns, _level(layer, level),
            decisions or {},
        )  # fmt: skip
        plan.problems.sort(key=lambda problem: problem.row)
        return plan, columns
    shapes = isinstance(frame, gpd.GeoDataFrame) and layer.shape is not Shape.NONE
    staged = stage(_working(session, frame) if shapes else pd.DataFrame(frame), layer, columns)
    plan = Plan(layer, frozenset(columns), today(session))
    plan.problems.extend(staged.problems)
    records = []
    for record in staged.records:
        outside = [
            field.name
            for field in layer.fields
            if field.kind is Kind.UNIT
            and record.values[field.name] is not None
            and not contains(actor.scope, str(record.values[field.name]))
        ]
        if outside:
            value = record.values[outside[0]]
            plan.object_to(record, outside[0], value, Message("a unit in your area, {scope}", {"scope": actor.scope}))
        else:
            records.append(record)
    if is_territory(layer):
        plan_units(session, plan, records, _level(layer, level))
    else:
        if level is not None:
            raise BadInput(detail=f"{layer.name} has no levels; leave out --level.")
        plan_list(session, plan, records, shapes=shapes)
    plan.problems.sort(key=lambda problem: problem.row)
    return plan, columns


def _working(session: Session, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The frame in the database's working system."""
    assert isinstance(frame, gpd.GeoDataFrame)
    if frame.crs is None:
        raise CrsMissing(path="The file", candidates=likely(bounds_of(frame)))
    if frame.geometry.isna().all() or frame.geometry.is_empty.all():
        return frame
    moved = transform(frame, CRS.from_epsg(working_srid(session)))
    if moved is not frame and not problems_of(moved):
        with_problems(moved, problems_of(frame))
    return moved


def _level(layer: Layer, word: str | None) -> Level | None:
    if word is None:
        return None
    levels = LEVELS[layer.name]
    if word not in [level.value for level in levels]:
        raise BadInput(detail=f"{layer.name} have the levels {', '.join(levels)}; {word!r} is none of them.")
    return Level(word)


def rehearsal_of(
    plan: Plan, columns: Mapping[str, str], source: Source, *, committed: bool, take_repairs: bool = False
) -> Rehearsal:
    """A plan as counts and problems."""
    return Rehearsal(
        layer=plan.layer.name,
        file_name=source.file_name,
        sha256=source.sha256,
        crs=source.crs,
        columns=columns,
        rows=len(source.frame),
        new=len(plan.new),
        changed=len(plan.changed),
        same=plan.same,
        gone=plan.gone,
        problems=tuple(plan.problems),
        committed=committed,
        take_repairs=take_repairs,
        decisions=plan.decisions,
        elsewhere=int(plan.extra.get("elsewhere", 0)),
    )
