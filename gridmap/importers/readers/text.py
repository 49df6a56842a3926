"""What encoding is this text in? Decided on all bytes, strictly: read right, or refused. Never mojibake."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gridmap.importers.readers.plausible import AS_GOOD, CLEAR, EAST_ASIAN, GOOD, POOR, samples, score

#: Encodings tried where none is declared. UTF-8 first: other encodings hardly ever form valid UTF-8 by chance.
#: GB18030 contains GBK and GB2312.
CANDIDATES = ("utf-8", "gb18030")

#: Language driver byte of a dbf (offset 29) → Python codec. Source: dBASE and ArcGIS tables of LDID values.
LANGUAGE_BYTES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x09: "cp437", 0x0A: "cp850", 0x0B: "cp437",
    0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437", 0x12: "cp850", 0x13: "cp932",
    0x14: "cp850", 0x15: "cp437", 0x16: "cp850", 0x17: "cp865", 0x18: "cp437", 0x19: "cp437", 0x1A: "cp850",
    0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852", 0x24: "cp860",
    0x25: "cp850", 0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "cp950",
    0x50: "cp874", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x67: "cp861",
    0x6A: "cp737", 0x6B: "cp857", 0x6C: "cp863", 0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932",
    0x7C: "cp874", 0x86: "cp737", 0x87: "cp852", 0x88: "cp857", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254",
    0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip

#: Bytes 0x57 ("ANSI") and 0x00 say nothing: programs write them whatever the encoding.

_NAMES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "65001": "utf-8", "950": "cp950", "932": "cp932",
          "949": "cp949", "sjis": "cp932", "shiftjis": "cp932", "big5": "cp950", "euckr": "cp949",
          "koi8r": "koi8-r", "koi8u": "koi8-u"}  # fmt: skip


def codec(label: str) -> str | None:
    """Python's name for an encoding as files and people write it (``936``, ``ANSI 1251``, ``ISO 88592``), or None."""
    word = re.sub(r"[^a-z0-9]", "", label.lower())
    word = re.sub(r"^(ansi|oem|cp|windows|win|ms)(?=\d)", "", word)
    if word in _NAMES:
        return _NAMES[word]
    if match := re.fullmatch(r"iso8859(\d{1,2})", word):
        word = f"iso8859-{match[1]}"
    for name in (word, f"cp{word}", label.strip()):
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return None


def detect(values: Sequence[bytes], declared: Iterable[str | None]) -> str | None:
    """Return the first encoding, declared ones before :data:`CANDIDATES`, that reads every value; None if none does.

    A declaration of a one-byte encoding proves nothing (it reads anything), so UTF-8 goes before it where the bytes
    are valid UTF-8 and not plain ASCII.
    """
    plain = all(value.isascii() for value in values)
    known = [codec(label) for label in declared if label]
    order = [name for name in known if name is not None]
    if not plain and order[:1] != ["utf-8"] and decodes(values, "utf-8"):
        return "utf-8"
    for name in (*order, *CANDIDATES):
        if decodes(values, name):
            return name
    return None


def detect_column(values: Sequence[bytes], declared: Iterable[str | None]) -> tuple[str | None, tuple[Reading, ...]]:
    """Decide the encoding of a dbf's text on all its values together.

    Returns
    -------
    The encoding, or None with the readings to choose from (none: nothing reads it). A declared encoding is believed
    while it reads plausibly; one that reads mojibake beside a plausible other one is a question, never a guess.
    """
    telling = [value for value in values if not value.isascii()]
    order = list(dict.fromkeys(name for name in (codec(label) for label in declared if label) if name is not None))
    order = [name for name in order if decodes(values, name)]
    if not telling:
        return (order[0] if order else "utf-8"), ()
    if decodes(values, "utf-8") and (order[:1] == ["utf-8"] or _surely_utf8(telling)):
        return "utf-8", ()
    names = dict.fromkeys((*order, *(name for name in EAST_ASIAN if decodes(values, name))))
    readings = [_reading(telling, name) for name in names]
    if not readings:
        return None, ()
    ranked = sorted(readings, key=lambda one: -one.score)
    best = ranked[0]
    if order:
        said = readings[0]
        if said.score >= POOR and said.score >= best.score - AS_GOOD:
            return said.encoding, ()
        return None, tuple(one for one in ranked if one is said or one.score >= POOR)
    home = next((one for one in readings if one.encoding == "gb18030"), None)
    if home is not None and home.score >= max(GOOD, best.score):
        return home.encoding, ()
    if best.score >= GOOD and (len(ranked) == 1 or ranked[1].score <= best.score - CLEAR):
        return best.encoding, ()
    return None, tuple(one for one in ranked if one.score >= POOR)


@dataclass(frozen=True)
class Reading:
    """One way to read a text: the encoding, how plausible (0 to 1), and what some values look like in it."""

    encoding: str
    score: float
    samples: tuple[str, ...]


def _reading(values: Sequence[bytes], encoding: str) -> Reading:
    texts = [decode(value, encoding) for value in values]
    return Reading(encoding, score(texts, encoding), samples(texts))


def _surely_utf8(values: Sequence[bytes]) -> bool:
    """Two bytes of GBK can look like one Greek or Arabic letter in UTF-8; three in a row hardly ever look like Han."""
    return any(byte >= 0xE0 for value in values for byte in value) or not decodes(values, "gb18030")


def decodes(values: Sequence[bytes], encoding: str) -> bool:
    """Tell whether every value can be read."""
    try:
        for value in values:
            decode(value, encoding)
    except UnicodeDecodeError:
        return False
    return True


def decode(value: bytes, encoding: str) -> str:
    """Decode strictly, but for a last character that a fixed-width field has cut in two (then it is dropped)."""
    try:
        return value.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end == len(value) and error.start >= len(value) - 3 and error.start > 0:
            return value[: error.start].decode(encoding)
        raise
