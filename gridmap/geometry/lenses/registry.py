"""All lenses, in the order in which they are shown. A new lens is one new file and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gridmap.errors import LensUnknown
from gridmap.geometry.lenses import (
    double_cover,
    missing_organisation,
    no_meeting,
    no_reporting_member,
    out_of_reach,
    overdue_cases,
    overloaded_grid,
    quiet_grid,
    spill,
    split_compound,
    stale_boundary,
    uncovered_ground,
    unlocated_case,
    unmatched_post,
    unstaffed_grid,
)
from gridmap.geometry.lenses.base import Lens

#: name → lens
LENSES: Mapping[str, Lens] = MappingProxyType(
    {
        module.LENS.name: module.LENS
        for module in (
            uncovered_ground,
            double_cover,
            spill,
            split_compound,
            stale_boundary,
            unstaffed_grid,
            overloaded_grid,
            missing_organisation,
            no_reporting_member,
            unmatched_post,
            overdue_cases,
            quiet_grid,
            no_meeting,
            unlocated_case,
            out_of_reach,
        )
    }
)

#: names of the lenses that enter the coverage index
MUST = tuple(lens.name for lens in LENSES.values() if lens.must)

#: what the coverage index is: printed wherever it stands
INDEX_DEFINITION = "The share of households touched by no blind area of the “must” lenses."


def choose(names: Iterable[str] | None) -> list[Lens]:
    """The named lenses in the order of the registry, or all.

    Raises
    ------
    LensUnknown
    """
    wanted = list(LENSES) if names is None else list(names)
    for name in wanted:
        if name not in LENSES:
            raise LensUnknown(name=name, known=", ".join(LENSES))
    return [lens for name, lens in LENSES.items() if name in wanted]
