"""What a comparison of two code lists says: entries, relations, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: From here on a match may be filled in as the proposal; below, it is asked about.
SURE = 0.9


class Relation(StrEnum):
    """What became of a code."""

    KEPT = "kept"
    RESPELLED = "respelled"  # only the suffix is written otherwise
    RENAMED = "renamed"  # same code, another name
    RECODED = "recoded"  # another code, the same unit
    MERGED = "merged"  # several became one
    SPLIT = "split"  # one became several
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. ``parent``: code of the unit above; ``point``: x and y in metres of one plane."""

    code: str
    name: str
    parent: str | None = None
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two entries may be one: ``similarity`` of the names from 0 to 1 (1: the same without their suffix),
    ``same_parent``, and the metres between their places where both are known."""

    similarity: float
    same_parent: bool
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading of the same codes."""

    relation: Relation
    old: tuple[str, ...]
    new: tuple[str, ...]
    evidence: Evidence
    confidence: float


@dataclass(frozen=True, slots=True)
class Match:
    """What became of codes of the old list and where codes of the new one come from; ``confidence`` from 0 to 1.

    Every code of either list stands in exactly one match as ``old`` or ``new``, except that a kept code into which
    others merged stands in both its own match and theirs.
    """

    relation: Relation
    old: tuple[str, ...]
    new: tuple[str, ...]
    evidence: Evidence
    confidence: float
    alternatives: tuple[Alternative, ...] = ()
