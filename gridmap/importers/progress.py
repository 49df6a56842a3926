"""How far reading has come: readers tell it where that is cheap, whoever waits follows it."""

from __future__ import annotations

from collections.abc import Callable

_followers: list[Callable[[float], None]] = []


def follow(tell: Callable[[float], None]) -> None:
    """Call ``tell`` with a share from 0 to 1 as reading goes on, from now on. For a process that reads one file."""
    _followers[:] = [tell]


def at(done: float, whole: float) -> None:
    """Say that ``done`` of ``whole`` (rows or bytes) are read."""
    if _followers and whole > 0:
        _followers[0](min(1.0, done / whole))
