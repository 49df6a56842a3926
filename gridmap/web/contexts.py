"""What the page receives: plain dictionaries out of what services return, words in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gridmap.domain.codes import contains
from gridmap.domain.levels import Level
from gridmap.geometry.lenses.base import Blindness
from gridmap.geometry.lenses.registry import LENSES
from gridmap.translations import say
from gridmap.web.i18n import gettext, language

if TYPE_CHECKING:
    from gridmap.services import coverage
    from gridmap.services.units import UnitRow

#: level → what people call it
LEVEL_NAMES: dict[Level, str] = {
    Level.COUNTY: "County",
    Level.TOWN: "Town",
    Level.COMMUNITY: "Community",
    Level.GRID: "Grid",
    Level.COMPOUND: "Compound",
    Level.COURTYARD: "Courtyard",
}


def blindness_key(blindness: Blindness) -> str:
    """Return the short name that themes, styles and scripts use: ground, job, near."""
    return blindness.name.lower()


def unit_row(unit: UnitRow, path: str = "") -> dict[str, Any]:
    """A unit as breadcrumb, list and search show it."""
    level = Level(unit.level)
    return {
        "code": unit.code,
        "name": unit.name,
        "level": level.value,
        "level_name": gettext(LEVEL_NAMES[level]),
        "path": path,
    }


def run_row(run: coverage.RunSummary) -> dict[str, Any]:
    """A coverage run as the choosers and the progress bar show it."""
    return {
        "id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "status": run.state,
        "progress": run.progress,
        "finished_at": None if run.finished_at is None else run.finished_at.isoformat(),
        "error": run.error,
    }


def where_of(codes: Iterable[str], names: Mapping[str, UnitRow]) -> str:
    """Name the place of a finding: its first unit with the community above it, and how many more there are."""
    known = [names[code] for code in codes if code in names]
    if not known:
        return ""
    first = known[0]
    above = names.get(first.parent or "")
    place = f"{above.name} › {first.name}" if above is not None else first.name
    return place if len(known) == 1 else gettext("{place} and {count} more", place=place, count=len(known) - 1)


@dataclass(frozen=True)
class LensRow:
    """A lens in the chooser, with how many blind areas it found; ``fresh`` and ``cured`` since the compared run."""

    name: str
    title: str
    question: str
    blindness: str
    must: bool
    count: int
    fresh: int
    cured: int


def lens_rows_of(counts: Iterable[coverage.LensCount]) -> list[LensRow]:
    """Return every lens of the registry with its counts, or zeros where it was not run."""
    by_name = {each.lens: each for each in counts}
    rows = []
    for lens in LENSES.values():
        each = by_name.get(lens.name)
        rows.append(
            LensRow(
                name=lens.name,
                title=gettext(lens.title),
                question=gettext(lens.question),
                blindness=blindness_key(lens.blindness),
                must=lens.must,
                count=0 if each is None else each.count,
                fresh=0 if each is None else each.new,
                cured=0 if each is None else each.cured,
            )
        )
    return rows


def lens_rows(rows: Iterable[LensRow]) -> list[dict[str, Any]]:
    """The chooser as the page receives it."""
    return [asdict(row) for row in rows]


def finding_row(row: coverage.FindingRow, names: Mapping[str, UnitRow], scope: str) -> dict[str, Any]:
    """A blind area as list and panel show it. A neighbour outside ``scope`` is named, but leads nowhere."""
    lens = LENSES[row.lens]
    return {
        "id": row.finding_id,
        "lens": row.lens,
        "title": gettext(lens.title),
        "blindness": blindness_key(lens.blindness),
        "severity": row.severity,
        "state": row.state,
        "households": row.households,
        "open_cases": row.open_cases,
        "area_m2": row.area_m2,
        "width_m": row.width_m,
        "sliver": row.sliver,
        "where": where_of(row.units, names),
        "why": say(row.why, language()),
        "act": say(row.act, language()),
        "units": [unit_row(names[code]) | {"reachable": contains(scope, code)} for code in row.units if code in names],
    }
