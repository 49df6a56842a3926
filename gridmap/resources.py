"""Finds the folders that ship beside the code: ``templates`` and ``geodata``.

In a wheel they lie in ``gridmap/_shipped``; in a checkout, beside the package.
"""

from __future__ import annotations

from pathlib import Path

from gridmap.errors import Unavailable

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the absolute path of a shipped folder (``templates`` or ``geodata``).

    Raises
    ------
    Unavailable
        In neither place; both are named.
    """
    tried = [_PACKAGE / "_shipped" / name, _PACKAGE.parent / name]
    for candidate in tried:
        if candidate.is_dir():
            return candidate
    places = " or ".join(str(path) for path in tried)
    raise Unavailable(detail=f"the folder {name} is in neither {places}; the installation is incomplete")
