"""Cases: rows for lists and maps, one case whole, routing, numbers. Scope is the caller's business (:class:`Seen`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases import ENDED, STANDING_STILL
from gridmap.domain.clock import YELLOW
from gridmap.domain.codes import prefix
from gridmap.store.models import Case, CaseEvent, CaseExtension, CasePhoto, CaseTerm, FollowUp

_ENDED = ", ".join(f"'{status}'" for status in sorted(ENDED))
_STILL = ", ".join(f"'{status}'" for status in sorted(STANDING_STILL))
#: Moment at which a light turns yellow.
_YELLOW = f"c.reported_at + (c.due_at - c.reported_at) * {YELLOW}"
#: Light of a case: none where it has ended, has no deadline, or its clock stands still.
LIGHT = (
    f"CASE WHEN c.status IN ({_ENDED}, {_STILL}) OR c.due_at IS NULL THEN NULL WHEN c.due_at < :now THEN 'red'"
    f" WHEN {_YELLOW} <= :now THEN 'yellow' ELSE 'green' END"
)

_COLUMNS = f"""
    c.id, c.number, c.kind, k.name_zh AS kind_zh, k.name_en AS kind_en, c.lane, c.status, c.source,
    u.code AS unit, u.name AS unit_name, p.code AS community, p.name AS community_name, c.address, c.words,
    ST_X(c.geom) AS x, ST_Y(c.geom) AS y, c.reported_at, c.due_at, c.original_due_at, {_YELLOW} AS yellow_at,
    {LIGHT} AS light, coalesce(b.code, h.code) AS handler, coalesce(b.name_zh, h.name) AS handler_zh,
    coalesce(b.name_en, h.name) AS handler_en, c.body_id IS NOT NULL AS is_body, w.label AS worker, c.closed_at,
    c.closing_reason, c.returns, c.reworks, c.reopenings, c.extensions, c.me_too, c.restricted, c.version, c.updated_at
"""
#: What a row shows beside the case itself. Conditions are over ``cases c`` alone, so that only rows shown are joined.
_BESIDE = """
    JOIN case_kinds k ON k.code = c.kind LEFT JOIN units u ON u.id = c.unit_id
    LEFT JOIN units p ON p.id = u.parent_id LEFT JOIN units h ON h.id = c.handler_unit_id
    LEFT JOIN bodies b ON b.id = c.body_id LEFT JOIN workers w ON w.id = c.worker_id
"""
#: Cases that have not come to an end; written out, so that the index of open cases is used.
OPEN = f"c.status NOT IN ({_ENDED})"


def inside(column: str, name: str) -> str:
    """That a unit lies in a unit: ``name`` + ``_low`` and ``_high`` bound the codes."""
    return f"{column} IN (SELECT id FROM units WHERE code >= :{name}_low AND code < :{name}_high)"


@dataclass(frozen=True)
class Seen:
    """Who looks: what lies in ``scope`` (a unit code), is with ``body``, or was reported by ``account``.

    ``restricted``: also what few may see. ``anybody``: no limit (the public pages pick by themselves).
    """

    scope: str
    body: int | None = None
    account: int | None = None
    restricted: bool = False

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL over ``c``, with what fills it."""
        low = prefix(self.scope)
        given: dict[str, Any] = {
            "seen_low": low, "seen_high": low + "~", "seen_body": self.body, "seen_account": self.account
        }  # fmt: skip
        if self.body is not None:
            where = (
                "(c.body_id = :seen_body OR EXISTS (SELECT FROM whistle_calls wc"
                " WHERE wc.case_id = c.id AND wc.body_id = :seen_body))"
            )
        elif len(low) <= 6:  # a database holds one county: it sees everything, what has no place yet included
            where = "EXISTS (SELECT FROM units WHERE code >= :seen_low AND code < :seen_high)"
        else:
            where = f"({inside('c.unit_id', 'seen')} OR {inside('c.handler_unit_id', 'seen')})"
        if self.account is not None:
            where = f"({where} OR c.reporter_id = :seen_account)"
        if not self.restricted:
            where += " AND NOT c.restricted"
        return where, given


@dataclass
class Where:
    """Conditions joined by AND, and what fills them."""

    parts: list[str] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)

    def add(self, part: str, **given: Any) -> None:
        self.parts.append(part)
        self.given.update(given)

    def __str__(self) -> str:
        return " AND ".join(self.parts) or "true"


_NEAR = "ST_SetSRID(ST_MakePoint(:near_x, :near_y), gridmap_srid())"
#: sort → (expression, ascending, SQL type of its cursor)
SORTS: Mapping[str, tuple[str, bool, str]] = {
    "due": (f"CASE WHEN c.status IN ({_ENDED}) THEN 'infinity' ELSE coalesce(c.due_at, 'infinity') END", True,
            "timestamptz"),
    "reported": ("c.reported_at", False, "timestamptz"),
    "updated": ("c.updated_at", False, "timestamptz"),
    "number": ("c.number", True, "text"),
    "distance": (f"CASE WHEN c.geom IS NULL THEN 'infinity' ELSE ST_Distance(c.geom, {_NEAR}) END", True,
                 "double precision"),
}  # fmt: skip


def rows(
    session: Session, where: Where, *, now: datetime, sort: str, limit: int, after: tuple[str, int] | None = None
) -> tuple[list[Any], list[str]]:
    """Rows of a list, and the cursor value of each. ``after``: the last row's cursor value and number."""
    expression, ascending, kind = SORTS[sort]
    sign = ">" if ascending else "<"
    given = {**where.given, "now": now, "limit": limit}
    condition = str(where)
    if after is not None:
        condition += f" AND ({expression}, c.id) {sign} (CAST(:after_value AS {kind}), :after_id)"
        given.update(after_value=after[0], after_id=after[1])
    way = "" if ascending else "DESC"
    found = session.execute(
        text(
            f"SELECT {_COLUMNS}, c.cursor FROM (SELECT c.*, ({expression})::text AS cursor FROM cases c"
            f" WHERE {condition} ORDER BY {expression} {way}, c.id {way} LIMIT :limit) AS c {_BESIDE}"
            f" ORDER BY {expression} {way}, c.id {way}"
        ),
        given,
    ).all()
    return list(found), [row.cursor for row in found]


def counts(session: Session, where: Where, now: datetime) -> tuple[dict[str, int], datetime | None]:
    """How many cases there are: by light, ended, standing still, and in all; and when one of them changed last."""
    row = session.execute(
        text(
            f"SELECT max(updated_at) AS latest, count(*) AS total, count(*) FILTER (WHERE light = 'red') AS red,"
            f" count(*) FILTER (WHERE light = 'yellow') AS yellow, count(*) FILTER (WHERE light = 'green') AS green,"
            f" count(*) FILTER (WHERE status IN ({_ENDED})) AS ended,"
            f" count(*) FILTER (WHERE light IS NULL AND status NOT IN ({_ENDED})) AS still"
            f" FROM (SELECT c.updated_at, c.status, {LIGHT} AS light FROM cases c WHERE {where}) AS found"
        ),
        {**where.given, "now": now},
    ).one()
    told = dict(row._mapping)
    latest: datetime | None = told.pop("latest")
    return {name: int(value) for name, value in told.items()}, latest


def points(session: Session, where: Where, now: datetime, limit: int) -> list[Any]:
    """Number, x, y, light, status, kind of the cases that have a place, for maps."""
    return list(
        session.execute(
            text(
                f"SELECT c.id, ST_X(c.geom) AS x, ST_Y(c.geom) AS y, {LIGHT} AS light, c.status, c.kind"
                f" FROM cases c WHERE {where} AND c.geom IS NOT NULL ORDER BY c.id DESC LIMIT :limit"
            ),
            {**where.given, "now": now, "limit": limit},
        )
    )


def ids(session: Session, where: Where) -> list[int]:
    """Numbers of the cases, in their order."""
    return list(session.execute(text(f"SELECT c.id FROM cases c WHERE {where} ORDER BY c.id"), where.given).scalars())


def latest_change(session: Session, where: Where) -> tuple[datetime | None, int]:
    """When any of the cases changed last, and how many they are."""
    row = session.execute(text(f"SELECT max(c.updated_at), count(*) FROM cases c WHERE {where}"), where.given).one()
    return row[0], int(row[1])


def find(session: Session, case_id: int, *, lock: bool = False) -> Case | None:
    """The case, locked until the transaction ends where asked for."""
    statement = select(Case).where(Case.id == case_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def terms(session: Session, case_id: int) -> list[CaseTerm]:
    return list(session.scalars(select(CaseTerm).where(CaseTerm.case_id == case_id).order_by(CaseTerm.due_at)))


def events(session: Session, case_id: int) -> list[CaseEvent]:
    return list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)))


def follow_ups(session: Session, case_id: int) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.case_id == case_id).order_by(FollowUp.id)))


def extensions(session: Session, case_id: int) -> list[CaseExtension]:
    return list(
        session.scalars(select(CaseExtension).where(CaseExtension.case_id == case_id).order_by(CaseExtension.id))
    )


def photos(session: Session, case_id: int) -> list[Any]:
    """What is known of a case's photos, without their content."""
    columns = (CasePhoto.id, CasePhoto.stage, CasePhoto.at, CasePhoto.width, CasePhoto.height, CasePhoto.public)
    return list(session.execute(select(*columns).where(CasePhoto.case_id == case_id).order_by(CasePhoto.id)))


def next_number(session: Session, day: date) -> str:
    """A new case number: the day, then a running number that never repeats."""
    running = session.execute(text("SELECT nextval('case_numbers')")).scalar_one()
    return f"{day:%Y%m%d}-{running:06d}"


class Spot(NamedTuple):
    """Where a point lies: id and code of the grid of a day, and of the community."""

    unit_id: int
    code: str
    name: str
    community_id: int
    community: str


def grid_at(session: Session, x: float, y: float, day: date) -> Spot | None:
    """The grid whose boundary of a day holds a point (smallest code on a shared border), or None."""
    row = session.execute(
        text(
            "SELECT u.id, u.code, u.name, p.id, p.code FROM boundaries b JOIN units u ON u.id = b.unit_id"
            " AND u.level = 'grid' JOIN units p ON p.id = u.parent_id WHERE b.valid @> CAST(:day AS date)"
            " AND ST_Covers(b.geom, ST_SetSRID(ST_MakePoint(:x, :y), gridmap_srid())) ORDER BY u.code LIMIT 1"
        ),
        {"x": x, "y": y, "day": day},
    ).first()
    return None if row is None else Spot(*row)


def body_for(session: Session, kind: str, code: str) -> int | None:
    """The active body that takes a kind of case nearest above a unit: its area holds the unit, smallest area first."""
    return session.execute(
        text(
            "SELECT b.id FROM bodies b JOIN units u ON u.id = b.unit_id WHERE b.active AND :kind = ANY(b.kinds)"
            " AND starts_with(:code, CASE u.level WHEN 'county' THEN left(u.code, 6) WHEN 'town' THEN left(u.code, 9)"
            " ELSE u.code END) ORDER BY length(CASE u.level WHEN 'county' THEN left(u.code, 6) WHEN 'town'"
            " THEN left(u.code, 9) ELSE u.code END) DESC, b.id LIMIT 1"
        ),
        {"kind": kind, "code": code},
    ).scalar_one_or_none()


def nearby(
    session: Session, where: Where, x: float, y: float, *, radius: float, now: datetime, limit: int
) -> list[tuple[Any, float]]:
    """Cases within a distance in metres, nearest first, with the distance."""
    given = {**where.given, "now": now, "x": x, "y": y, "radius": radius, "limit": limit}
    at = "ST_SetSRID(ST_MakePoint(:x, :y), gridmap_srid())"
    found = session.execute(
        text(
            f"SELECT {_COLUMNS}, ST_Distance(c.geom, {at}) AS metres FROM cases c {_BESIDE}"
            f" WHERE {where} AND ST_DWithin(c.geom, {at}, :radius) ORDER BY metres, c.id LIMIT :limit"
        ),
        given,
    ).all()
    return [(row, float(row.metres)) for row in found]


def has_handled(session: Session, case_id: int, account_id: int | None, actor: str) -> bool:
    """Whether somebody has had this case on their desk: signed, started or settled it."""
    return bool(
        session.execute(
            text(
                "SELECT EXISTS (SELECT FROM case_events WHERE case_id = :case AND act IN ('sign', 'start', 'settle')"
                " AND (account_id = :account OR (account_id IS NULL AND CAST(:account AS bigint) IS NULL"
                " AND actor = :actor)))"
            ),
            {"case": case_id, "account": account_id, "actor": actor},
        ).scalar_one()
    )


def rules_at(session: Session, lane: str, kind: str, at: datetime) -> list[tuple[str, str, float]]:
    """Stage, clock and amount of the deadlines that hold for a kind at a moment: its own before its lane's."""
    found = session.execute(
        text(
            "SELECT DISTINCT ON (stage) stage, clock, amount FROM deadline_rules WHERE lane = :lane"
            " AND (kind IS NULL OR kind = :kind) AND valid @> CAST(:at AS timestamptz) ORDER BY stage, kind NULLS LAST"
        ),
        {"lane": lane, "kind": kind, "at": at},
    ).all()
    return [(row[0], row[1], float(row[2])) for row in found]


def calendar_rows(session: Session) -> tuple[list[tuple[date, bool]], list[tuple[date, Sequence[Sequence[str]]]]]:
    """Days that are not what their weekday says, and office hours by their first day."""
    days = session.execute(text("SELECT day, working FROM calendar_days")).all()
    hours = session.execute(text("SELECT since, spans FROM office_hours ORDER BY since")).all()
    return [(row[0], row[1]) for row in days], [(row[0], row[1]) for row in hours]
