"""Initials of a Chinese name, for search."""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin


def initials(name: str) -> str:
    """First letters of the pinyin; other letters and digits stay.

    >>> initials("云河县")
    'yhx'
    """
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
