"""What residents see and say, without an account: who serves a grid, what was answered, one's own case by its code.

Nothing that somebody wrote is shown before somebody of the community has looked at it. Contacts, names of reporters and
the words of staff among themselves are never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely

from gridmap.domain.cases import CaseStatus, ClosingReason, Move, Satisfaction, Verdict
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import AlreadyJudged, BadInput, FollowCodeUnknown, MoveIllegal, NotFound
from gridmap.services import meetings, sealing, units
from gridmap.services.cases import history
from gridmap.services.cases.access import seen_by
from gridmap.services.cases.duplicates import nearby
from gridmap.services.cases.field import Staff
from gridmap.services.cases.history import RESIDENT
from gridmap.services.cases.intake import report_as_resident
from gridmap.services.cases.moment import inward, now, outward
from gridmap.services.cases.moving import Given, carry_out, keep_verdict, round_of
from gridmap.services.cases.reading import case as view_of
from gridmap.services.cases.reading import rows_of
from gridmap.services.cases.records import CaseView, Named, Place, Report, Reported
from gridmap.services.meetings import MeetingView
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseKind
from gridmap.store.queries import cases as case_queries
from gridmap.store.queries import desks, places
from gridmap.store.queries import residents as queries
from gridmap.store.queries.units import boundaries_frame

#: In these states a settlement is there that can be judged.
JUDGED = (CaseStatus.TO_CHECK, CaseStatus.FOLLOWED_UP, CaseStatus.CLOSED)
LONGEST_WORDS = 1_000
#: So far outside the county (metres) a place is still taken: the county's edge is drawn coarser than streets are.
OUTSIDE_M = 300.0


@dataclass(frozen=True)
class Office:
    """An office with its telephone, and the names of the kinds it settles."""

    name: Named
    phone: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """Who serves a grid. Workers by their label; telephones are those of offices."""

    code: str
    name: str
    community: str
    community_name: str
    town_name: str
    county_name: str
    staff: tuple[Staff, ...]
    organisation: str | None
    posts: tuple[str, ...]
    offices: tuple[Office, ...]
    service_points: tuple[str, ...]
    meetings: tuple[MeetingView, ...]


@dataclass(frozen=True)
class Answer:
    """A line that everybody may read."""

    at: datetime
    words: str
    status: CaseStatus
    act: str = ""
    before: CaseStatus | None = None


@dataclass(frozen=True)
class ShownCase:
    """A case of a grid as everybody may read it."""

    number: str
    kind: Named
    status: CaseStatus
    reason: ClosingReason | None
    words: str
    reported_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    me_too: int
    lon: float | None
    lat: float | None
    answers: tuple[Answer, ...] = ()
    photos: tuple[int, ...] = ()


@dataclass(frozen=True)
class FollowedCase:
    """A case as whoever has its code sees it. ``words`` None: nobody has looked at them yet."""

    number: str
    kind: Named
    status: CaseStatus
    reason: ClosingReason | None
    words: str | None
    where_to_go: str
    grid: str | None
    grid_name: str
    handler: Named | None
    reported_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    path: tuple[Answer, ...]
    photos: tuple[int, ...]
    may_judge: bool
    judged: Verdict | None
    past_verdicts: tuple[Verdict, ...] = field(default=())


def service_card(session: Session, code: str) -> Card:
    """Who serves a grid, by its code.

    Raises
    ------
    NotFound
    """
    head = _head(session, code)
    day = units.today(session)
    return Card(
        code=head.code,
        name=head.name,
        community=head.community,
        community_name=head.community_name,
        town_name=head.town_name,
        county_name=head.county_name,
        staff=tuple(Staff(*row) for row in places.staff_of(session, code, day)),
        organisation=queries.organisation(session, code, day),
        posts=tuple(row.name for row in queries.posts(session, code, day, 8)),
        offices=tuple(
            Office(Named("", row.name_zh, row.name_en), row.phone, tuple(row.kinds))
            for row in queries.offices(session, code, 6)
        ),
        service_points=tuple(row.name for row in queries.service_points(session, code, day, 4)),
        meetings=tuple(meetings.public(session, code, limit=12)),
    )


def heir(session: Session, code: str) -> str | None:
    """Where a dissolved grid's residents belong now, for posters that still hang: None for any other code."""
    return queries.heir_of(session, code, units.today(session)) if is_storable(code) else None


def kinds(session: Session) -> list[Named]:
    """The kinds that residents may choose, with their names."""
    rows: list[CaseKind] = desks.kinds(session)
    return [Named(row.code, row.name_zh, row.name_en) for row in rows if row.public]


def compounds(session: Session, code: str) -> list[tuple[str, str, float, float]]:
    """Compounds of a grid's community with a place: code, name, longitude, latitude."""
    named = places.compounds_in(session, code[:12], units.today(session))
    middles = outward(session, [row.x for row in named], [row.y for row in named])
    return [(row.code, row.name, *at) for row, at in zip(named, middles, strict=True) if at is not None]


def outlines(session: Session, code: str) -> dict[str, Any]:
    """The grids of a grid's community as GeoJSON in EPSG:4326; ``own`` marks the grid itself."""
    frame = boundaries_frame(session, "grid", scope=code[:12], as_of=units.today(session))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": row.name, "own": row.code == code},
                "geometry": _degrees(session, row.geometry),
            }
            for row in frame.itertuples()
        ],
    }


def reported_before(session: Session, place: Place, kind: str | None) -> list[tuple[int, str, CaseStatus, float]]:
    """Published open cases of a kind near a place: id, public words, state, metres."""
    if kind is not None and not is_storable(kind):
        return []
    found = []
    for row in nearby(session, None, place, kind):
        case = case_queries.find(session, row.id)
        if case is not None and case.public_words is not None:
            found.append((row.id, case.public_words, row.status, row.distance_m or 0.0))
    return found


def report(session: Session, given: Report) -> Reported:
    """Take a matter in from a resident.

    Raises
    ------
    KindUnknown, BadInput, PhotoUnusable, KeyReused
    """
    if given.place is not None:
        demand_near(session, given.place)
    return report_as_resident(session, given)


def demand_near(session: Session, place: Place) -> None:
    """Refuse a place outside the county: a coordinate that somebody's program made up, or a slip on the map.

    Raises
    ------
    BadInput
    """
    x, y = inward(session, place)
    if not queries.inside_county(session, x, y, units.today(session), OUTSIDE_M):
        raise BadInput(detail=Message("This place lies outside the county."))


def public_cases(session: Session, code: str, *, limit: int = 20) -> list[ShownCase]:
    """Cases of a grid that somebody looked at and published, the latest first.

    Raises
    ------
    NotFound
    """
    rows = queries.shown_cases(session, _head(session, code).id, limit)
    numbers = [row.id for row in rows]
    said: dict[int, list[Answer]] = {}
    for row in queries.answers(session, numbers):
        said.setdefault(row.case_id, []).append(Answer(row.at, row.note, CaseStatus(row.after)))
    pictures: dict[int, list[int]] = {}
    for row in queries.shown_photos(session, numbers):
        pictures.setdefault(row.case_id, []).append(row.id)
    at = outward(session, [row.x for row in rows], [row.y for row in rows])
    return [
        ShownCase(
            number=row.number,
            kind=Named(row.kind, row.name_zh, row.name_en),
            status=CaseStatus(row.status),
            reason=ClosingReason(row.closing_reason) if row.closing_reason else None,
            words=row.public_words,
            reported_at=row.reported_at,
            due_at=row.due_at,
            closed_at=row.closed_at,
            me_too=row.me_too,
            lon=place[0] if place else None,
            lat=place[1] if place else None,
            answers=tuple(said.get(row.id, ())),
            photos=tuple(pictures.get(row.id, ())),
        )
        for row, place in zip(rows, at, strict=True)
    ]


def follow(session: Session, code: str) -> FollowedCase:
    """The case that is followed with a code.

    Raises
    ------
    FollowCodeUnknown
    """
    case = _followed(session, code)
    (row,) = rows_of(session, [case.id], now(session))
    verdicts = [each for each in case_queries.follow_ups(session, case.id) if each.by_resident]
    present = next((each for each in verdicts if each.round == round_of(case)), None)
    shown = case.public_words is not None and not case.restricted
    return FollowedCase(
        number=case.number,
        kind=row.kind,
        status=CaseStatus(case.status),
        reason=ClosingReason(case.closing_reason) if case.closing_reason else None,
        words=case.public_words if shown else None,
        where_to_go=case.where_to_go,
        grid=row.unit,
        grid_name=row.unit_name,
        handler=row.handler,
        reported_at=case.reported_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        path=tuple(
            Answer(
                each.at, each.note, CaseStatus(each.after), each.act, CaseStatus(each.before) if each.before else None
            )
            for each in queries.changes(session, case.id)
        ),
        photos=tuple(each.id for each in queries.shown_photos(session, [case.id])) if shown else (),
        may_judge=case.status in JUDGED and present is None,
        judged=_verdict(present) if present is not None else None,
        past_verdicts=tuple(_verdict(each) for each in verdicts if each is not present),
    )


def judge(session: Session, code: str, *, solved: bool, satisfaction: Satisfaction, words: str = "") -> None:
    """Keep what the resident says about a settlement: once for each settlement. It counts as the follow-up.

    Raises
    ------
    FollowCodeUnknown, AlreadyJudged, BadInput
    MoveIllegal
        There is no settlement to judge yet, or the case is archived.
    """
    plain = words.strip()
    if len(plain) > LONGEST_WORDS or not is_storable(plain):
        raise BadInput(
            detail=Message("{name}: at most {longest} letters.", {"name": "Words", "longest": LONGEST_WORDS})
        )
    case = _followed(session, code, lock=True)
    if any(each.by_resident and each.round == round_of(case) for each in case_queries.follow_ups(session, case.id)):
        raise AlreadyJudged
    if case.status not in JUDGED:
        raise MoveIllegal(number=case.number, detail=Message("there is nothing to judge at this stage."))
    verdict = Verdict(contacted=True, solved=solved, satisfaction=satisfaction, words=plain)
    at = history.moment(case, now(session))
    if case.status == CaseStatus.TO_CHECK:
        carry_out(session, case, Move.FOLLOW_UP, RESIDENT, at, Given(verdict=verdict))
    else:
        keep_verdict(session, case, verdict, at, account=None, by_resident=True)
        history.note(session, case, RESIDENT, "judge", at, solved=solved, satisfaction=satisfaction.value)
    session.commit()


def waiting(session: Session, actor: Actor, *, limit: int = 50) -> list[CaseView]:
    """What residents and programs sent in and nobody has looked at for publishing: open ones first, by age.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.DISPATCH_CASES)
    condition, given = seen_by(actor).condition()
    return [view_of(session, actor, each) for each in queries.waiting(session, condition, given, limit)]


def grids_of(session: Session, actor: Actor, unit: str) -> list[str]:
    """Codes of the living grids of a unit.

    Raises
    ------
    PermissionMissing, OutsideScope
    """
    actor.require(Permission.VIEW_CASES, unit)
    return queries.grids_of(session, unit)


def _degrees(session: Session, shape: Any) -> dict[str, Any]:
    points = shapely.get_coordinates(shape)
    turned = outward(session, points[:, 0].tolist(), points[:, 1].tolist())
    moved = shapely.set_coordinates(shapely.force_2d(shape), [each for each in turned if each is not None])
    document: dict[str, Any] = dict(moved.__geo_interface__)
    return document


def _head(session: Session, code: str) -> Any:
    head = queries.head_of(session, code) if is_storable(code) else None
    if head is None:
        raise NotFound(what="grid", key=code)
    return head


def _followed(session: Session, code: str, *, lock: bool = False) -> Case:
    case: Case | None = queries.by_code(session, sealing.follow_hash(code), lock=lock)
    if case is None:
        raise FollowCodeUnknown(what="case", key="")
    return case


def _verdict(row: Any) -> Verdict:
    return Verdict(row.contacted, row.solved, Satisfaction(row.satisfaction) if row.satisfaction else None, row.words)
