"""One file from the command line: read in its own process, rehearsed, and written when told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd

from gridmap.domain.imports import Answers
from gridmap.domain.permissions import Actor
from gridmap.importers.isolated import read_isolated
from gridmap.importers.layers import Shape
from gridmap.importers.layers import layer as layer_named
from gridmap.services.importing.code_lists import is_code_list
from gridmap.services.importing.outcome import Rehearsal
from gridmap.services.importing.redrawn import as_plan
from gridmap.services.importing.rehearsing import flag_defaults, look_for_shift
from gridmap.services.importing.run import Source, carry_out, open_source, plan_of, rehearsal_of
from gridmap.services.importing.workbooks import problems_workbook_of
from gridmap.store.database import Session
from gridmap.store.queries import adoption


@dataclass(frozen=True)
class Asked:
    """A file, the list it is for, and what was said about it by options."""

    path: Path
    layer: str
    answers: Answers


def read(asked: Asked, progress: Callable[[float], None] | None = None) -> Source:
    """Read a file as the upload page does: in a process with limits. ``progress`` is called with shares from 0 to 1.

    Raises
    ------
    What :func:`gridmap.importers.isolated.read_isolated` and :func:`gridmap.services.importing.open_source` raise.
    """
    said = asked.answers
    table = read_isolated(
        asked.path, encoding=said.encoding, layer=said.sheet, sheet=said.sheet, header_row=said.header_row,
        progress=progress,
    )  # fmt: skip
    return open_source(asked.path, asked.layer, crs=said.crs, assume_wgs84=True, table=table)


def rehearse_or_commit(session: Session, actor: Actor, asked: Asked, source: Source, *, act: bool) -> Rehearsal:
    """Say what a file would change; with ``act`` and nothing in the way, change it: all or nothing.

    Grids that would get another outline become a plan to adopt, as on the upload page.

    Raises
    ------
    ShiftSuspected
        The shapes lie off those that stand as a map vendor's shift would have it, and no system was stated.
    And what :func:`gridmap.services.importing.rehearse` and :func:`gridmap.services.importing.commit` raise.
    """
    said, layer, frame = asked.answers, layer_named(asked.layer), source.frame
    if said.crs is None and source.crs is not None and layer.shape is Shape.AREA and not is_code_list(layer, frame):
        assert isinstance(frame, gpd.GeoDataFrame)
        look_for_shift(session, source.file_name, frame, source.crs)
    if act:
        adoption.take_turn(session)  # what it is compared with must still stand when it is written
    plan, columns = plan_of(session, actor, asked.layer, source, said.level, said.mapping, said.decisions)
    flag_defaults(plan, source)
    taken = bool(said.take_repairs)
    outcome = rehearsal_of(plan, columns, source, committed=False, take_repairs=taken)
    if not act or outcome.refused or outcome.undecided:
        return outcome
    rest, plan_id = as_plan(session, actor, plan, source.file_name)
    done = carry_out(
        session, actor, rest, columns, source, take_repairs=taken,
        detail={"encoding": said.encoding, "take_repairs": taken, "columns": dict(columns)}, drafted=plan_id,
    )  # fmt: skip
    return replace(done, new=outcome.new, changed=outcome.changed, plan_id=plan_id)


def problems_book(asked: Asked, outcome: Rehearsal, language: str) -> bytes:
    """The rows with problems as Excel, bad cells marked."""
    return problems_workbook_of(asked.path, asked.path.name, outcome.problems, asked.answers, language, outcome.columns)
