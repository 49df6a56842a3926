"""A county of four grids in a row, drawn by hand (tests/small_county.py), and the people who redraw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gridmap.domain.permissions import Actor, Role
from gridmap.services import plans
from gridmap.store.database import Database, Session
from tests import small_county

COUNTY, WEST = small_county.COUNTY, "990001001001"
ONE, TWO = "990001001001001", "990001001001002"


@dataclass(frozen=True)
class Desk:
    """A session with a draft for the western community, and its two people."""

    session: Session
    ids: dict[str, int]
    author: Actor
    reviewer: Actor
    plan: int

    @property
    def version(self) -> int:
        return plans.plan(self.session, self.author, self.plan).row.version

    def do(self, document: dict[str, Any], reason: str = "") -> Any:
        return plans.apply(self.session, self.author, self.plan, self.version, document, reason=reason)

    def adopt(self, *, rehearse: bool = False) -> Any:
        return plans.adopt(self.session, self.author, self.plan, self.version, rehearse=rehearse)

    def approve(self) -> None:
        plans.submit(self.session, self.author, self.plan, self.version)
        plans.approve(self.session, self.reviewer, self.plan, self.version)

    def outlines(self) -> dict[str, bytes]:
        layout = plans.layout(self.session, self.author, self.plan)
        return {code: unit.geometry.wkb for code, unit in layout.units.items()}


AUTHOR = Actor(account_id=None, name="author", role=Role.PLANNER, scope=COUNTY)
REVIEWER = Actor(account_id=None, name="reviewer", role=Role.INSPECTOR, scope=COUNTY)


@pytest.fixture
def desk(session: Session) -> Desk:
    ids = small_county.build(session)
    plan = plans.create(session, AUTHOR, WEST, "West anew")
    return Desk(session, ids, AUTHOR, REVIEWER, plan)


@pytest.fixture
def open_desk(database: Database) -> Callable[[], Session]:
    """Sessions of a database of the test's own: what one commits, the other sees."""
    with database.session() as session:
        small_county.build(session)
    return lambda: Session(database.engine, expire_on_commit=False)
