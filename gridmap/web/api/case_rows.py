"""Cases as the browser receives them, and filters as they stand in the address bar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from gridmap.domain.messages import Message
from gridmap.errors import BadInput
from gridmap.services.cases.records import CaseRow, Filter, Place
from gridmap.web import case_words
from gridmap.web.i18n import gettext, language

#: Rows of one page of the list.
PAGE = 60


def filter_of(asked: MultiDict[str, str], **more: Any) -> Filter:
    """The filter that an address states: lists by commas, days as 2026-11-01, ``box`` and ``near`` in degrees.

    Raises
    ------
    BadInput
    """

    def listed(name: str) -> tuple[str, ...]:
        return tuple(word for word in asked.get(name, "").split(",") if word)

    def day(name: str) -> date | None:
        words = asked.get(name, "").strip()
        try:
            return date.fromisoformat(words) if words else None
        except ValueError as error:
            raise BadInput(detail=Message("A day is written like 2026-11-01.")) from error

    def degrees(name: str, count: int) -> tuple[float, ...] | None:
        words = listed(name)
        if not words:
            return None
        try:
            found = tuple(float(word) for word in words)
            if len(found) != count or not all(abs(each) <= 180 for each in found):
                raise ValueError
        except ValueError as error:
            raise BadInput(detail=Message("A place is longitude and latitude.")) from error
        return found

    since = asked.get("since", "")
    try:
        changed = datetime.fromisoformat(since) if since else None
        near = degrees("near", 2)
        place = Place(near[0], near[1]) if near else None
    except ValueError as error:
        raise BadInput(detail=Message("A place is longitude and latitude.")) from error
    box = degrees("box", 4)
    given: dict[str, Any] = {
        "unit": asked.get("unit") or None,
        "kinds": listed("kind"),
        "lanes": listed("lane"),
        "statuses": listed("status"),
        "lights": listed("light"),
        "sources": listed("source"),
        "mine": asked.get("mine") == "1",
        "open_only": asked.get("all") != "1",
        "reported_from": day("from"),
        "reported_to": day("to"),
        "words": asked.get("q", "")[:200],
        "unlocated": asked.get("unlocated") == "1",
        "unrouted": asked.get("unrouted") == "1",
        "box": box,
        "near": place,
        "sort": asked.get("sort") or "due",
        "limit": PAGE,
        "after": asked.get("after") or None,
        "since": changed,
    }
    return Filter(**{**given, **more})


def row_json(row: CaseRow) -> dict[str, Any]:
    """A case as list and map show it, words in the language of the request."""
    chosen = language()
    return {
        "id": row.id,
        "number": row.number,
        "version": row.version,
        "kind": row.kind.name(chosen),
        "kind_code": row.kind.code,
        "status": row.status.value,
        "status_name": gettext(case_words.STATUS_NAMES[row.status]),
        "light": row.light.value if row.light else None,
        "source": gettext(case_words.SOURCE_NAMES[row.source]),
        "unit": row.unit,
        "unit_name": row.unit_name,
        "community_name": row.community_name,
        "address": row.address,
        "words": row.words,
        "lon": row.lon,
        "lat": row.lat,
        "reported_at": row.reported_at.isoformat(),
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "handler": row.handler.name(chosen) if row.handler else None,
        "worker": row.worker,
        "returns": row.returns,
        "me_too": row.me_too,
        "distance_m": row.distance_m,
        "updated_at": row.updated_at.isoformat(),
    }
