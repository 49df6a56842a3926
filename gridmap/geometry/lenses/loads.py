"""How many households a grid should have: the band that several lenses speak of."""

from __future__ import annotations

from gridmap.geometry.lenses.base import Parameter

#: Most households of a grid by kind: what "has room" means where a lens suggests a neighbour.
URBAN_HIGH, RURAL_HIGH = 500.0, 450.0

BAND = (
    Parameter(
        "urban_low", 300, 0, 10_000, "households", "Towns draw grids of 300 to 500 households: fewer waste a worker."
    ),
    Parameter(
        "urban_high",
        URBAN_HIGH,
        1,
        10_000,
        "households",
        "Towns draw grids of 300 to 500 households: beyond, no worker knows every door.",
    ),
    Parameter(
        "rural_low", 150, 0, 10_000, "households", "Villages draw grids of about 300 households: half of that is few."
    ),
    Parameter(
        "rural_high",
        RURAL_HIGH,
        1,
        10_000,
        "households",
        "Villages draw grids of about 300 households: half as many again is too far to walk.",
    ),
    Parameter("per_worker", 600, 1, 10_000, "households", "One worker visits about 600 households in a quarter."),
)


def most(urban: bool) -> float:
    """Most households of a grid in a town or a village."""
    return URBAN_HIGH if urban else RURAL_HIGH
