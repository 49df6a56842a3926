"""Units and their dated boundaries: county, towns, communities, grids, compounds, courtyards."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.domain.codes import level_of, parent
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.importers.layers import Layer
from gridmap.importers.staging import Record
from gridmap.services.importing.outcome import Plan, compare
from gridmap.services.pinyin import initials
from gridmap.store.database import Session
from gridmap.store.queries import importing as queries

#: Levels of each list, from the top down: parents are written first, so that one file may hold several levels.
LEVELS: dict[str, tuple[Level, ...]] = {
    "boundaries": (Level.COUNTY, Level.TOWN, Level.COMMUNITY, Level.GRID),
    "compounds": (Level.COMPOUND, Level.COURTYARD),
}


def plan_units(session: Session, plan: Plan, records: Sequence[Record], level: Level | None) -> None:
    """Check levels and parents, and sort into new, changed, same. ``level``: what every code must state, or any."""
    known = queries.unit_levels(session)
    standing = queries.standing(session, "units", plan.today)
    retired = {row["code"] for row in standing if row["retired_on"] is not None}
    county = next((code for code, (_, kind) in known.items() if kind == Level.COUNTY), None)
    in_file = {str(record.values["code"]) for record in records}
    good: list[Record] = []
    for record in records:
        code = str(record.values["code"])
        own = level_of(code)
        if own is not level and (level is not None or own not in LEVELS[plan.layer.name]):
            wanted = level or "/".join(LEVELS[plan.layer.name])
            plan.object_to(record, "code", code, Message("the code of a {level}", {"level": wanted}))
            continue
        above = parent(code)
        if own is Level.COUNTY and county not in (None, code):
            plan.object_to(record, "code", code, Message("the county of this database, {code}", {"code": county}))
        elif above is not None and above not in known and above not in in_file:
            plan.object_to(
                record, "code", code, Message("a parent that stands: {code}", {"code": above}),
                Message("Import the level above first."),
            )  # fmt: skip
        elif code in retired:
            plan.object_to(record, "code", code, Message("a unit that has not been retired"))
        else:
            good.append(record)
    compare(plan, good, standing, shapes=True)


def write_units(session: Session, plan: Plan, edition: str) -> None:
    """Insert new units, change names, open new boundaries from today on and close those they replace."""
    ids = {code: key for code, (key, _) in queries.unit_levels(session).items()}
    founding = plan.extra.get("founding", ())  # levels that stood before: what is new there is new from today on
    by_level: dict[Level, list[Record]] = {level: [] for level in Level}
    for record in plan.new:
        by_level[level_of(str(record.values["code"]))].append(record)
    new = [record for records in by_level.values() for record in records]
    for level, records in by_level.items():
        rows = [
            {
                "code": code,
                "level": level.value,
                "parent_id": ids.get(parent(code) or ""),
                "name": record.values["name"],
                "pinyin": initials(str(record.values["name"])),
                "urban": record.values["urban"],
                "founded_on": plan.today if level.value in founding else None,
            }
            for record in records
            for code in [str(record.values["code"])]
        ]
        if rows:
            ids.update(queries.add_units(session, rows))
            if level is Level.COUNTY:
                queries.add_county(session, ids[str(rows[0]["code"])])
    for change in plan.changed:
        values = {name: change.record.values[name] for name in change.fields if name in ("name", "urban")}
        if "name" in values:
            values["pinyin"] = initials(str(values["name"]))
        if values:
            queries.update(session, "units", change.standing["id"], values)
    redrawn = [change for change in plan.changed if "geometry" in change.fields]
    queries.close_boundaries(
        session, [c.standing["boundary_id"] for c in redrawn if c.standing["boundary_id"] is not None], plan.today
    )
    shapes = [
        (ids[str(record.values["code"])], record.geometry)
        for record in (*new, *(change.record for change in redrawn))
        if record.geometry is not None
    ]
    if shapes:
        edition_id = queries.add_edition(session, edition, plan.today, f"import: {plan.layer.name}")
        queries.add_boundaries(session, edition_id, shapes, plan.today)


def is_territory(layer: Layer) -> bool:
    """Whether a list holds units."""
    return layer.name in LEVELS
