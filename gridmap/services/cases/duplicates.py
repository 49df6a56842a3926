"""Was it reported before? Cases nearby of the same kind in the last weeks, and "me too"."""

from __future__ import annotations

from datetime import timedelta

from gridmap.domain.cases import ENDED, CaseStatus
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import MoveIllegal, NotFound
from gridmap.services.cases import history, options
from gridmap.services.cases.access import case_for, seen_by
from gridmap.services.cases.moment import inward, now, outward
from gridmap.services.cases.reading import row_of
from gridmap.services.cases.records import CaseRow, Place
from gridmap.store.database import Session
from gridmap.store.models import Case
from gridmap.store.queries import cases as queries


def nearby(
    session: Session, actor: Actor | None, place: Place, kind: str | None, *, radius_m: float | None = None
) -> list[CaseRow]:
    """Open cases near a place that this may be a duplicate of, nearest first, with their distance.

    Residents (``actor`` None) see what is public, within 250 m; staff what is theirs, within 1,000 m; at most five, of
    the same kind and of the last weeks: all four are options of the county.
    """
    chosen = options.duplicates(session)
    present = now(session)
    where = queries.Where([queries.OPEN])
    if actor is None:
        where.add("c.public_words IS NOT NULL AND NOT c.restricted")
    else:
        condition, given = seen_by(actor).condition()
        where.add(condition, **given)
    if kind is not None:
        where.add("c.kind = :kind", kind=kind)
    where.add("c.duplicate_of_id IS NULL AND c.reported_at >= :since", since=present - timedelta(days=chosen.days))
    radius = radius_m if radius_m is not None else chosen.resident_m if actor is None else chosen.worker_m
    x, y = inward(session, place)
    found = queries.nearby(session, where, x, y, radius=radius, now=present, limit=chosen.most)
    places = outward(session, [row.x for row, _ in found], [row.y for row, _ in found])
    return [row_of(row, at, away) for (row, away), at in zip(found, places, strict=True)]


def me_too(session: Session, actor: Actor | None, case_id: int) -> int:
    """Count somebody who has the same matter; return how many they are.

    Raises
    ------
    NotFound, OutsideScope, MoveIllegal
    """
    if actor is not None:
        case_for(session, actor, case_id)
    case: Case | None = queries.find(session, case_id, lock=True)
    if case is None or (actor is None and (case.public_words is None or case.restricted)):
        raise NotFound(what="case", key=case_id)
    if CaseStatus(case.status) in ENDED:
        raise MoveIllegal(number=case.number, detail=Message("it has ended; report it anew if it is there again."))
    case.me_too += 1
    by = history.RESIDENT if actor is None else history.who(actor)
    history.note(session, case, by, "me too", history.moment(case, now(session)))
    session.commit()
    return case.me_too
