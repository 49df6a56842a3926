"""What a code list writes: other codes for units that stand, units that end, and their heirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.plans import PlanState
from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.models import Unit, UnitHeir

#: A code that states its level and that no list has, while codes are exchanged: from the unit's id.
_PARKED = """
    CASE level WHEN 'county' THEN lpad(id::text, 6, '0') || '000000'
               WHEN 'town' THEN '0' || lpad(id::text, 7, '0') || '1000'
               WHEN 'community' THEN '00' || lpad(id::text, 9, '0') || '1'
               WHEN 'grid' THEN '0000' || lpad(id::text, 14, '0')
               ELSE '0000000' || lpad((id / 100000)::text, 5, '0') || CASE level WHEN 'compound' THEN 'C' ELSE 'Y' END
                    || lpad((id % 100000)::text, 6, '0') END"""


def codes_of(session: Session, ids: Sequence[int]) -> list[str]:
    """Codes of units."""
    return list(session.execute(text("SELECT code FROM units WHERE id = ANY(:ids)"), {"ids": list(ids)}).scalars())


def open_plans(session: Session) -> list[tuple[int, str, str]]:
    """Plans that are drawn or reviewed: number, title, scope."""
    rows = session.execute(
        text("SELECT id, title, scope_code FROM plans WHERE state = ANY(:open) ORDER BY id"),
        {"open": [PlanState.DRAFT.value, PlanState.IN_REVIEW.value]},
    )
    return [(key, title, scope) for key, title, scope in rows]


def renumber(session: Session, codes: Mapping[int, str]) -> dict[int, str]:
    """Give units other codes; two may exchange theirs. Returns id → the code that was."""
    if not codes:
        return {}
    ids = sorted(codes)
    rows = session.execute(text("SELECT id, code FROM units WHERE id = ANY(:ids) ORDER BY id"), {"ids": ids})
    before: dict[int, str] = {key: code for key, code in rows}  # noqa: C416
    session.execute(text(f"UPDATE units SET code = {_PARKED} WHERE id = ANY(:ids)"), {"ids": ids})
    session.execute(
        text(
            "UPDATE units u SET code = n.code FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[])) n (id, code)"
            " WHERE u.id = n.id"
        ),
        {"ids": ids, "codes": [codes[key] for key in ids]},
    )
    return before


def relink_parents(session: Session, ids: Sequence[int]) -> None:
    """Put renumbered units below the unit that their code names."""
    session.execute(
        text(
            "UPDATE units u SET parent_id = p.id FROM units p WHERE u.id = ANY(:ids) AND u.level <> 'county'"
            " AND p.code = CASE u.level WHEN 'town' THEN left(u.code, 6) || '000000'"
            "   WHEN 'community' THEN left(u.code, 9) || '000' ELSE left(u.code, 12) END"
            " AND u.parent_id IS DISTINCT FROM p.id"
            # a courtyard may stand below a compound, which its code does not say
            " AND NOT EXISTS (SELECT FROM units c WHERE c.id = u.parent_id AND c.level = 'compound')"
        ),
        {"ids": list(ids)},
    )


def add_tombstones(session: Session, left: Mapping[str, int], day: date) -> list[tuple[int, int]]:
    """Retired units of no days' life under codes that were left and that nobody has now: (its id, heir's id).

    ``left``: code that was → id of the unit that had it.
    """
    given = {"codes": sorted(left)}
    taken = set(session.execute(text("SELECT code FROM units WHERE code = ANY(:codes)"), given).scalars())
    heirs = {
        row.id: row
        for row in session.execute(
            text("SELECT id, level, parent_id, name, pinyin, urban FROM units WHERE id = ANY(:ids)"),
            {"ids": sorted(left.values())},
        )
    }
    codes = [code for code in sorted(left) if code not in taken]
    keys = next_ids(session, Unit, len(codes)) if codes else []
    columns = [
        "id",
        "code",
        "level",
        "parent_id",
        "name",
        "pinyin",
        "urban",
        "in_code_list",
        "founded_on",
        "retired_on",
    ]
    copy_rows(
        session, Unit, columns,
        (
            (key, code, row.level, row.parent_id, row.name, row.pinyin, row.urban, False, day, day)
            for key, code in zip(keys, codes, strict=True)
            for row in [heirs[left[code]]]
        ),
    )  # fmt: skip
    return [(key, left[code]) for key, code in zip(keys, codes, strict=True)]


def retire(session: Session, ids: Sequence[int], day: date) -> None:
    """End the life of units: their last day is the one before, or (founded today) they never lived."""
    session.execute(
        text(
            "UPDATE units SET retired_on = GREATEST(CAST(:day AS date), founded_on), changed_on = :day"
            " WHERE id = ANY(:ids)"
        ),
        {"ids": list(ids), "day": day},
    )


def follow(session: Session, gone: int, heir: int, day: date) -> None:
    """Posts, organisations and service points of a unit that ends stand at its heir."""
    given = {"gone": gone, "heir": heir, "day": day}
    for table, end in (("posts", "closed_on"), ("organisations", "dissolved_on"), ("service_points", "closed_on")):
        # names of ours, never the file's
        lasting = f"({end} IS NULL OR {end} > :day)"
        session.execute(text(f"UPDATE {table} SET unit_id = :heir WHERE unit_id = :gone AND {lasting}"), given)


def add_lineage(session: Session, rows: Iterable[tuple[int, int, float]]) -> None:
    """Keep who took over without a plan: unit id, heir's id, share."""
    copy_rows(
        session,
        UnitHeir,
        ["unit_id", "heir_id", "plan_id", "share", "households"],
        ((unit, heir, None, share, 0) for unit, heir, share in rows),
    )


def drop_lineage(session: Session, import_id: int) -> None:
    """Take back the heirs of units that an import wrote."""
    session.execute(
        text(
            "DELETE FROM unit_heirs h USING import_changes c WHERE c.import_id = :id AND c.table_name = 'units'"
            " AND h.unit_id = c.row_id AND h.plan_id IS NULL"
        ),
        {"id": import_id},
    )


# --- accounts ---------------------------------------------------------------------------------------------


def park_accounts(session: Session, codes: Iterable[str]) -> list[tuple[int, str]]:
    """Let accounts of these units stand at the county while codes change; returns their ids and areas."""
    wanted = sorted(set(codes))
    if not wanted:
        return []
    rows = session.execute(
        text("SELECT id, scope FROM accounts WHERE scope = ANY(:codes) ORDER BY id FOR UPDATE"), {"codes": wanted}
    ).all()
    found = [(int(key), str(scope)) for key, scope in rows]
    if found:
        session.execute(
            text("UPDATE accounts SET scope = (SELECT code FROM units WHERE level = 'county') WHERE id = ANY(:ids)"),
            {"ids": [key for key, _ in found]},
        )
    return found


def unpark_accounts(session: Session, rows: Iterable[tuple[int, str]]) -> None:
    """Give accounts the area that they had: id and code."""
    for key, code in rows:
        session.execute(text("UPDATE accounts SET scope = :code WHERE id = :id"), {"id": key, "code": code})


def park_placed(session: Session, rows: Iterable[Sequence[object]]) -> list[tuple[int, str]]:
    """Let accounts that an import placed stand at the county again, unless somebody moved them since.

    ``rows``: id, code before and code that the import gave; returns id and code before of those that were parked.
    """
    parked = []
    for key, before, now in rows:
        done = session.execute(
            text(
                "UPDATE accounts SET scope = (SELECT code FROM units WHERE level = 'county')"
                " WHERE id = :id AND scope = :now"
            ),
            {"id": key, "now": now},
        )
        if done.rowcount:  # type: ignore[attr-defined]
            parked.append((int(str(key)), str(before)))
    return parked


def place_accounts(session: Session, parked: Sequence[tuple[int, str]], now: Mapping[str, str]) -> list[list[object]]:
    """Put parked accounts at the code that their unit has now; returns id, code before and code now."""
    done: list[list[object]] = [[key, scope, now.get(scope, scope)] for key, scope in parked]
    unpark_accounts(session, [(key, now.get(scope, scope)) for key, scope in parked])
    return done
