"""The hand-drawn county of four grids, and the people between whom a case goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from gridmap.domain.cases import CaseSource, Move
from gridmap.domain.permissions import Actor, Role
from gridmap.services import accounts, cases
from gridmap.services.cases.records import Place, Report
from gridmap.store.database import Session
from gridmap.store.models import CaseBody, County
from tests import small_county

GRID, COMMUNITY, TOWN, COUNTY = "990001001001001", "990001001001", "990001001000", small_county.COUNTY
#: a point in the middle of the first grid, in degrees
INSIDE = (small_county.X + 500, small_county.Y + 500)


def account(session: Session, role: Role, scope: str, name: str, body: int | None = None) -> Actor:
    row = accounts.add(
        session, email=f"{name}@x.example", name=name, role=role, scope=scope, password="long enough 739!", body=body
    )
    return Actor(row.id, name, role, scope, body)


@dataclass
class Desk:
    """A session, the people, and ways to take a case along."""

    session: Session
    worker: Actor
    dispatcher: Actor
    checker: Actor
    leader: Actor
    head: Actor
    office: Actor
    body: int

    def report(self, **given: Any) -> int:
        words = {"kind": "facilities", "words": "路灯不亮", "source": CaseSource.PATROL, "place": self.place(), **given}
        return cases.report(self.session, self.worker, Report(**words)).case_id

    def place(self, dx: float = 0, dy: float = 0) -> Place:
        from gridmap.services.cases.moment import outward

        ((lon, lat),) = outward(self.session, [INSIDE[0] + dx], [INSIDE[1] + dy])
        return Place(lon, lat)

    def do(self, actor: Actor, case: int, move: Move, **given: Any) -> cases.reading.CaseView:
        key = given.pop("key", None)
        return cases.move(self.session, actor, case, None, move, cases.Given(**given), key=key)

    def to_check(self, case: int) -> None:
        """From reported to waiting for the checker, settled by the grid's worker."""
        self.do(self.dispatcher, case, Move.FILE)
        self.do(self.dispatcher, case, Move.DISPATCH)
        self.do(self.worker, case, Move.SIGN)
        self.do(self.worker, case, Move.START)
        self.do(self.worker, case, Move.SETTLE, note="换了灯泡", closing_reason="solved")


@pytest.fixture
def desk(session: Session) -> Desk:
    ids = small_county.build(session)
    session.get(County, 1).pinned_today = None
    body = CaseBody(
        code="B-WATER",
        name_zh="自来水公司",
        name_en="Waterworks",
        unit_id=ids[COUNTY],
        phone="120",
        kinds=["utilities"],
    )
    session.add(body)
    session.flush()
    return Desk(
        session,
        worker=account(session, Role.WORKER, GRID, "worker"),
        dispatcher=account(session, Role.DISPATCHER, COMMUNITY, "dispatcher"),
        checker=account(session, Role.DISPATCHER, TOWN, "checker"),
        leader=account(session, Role.LEADER, TOWN, "leader"),
        head=account(session, Role.LEADER, COUNTY, "head"),
        office=account(session, Role.WORKER, COUNTY, "office", body.id),
        body=body.id,
    )


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
