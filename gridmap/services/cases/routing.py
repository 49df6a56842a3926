"""Who could take a case: bodies, and the workers nearby with room; what an address text may mean."""

from __future__ import annotations

import re

from gridmap.domain.codes import contains
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.services import units
from gridmap.services.cases.access import case_for
from gridmap.services.cases.moment import outward
from gridmap.services.cases.records import Named, Suggestion, WorkerChoice
from gridmap.store.columns import is_storable
from gridmap.store.database import Session
from gridmap.store.models import Unit
from gridmap.store.queries import desks
from gridmap.store.queries import places as queries

#: Most workers, and most places, that are offered.
MOST_WORKERS, MOST_PLACES = 12, 8
#: House numbers and the like say nothing about which compound it is.
_NUMBERS = re.compile(r"[0-9０-９]+\s*(号楼|幢|栋|单元|室|号|楼|层|#)?")


def bodies(session: Session, actor: Actor) -> list[Named]:
    """The bodies that take cases.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.VIEW_CASES)
    return [Named(row.code, row.name_zh, row.name_en) for row in desks.bodies(session)]


def nearest_workers(session: Session, actor: Actor, case_id: int) -> list[WorkerChoice]:
    """Workers who could take a case: of its grid first, then of its community, least busy and nearest first.

    Distances are from the place a worker sets out from, in metres; nobody's whereabouts are known.

    Raises
    ------
    PermissionMissing, NotFound, OutsideScope
    """
    actor.require(Permission.VIEW_CASES)
    case = case_for(session, actor, case_id)
    unit = session.get(Unit, case.unit_id or case.handler_unit_id or 0)
    if unit is None:
        return []
    rows = desks.workers_for(session, case, unit.code[:12], units.today(session), MOST_WORKERS)
    return [
        WorkerChoice(
            id=row.id,
            label=row.label,
            grid=row.grid,
            role=row.role,
            distance_m=None if row.metres is None else round(row.metres, 1),
            open_cases=row.open_cases,
            serves_grid=bool(row.own),
        )
        for row in rows
    ]


def suggestions(session: Session, actor: Actor, case_id: int) -> list[Suggestion]:
    """Places that the address of a case may mean, likeliest first.

    Raises
    ------
    PermissionMissing, NotFound, OutsideScope
    """
    case = case_for(session, actor, case_id)
    return places_like(session, actor, case.address)


def places_like(session: Session, actor: Actor, address: str) -> list[Suggestion]:
    """Compounds, courtyards and communities of the actor's area whose name is in an address or like it.

    By name inside the text, by likeness of letters (trigrams), by pinyin initials. A middle of an outline is offered,
    never taken: somebody looks and chooses.

    Raises
    ------
    PermissionMissing
    """
    actor.require(Permission.VIEW_CASES)
    plain = _NUMBERS.sub(" ", address).strip()
    if not plain or not is_storable(plain):
        return []
    rows = queries.like(session, plain[:200], units.today(session), scope=actor.scope, limit=MOST_PLACES)
    at = outward(session, [row.x for row in rows], [row.y for row in rows])
    why = {
        "inside": Message("Its name is in the address"),
        "pinyin": Message("Pinyin initials"),
        "like": Message("A name much like it"),
    }
    return [
        Suggestion(row.code, f"{row.above} · {row.name}" if row.above else row.name, *place, why[row.how], row.score)
        for row, place in zip(rows, at, strict=True)
        if place is not None and contains(actor.scope, row.code)
    ]
