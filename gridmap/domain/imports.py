"""Uploads: where a file is on its way into the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.messages import Message


class UploadState(StrEnum):
    RECEIVED = "received"
    READING = "reading"
    QUESTION = "question"  # reading needs an answer
    READY = "ready"  # rehearsed; problems may stand
    COMMITTING = "committing"
    COMMITTED = "committed"
    REFUSED = "refused"  # the file cannot be used as it is
    FAILED = "failed"  # reading broke off
    DISCARDED = "discarded"


#: States in which nothing more happens to a file.
ENDED = frozenset({UploadState.COMMITTED, UploadState.DISCARDED})


@dataclass(frozen=True)
class Choice:
    """One answer to a question. ``sample``: what some cells would read; ``bounds_lonlat``: where the data would lie."""

    value: str
    label: Message
    detail: Message | None = None
    sample: tuple[str, ...] = ()
    bounds_lonlat: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Question:
    """What reading a file needs to know. ``kind``: crs, shift, encoding, layer or header."""

    kind: str
    text: Message
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class ColumnGuess:
    """A column of a file: some of its cells, and the field it was taken for (``how``: remembered, name, given)."""

    column: str
    samples: tuple[str, ...]
    field: str | None
    how: str | None


@dataclass(frozen=True)
class FieldInfo:
    """A field of a list, as a person reads it."""

    name: str
    label: Message
    required: bool


@dataclass(frozen=True)
class Repair:
    """A row whose outline was put right, or (a question) could be: area before and after."""

    row: int
    name: str
    text: Message
    before_m2: float | None
    after_m2: float | None


@dataclass(frozen=True)
class Decision:
    """Something a person decides about a unit of a code list; ``chosen``: what was decided."""

    code: str
    name: str
    text: Message
    choices: tuple[Choice, ...]
    chosen: str | None


@dataclass(frozen=True)
class Answers:
    """What a person said about a file; None where nothing was said."""

    crs: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    level: str | None = None
    mapping: Mapping[str, str] | None = None
    take_repairs: bool | None = None
    decisions: Mapping[str, str] | None = None
