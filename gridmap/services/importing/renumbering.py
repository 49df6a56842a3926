"""What a code list does to units that stand: other codes, units that end, and who takes over from them.

A unit keeps its id, its outlines, its cases and its history under another code; a retired unit of no days' life keeps
the old code and points to it as its heir, so that both can be found. Everything below a unit follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

import numpy as np
import shapely

from gridmap.domain.codes import level_of, parent, prefix
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.importers.problems import Problem
from gridmap.importers.shapes import areas
from gridmap.importers.staging import Record
from gridmap.services.importing.code_decisions import Verdicts
from gridmap.services.importing.outcome import Change, Plan, Standing
from gridmap.services.importing.territory import write_units
from gridmap.store.database import Session
from gridmap.store.queries import adoption, importing
from gridmap.store.queries import code_lists as queries

_DECIDE = Message("Decide otherwise, or change this first.")


@dataclass
class Renumbering:
    """``codes``: unit id → code it gets; ``retired``: code → its row; ``heirs``: retired code → (code that stands
    afterwards, share); ``outlines``: code that stands afterwards → outlines put together."""

    codes: dict[int, str] = field(default_factory=dict)
    retired: dict[str, Standing] = field(default_factory=dict)
    heirs: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    outlines: dict[str, list[Standing]] = field(default_factory=dict)


def settle(
    session: Session,
    plan: Plan,
    verdicts: Verdicts,
    by_code: Mapping[str, Record],
    living: Mapping[str, Standing],
    ever: Set[str],
) -> None:
    """Work out what the verdicts do to what stands, and note what forbids it as problems of the plan.

    ``ever``: every code that a unit has or had.
    """
    work = Renumbering()
    target = {old: code for code, old in verdicts.carried.items() if old != code}
    heirs = {
        **{old: [(code, 1.0)] for old, code in verdicts.merged.items()},
        **{old: [(code, 1 / len(codes)) for code in codes] for old, codes in verdicts.split.items()},
        **{old: [] for old in verdicts.retired},
    }
    stays = {code for code, old in verdicts.carried.items() if old == code}
    final = _final(plan, living, target, heirs, stays, {*ever, *by_code})
    for code, row in living.items():
        if code in heirs:
            work.retired[code] = row
            work.heirs[code] = heirs[code]
            plan.changed.append(Change(_row_of(row, by_code), row, ("retired_on",)))
        elif final[code] != code:
            work.codes[row["id"]] = final[code]
            if code not in target:
                plan.changed.append(Change(_row_of(row, by_code, final[code]), row, ("code",)))
    _occupied(plan, work, by_code, verdicts, living, final)
    _plans(session, plan, [*work.retired, *(code for code in living if final.get(code, code) != code)])
    carried = {code: living[old] for code, old in verdicts.carried.items()}
    for old, code in verdicts.merged.items():
        if code in carried:
            work.outlines.setdefault(code, [carried[code]]).append(living[old])
    plan.extra["renumbering"] = work


def _final(
    plan: Plan,
    living: Mapping[str, Standing],
    target: Mapping[str, str],
    heirs: Mapping[str, list[tuple[str, float]]],
    stays: Set[str],
    taken: set[str],
) -> dict[str, str]:
    """Code → code afterwards, of all that go on. What stands below a unit follows it, under the next free number
    where its own is taken. A number is free when it was never given, or when its unit moves away at the same time."""
    final: dict[str, str] = {}
    for level in Level:
        movers: list[tuple[str, str]] = []
        for code in sorted(code for code, row in living.items() if row["level"] == level and code not in heirs):
            above = parent(code)
            if code in target or above is None:
                final[code] = target.get(code, code)
                continue
            several = heirs.get(above)
            if several is not None and len(several) != 1:
                text = Message("no unit below one that ends: it stands below {code}", {"code": above})
                _forbid(plan, code, living[code]["name"], text)
            now = final.get(above, above) if several is None else several[0][0] if len(several) == 1 else above
            if now == above:
                final[code] = code
                continue
            if code in stays:
                text = Message("no unit of the list below {code}, which becomes {now}", {"code": above, "now": now})
                _forbid(plan, code, living[code]["name"], text)
            movers.append((code, now))
        leaving = {code for code, _ in movers}
        for code, now in movers:
            final[code] = _free(code, now, taken, leaving)
            leaving.discard(final[code])
            taken.add(final[code])
    return final


def _free(code: str, above: str, taken: Set[str], leaving: Set[str]) -> str:
    """A code below another unit: the same number, or the next that was never given."""
    head = prefix(above)
    kind, digits = ("", code[len(head) : 12]) if level_of(code) is Level.COMMUNITY else _number(code)
    same = f"{head}{kind}{digits}"
    if same not in taken or same in leaving:
        return same
    numbers = (f"{head}{kind}{number:0{len(digits)}d}" for number in range(1, 10 ** len(digits)))
    return next((found for found in numbers if found not in taken), code)


def _number(code: str) -> tuple[str, str]:
    rest = code[12:]
    return (rest[0], rest[1:]) if rest[:1] in ("C", "Y") else ("", rest)


def _row_of(row: Standing, by_code: Mapping[str, Record], code: str | None = None) -> Record:
    """A row of the plan that no row of the file states: number 0."""
    record = by_code.get(row["code"])
    values = {"code": code or row["code"], "name": row["name"], "urban": row["urban"]}
    return Record(0 if record is None else record.row, values, None)


def _forbid(plan: Plan, code: str, name: str, expected: Message) -> None:
    plan.problems.append(Problem(0, "code", f"{code} {name}", expected, _DECIDE))


def _occupied(
    plan: Plan,
    work: Renumbering,
    by_code: Mapping[str, Record],
    verdicts: Verdicts,
    living: Mapping[str, Standing],
    final: Mapping[str, str],
) -> None:
    """A code that another unit gets must have been left."""
    stays = {code: row for code, row in living.items() if final.get(code) == code or code in work.retired}
    for code in by_code:
        if code in stays and verdicts.carried.get(code) != code:
            _forbid(plan, code, stays[code]["name"], Message("a code that no other unit has"))


def _plans(session: Session, plan: Plan, codes: Iterable[str]) -> None:
    """Open plans speak of codes: they come to an end first."""
    affected = sorted(set(codes))
    for number, title, scope in queries.open_plans(session) if affected else ():
        low = prefix(scope)
        if any(code.startswith(low) or low.startswith(prefix(code)) for code in affected):
            expected = Message("no open plan over units that get another code; there is one: {title}", {"title": title})
            plan.problems.append(Problem(0, "code", f"{scope} #{number}", expected, _ADOPT))


_ADOPT = Message("Adopt or withdraw the plan first.")


# --- writing ----------------------------------------------------------------------------------------------


def write_codes(session: Session, plan: Plan, edition: str) -> dict[str, object]:
    """Carry out a code list inside the caller's transaction; return what the import log keeps of it."""
    work: Renumbering = plan.extra["renumbering"]
    scopes = queries.park_accounts(session, [*work.retired, *_left(session, work)])
    left = queries.renumber(session, work.codes)
    write_units(session, plan, edition)
    if work.codes:
        queries.relink_parents(session, sorted(work.codes))
    ids = adoption.unit_ids(session, {heir for several in work.heirs.values() for heir, _ in several})
    ids |= {code: row["id"] for code, row in work.retired.items()}
    stones = queries.add_tombstones(session, {old: key for key, old in left.items()}, plan.today)
    lineage = [(stone, key, 1.0) for stone, key in stones]
    for code, several in work.heirs.items():
        lineage += [(ids[code], ids[heir], share) for heir, share in several]
        if several:
            queries.follow(session, ids[code], ids[several[0][0]], plan.today)
    queries.retire(session, [row["id"] for row in work.retired.values()], plan.today)
    queries.add_lineage(session, lineage)
    _outlines(session, plan, work, edition)
    now = {old: work.codes[key] for key, old in left.items()}
    now |= {code: several[0][0] for code, several in work.heirs.items() if several}
    return {"scopes": queries.place_accounts(session, scopes, now), "codes": dict(sorted(now.items()))}


def _left(session: Session, work: Renumbering) -> list[str]:
    return queries.codes_of(session, sorted(work.codes)) if work.codes else []


def _outlines(session: Session, plan: Plan, work: Renumbering, edition: str) -> None:
    """Units that became one have one outline, where all of them had one; outlines of units that end, end."""
    closing = [row["boundary_id"] for row in work.retired.values() if row["boundary_id"] is not None]
    opened = []
    for code, rows in work.outlines.items():
        shapes = [row["geometry"] for row in rows]
        if any(shape is None for shape in shapes):
            continue
        whole, _ = areas(np.array([shapely.union_all(shapes)], dtype=object))
        if whole[0] is not None:
            closing.append(rows[0]["boundary_id"])
            opened.append((adoption.unit_ids(session, [code])[code], whole[0]))
    importing.close_boundaries(session, sorted(set(closing)), plan.today)
    if opened:
        number = importing.add_edition(session, edition, plan.today, "import: code list")
        importing.add_boundaries(session, number, opened, plan.today)
