"""Which column of a file is which field of a list: as said, as remembered for such files, or by its name."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from gridmap.domain.imports import Answers, ColumnGuess, FieldInfo
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.importers import mapping
from gridmap.importers.layers import Layer
from gridmap.store.database import Session
from gridmap.store.queries import uploads as queries

#: Cells of a column shown for its matching.
SAMPLES = 3


def fields_of(layer: Layer) -> tuple[FieldInfo, ...]:
    """The fields of a list as people read them: the Chinese name that lists use most, or the English one."""
    return tuple(
        FieldInfo(each.name, Message(LABELS.get(each.name, each.name)), each.required) for each in layer.fields
    )


#: field → what people call it; translated at the rim
LABELS = {
    "code": "Code",
    "name": "Name",
    "urban": "Urban",
    "unit": "Unit",
    "level": "Level",
    "functional": "Functional",
    "parent": "Superior organisation",
    "founded_on": "Founded on",
    "dissolved_on": "Dissolved on",
    "label": "Number",
    "organisation": "Organisation",
    "kind": "Kind",
    "skills": "Skills",
    "skill": "Skill",
    "reports_in": "Reports in at",
    "reported_in_on": "Reported in on",
    "role": "Role",
    "since": "Since",
    "until": "Until",
    "opened_on": "Opened on",
    "closed_on": "Closed on",
    "holders": "Holders",
    "households": "Households",
    "compound": "Compound",
    "number": "Number",
    "reported_at": "Reported at",
    "status": "State",
    "address": "Address",
    "source": "Source",
    "due_at": "Due at",
    "closed_at": "Closed at",
    "closing_reason": "Closing reason",
    "held_on": "Held on",
    "attendance": "Attendance",
    "minutes": "Minutes",
}


def source_key(columns: list[str]) -> str:
    """What makes a source known again: the names of its columns."""
    return hashlib.sha256("\x1f".join(sorted(columns)).encode()).hexdigest()


def guesses(
    session: Session, actor: Actor, frame: pd.DataFrame, layer: Layer, answers: Answers
) -> tuple[ColumnGuess, ...]:
    """Every column with some of its cells, and the field it is taken for: as said, as remembered, or by its name."""
    names = [str(name) for name in frame.columns if name != "geometry"]
    given = {column: name for column, name in (answers.mapping or {}).items() if name}
    silenced = {column for column, name in (answers.mapping or {}).items() if not name}
    known = queries.remembered(session, actor.scope, layer.name, source_key(names))
    known = {column: name for column, name in known.items() if column in names and layer.field(name) is not None}
    by_name = {column: name for name, column in mapping.near(names, layer).items()}
    found: dict[str, tuple[str, str]] = {}
    for how, table in (("given", given), ("remembered", known), ("name", by_name)):
        for column, name in table.items():
            taken = {each for each, _ in found.values()}
            if column in names and column not in found and name not in taken and column not in silenced:
                found[column] = (name, how)
    return tuple(ColumnGuess(column, _samples(frame[column]), *(found.get(column, (None, None)))) for column in names)


def _samples(column: pd.Series[Any]) -> tuple[str, ...]:
    cells = column.dropna().astype(str)
    return tuple(cell[:60] for cell in cells[cells.str.strip() != ""].drop_duplicates().head(SAMPLES))
