"""Plans, their operations, comments and history; the boundaries a plan starts from, and what is counted on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.codes import prefix
from gridmap.store.models import Plan, PlanComment, PlanEvent, PlanOperation
from gridmap.store.queries.frames import working_srid

#: Boundaries that hold on a day, of the levels that divide their parent: everything in the scope, and everything
#: that may share border with it.
_AROUND = """
WITH own AS (
    SELECT ST_Expand(ST_Extent(b.geom)::geometry, 1) AS box
    FROM boundaries b JOIN units u ON u.id = b.unit_id
    WHERE b.valid @> CAST(:as_of AS date) AND u.code >= :low AND u.code < :high
      AND u.level IN ('county', 'town', 'community', 'grid')
)
SELECT b.id
FROM boundaries b JOIN units u ON u.id = b.unit_id, own
WHERE b.valid @> CAST(:as_of AS date) AND u.level IN ('county', 'town', 'community', 'grid')
  AND (u.founded_on IS NULL OR u.founded_on <= :as_of) AND (u.retired_on IS NULL OR u.retired_on > :as_of)
  AND (u.code >= :low AND u.code < :high OR b.geom && ST_SetSRID(own.box, gridmap_srid()))
ORDER BY b.id
"""


class BaseRow(NamedTuple):
    """One boundary of a plan's base."""

    boundary_id: int
    unit_id: int
    code: str
    name: str
    level: str
    parent: str | None
    urban: bool
    since: date | None
    drawn_on: date | None
    geometry: BaseGeometry


def boundaries_around(session: Session, scope: str, as_of: date) -> list[int]:
    """Ids of the boundaries that a plan for ``scope`` starts from on a day, its surroundings included."""
    low = prefix(scope)
    return list(session.execute(text(_AROUND), {"low": low, "high": low + "~", "as_of": as_of}).scalars())


def boundaries(session: Session, ids: Sequence[int]) -> list[BaseRow]:
    """Boundaries by id, in the order of their units' codes, whether or not they still hold."""
    rows = session.execute(
        text("""
            SELECT b.id, u.id, u.code, u.name, u.level, p.code, u.urban, lower(b.valid),
                   coalesce(b.drawn_on, lower(b.valid)), ST_AsBinary(b.geom)
            FROM boundaries b JOIN units u ON u.id = b.unit_id LEFT JOIN units p ON p.id = u.parent_id
            WHERE b.id = ANY(:ids) ORDER BY u.code"""),
        {"ids": list(ids)},
    )
    return [BaseRow._make((*row[:9], shapely.from_wkb(bytes(row[9])))) for row in rows]


def codes_in(session: Session, scope: str) -> list[str]:
    """Every code ever used inside a scope, of living and of retired units."""
    low = prefix(scope)
    return list(
        session.execute(
            text("SELECT code FROM units WHERE code >= :low AND code < :high"), {"low": low, "high": low + "~"}
        ).scalars()
    )


class Counted(NamedTuple):
    """What is counted inside a box: arrays of points (n, 2) and numbers, in the working system."""

    srid: int
    places: np.ndarray[Any, np.dtype[np.float64]]
    households: np.ndarray[Any, np.dtype[np.int64]]
    cases: np.ndarray[Any, np.dtype[np.float64]]
    bases: np.ndarray[Any, np.dtype[np.float64]]
    compounds: dict[str, BaseGeometry]
    members: dict[str, int]
    staff: dict[str, int]


def counted(
    session: Session, scope: str, box: tuple[float, float, float, float], day: date, since: datetime
) -> Counted:
    """Household places, cases reported from ``since`` on, bases, compounds, members and staff around a scope."""
    low = prefix(scope)
    given = {
        "x0": box[0], "y0": box[1], "x1": box[2], "y1": box[3],
        "low": low, "high": low + "~", "day": day, "since": since,
    }  # fmt: skip
    inside = "geom && ST_MakeEnvelope(:x0, :y0, :x1, :y1, gridmap_srid())"

    def rows(statement: str) -> list[Any]:
        return list(session.execute(text(statement), given).all())

    places = rows(f"SELECT ST_X(geom), ST_Y(geom), households FROM household_counts WHERE {inside} ORDER BY id")
    cases = rows(
        f"SELECT ST_X(geom), ST_Y(geom) FROM cases WHERE {inside} AND reported_at >= :since"
        " AND status NOT IN ('draft', 'withdrawn') ORDER BY id"
    )
    # the nearest base may stand outside the box
    bases = rows(
        "SELECT ST_X(w.geom), ST_Y(w.geom) FROM workers w WHERE w.geom IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM assignments a WHERE a.worker_id = w.id AND a.valid @> CAST(:day AS date))"
        " UNION ALL SELECT ST_X(geom), ST_Y(geom) FROM service_points"
        " WHERE (opened_on IS NULL OR opened_on <= :day) AND (closed_on IS NULL OR closed_on > :day)"
    )
    compounds = rows(
        "SELECT u.code, ST_AsBinary(b.geom) FROM units u JOIN boundaries b ON b.unit_id = u.id"
        " AND b.valid @> CAST(:day AS date) WHERE u.level IN ('compound', 'courtyard') AND u.retired_on IS NULL"
        " AND u.code >= :low AND u.code < :high ORDER BY u.code"
    )
    members = rows(
        "SELECT u.code, count(*) FROM members m JOIN units u ON u.id = m.reports_in_id WHERE m.kind = 'in_service'"
        " AND (m.reported_in_on IS NULL OR m.reported_in_on <= :day) AND u.code >= :low AND u.code < :high"
        " GROUP BY u.code"
    )
    staff = rows(
        "SELECT u.code, count(*) FROM assignments a JOIN units u ON u.id = a.unit_id WHERE a.role = 'worker'"
        " AND a.valid @> CAST(:day AS date) AND u.code >= :low AND u.code < :high GROUP BY u.code"
    )
    return Counted(
        srid=working_srid(session),
        places=np.array([row[:2] for row in places], dtype=np.float64).reshape(-1, 2),
        households=np.array([row[2] for row in places], dtype=np.int64),
        cases=np.array([tuple(row) for row in cases], dtype=np.float64).reshape(-1, 2),
        bases=np.array([tuple(row) for row in bases], dtype=np.float64).reshape(-1, 2),
        compounds={code: shapely.from_wkb(bytes(raw)) for code, raw in compounds},
        members={code: int(count) for code, count in members},
        staff={code: int(count) for code, count in staff},
    )


# --- plans -----------------------------------------------------------------------------------------------


def add(session: Session, **values: Any) -> Plan:
    """A new plan, with its id."""
    plan = Plan(**values)
    session.add(plan)
    session.flush()
    return plan


def find(session: Session, plan_id: int, *, lock: bool = False) -> Plan | None:
    """A plan, locked against other writers where asked."""
    statement = select(Plan).where(Plan.id == plan_id)
    if lock:
        statement = statement.with_for_update()
    return session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()


def in_scope(session: Session, scope: str, state: str | None) -> list[tuple[Plan, int]]:
    """Plans inside a scope and how many operations stand in each, the latest first."""
    low = prefix(scope)
    standing = (
        select(PlanOperation.plan_id, func.count().label("standing"))
        .where(PlanOperation.state == "standing")
        .group_by(PlanOperation.plan_id)
        .subquery()
    )
    statement = (
        select(Plan, func.coalesce(standing.c.standing, 0))
        .outerjoin(standing, standing.c.plan_id == Plan.id)
        .where(Plan.scope_code >= low, Plan.scope_code < low + "~")
        .order_by(Plan.updated_at.desc(), Plan.id.desc())
    )
    if state is not None:
        statement = statement.where(Plan.state == state)
    return [(plan, int(count)) for plan, count in session.execute(statement)]


def operations(session: Session, plan_id: int, *, state: str | None = None) -> list[PlanOperation]:
    """Operations in their order."""
    statement = select(PlanOperation).where(PlanOperation.plan_id == plan_id).order_by(PlanOperation.seq)
    if state is not None:
        statement = statement.where(PlanOperation.state == state)
    return list(session.execute(statement.execution_options(populate_existing=True)).scalars())


def add_operation(session: Session, plan_id: int, **values: Any) -> PlanOperation:
    """Append an operation; what was undone before can no longer be redone."""
    session.execute(
        update(PlanOperation)
        .where(PlanOperation.plan_id == plan_id, PlanOperation.state == "undone")
        .values(state="dropped")
    )
    last = session.execute(
        select(func.coalesce(func.max(PlanOperation.seq), 0)).where(PlanOperation.plan_id == plan_id)
    ).scalar_one()
    operation = PlanOperation(plan_id=plan_id, seq=last + 1, **values)
    session.add(operation)
    session.flush()
    return operation


def set_states(session: Session, ids: Iterable[int], state: str) -> None:
    """Mark operations."""
    session.execute(update(PlanOperation).where(PlanOperation.id.in_(list(ids))).values(state=state))


def add_event(session: Session, plan: Plan, **values: Any) -> None:
    """One line of a plan's history."""
    session.add(PlanEvent(plan_id=plan.id, version=plan.version, **values))
    session.flush()


def events(session: Session, plan_id: int) -> list[PlanEvent]:
    """A plan's history, the earliest first."""
    return list(session.execute(select(PlanEvent).where(PlanEvent.plan_id == plan_id).order_by(PlanEvent.id)).scalars())


class CommentRow(NamedTuple):
    """A remark on a plan."""

    id: int
    author: str
    words: str
    at: datetime
    settled_at: datetime | None
    settled_by: str | None
    x: float | None
    y: float | None

    @property
    def at_place(self) -> tuple[float, float] | None:
        """Where it is pinned, in the working system."""
        return None if self.x is None or self.y is None else (self.x, self.y)


def comments(session: Session, plan_id: int) -> list[CommentRow]:
    """Remarks on a plan, the earliest first."""
    rows = session.execute(
        text(
            "SELECT id, author, words, at, settled_at, settled_by, ST_X(geom), ST_Y(geom)"
            " FROM plan_comments WHERE plan_id = :plan ORDER BY id"
        ),
        {"plan": plan_id},
    )
    return [CommentRow(*row) for row in rows]


def add_comment(session: Session, plan_id: int, author: str, words: str, at: tuple[float, float] | None) -> int:
    """Pin a remark."""
    point = None if at is None else f"SRID={working_srid(session)};POINT({at[0]!r} {at[1]!r})"
    comment = PlanComment(plan_id=plan_id, author=author, words=words, geom=point)
    session.add(comment)
    session.flush()
    return comment.id


def settle_comment(session: Session, plan_id: int, comment_id: int, who: str) -> bool:
    """Mark a remark as settled; False where there is none that is open."""
    done = session.execute(
        text(
            "UPDATE plan_comments SET settled_at = now(), settled_by = :who"
            " WHERE id = :id AND plan_id = :plan AND settled_at IS NULL RETURNING id"
        ),
        {"who": who, "id": comment_id, "plan": plan_id},
    )
    return done.first() is not None


def title_of(plan: Plan) -> Mapping[str, object]:
    """What names a plan in the audit trail."""
    return {"plan": plan.id, "title": plan.title, "version": plan.version}
