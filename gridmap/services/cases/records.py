"""What the verbs of cases return and take: frozen records, times aware, places in EPSG:4326."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gridmap.domain.cases import CaseSource, CaseStatus, ClosingReason, Move, Satisfaction
from gridmap.domain.clock import Clock, Light, Stage
from gridmap.domain.messages import Message


@dataclass(frozen=True)
class Place:
    """Degrees on WGS 84, longitude first."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise ValueError("longitude lies between -180 and 180, latitude between -90 and 90")


@dataclass(frozen=True)
class Named:
    """A code with its name in both languages."""

    code: str
    zh: str
    en: str

    def name(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class CaseRow:
    """A case as lists and maps show it. ``light`` is None once it has ended or has no deadline."""

    id: int
    number: str
    kind: Named
    lane: str
    status: CaseStatus
    source: CaseSource
    unit: str | None
    unit_name: str
    community: str | None
    community_name: str
    address: str
    words: str
    lon: float | None
    lat: float | None
    reported_at: datetime
    due_at: datetime | None
    original_due_at: datetime | None
    yellow_at: datetime | None
    light: Light | None
    handler: Named | None  # the body or the unit that has it
    is_body: bool
    worker: str | None
    closed_at: datetime | None
    closing_reason: ClosingReason | None
    returns: int
    reworks: int
    reopenings: int
    extensions: int
    me_too: int
    restricted: bool
    version: int
    updated_at: datetime
    distance_m: float | None = None


@dataclass(frozen=True)
class TermView:
    """A deadline at a stage. ``paused``: the clock stands still."""

    stage: Stage
    clock: Clock
    amount: float
    started_at: datetime
    due_at: datetime
    original_due_at: datetime
    met_at: datetime | None
    paused: bool
    light: Light | None


@dataclass(frozen=True)
class EventView:
    """A line of the history."""

    id: int
    at: datetime
    actor: str
    act: str
    before: str | None
    after: str
    note: str
    public: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class FollowUpView:
    at: datetime
    by_resident: bool
    contacted: bool
    solved: bool | None
    satisfaction: Satisfaction | None
    words: str


@dataclass(frozen=True)
class ExtensionView:
    id: int
    asked_at: datetime
    asked_by: str
    until: datetime
    reason: str
    approved: bool | None
    decided_by: str | None
    decided_at: datetime | None
    answer: str


@dataclass(frozen=True)
class PhotoView:
    id: int
    stage: str
    at: datetime
    width: int
    height: int
    public: bool


@dataclass(frozen=True)
class CallView:
    """A body called to a case by whistle, with the lights of its three clocks."""

    id: int
    case_id: int
    number: str
    body: Named
    leads: bool
    hard: bool
    called_at: datetime
    caller: str
    words: str
    sign_due_at: datetime
    contact_due_at: datetime
    attend_due_at: datetime
    signed_at: datetime | None
    contacted_at: datetime | None
    reply: str
    attended_at: datetime | None
    attended_words: str
    rating: int | None
    rating_words: str
    rated_by: str | None
    late: tuple[str, ...]  # stages that were or are late: sign, contact, attend


@dataclass(frozen=True)
class CaseView:
    """Everything about one case that the actor may see, and what they may do with it now."""

    row: CaseRow
    terms: tuple[TermView, ...]
    events: tuple[EventView, ...]
    follow_ups: tuple[FollowUpView, ...]
    extensions: tuple[ExtensionView, ...]
    photos: tuple[PhotoView, ...]
    calls: tuple[CallView, ...]
    duplicates: tuple[CaseRow, ...]
    duplicate_of: CaseRow | None
    moves: tuple[Move, ...]
    public_words: str | None
    where_to_go: str
    review_on: date | None
    has_contact: bool
    proposed_reason: ClosingReason | None
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Filter:
    """Which cases. ``after`` is the cursor of the page before; ``since`` asks for what changed since a moment.

    ``mine``: with the actor's own body or area. ``box``: west, south, east, north in degrees.
    """

    unit: str | None = None
    kinds: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    mine: bool = False
    open_only: bool = False
    reported_from: date | None = None
    reported_to: date | None = None
    words: str = ""
    unlocated: bool = False
    unrouted: bool = False
    ids: tuple[int, ...] = ()
    box: tuple[float, float, float, float] | None = None
    near: Place | None = None
    sort: str = "due"
    limit: int = 100
    after: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Page:
    """A page of a list: how many there are in all, how many by light, and the cursor of the next page or None.

    ``version`` changes whenever one of all these cases does, or its light may have.
    """

    rows: tuple[CaseRow, ...]
    total: int
    counts: Mapping[str, int]
    cursor: str | None
    version: str


@dataclass(frozen=True)
class Report:
    """A matter as it comes in. ``key``: the sender's own, so that a report sent twice is one case.

    ``photos``: contents of pictures, taken into the case in the same transaction.
    """

    kind: str
    words: str
    source: CaseSource
    place: Place | None = None
    address: str = ""
    contact: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reported_at: datetime | None = None
    photos: tuple[bytes, ...] = ()
    key: str | None = None


@dataclass(frozen=True)
class Reported:
    """What became of a report. ``follow_code`` is told once, and only its hash is kept."""

    case_id: int
    number: str
    follow_code: str
    unit: str | None
    unit_name: str
    existing: bool = False


@dataclass(frozen=True)
class Suggestion:
    """A place that an address text may mean."""

    code: str
    name: str
    lon: float
    lat: float
    why: Message
    score: float


@dataclass(frozen=True)
class WorkerChoice:
    """A worker who could take a case: how far their place is, how many open cases their grids have."""

    id: int
    label: str
    grid: str
    role: str
    distance_m: float | None
    open_cases: int
    serves_grid: bool
