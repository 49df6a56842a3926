"""Unit codes: 6 county + 3 town + 3 community digits, then a suffix below the community.

The meaningful prefix is the tree: a county ``990001000000`` means ``990001``, a town ``990001003000`` means
``990001003``. A grid adds three digits (``990001003007012``), a compound ``C`` and three (``…007C012``), a
courtyard ``Y`` and three (``…007Y012``). Scope is a prefix, so "inside this unit" is one comparison.

Source of the twelve digits: the statistics bureau's code of administrative divisions (6 + 3 + 3).
"""

from __future__ import annotations

import re

from gridmap.domain.levels import Level
from gridmap.errors import CodeInvalid

GRID_DIGITS = 3
# re.ASCII: \d would also take full-width digits, which compare and sort differently.
_SHAPE = re.compile(
    r"(?P<county>\d{6})(?P<town>\d{3})(?P<community>\d{3})(?:(?P<kind>[CY]?)(?P<number>\d{2,6}))?", re.ASCII
)


def level_of(code: str, *, grid_digits: int = GRID_DIGITS) -> Level:
    """Return the level that a code states.

    Raises
    ------
    CodeInvalid
        Wrong characters, wrong length, or a community under no town.
    """
    if code.isdigit() and code.isascii():
        # what lists hold by the hundred thousand; everything else, and every error, goes the long way
        town, community = code[6:9], code[9:12]
        if len(code) == 12:
            if community == "000":
                return Level.COUNTY if town == "000" else Level.TOWN
            if town != "000":
                return Level.COMMUNITY
        elif len(code) == 12 + grid_digits and community != "000":
            return Level.GRID
    match = _SHAPE.fullmatch(code)
    if match is None:
        raise CodeInvalid(code=code, detail="expected 12 digits, then nothing, 3 grid digits, C000 or Y000")
    town, community, number = match["town"], match["community"], match["number"]
    if number is not None:
        if len(number) != grid_digits:
            raise CodeInvalid(code=code, detail=f"expected {grid_digits} digits after the community")
        if community == "000":
            raise CodeInvalid(code=code, detail="a grid, compound or courtyard belongs to a community")
        return {"": Level.GRID, "C": Level.COMPOUND, "Y": Level.COURTYARD}[match["kind"]]
    if community != "000":
        if town == "000":
            raise CodeInvalid(code=code, detail="a community belongs to a town, and the town digits are 000")
        return Level.COMMUNITY
    return Level.TOWN if town != "000" else Level.COUNTY


def prefix(code: str) -> str:
    """Return the meaningful part of a code: what the codes of all units inside it begin with."""
    level = level_of(code) if len(code) == 12 else None
    if level is Level.COUNTY:
        return code[:6]
    if level is Level.TOWN:
        return code[:9]
    return code


def contains(scope: str, code: str) -> bool:
    """Tell whether ``code`` is ``scope`` itself or lies below it in the tree."""
    return code.startswith(prefix(scope))


def parent(code: str) -> str | None:
    """Return the parent's code as the digits state it (a courtyard's is its community), or None for a county."""
    level = level_of(code)
    if level is Level.COUNTY:
        return None
    if level is Level.TOWN:
        return code[:6] + "000000"
    if level is Level.COMMUNITY:
        return code[:9] + "000"
    return code[:12]
