"""The demo's cases, bodies, meetings and matters as rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from gridmap.services.demo.copying import copy, numbered, points
from gridmap.services.demo.generate import Demo
from gridmap.services.demo.land import rows_of
from gridmap.store.bulk import next_ids
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseBody, CaseKind, Matter, Meeting
from gridmap.store.queries import demo_history

#: How many of the closed cases were sent back, reworked, reopened, and given more time where they were late.
RETURNED, REWORKED, REOPENED, EXTENDED = 0.07, 0.03, 0.012, 0.35
#: Meetings whose matters are kept: those of this many days.
MATTER_DAYS = 150


def write_affairs(session: Session, demo: Demo, units: dict[str, int]) -> None:
    """Copy cases with their history, and meetings with their matters."""
    rng = np.random.default_rng(int(demo.given.things["seed"]))
    bodies = _bodies(session, demo, units)
    _cases(session, demo, units, bodies, rng)
    end = datetime.combine(demo.given.today + timedelta(days=1), datetime.min.time(), tzinfo=UTC) - timedelta(hours=8)
    demo_history.write(session, end)
    _meetings(session, demo, units, rng)
    _announced(session, demo, units)
    demo_history.whistle(session, end)


def _bodies(session: Session, demo: Demo, units: dict[str, int]) -> dict[str, int]:
    found = {}
    for code, (name_zh, name_en, phone, kinds) in demo.given.names["bodies"].items():
        row = CaseBody(
            code=code, name_zh=name_zh, name_en=name_en, unit_id=units[demo.given.code], phone=phone, kinds=kinds
        )
        session.add(row)
        session.flush()
        found.update(dict.fromkeys(kinds, row.id))
    return found


def _cases(
    session: Session, demo: Demo, units: dict[str, int], bodies: dict[str, int], rng: np.random.Generator
) -> None:
    cases = demo.affairs.cases
    count = len(cases)
    ids = numbered(session, Case, cases, "case_id")
    reported, due, closed = (_moments(cases[column]) for column in ("reported_at", "due_at", "closed_at"))
    lanes = {kind.code: kind.lane for kind in session.query(CaseKind)}
    words = demo.given.names["case_words"]
    drawn = rng.random((5, count))
    end = datetime.combine(demo.given.today, datetime.min.time(), tzinfo=UTC) + timedelta(hours=15)
    rows = []
    for at, row in enumerate(rows_of(cases)):
        begun, ends, over = reported[at], due[at], closed[at]
        assert begun is not None
        assert ends is not None
        chance = float(drawn[0, at])
        later = over is not None and over > ends and drawn[1, at] < EXTENDED
        said = words[row.kind][int(drawn[2, at] * len(words[row.kind]))]
        body = bodies.get(row.kind)
        rows.append(
            (
                ids[row.case_id],
                f"{begun:%Y%m%d}-{row.case_id:06d}",
                row.kind,
                lanes[row.kind],
                row.status,
                row.source,
                units.get(row.unit),
                said,
                said if row.kind != "disputes" and drawn[3, at] < 0.6 else None,
                begun,
                over or min(begun + timedelta(hours=20), end),
                ends + timedelta(days=5) if later else ends,
                ends,
                body,
                None if body else units.get(row.unit),
                None if row.status == "reported" else begun + timedelta(minutes=40),
                None if row.status in ("reported", "filed") else begun + timedelta(minutes=70),
                over,
                row.closing_reason,
                int(
                    row.status == "returned"
                    or (over is not None and REOPENED + REWORKED <= chance < REOPENED + REWORKED + RETURNED)
                ),
                int(over is not None and REOPENED <= chance < REOPENED + REWORKED),
                int(over is not None and chance < REOPENED),
                int(later),
                int(drawn[4, at] * 1.15) * 2,
                demo.given.today + timedelta(days=150) if row.status == "backlog" else None,
                "solved" if row.status in ("to_check", "followed_up") else None,
            )
        )
    columns = (
        "id number kind lane status source unit_id words public_words reported_at updated_at due_at original_due_at"
        " body_id handler_unit_id filed_at dispatched_at closed_at closing_reason returns reworks reopenings extensions"
        " me_too review_on proposed_reason"
    )
    places = points(cases)
    copy(session, Case, [*columns.split(), "geom"], ((*row, place) for row, place in zip(rows, places, strict=True)))


def _meetings(session: Session, demo: Demo, units: dict[str, int], rng: np.random.Generator) -> None:
    meetings = demo.affairs.meetings
    heads = rng.integers(8, 46, len(meetings)).tolist()
    keys = next_ids(session, Meeting, len(meetings))
    subjects = demo.given.names["meeting_subjects"]
    copy(
        session,
        Meeting,
        ["id", "unit_id", "tier", "state", "held_on", "attendance", "subject", "minutes"],
        (
            (key, units[row.unit], "courtyard", "held", row.held_on.date(), attendance,
             subjects[key % len(subjects)], "")
            for key, row, attendance in zip(keys, rows_of(meetings), heads, strict=True)
        ),
    )  # fmt: skip
    words = [each for group in demo.given.names["case_words"].values() for each in group]
    first = pd.Timestamp(demo.given.today) - pd.Timedelta(days=MATTER_DAYS)
    rows: list[tuple[Any, ...]] = []
    for key, row in zip(keys, rows_of(meetings), strict=True):
        if row.held_on < first:
            continue
        raised = datetime.combine(row.held_on.date(), datetime.min.time(), tzinfo=UTC) + timedelta(hours=11)
        for _ in range(int(rng.integers(1, 4))):
            chance, hours = rng.random(), float(rng.uniform(1, 40 if rng.random() < 0.1 else 23))
            said = words[int(rng.integers(len(words)))]
            if chance < 0.58:
                rows.append((key, said, raised, "on_the_spot", "当场答复并解决", raised, "", None, raised))
            elif chance < 0.93:
                answered = raised + timedelta(hours=hours)
                day = row.held_on.date() + timedelta(days=int(rng.integers(3, 21)))
                settled = datetime.combine(day, datetime.min.time(), tzinfo=UTC) if day < demo.given.today else None
                rows.append(
                    (key, said, raised, "promised", "已列入计划，按期办理", answered, "社区居委会", day, settled)
                )
            else:
                rows.append((key, said, raised, "open", "", None, "", None, None))
    copy(
        session,
        Matter,
        ["meeting_id", "words", "raised_at", "answer", "answer_words", "answered_at", "owner", "promised_for",
         "settled_at"],
        rows,
    )  # fmt: skip


def _announced(session: Session, demo: Demo, units: dict[str, int]) -> None:
    """Meetings ahead: of the first town, two of its communities, and a few courtyards."""
    town = demo.given.code[:8] + "1000"
    communities = sorted(code for code in units if len(code) == 12 and code[:9] == town[:9] and code != town)
    yards = sorted(code for code in units if "Y" in code and code.startswith(town[:9]))
    noon = datetime.combine(demo.given.today, datetime.min.time(), tzinfo=UTC) + timedelta(hours=7)
    subjects = demo.given.names["meeting_subjects"]
    ahead = [("town", town), *(("community", code) for code in communities[:2]), *(("courtyard", c) for c in yards[:4])]
    for number, (tier, code) in enumerate(ahead):
        session.add(
            Meeting(
                unit_id=units[code],
                tier=tier,
                state="announced",
                announced_for=noon + timedelta(days=2 + 2 * number),
                place="党群服务中心" if tier != "courtyard" else "院坝",
                subject=subjects[number % len(subjects)],
            )
        )
    session.flush()


def _moments(times: pd.Series[Any]) -> list[datetime | None]:
    """Naive UTC times as aware ones."""
    return [None if pd.isna(at) else at.to_pydatetime().replace(tzinfo=UTC) for at in times]
