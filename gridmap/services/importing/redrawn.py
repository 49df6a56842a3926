"""A new year's boundaries: grids that would get another outline become a plan to adopt, never an overwrite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import level_of, parent
from gridmap.domain.levels import Level
from gridmap.domain.permissions import Actor
from gridmap.services import plans
from gridmap.services.importing.outcome import Plan
from gridmap.store.database import Session


def as_plan(session: Session, actor: Actor, plan: Plan, file_name: str) -> tuple[Plan, int | None]:
    """Split an import of boundaries: what may be written at once, and the number of a plan with the rest (or None).

    Into the plan go grids that stand and would get another outline, and new grids of the same communities: they only
    make sense together. Everything else (first outlines, names) stays in the import.

    Raises
    ------
    What making a plan raises.
    """
    redrawn = [change for change in plan.changed if _is_grid(change.record.values) and _replaces(change)]
    if plan.layer.name != "boundaries" or not redrawn:
        return plan, None
    communities = {parent(str(change.record.values["code"])) for change in redrawn}
    founded = [
        record
        for record in plan.new
        if _is_grid(record.values) and record.geometry is not None and parent(str(record.values["code"])) in communities
    ]
    outlines: dict[str, BaseGeometry | None] = {
        str(change.record.values["code"]): _shape(change.record.geometry) for change in redrawn
    }
    outlines |= {str(record.values["code"]): _shape(record.geometry) for record in founded}
    names = {str(record.values["code"]): str(record.values["name"]) for record in founded}
    names |= {
        str(change.record.values["code"]): str(change.record.values["name"])
        for change in redrawn
        if "name" in change.fields
    }
    title = Path(file_name).stem[:180] or "import"
    number = plans.draft_outlines(session, actor, title, outlines, names=names, note=file_name)
    kept = [change for change in plan.changed if change not in redrawn]
    rest = replace(plan, new=[record for record in plan.new if record not in founded], changed=kept)
    return rest, number


def _shape(geometry: object) -> BaseGeometry | None:
    return geometry if isinstance(geometry, BaseGeometry) else None


def _is_grid(values: object) -> bool:
    return level_of(str(values["code"])) is Level.GRID  # type: ignore[index]


def _replaces(change: object) -> bool:
    """Whether an outline that stands would be replaced."""
    return "geometry" in change.fields and change.standing.get("geometry") is not None  # type: ignore[attr-defined]
