"""Audits of families: each parent's children against that parent's ground, and the sum of such audits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.geometry.precision import MILLIMETRES_PER_METRE
from gridmap.geometry.topology.audit import Audit, Defect, SliverRule, audit
from gridmap.geometry.topology.ground import Geometries, Indices, polygonal


@dataclass(frozen=True)
class Family:
    """Units with one parent. ``children``: their row numbers; ``ground``: the parent's polygon, or None if unknown."""

    parent: str
    children: Indices
    ground: BaseGeometry | None


def families(parent_of: Sequence[str | None], grounds: Mapping[str, BaseGeometry]) -> list[Family]:
    """Group rows by parent.

    Rows whose parent has ground are audited against it; parents without any children are families too (their whole
    ground is a gap). All other rows form one family without ground, named "".
    """
    by_parent: dict[str, list[int]] = {parent: [] for parent in grounds}
    others: list[int] = []
    for row, parent in enumerate(parent_of):
        (others if parent is None or parent not in grounds else by_parent[parent]).append(row)
    found = [Family(parent, np.array(rows, dtype=np.intp), grounds[parent]) for parent, rows in by_parent.items()]
    if others:
        found.append(Family("", np.array(others, dtype=np.intp), None))
    return found


def ground_by_name(
    polygons: Sequence[BaseGeometry | None] | Geometries, names: Sequence[str]
) -> dict[str, BaseGeometry]:
    """One polygon per name: several rows with the same name are joined."""
    rows: dict[str, list[BaseGeometry]] = {}
    for polygon, name in zip(polygons, names, strict=True):
        rows.setdefault(name, []).append(polygonal(polygon))
    return {name: parts[0] if len(parts) == 1 else shapely.union_all(parts) for name, parts in rows.items()}


def audit_families(
    polygons: Geometries,
    names: Sequence[str],
    found: Sequence[Family],
    *,
    rule: SliverRule = SliverRule(),  # noqa: B008
    steps_per_metre: int = MILLIMETRES_PER_METRE,
) -> dict[str, Audit]:
    """Audit each family by itself. Returns parent → audit, in the order of ``found``."""
    return {
        family.parent: audit(
            polygons[family.children],
            [names[row] for row in family.children.tolist()],
            family.ground,
            rule=rule,
            steps_per_metre=steps_per_metre,
        )
        for family in found
    }


def total(audits: Sequence[Audit]) -> Audit:
    """One audit that lists everything the given ones found; ledger errors add up."""

    def merged(kind: str) -> tuple[Defect, ...]:
        items = [defect for one in audits for defect in getattr(one, kind)]
        return tuple(sorted(items, key=lambda defect: -defect.area_m2))

    return Audit(
        units=sum(one.units for one in audits),
        area_m2=sum(one.area_m2 for one in audits),
        ledger_error_m2=sum(one.ledger_error_m2 for one in audits),
        invalid=tuple(wrong for one in audits for wrong in one.invalid),
        gaps=merged("gaps"),
        overlaps=merged("overlaps"),
        spills=merged("spills"),
    )
