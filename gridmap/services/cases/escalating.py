"""Late terms go one level up: each once, by whatever process looks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gridmap.domain.levels import Level
from gridmap.services.cases import history
from gridmap.services.cases.moment import now
from gridmap.store.database import Session
from gridmap.store.queries import cases as queries
from gridmap.store.queries import lateness

#: level of the desk that is late → who hears of it
ABOVE = {
    Level.GRID: Level.COMMUNITY,
    Level.COMPOUND: Level.COMMUNITY,
    Level.COURTYARD: Level.COMMUNITY,
    Level.COMMUNITY: Level.TOWN,
    Level.TOWN: Level.COUNTY,
    Level.COUNTY: Level.COUNTY,
}
#: Late terms that are taken on in one go.
BATCH = 500


@dataclass(frozen=True)
class Escalation:
    case_id: int
    number: str
    stage: str
    to_level: str
    unit: str | None


def escalate(session: Session, at: datetime | None = None) -> list[Escalation]:
    """Note every term that turned red since the last look, and tell the level above; return what was told.

    A term is told of once: its row is locked and marked in the same transaction, and rows that another process holds
    are left to it. An extension makes a term new.
    """
    present = at or now(session)
    told = []
    for row in lateness.red(session, present, BATCH):
        case = queries.find(session, row.case_id, lock=True)
        assert case is not None
        level = ABOVE[Level(row.level)] if row.level else Level.TOWN
        unit = lateness.above(row.unit, level) if row.unit else None
        lateness.mark(session, row.case_id, row.stage, present)
        history.note(
            session,
            case,
            history.CLOCK,
            "escalate",
            history.moment(case, present),
            stage=row.stage,
            to_level=level.value,
            unit=unit,
            due=row.due_at.isoformat(),
        )
        told.append(Escalation(case.id, case.number, row.stage, level.value, unit))
    session.commit()
    return told
