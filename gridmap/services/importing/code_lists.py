"""Code lists: units created, renamed, renumbered, merged and retired by a list without outlines.

A list of boundaries without a single area (words only, or points) is a code list. It is compared with the units that
stand; what a person must decide is a :class:`~gridmap.domain.imports.Decision` (see
:mod:`gridmap.services.importing.code_decisions`), and nothing is written while one of them is open.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.domain.code_lists import Entry, Relation, compare
from gridmap.domain.codes import contains, level_of, parent
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import BadInput, CodeInvalid
from gridmap.importers.layers import Layer, Shape
from gridmap.importers.problems import problems_of
from gridmap.importers.staging import Record, Staged, stage
from gridmap.services.importing.code_decisions import Verdicts, decide
from gridmap.services.importing.outcome import Change, Plan, Standing
from gridmap.services.importing.renumbering import settle
from gridmap.store.database import Session
from gridmap.store.queries import importing as queries

#: Levels that a code list may hold.
LEVELS = (Level.COUNTY, Level.TOWN, Level.COMMUNITY, Level.GRID)
#: Where the digits of a level end.
_ENDS = (12, 9, 6)

_SHORT = re.compile(r"\d{6}|\d{9}", re.ASCII)


def is_code_list(layer: Layer, frame: pd.DataFrame) -> bool:
    """Whether a file for boundaries holds no area at all: words only, or points."""
    if layer.name != "boundaries":
        return False
    if not isinstance(frame, gpd.GeoDataFrame):
        return True
    kinds = shapely.get_type_id(np.asarray(frame.geometry, dtype=object))
    # a shape that could not be read was meant to be one
    return bool(np.isin(kinds, (-1, 0)).all()) and not any(each.column == "geometry" for each in problems_of(frame))


# --- reading ----------------------------------------------------------------------------------------------


def plan_code_list(
    session: Session,
    actor: Actor,
    plan: Plan,
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    level: Level | None,
    decided: Mapping[str, str],
) -> None:
    """Compare a list with what stands, and sort it into new, changed, same, decisions and problems.

    ``frame``: points, where it has any, in the working system. ``decided``: code → word of a decision.

    Raises
    ------
    BadInput
        The list names several counties and none stands; or a decision is no word, or names no unit.
    """
    everything = queries.standing(session, "units", plan.today)
    living = {row["code"]: row for row in everything if row["retired_on"] is None}
    ended = {row["code"] for row in everything if row["retired_on"] is not None}
    county = next((code for code, row in living.items() if row["level"] == Level.COUNTY), None)
    staged, elsewhere = _staged(frame, plan.layer, columns, actor.scope, county)
    plan.problems.extend(staged.problems)
    plan.extra["elsewhere"] = elsewhere
    records = _checked(plan, staged.records, living, ended, county, level)
    by_code = {str(record.values["code"]): record for record in records}
    if not living:
        plan.new.extend(records)
        return
    if _unchanged(living, by_code, actor.scope):
        _sort(plan, Verdicts(carried={code: code for code in by_code}), by_code, living)
        return
    old, new = _entries(living, by_code, _points(frame, records), actor.scope)
    plan.extra["founding"] = {str(living[code]["level"]) for code in old}
    matches = compare(list(old.values()), list(new.values()))
    plan.decisions, verdicts = decide(matches, old, new, decided)
    _sort(plan, verdicts, by_code, living)
    plan.gone = sum(match.relation is Relation.GONE for match in matches)
    if not plan.undecided and _reaches_further(verdicts, by_code, living):
        settle(session, plan, verdicts, by_code, living, {*living, *ended})


def _staged(
    frame: pd.DataFrame, layer: Layer, columns: Mapping[str, str], scope: str, county: str | None
) -> tuple[Staged, int]:
    """Rows of this county as records, numbered as in the file, and how many rows of other counties were left out."""
    codes = _twelve(frame[columns["code"]])
    low = (county or scope)[:6]
    if not low:
        counties = {code[:6] for code in codes if _is_code(code)}
        if len(counties) > 1:
            text = "The list holds {count} counties. Import the line of the county first, then the list."
            raise BadInput(detail=Message(text, {"count": len(counties)}))
        low = next(iter(counties), "")
    wide = not scope or len(scope) < 12 or scope.endswith("000000")
    rows = np.array(
        [
            at
            for at, code in enumerate(codes)
            if (code.startswith(low) and (wide or not _is_code(code) or contains(scope, code))) or not _listed(code)
        ],
        dtype=np.int64,
    )
    some = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).iloc[rows].reset_index(drop=True)
    some.attrs = {}
    some[columns["code"]] = [codes[at] for at in rows]
    staged = stage(some, replace(layer, shape=Shape.NONE, shape_required=False), columns)
    left_out = len(codes) - len(rows)
    if left_out:
        staged = Staged(
            tuple(replace(record, row=int(rows[record.row - 1]) + 1) for record in staged.records),
            tuple(replace(problem, row=int(rows[problem.row - 1]) + 1) for problem in staged.problems),
        )
    here = set((rows + 1).tolist())
    earlier = [each for each in problems_of(frame) if each.row in here]
    return Staged(staged.records, (*staged.problems, *earlier)), left_out


def _twelve(column: pd.Series) -> list[str]:
    """Codes as text; towns of nine digits and counties of six with the zeros that the list left out."""
    found = []
    for cell in column.tolist():
        text = "" if cell is None or cell != cell else str(cell).strip().removesuffix(".0")
        found.append(text.ljust(12, "0") if len(text) in (6, 9) and _SHORT.fullmatch(text) else text)
    return found


def _is_code(text: str) -> bool:
    try:
        level_of(text)
    except CodeInvalid:
        return False
    return True


def _listed(code: str) -> bool:
    """Whether a cell is a code of a national list: provinces and cities (2, 4 digits) too, other counties above all."""
    return code.isdigit() and code.isascii() and (len(code) in (2, 4) or len(code) >= 12)


def _points(frame: pd.DataFrame, records: Sequence[Record]) -> dict[str, tuple[float, float]]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return {}
    shapes = np.asarray(frame.geometry, dtype=object)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    known = np.isfinite(x) & np.isfinite(y)
    return {
        str(record.values["code"]): (float(x[record.row - 1]), float(y[record.row - 1]))
        for record in records
        if known[record.row - 1]
    }


def _checked(
    plan: Plan,
    records: Sequence[Record],
    living: Mapping[str, Standing],
    ended: set[str],
    county: str | None,
    level: Level | None,
) -> list[Record]:
    in_file = {str(record.values["code"]) for record in records}
    good = []
    for record in records:
        code = str(record.values["code"])
        own = level_of(code)
        above = parent(code)
        if own not in LEVELS or (level is not None and own is not level):
            wanted = level or "/".join(LEVELS)
            plan.object_to(record, "code", code, Message("the code of a {level}", {"level": wanted}))
        elif own is Level.COUNTY and county not in (None, code):
            plan.object_to(record, "code", code, Message("the county of this database, {code}", {"code": county}))
        elif code in ended:
            plan.object_to(record, "code", code, Message("a unit that has not been retired"))
        elif above is not None and above not in living and above not in in_file:
            plan.object_to(
                record, "code", code, Message("a parent that stands: {code}", {"code": above}),
                Message("Import the level above first."),
            )  # fmt: skip
        else:
            good.append(record)
    return good


# --- comparing --------------------------------------------------------------------------------------------


def _entries(
    living: Mapping[str, Standing],
    by_code: Mapping[str, Record],
    points: Mapping[str, tuple[float, float]],
    scope: str,
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Both lists over the same ground: levels that the file holds, below the unit that holds all of its codes."""
    ground = _ground(living, by_code, scope)
    new = {
        code: Entry(code, str(record.values["name"]), parent(code), points.get(code))
        for code, record in by_code.items()
    }
    old = {}
    for code in ground:
        row, point = living[code], None
        if points and row["geometry"] is not None:
            spot = shapely.point_on_surface(row["geometry"])
            point = (float(spot.x), float(spot.y))
        old[code] = Entry(code, row["name"], parent(code), point)
    return old, new


def _ground(living: Mapping[str, Standing], by_code: Mapping[str, Record], scope: str) -> list[str]:
    """Codes that stand where the list speaks: of its levels, below the unit that holds all of its codes."""
    levels = {level_of(code) for code in by_code}
    shared = os.path.commonprefix(list(by_code))  # noqa: RUF071 — codes are prefixes of codes, letter by letter
    low = shared[: next((length for length in _ENDS if length <= len(shared)), 0)]
    return [
        code
        for code, row in living.items()
        if row["level"] in levels and code.startswith(low) and (not scope or contains(scope, code))
    ]


def _unchanged(living: Mapping[str, Standing], by_code: Mapping[str, Record], scope: str) -> bool:
    """Whether the list names exactly what stands, by the names it has: then there is nothing to compare."""
    known = all(code in living and living[code]["name"] == each.values["name"] for code, each in by_code.items())
    return known and len(_ground(living, by_code, scope)) == len(by_code)


def _reaches_further(verdicts: Verdicts, by_code: Mapping[str, Record], living: Mapping[str, Standing]) -> bool:
    """Whether the list does more than found units and rename them."""
    if verdicts.merged or verdicts.split or verdicts.retired:
        return True
    carried = verdicts.carried
    return any(carried.get(code, "") != code and (code in carried or code in living) for code in by_code)


def _sort(plan: Plan, verdicts: Verdicts, by_code: Mapping[str, Record], living: Mapping[str, Standing]) -> None:
    """Rows of the file into new, changed and same, as far as it is decided what they are."""
    for code, record in by_code.items():
        if code in verdicts.open:
            continue
        origin = verdicts.carried.get(code)
        if origin is None:
            plan.new.append(record)
            continue
        row = living[origin]
        stated = plan.stated & ({"urban"} if code in verdicts.kept else {"name", "urban"})
        fields = [name for name in stated if record.values[name] != row[name]]
        if origin != code:
            fields.append("code")
        if fields:
            plan.changed.append(Change(record, row, tuple(sorted(fields))))
        else:
            plan.same += 1
