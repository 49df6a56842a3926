"""The levels of the unit tree, and which may sit in which."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """A level of the unit tree 单元树."""

    COUNTY = "county"  # 区县
    TOWN = "town"  # 镇街
    COMMUNITY = "community"  # 村/社区
    GRID = "grid"  # 网格
    COMPOUND = "compound"  # 小区
    COURTYARD = "courtyard"  # 院坝


#: Which levels may be the parent of which. A compound belongs to its community, not to a grid:
#: grids are redrawn while compounds stand, and a compound cut by a grid line is a finding.
PARENTS: dict[Level, tuple[Level, ...]] = {
    Level.COUNTY: (),
    Level.TOWN: (Level.COUNTY,),
    Level.COMMUNITY: (Level.TOWN,),
    Level.GRID: (Level.COMMUNITY,),
    Level.COMPOUND: (Level.COMMUNITY,),
    Level.COURTYARD: (Level.COMMUNITY, Level.COMPOUND),
}

#: The levels that divide their parent without rest: together they must cover it exactly once.
TILING = (Level.TOWN, Level.COMMUNITY, Level.GRID)
