"""A poster per grid (PDF, A4): who serves here, whom to call, and a QR code, drawn as lines, that leads to its page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import cache

import segno
import weasyprint
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint.urls import URLFetcher

from gridmap.domain.people import AssignmentRole
from gridmap.resources import folder
from gridmap.services.cases.residents import Card
from gridmap.translations import translate

#: Offices and workers that fit on a sheet.
MOST_OFFICES, MOST_STAFF = 4, 6


def write(cards: Sequence[Card], root: str, language: str) -> bytes:
    """Return the file: one page a grid. ``root``: scheme and host at which residents reach this server."""
    document = weasyprint.HTML(
        string=markup(cards, root, language), url_fetcher=URLFetcher(allowed_protocols=("data",))
    )
    content: bytes = document.write_pdf()
    return content


def markup(cards: Sequence[Card], root: str, language: str) -> str:
    """Return the posters as HTML, codes inside."""
    pages = [(card, address_of(card.code, root), code_picture(address_of(card.code, root))) for card in cards]
    return (
        _templates()
        .get_template("poster.html")
        .render(
            _=lambda text, **blanks: translate(text, language, **blanks),
            pages=pages,
            language=language,
            lang="zh-Hans" if language.startswith("zh") else "en",
            head=AssignmentRole.HEAD.value,
            most_offices=MOST_OFFICES,
            most_staff=MOST_STAFF,
        )
    )


def address_of(code: str, root: str) -> str:
    """The address of a grid's page."""
    return f"{root.rstrip('/')}/r/{code}"


def code_picture(address: str) -> str:
    """A QR code (ISO/IEC 18004, a quarter of it may be damaged) as an SVG data address."""
    out = io.BytesIO()
    segno.make(address, error="q", micro=False, boost_error=False).save(out, kind="svg", border=4, xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()


@cache
def _templates() -> Environment:
    # Autoescape for every template: a name with markup in it is a name.
    return Environment(
        loader=FileSystemLoader(folder("templates") / "report"), autoescape=True, undefined=StrictUndefined
    )
