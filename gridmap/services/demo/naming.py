"""Credible Chinese place names from parts, no name twice in a county."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.services.demo.parameters import Parameters

_DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese: 12 → 十二.

    >>> numeral(7), numeral(12), numeral(30)
    ('七', '十二', '三十')
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


class Names:
    """Draws names; every list is shuffled once and used up in order."""

    def __init__(self, given: Parameters, rng: np.random.Generator) -> None:
        parts = given.names
        self._rng = rng
        self._towns = [*parts["wards"], *parts["towns"]]
        self._stems = self._shuffled(a + b for a in parts["first"] for b in parts["second"] if a != b)
        self._compounds = self._shuffled(a + b for a in parts["compound_first"] for b in parts["compound_last"])
        self._parts = parts

    def town(self, number: int) -> str:
        return str(self._towns[number])

    def community(self, *, urban: bool) -> str:
        return self._stems.pop() + ("社区" if urban else "村")

    def grid(self, community: str, number: int) -> str:
        return f"{community}第{numeral(number)}网格"

    def compounds(self, community: str, count: int, *, urban: bool) -> list[str]:
        """Names that differ within one community; the same estate name may stand in two communities."""
        stem = community.removesuffix("社区").removesuffix("村")
        if urban:
            return [str(name) for name in self._rng.choice(self._compounds, count, replace=False)]
        last = self._parts["hamlet_last"]
        return [f"{stem}{numeral(i + 1) if i else ''}{last[i % len(last)]}" for i in range(count)]

    def courtyards(self, count: int) -> list[str]:
        first = [str(name) for name in self._rng.permutation(self._parts["courtyard_first"])]
        return [
            first[i % len(first)] + ("院坝" if i < len(first) else f"{numeral(i // len(first) + 1)}院坝")
            for i in range(count)
        ]

    def _shuffled(self, names: object) -> list[str]:
        listed: Sequence[str] = sorted(set(names))  # type: ignore[call-overload]
        return [str(name) for name in self._rng.permutation(listed)]
