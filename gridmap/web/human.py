"""Is it a person? A sum in words, signed, without asking any other server; it works without scripts and read aloud.

The token holds the question's number and a hash of the answer under our key, so nobody can make one or read the answer
off it. The number is also the key of the report: one answered question brings in one report, however often it is sent.
"""

from __future__ import annotations

import hmac
import secrets
import time
import unicodedata
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from gridmap.domain.messages import Message
from gridmap.web.i18n import gettext

#: A question is good for so long (seconds), and nobody reads and fills a form faster than this.
LONGEST_S, LEAST_S = 3 * 3600, 2.0
_DIGITS = {letter: number for number, letter in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


@dataclass(frozen=True)
class Question:
    """What to ask, and the token that goes with the answer."""

    words: str
    token: str


class NotHuman(Exception):
    """The answer is not right; ``message`` says what to do."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(message.text)


def ask() -> Question:
    """A new question in the language of the request."""
    first, second = secrets.randbelow(8) + 2, secrets.randbelow(8) + 2
    names = _number_words()
    number = secrets.token_urlsafe(12)
    token = _signer().dumps({"n": number, "h": _hash(number, first + second), "t": round(time.time(), 1)})
    return Question(gettext("How much is {a} plus {b}?", a=names[first], b=names[second]), str(token))


def check(token: str, answer: str) -> str:
    """Return the number of a question that was answered rightly.

    Raises
    ------
    NotHuman
    """
    try:
        held = _signer().loads(token, max_age=LONGEST_S)
        number, wanted, asked_at = str(held["n"]), str(held["h"]), float(held["t"])
    except (BadData, KeyError, TypeError, ValueError) as error:
        raise NotHuman(Message("The question has expired. Answer the new one.")) from error
    if time.time() - asked_at < float(current_app.config.get("GRIDMAP_HUMAN_LEAST_S", LEAST_S)):
        raise NotHuman(Message("That was very fast. Look at it once more, and send it again."))
    given = _read(answer)
    if given is None or not hmac.compare_digest(wanted, _hash(number, given)):
        raise NotHuman(Message("The answer to the sum is not right. Here is another one."))
    return number


def _number_words() -> tuple[str, ...]:
    return (
        gettext("zero"),
        gettext("one"),
        gettext("two"),
        gettext("three"),
        gettext("four"),
        gettext("five"),
        gettext("six"),
        gettext("seven"),
        gettext("eight"),
        gettext("nine"),
    )


def _read(words: str) -> int | None:
    """A number below 100 in digits of any script, in Chinese or in one of our languages' words."""
    plain = unicodedata.normalize("NFKC", words).strip().strip("。.").lower()
    if plain.isdecimal() and len(plain) <= 3:
        return int(plain)
    if plain and set(plain) <= {*_DIGITS, "十"}:
        tens, has_ten, ones = plain.partition("十")
        if has_ten:
            return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0) if len(tens) < 2 and len(ones) < 2 else None
        return _DIGITS[plain] if len(plain) == 1 else None
    return None


def _hash(number: str, answer: int) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.digest(key, f"sum {number} {answer}".encode(), "sha256").hex()


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="human")
