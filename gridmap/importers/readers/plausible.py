"""How much does decoded text look like words? For bytes that several encodings read without an error.

A wrong East Asian reading of a right text falls all over the code table: into rare characters, private use, halfwidth
kana. A right one stays among the everyday characters that every such standard keeps in a first level of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

#: East Asian encodings that are told apart. GB18030 first: the house's own, it wins where scores are equal.
EAST_ASIAN = ("gb18030", "cp950", "cp932")

#: A reading as good as this is believed where no other is better.
GOOD = 0.8
#: A reading worse than this is mojibake whatever is declared.
POOR = 0.5
#: A reading must be better than the next by this to be believed although nobody declared it.
CLEAR = 0.2
#: A declared encoding is believed while no other reading is better by more than this.
AS_GOOD = 0.1

#: First level of each standard by lead byte: everyday characters. GB 2312 rows 16–55, Big5 level 1, JIS X 0208 level 1.
_FIRST_LEVEL = {
    "gb18030": (0xB0, 0xD7, 0xA1),
    "cp950": (0xA4, 0xC6, 0x40),
    "cp932": (0x88, 0x98, 0x40),
    "cp949": (0xB0, 0xC8, 0xA1),
}
#: … and the second level: rarer, but in names.
_SECOND_LEVEL = {
    "gb18030": (0xD8, 0xF7, 0xA1),
    "cp950": (0xC9, 0xF9, 0x40),
    "cp932": (0x98, 0xEA, 0x40),
    "cp949": (0xCA, 0xFD, 0xA1),
}


def score(texts: Iterable[str], encoding: str) -> float:
    """Share of plausible characters among those beyond ASCII, 0 to 1; 1 for plain ASCII."""
    if encoding in _FIRST_LEVEL or encoding.startswith("utf"):
        marks = [_mark(sign, encoding) for text in texts for sign in text if not sign.isascii()]
    else:
        marks = [mark for text in texts for mark in _alphabetic(text)]
    return sum(marks) / len(marks) if marks else 1.0


def samples(texts: Sequence[str], count: int = 3) -> tuple[str, ...]:
    """A few of the values that hold more than ASCII, the longest first: there one sees best what is right."""
    telling = sorted({text for text in texts if not text.isascii()}, key=lambda text: (-len(text), text))
    shown = ("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text) for text in telling)
    return tuple(text[:24] for text in list(shown)[:count])


def _mark(sign: str, encoding: str) -> float:
    kind = unicodedata.category(sign)
    if kind in ("Co", "Cc", "Cn", "Cs") or "\uff61" <= sign <= "\uff9f":
        return 0.0
    if encoding.startswith("utf") or "\u3000" <= sign <= "\u30ff" or "\uff01" <= sign <= "\uff5e":
        return 1.0
    raw = sign.encode(encoding, "ignore")
    if len(raw) != 2:
        return 0.2
    for level, mark in ((_FIRST_LEVEL, 1.0), (_SECOND_LEVEL, 0.6)):
        low, high, trail = level[encoding]
        if low <= raw[0] <= high and raw[1] >= trail:
            return mark
    return 0.1 if kind.startswith("L") else 0.5


def _alphabetic(text: str) -> Iterable[float]:
    """Marks of a one-byte reading: letters that go on in the script and the case of the word they stand in."""
    before = " "
    for sign in text:
        if not sign.isascii():
            letter = unicodedata.category(sign) in ("Ll", "Lu", "Lo", "Mn", "Mc", "Nd")
            turned = before.islower() and sign.isupper()
            mixed = before.isalpha() and not before.isascii() and sign.isalpha() and _script(before) != _script(sign)
            yield 1.0 if letter and not turned and not mixed else 0.0
        before = sign


def _script(sign: str) -> str:
    return unicodedata.name(sign, "?").split()[0]
