"""Reading what an Open311 client sends. An empty parameter counts as one that is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from flask import request

from gridmap.domain.clock import LOCAL
from gridmap.domain.messages import Message
from gridmap.services.cases.records import Place
from gridmap.services.open311 import MOST, Asked
from gridmap.translations import say
from gridmap.web.i18n import language

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](\[\])?")
#: A plus sign in an address that was not encoded arrives as a blank: 2026-01-01T00:00:00 08:00
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")
_MARKUP = re.compile(r"<[a-zA-Z/!?][^<>]*>")
LONGEST_DESCRIPTION = 4_000


class Wrong(Exception):
    """A request that is answered with errors: HTTP status, and sentences."""

    def __init__(self, status: int, *sentences: str, retry_after: int | None = None) -> None:
        self.status = status
        self.sentences = sentences
        self.retry_after = retry_after
        super().__init__(*sentences)


def refuse(status: int, sentence: Message) -> NoReturn:
    """Answer with one error, in the language of the request."""
    raise Wrong(status, say(sentence, language()))


def text(name: str) -> str | None:
    """A parameter, or None where it is missing or empty."""
    return (request.values.get(name) or "").strip() or None


def listed(name: str) -> tuple[str, ...]:
    """A list separated by commas."""
    return tuple(part.strip() for part in (text(name) or "").split(",") if part.strip())


def moment(name: str) -> datetime | None:
    """A moment as the W3C writes it; one without a zone is the county's time.

    Raises
    ------
    Wrong
    """
    words = text(name)
    if words is None:
        return None
    try:
        read = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", words))
        read = read if read.tzinfo is not None else read.replace(tzinfo=LOCAL)
        read.timestamp()
    except (ValueError, OverflowError):
        refuse(400, Message("{name} is no moment like 2026-11-23T18:00:00+08:00.", {"name": name}))
    if not 1900 <= read.year <= 2200:
        refuse(400, Message("{name} is no moment like 2026-11-23T18:00:00+08:00.", {"name": name}))
    return read


def number(name: str, default: int, most: int) -> int:
    """A whole number from 1 on.

    Raises
    ------
    Wrong
    """
    words = text(name)
    if words is None:
        return default
    if not (words.isascii() and words.isdecimal()) or not 1 <= len(words) <= 9 or int(words) < 1:
        refuse(400, Message("{name} is a whole number from 1 on.", {"name": name}))
    return min(int(words), most)


def place() -> Place | None:
    """lat and long, both or neither.

    Raises
    ------
    Wrong
    """
    lat, lon = text("lat"), text("long")
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        refuse(400, Message("lat and long are given together."))
    try:
        return Place(float(lon), float(lat))
    except ValueError:
        refuse(400, Message("lat and long are degrees on WGS 84."))


def asked() -> Asked:
    """What GET requests asks for.

    Raises
    ------
    Wrong
    """
    numbers = listed("service_request_id")
    if numbers:
        return Asked(numbers=numbers)
    statuses = tuple(status.lower() for status in listed("status"))
    if not set(statuses) <= {"open", "closed"}:
        refuse(400, Message("status is open or closed."))
    return Asked(
        services=listed("service_code"),
        start=moment("start_date"),
        end=moment("end_date"),
        updated_after=moment("updated_after"),
        updated_before=moment("updated_before"),
        statuses=statuses,
        page=number("page", 1, 1_000_000),
        page_size=number("page_size", MOST, MOST),
    )


def attributes() -> dict[str, Sequence[str]]:
    """Answers to a service's questions: attribute[code]=… and attribute[code][]=…, by code."""
    found: dict[str, list[str]] = {}
    for name in request.form:
        match = _ATTRIBUTE.fullmatch(name)
        if match:
            found.setdefault(match[1], []).extend(value for value in request.form.getlist(name) if value.strip())
    return dict(found)


def description(name: str = "description") -> str:
    """Words of at most 4,000 characters, without markup.

    Raises
    ------
    Wrong
    """
    words = text(name) or ""
    if len(words) > LONGEST_DESCRIPTION:
        refuse(400, Message("{name} is at most {most} characters long.", {"name": name, "most": LONGEST_DESCRIPTION}))
    if _MARKUP.search(words):
        refuse(400, Message("{name} is plain text, without HTML.", {"name": name}))
    return words


def contact() -> str:
    """Who may be asked back, as one line; sealed when it is kept, and never told to anybody outside."""
    named = " ".join(part for part in (text("last_name"), text("first_name")) if part)
    return " · ".join(part for part in (named, text("phone"), text("email")) if part)[:200]
