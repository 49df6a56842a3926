"""Initials of a Chinese name, for search."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

#: What names end in by the hundred thousand; read once. Not one of them changes how the letter before it is read.
_ENDINGS = ("村民委员会", "居民委员会", "村委会", "居委会", "街道办事处", "网格")


@lru_cache(maxsize=1 << 17)
def initials(name: str) -> str:
    """First letters of the pinyin; other letters and digits stay.

    >>> initials("云河县")
    'yhx'
    """
    for ending in _ENDINGS:
        if name.endswith(ending):
            return _letters(name[: -len(ending)]) + _read(ending)
    return _letters(name)


def _letters(name: str) -> str:
    """Letter by letter where every reading of each begins alike; else the phrases around it decide."""
    found = [letter if letter.isascii() else _only(letter) for letter in name]
    return _read(name) if "" in found else "".join(found).lower()


@cache
def _only(letter: str) -> str:
    """The one letter that all readings of a character begin with, or "" where there are several or none."""
    readings = PINYIN_DICT.get(ord(letter), "").split(",")
    begins = {unicodedata.normalize("NFD", reading)[:1] for reading in readings}
    only = begins.pop() if len(begins) == 1 else ""
    return only if only.isascii() and only.isalpha() else ""


@lru_cache(maxsize=1 << 14)
def _read(name: str) -> str:
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
