"""Intake, one door: whatever brings a matter in makes the same case. Its point finds grid, community and desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import shapely

from gridmap.domain.cases import CaseSource, CaseStatus
from gridmap.domain.clock import LOCAL
from gridmap.domain.codes import level_of
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import BadInput, KindUnknown, OutsideScope
from gridmap.services import sealing
from gridmap.services.cases import history, photos, terms
from gridmap.services.cases.access import for_change
from gridmap.services.cases.history import RESIDENT, Who
from gridmap.services.cases.moment import inward, now
from gridmap.services.cases.records import Place, Report, Reported
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseKind, Lane, Unit
from gridmap.store.queries import cases as queries
from gridmap.store.queries import desks
from gridmap.store.queries.frames import working_srid

#: Longest words, address and contact of a report, in characters; oldest report that is taken.
LONGEST_WORDS, LONGEST_ADDRESS, LONGEST_CONTACT = 4_000, 300, 200
OLDEST = timedelta(days=30)
#: Most photos of one report.
MOST_PHOTOS = 6


def report(session: Session, actor: Actor, given: Report, *, draft: bool = False) -> Reported:
    """Take a matter in for somebody with an account.

    Raises
    ------
    PermissionMissing, OutsideScope, KindUnknown, BadInput, PhotoUnusable, KeyReused
    """
    actor.require(Permission.REPORT_CASES)
    return _take(session, given, history.who(actor), f"account:{actor.account_id}", actor=actor, draft=draft)


def report_as_resident(session: Session, given: Report) -> Reported:
    """Take a matter in from a resident without an account; only kinds that residents may choose.

    Raises
    ------
    KindUnknown, BadInput, PhotoUnusable, KeyReused
    """
    return _take(session, replace(given, source=CaseSource.RESIDENT), RESIDENT, "resident", public_only=True)


def report_by_api(session: Session, key_id: int, name: str, given: Report) -> Reported:
    """Take a matter in from a program with a key of its own (Open311).

    Raises
    ------
    As :func:`report_as_resident`.
    """
    given = replace(given, source=CaseSource.OPEN311)
    return _take(session, given, Who(f"api: {name}"), f"api:{key_id}", public_only=True)


def locate(session: Session, actor: Actor, case_id: int, version: int | None, place: Place) -> None:
    """Give a case its place, or a better one; grid, community and proposed desk follow unless it is on a desk.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, CaseMoved, BadInput
    """
    actor.require(Permission.REPORT_CASES)
    case = for_change(session, actor, case_id, version)
    at = history.moment(case, now(session))
    x, y = inward(session, place)
    before = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    _put(session, case, x, y, case.reported_at)
    if CaseStatus(case.status) in (CaseStatus.DRAFT, CaseStatus.REPORTED, CaseStatus.VERIFIED):
        route(session, case)
    after = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    history.note(
        session,
        case,
        history.who(actor),
        "locate",
        at,
        unit_before=before.code if before else None,
        unit=after.code if after else None,
    )
    session.commit()


def route(session: Session, case: Case) -> None:
    """Propose a desk: the body that takes such cases nearest above the grid, else the staff of the kind's level."""
    kind = session.get(CaseKind, case.kind)
    unit = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    case.body_id = case.handler_unit_id = None
    if kind is None or unit is None:
        return
    case.body_id = queries.body_for(session, case.kind, unit.code)
    if case.body_id is None:
        wanted = {
            Level.COMMUNITY: unit.code[:12],
            Level.TOWN: unit.code[:9] + "000",
            Level.COUNTY: unit.code[:6] + "000000",
        }.get(Level(kind.handled_at), unit.code)
        case.handler_unit_id = desks.unit_id(session, wanted) or unit.id


def _take(
    session: Session,
    given: Report,
    by: Who,
    sender: str,
    *,
    actor: Actor | None = None,
    draft: bool = False,
    public_only: bool = False,
) -> Reported:
    kind = _kind(session, given.kind, public_only=public_only)
    words = _text(given.words, "Words", LONGEST_WORDS)
    address = _text(given.address, "Address", LONGEST_ADDRESS)
    contact = _text(given.contact, "Contact", LONGEST_CONTACT)
    if not words and not draft:
        raise BadInput(detail=Message("Say in a few words what is the matter."))
    if given.place is None and not address and not draft:
        raise BadInput(detail=Message("Say where it is: a point on the map, or an address."))
    if len(given.photos) > MOST_PHOTOS:
        raise BadInput(detail=Message("At most {most} photos go with a report.", {"most": MOST_PHOTOS}))
    asked = {
        "kind": given.kind,
        "words": words,
        "address": address,
        "place": None if given.place is None else [given.place.lon, given.place.lat],
    }
    answered = history.claim(session, given.key, sender, asked)
    if answered is not None:
        session.commit()
        return Reported(**{**answered, "follow_code": sealing.follow_code(given.key), "existing": True})
    present = now(session)
    at = _reported_at(given.reported_at, present)
    code = sealing.follow_code(given.key)
    lane = session.get(Lane, kind.lane)
    case = Case(
        number=queries.next_number(session, at.astimezone(LOCAL).date()),
        kind=kind.code,
        lane=kind.lane,
        status=CaseStatus.DRAFT if draft else CaseStatus.REPORTED,
        source=given.source,
        address=address,
        words=words,
        contact=sealing.seal(contact) if contact else None,
        attributes=dict(given.attributes),
        restricted=bool(lane and lane.restricted),
        reported_at=at,
        updated_at=present,
        reporter_id=by.account,
        follow_hash=sealing.follow_hash(code),
        version=0,
        returns=0,
        reworks=0,
        reopenings=0,
    )
    spot = None
    if given.place is not None:
        x, y = inward(session, given.place)
        spot = _put(session, case, x, y, at)
        if actor is not None:
            _demand_inside(actor, spot)
    session.add(case)
    session.flush()
    route(session, case)
    if actor is not None and case.unit_id is None and actor.body is None:
        # without a place it waits with whoever took it in, never on a coordinate that was made up
        case.handler_unit_id = desks.unit_id(session, actor.scope)
    terms.start(session, case, at)
    history.note(session, case, by, "report", max(at, present), source=str(given.source))
    for content in given.photos:
        photos.keep(session, case, by, "report", content, max(at, present))
    told = {
        "case_id": case.id,
        "number": case.number,
        "unit": spot.code if spot else None,
        "unit_name": spot.name if spot else "",
    }
    history.answer(session, given.key, told)
    session.commit()
    return Reported(
        case_id=case.id,
        number=case.number,
        follow_code=code,
        unit=spot.code if spot else None,
        unit_name=spot.name if spot else "",
    )


def _put(session: Session, case: Case, x: float, y: float, at: datetime) -> queries.Spot | None:
    """Set the point and the grid of its day."""
    case.geom = shapely.to_wkb(  # type: ignore[assignment]
        shapely.set_srid(shapely.Point(x, y), working_srid(session)), hex=True, include_srid=True
    )
    spot = queries.grid_at(session, x, y, at.astimezone(LOCAL).date())
    case.unit_id = spot.unit_id if spot else None
    return spot


def _demand_inside(actor: Actor, spot: queries.Spot | None) -> None:
    """Staff of a grid or community may report next door (a border is nobody's fault), but not across the town."""
    if spot is None or actor.body is not None or level_of(actor.scope) in (Level.COUNTY,):
        return
    if not spot.code.startswith(actor.scope[:9]):
        raise OutsideScope(code=spot.code, scope=actor.scope)


def _kind(session: Session, code: str, *, public_only: bool) -> CaseKind:
    kind = session.get(CaseKind, code) if is_storable(code) else None
    if kind is None or not kind.active or (public_only and not kind.public):
        known = [each.code for each in desks.kinds(session) if each.public or not public_only]
        raise KindUnknown(kind=code, known=", ".join(known))
    return kind


def _text(words: str, name: str, longest: int) -> str:
    plain = words.strip()
    if len(plain) > longest or not is_storable(plain):
        raise BadInput(detail=Message("{name}: at most {longest} letters.", {"name": name, "longest": longest}))
    return plain


def _reported_at(stated: datetime | None, present: datetime) -> datetime:
    """A report made with no signal says when it was made; a future or very old moment is a wrong clock."""
    if stated is None:
        return present
    if stated.tzinfo is None:
        raise BadInput(detail=Message("A moment needs its time zone."))
    return min(max(stated, present - OLDEST), present)
