"""JSON read from a buffer, one member at a time: a document of hundreds of megabytes never stands in memory whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gridmap.importers.readers.text import detect

#: Bytes read at a time. Larger members are read to their end.
PIECE = 1 << 21

_BLANK = re.compile(r"[ \t\n\r]*")
#: A decoder that fails this near to the end of what was read may only lack the rest of a word or number.
_NEAR_END = 32


class NotJson(ValueError):
    """The text is no JSON document; says what and where."""


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def encoding_of(path: Path) -> str | None:
    """Encoding of a JSON file: as its mark says, else UTF-8 where all of it is, else GB18030, else None.

    UTF-8 is looked through piece by piece; only a file that is none is read whole, to be judged on all its bytes.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(3)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        if head == b"\xef\xbb\xbf":
            head = b""
        try:
            decoder.decode(head)
            while piece := file.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return detect([path.read_bytes().removeprefix(b"\xef\xbb\xbf")], [])
    return "utf-8-sig"


class Buffer:
    """Text of a file with a place in it; what lies before the place is forgotten."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)()
        self._text, self._at, self._before, self._ended = "", 0, 0, False

    @property
    def place(self) -> int:
        """How many letters lie before."""
        return self._before + self._at

    def _more(self, size: int = PIECE) -> None:
        """Read on. At the end of the file the text stays as it is."""
        piece = self._file.read(size)
        self._ended = not piece
        self._before += self._at
        self._text = self._text[self._at :] + self._decoder.decode(piece, final=self._ended)
        self._at = 0

    def peek(self) -> str:
        """The next letter that is no blank, or "" at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._more()

    def take(self, wanted: str) -> None:
        """Go behind the next letter.

        Raises
        ------
        NotJson
            It is another one.
        """
        if self.peek() != wanted:
            raise NotJson(f"{wanted!r} is missing: character {self.place}")
        self._at += 1

    def value(self) -> Any:
        """The value that begins here, whole.

        Raises
        ------
        NotJson
        RecursionError
            It is nested too deeply.
        """
        self.peek()
        size = PIECE
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - _NEAR_END or error.msg.startswith("Unterminated string")
                if self._ended or not cut:
                    raise NotJson(f"{error.msg}: character {self._before + error.pos}") from error
            except (ValueError, OverflowError) as error:
                raise NotJson(f"{error}: after character {self.place}") from error
            else:
                # a number at the end of what was read may go on
                if end < len(self._text) or self._ended:
                    self._at = end
                    return found
            size *= 2
            self._more(size)

    def members(self) -> Iterator[str]:
        """Names of an object's members, one after another; the caller reads the value behind each."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise NotJson(f"the name of a member is missing: character {self.place}")
            name = self.value()
            self.take(":")
            yield name
            if self.peek() == "}":
                self._at += 1
                return
            self.take(",")

    def items(self) -> Iterator[Any]:
        """Values of a list, one after another."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self._at += 1
                return
            self.take(",")


def lines(path: Path, encoding: str) -> Iterator[Any]:
    """Values of a text sequence (RFC 8142) or of a file with one value in each line.

    Raises
    ------
    NotJson, RecursionError
    """
    with path.open(encoding=encoding, newline=None) as file:
        for line in file:
            for part in line.split("\x1e"):
                if part.strip():
                    try:
                        yield _DECODER.decode(part)
                    except ValueError as error:
                        raise NotJson(str(error)) from error
