"""History of the demo's cases, written by the database itself: half a million lines would take long one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

#: way → the acts of a case on it: act, state before, state after, share of the time between report and closing, who
_CHAINS: dict[str, list[tuple[str, str | None, str, float, str]]] = {
    "plain": [
        ("report", None, "reported", 0, "worker"),
        ("file", "reported", "filed", 0.03, "dispatcher"),
        ("dispatch", "filed", "dispatched", 0.05, "dispatcher"),
        ("sign", "dispatched", "signed", 0.10, "worker"),
        ("start", "signed", "handling", 0.16, "worker"),
        ("settle", "handling", "to_check", 0.74, "worker"),
        ("follow_up", "to_check", "followed_up", 0.92, "checker"),
        ("close", "followed_up", "closed", 1, "checker"),
    ],
    "returned": [
        ("report", None, "reported", 0, "worker"),
        ("file", "reported", "filed", 0.03, "dispatcher"),
        ("dispatch", "filed", "dispatched", 0.05, "dispatcher"),
        ("return", "dispatched", "returned", 0.14, "office"),
        ("dispatch", "returned", "dispatched", 0.18, "dispatcher"),
        ("sign", "dispatched", "signed", 0.24, "worker"),
        ("start", "signed", "handling", 0.30, "worker"),
        ("settle", "handling", "to_check", 0.80, "worker"),
        ("follow_up", "to_check", "followed_up", 0.93, "checker"),
        ("close", "followed_up", "closed", 1, "checker"),
    ],
    "reworked": [
        ("report", None, "reported", 0, "worker"),
        ("file", "reported", "filed", 0.03, "dispatcher"),
        ("dispatch", "filed", "dispatched", 0.05, "dispatcher"),
        ("sign", "dispatched", "signed", 0.10, "worker"),
        ("start", "signed", "handling", 0.16, "worker"),
        ("settle", "handling", "to_check", 0.55, "worker"),
        ("rework", "to_check", "handling", 0.62, "checker"),
        ("settle", "handling", "to_check", 0.86, "worker"),
        ("follow_up", "to_check", "followed_up", 0.95, "checker"),
        ("close", "followed_up", "closed", 1, "checker"),
    ],
    "reopened": [
        ("report", None, "reported", 0, "worker"),
        ("file", "reported", "filed", 0.02, "dispatcher"),
        ("dispatch", "filed", "dispatched", 0.03, "dispatcher"),
        ("sign", "dispatched", "signed", 0.06, "worker"),
        ("start", "signed", "handling", 0.08, "worker"),
        ("settle", "handling", "to_check", 0.35, "worker"),
        ("follow_up", "to_check", "followed_up", 0.45, "checker"),
        ("close", "followed_up", "closed", 0.5, "checker"),
        ("reopen", "closed", "filed", 0.6, "checker"),
        ("dispatch", "filed", "dispatched", 0.62, "dispatcher"),
        ("sign", "dispatched", "signed", 0.65, "worker"),
        ("start", "signed", "handling", 0.68, "worker"),
        ("settle", "handling", "to_check", 0.86, "worker"),
        ("follow_up", "to_check", "followed_up", 0.95, "checker"),
        ("close", "followed_up", "closed", 1, "checker"),
    ],
}
#: role in a chain → the name that stands in the history
_ACTORS = {"worker": "网格员", "dispatcher": "调度员", "checker": "核查员", "office": "部门经办人"}
#: notes that some acts carry
_NOTES = {"return": "不属于本部门职责，建议改派", "rework": "现场仍有遗留，请返工", "reopen": "居民反映问题再次出现"}

#: a number between 0 and 1 that hangs on the case alone
_CHANCE = "(('x' || substr(md5(c.number || '{salt}'), 1, 8))::bit(32)::bigint / 4294967295.0)"


def write(session: Session, end: datetime) -> None:
    """Lines of history, follow-ups and deadlines for every case there is. Nothing is committed.

    The way of a closed case follows from its counters; an open one has come as far as its state says, by ``end``.
    """
    _events(session, end)
    _standing(session, end)
    _archived(session, end)
    _follow_ups(session)
    session.execute(
        text(
            "INSERT INTO case_terms (case_id, stage, clock, amount, started_at, due_at, original_due_at, met_at,"
            " left_s) SELECT c.id, 'total', r.clock, r.amount, c.reported_at, c.due_at, c.original_due_at, c.closed_at,"
            " CASE WHEN c.status IN ('paused', 'backlog') THEN"
            " greatest(extract(epoch FROM c.due_at - c.reported_at - interval '21 hours'), 0) END"
            " FROM cases c JOIN LATERAL (SELECT clock, amount FROM deadline_rules r WHERE r.lane = c.lane"
            " AND r.stage = 'total' AND (r.kind = c.kind OR r.kind IS NULL) AND r.valid @> c.reported_at"
            " ORDER BY r.kind NULLS LAST LIMIT 1) r ON true"
        )
    )
    session.execute(text("SELECT setval('case_numbers', (SELECT max(id) FROM cases))"))


def _events(session: Session, end: datetime) -> None:
    rows = []
    for way, chain in _CHAINS.items():
        for at, (act, before, after, share, role) in enumerate(chain):
            quoted = "NULL" if before is None else f"'{before}'"
            rows.append(
                f"('{way}', {at}, '{act}', {quoted}, '{after}', {share}, '{_ACTORS[role]}', '{_NOTES.get(act, '')}')"
            )
    chains = ", ".join(rows)
    session.execute(
        text(
            f"""
            WITH chain (way, seq, act, before, after, share, actor, note) AS (VALUES {chains}),
            known AS (
                SELECT c.id, c.number, c.status, c.reported_at, c.closed_at, c.source,
                  CASE WHEN c.closed_at IS NULL THEN 'plain' WHEN c.reopenings > 0 THEN 'reopened'
                       WHEN c.reworks > 0 THEN 'reworked' WHEN c.returns > 0 THEN 'returned' ELSE 'plain' END AS way,
                  CASE WHEN c.closed_at IS NOT NULL THEN 99 ELSE
                    CASE c.status WHEN 'reported' THEN 0 WHEN 'filed' THEN 1 WHEN 'dispatched' THEN 2
                         WHEN 'returned' THEN 2 WHEN 'signed' THEN 3 WHEN 'to_check' THEN 5
                         WHEN 'followed_up' THEN 6 ELSE 4 END END AS steps,
                  {_CHANCE.format(salt="pace")} AS chance
                FROM cases c)
            INSERT INTO case_events (case_id, at, actor, act, before, after, note)
            SELECT k.id,
                   CASE WHEN k.closed_at IS NULL THEN k.reported_at + least(
                            (CAST(:end AS timestamptz) - k.reported_at) * 0.8, interval '20 hours')
                            * (ch.seq / greatest(k.steps, 1)::float)
                        ELSE k.reported_at + (k.closed_at - k.reported_at)
                            * CASE WHEN ch.share IN (0, 1) THEN ch.share ELSE ch.share * (0.8 + 0.2 * k.chance) END
                   END,
                   CASE WHEN ch.seq = 0 AND k.source = 'resident' THEN 'resident' ELSE ch.actor END,
                   ch.act, ch.before, ch.after, ch.note
            FROM known k JOIN chain ch ON ch.way = k.way AND ch.seq <= k.steps
            ORDER BY k.id, ch.seq
            """
        ),
        {"end": end},
    )


def _standing(session: Session, end: datetime) -> None:
    """The last line of cases that wait: sent back, paused, on the backlog. Their clocks stand still."""
    session.execute(
        text(
            "INSERT INTO case_events (case_id, at, actor, act, before, after, note)"
            " SELECT c.id, least(c.reported_at + interval '21 hours', CAST(:end AS timestamptz)), w.actor, w.act,"
            " w.before, c.status, w.note FROM cases c JOIN (VALUES"
            " ('returned', 'return', 'dispatched', '部门经办人', '不属于本部门职责，建议改派'),"
            " ('paused', 'pause', 'handling', '网格员', '等待配件'),"
            " ('backlog', 'put_off', 'handling', '分管负责人', '列入明年改造计划'))"
            " AS w (status, act, before, actor, note) ON w.status = c.status ORDER BY c.id"
        ),
        {"end": end},
    )


def _archived(session: Session, end: datetime) -> None:
    session.execute(
        text(
            "INSERT INTO case_events (case_id, at, actor, act, before, after)"
            " SELECT id, least(closed_at + interval '30 days', CAST(:end AS timestamptz)), '调度员', 'archive',"
            " 'closed', 'archived' FROM cases WHERE status = 'archived' ORDER BY id"
        ),
        {"end": end},
    )


def _follow_ups(session: Session) -> None:
    """Nine in ten are reached; whoever was reached about a solved case says so, most of them content."""
    reached, content = _CHANCE.format(salt="reached"), _CHANCE.format(salt="content")
    resident = _CHANCE.format(salt="resident")
    session.execute(
        text(
            f"""
            WITH asked AS (
                SELECT e.case_id, e.at, row_number() OVER (PARTITION BY e.case_id ORDER BY e.id) AS time,
                       count(*) OVER (PARTITION BY e.case_id) AS times, c.reworks, c.reopenings,
                       c.closing_reason, {reached} < 0.91 AS reached, {content} AS content,
                       {resident} < 0.15 AS by_resident
                FROM case_events e JOIN cases c ON c.id = e.case_id WHERE e.act = 'follow_up'),
            said AS (
                SELECT *, CASE WHEN time < times THEN false
                               WHEN closing_reason = 'solved' THEN true
                               WHEN closing_reason IN ('partly_solved', 'explained') THEN content < 0.6
                               ELSE content < 0.2 END AS solved,
                       CASE WHEN time < times THEN 0 ELSE reworks + reopenings END AS round
                FROM asked)
            INSERT INTO follow_ups (case_id, at, by_resident, round, contacted, solved, satisfaction)
            SELECT case_id, at, by_resident AND (reached OR time < times), round, reached OR time < times,
                   CASE WHEN reached OR time < times THEN solved END,
                   CASE WHEN NOT (reached OR time < times) THEN NULL
                        WHEN solved AND content < 0.78 THEN 'satisfied'
                        WHEN solved OR content < 0.5 THEN 'basically_satisfied' ELSE 'dissatisfied' END
            FROM said ORDER BY case_id, time
            """
        )
    )


def whistle(session: Session, end: datetime) -> None:
    """A dozen whistles: late ones, answered ones, attended and rated ones, each with two bodies called."""
    session.execute(
        text(
            """
            WITH chosen AS (
                SELECT c.id, row_number() OVER (ORDER BY md5(c.number)) AS n FROM cases c
                WHERE c.status = 'handling' AND c.body_id IS NULL ORDER BY md5(c.number) LIMIT 12),
            called AS (
                SELECT c.id, c.n, b.id AS body, b.code = 'B-URBAN' AS leads,
                       CAST(:end AS timestamptz) - interval '7 hours' - c.n * interval '19 hours' AS at
                FROM chosen c JOIN bodies b ON b.code IN ('B-URBAN', 'B-HOUSING'))
            INSERT INTO whistle_calls (case_id, body_id, leads, hard, called_at, caller, words, sign_due_at,
                contact_due_at, attend_due_at, signed_at, contacted_at, reply, attended_at, attended_words, rating,
                rating_words, rated_at, rated_by)
            SELECT id, body, leads, n % 5 = 0, at, '演示调度员', '请到现场会商', at + interval '1 hour',
                   at + interval '24 hours', at + interval '5 days',
                   CASE WHEN n > 1 THEN at + interval '20 minutes' * n END,
                   CASE WHEN n > 3 THEN at + interval '5 hours' END,
                   CASE WHEN n > 3 THEN '已安排人员' ELSE '' END,
                   CASE WHEN n > 6 THEN at + interval '44 hours' END,
                   CASE WHEN n > 6 THEN '已到现场，方案已定' ELSE '' END,
                   CASE WHEN n > 8 THEN 3 + n % 3 END, CASE WHEN n > 8 THEN '配合及时' ELSE '' END,
                   CASE WHEN n > 8 THEN at + interval '60 hours' END, CASE WHEN n > 8 THEN '演示调度员' END
            FROM called
            """
        ),
        {"end": end},
    )
