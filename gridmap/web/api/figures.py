"""The figures of the page, put together from the coverage service: indexes, lens counts, lists, colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gridmap.domain.codes import contains, parent
from gridmap.domain.levels import TILING
from gridmap.domain.permissions import Actor
from gridmap.services import coverage, units
from gridmap.web.contexts import LensRow, lens_rows_of, unit_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.units import UnitRow
    from gridmap.web.api.asked import Asked

#: more blind areas than this are not counted one by one for colours and lists of units
MOST = 20_000

Indexes = Mapping[str, coverage.UnitIndexRow]


def below(session: Session, actor: Actor, unit: str) -> list[UnitRow]:
    """Return the units one level down that tile the unit: towns, communities or grids; none below a grid."""
    tiling = {level.value for level in TILING}
    return [row for row in units.children(session, actor, unit) if row.level in tiling]


def of_run(session: Session, actor: Actor, wanted: Asked, run_id: int | None) -> Indexes:
    """Return the indexes of the unit and of the units one level down in a run."""
    if run_id is None:
        return {}
    codes = [wanted.unit, *(row.code for row in below(session, actor, wanted.unit))]
    return {row.code: row for row in coverage.unit_indexes(session, actor, run_id, codes=codes)}


def lens_counts(session: Session, actor: Actor, wanted: Asked) -> list[LensRow]:
    """Return every lens with its counts in the unit, in the order of the registry."""
    if wanted.run_id is None:
        return lens_rows_of([])
    return lens_rows_of(coverage.lens_counts(session, actor, wanted.run_id, wanted.unit, compare_to=wanted.compare_id))


def unit_figures(unit: str, indexes: Indexes, lenses: Sequence[LensRow]) -> dict[str, Any]:
    """Return the key figures of a unit."""
    own = indexes.get(unit)
    return {
        "index": None if own is None else own.index,
        "households": 0 if own is None else own.households,
        "touched": 0 if own is None else own.touched,
        "findings": sum(lens.count for lens in lenses),
        "fresh": sum(lens.fresh for lens in lenses),
        "cured": sum(lens.cured for lens in lenses),
    }


def unit_figures_before(unit: str, indexes: Indexes, lenses: Sequence[LensRow]) -> dict[str, Any]:
    """Return the same figures of the compared run: what is there now, less the new, plus the cured."""
    then = unit_figures(unit, indexes, lenses)
    return then | {"findings": then["findings"] - then["fresh"] + then["cured"]}


def findings_below(session: Session, actor: Actor, wanted: Asked, children: Sequence[UnitRow]) -> Counter[str]:
    """Return how many blind areas each of the units one level down has."""
    counts: Counter[str] = Counter()
    if wanted.run_id is None or not children:
        return counts
    rows = coverage.findings(session, actor, wanted.run_id, unit=wanted.unit, limit=MOST, offset=0)
    for row in rows:
        for child in {child.code for child in children for code in row.units if contains(child.code, code)}:
            counts[child] += 1
    return counts


def children(rows: Sequence[UnitRow], now: Indexes, then: Indexes, findings: Counter[str]) -> list[dict[str, Any]]:
    """Return the units one level down with their figures, lowest index first."""
    listed = [
        unit_row(row)
        | {
            "index": now[row.code].index if row.code in now else None,
            "index_before": then[row.code].index if row.code in then else None,
            "households": now[row.code].households if row.code in now else 0,
            "findings": findings[row.code],
        }
        for row in rows
    ]
    return sorted(listed, key=lambda row: (row["index"] is None, row["index"], -row["households"], row["code"]))


def shade(session: Session, actor: Actor, wanted: Asked) -> tuple[str, dict[str, float]]:
    """Return what the grids are coloured by, and each grid's value.

    Without a lens: the coverage index. With one: the share of the grid's households that its blind areas touch.
    """
    if wanted.run_id is None:
        return "index", {}
    shares = coverage.grid_shares(session, actor, wanted.run_id, wanted.unit, lens=wanted.lens)
    return "touched" if wanted.lens else "index", {code: round(share, 4) for code, share in shares.items()}


def findings_page(
    session: Session, actor: Actor, wanted: Asked, *, limit: int, offset: int
) -> tuple[int, list[coverage.FindingRow]]:
    """Return how many blind areas there are (cured ones too, where runs are compared) and one page of them."""
    if wanted.run_id is None:
        return 0, []
    counts = [lens for lens in lens_counts(session, actor, wanted) if wanted.lens in (None, lens.name)]
    rows = coverage.findings(
        session,
        actor,
        wanted.run_id,
        unit=wanted.unit,
        lens=wanted.lens,
        compare_to=wanted.compare_id,
        limit=limit,
        offset=offset,
    )
    return sum(lens.count + lens.cured for lens in counts), list(rows)


def names_for(session: Session, actor: Actor, rows: Iterable[coverage.FindingRow]) -> dict[str, UnitRow]:
    """Return the units that findings concern and the ones above them, by code."""
    codes = {code for row in rows for code in row.units}
    above = {above for code in codes if (above := parent(code)) is not None}
    return units.names(session, actor, codes | above)


def one_finding(session: Session, actor: Actor, wanted: Asked, finding_id: int) -> coverage.FindingRow:
    """Return one blind area with its state against the compared run.

    Raises
    ------
    NotFound, OutsideScope
    """
    return coverage.finding(session, actor, finding_id, compare_to=wanted.compare_id)
