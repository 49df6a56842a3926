"""Names of villages, communities and towns, and the suffixes that lists spell out or cut short."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

#: What stands behind the name of a village (V), of a neighbourhood (N), of a town (T) or a street office (S); the
#: longest first. Lists spell them out or cut them short from one year to the next.
_SUFFIXES: tuple[tuple[str, str], ...] = (
    ("村村民委员会", "V"),
    ("社区居民委员会", "N"),
    ("社区居委会", "N"),
    ("社区村委会", "V"),
    ("街道办事处", "S"),
    ("居民委员会", "N"),
    ("村民委员会", "V"),
    ("镇人民政府", "T"),
    ("乡人民政府", "X"),
    ("村委会", "V"),
    ("居委会", "N"),
    ("街道办", "S"),
    ("社区", "N"),
    ("街道", "S"),
    ("镇", "T"),
    ("乡", "X"),
    ("村", "V"),
)


@lru_cache(maxsize=65_536)
def stem_and_kind(name: str) -> tuple[str, str]:
    """A name without its suffix, and a letter for what the suffix says it is ("" where it says nothing).

    >>> stem_and_kind("画眉村委会") == stem_and_kind("画眉村村民委员会") == ("画眉", "V")
    True
    """
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    for suffix, kind in _SUFFIXES:
        if plain.endswith(suffix) and len(plain) > len(suffix):
            return plain[: -len(suffix)], kind
    return plain, ""


def respelled(old: str, new: str) -> bool:
    """Whether two names differ in how their suffix is spelled, and in nothing else."""
    return old != new and same_name(old, new)


def same_name(old: str, new: str) -> bool:
    """Whether two names are one, however the suffix is spelled; a suffix that is left out contradicts none."""
    (a, kind_a), (b, kind_b) = stem_and_kind(old), stem_and_kind(new)
    return a == b and (kind_a == kind_b or not (kind_a and kind_b))


def similarity(old: str, new: str) -> float:
    """How alike two names are without their suffixes: 1 for the same stem, 0 for no character in common."""
    a, b = stem_and_kind(old)[0], stem_and_kind(new)[0]
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()
