"""The language of a request, ``_()`` for templates, and the words that the browser modules need."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from gridmap.translations import LANGUAGES, SOURCE, translate

COOKIE = "gridmap_language"

#: what browsers call our languages, most specific first
_TAGS = {"zh-hans": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh": "zh_Hans", "en": "en"}
#: language → value of the lang attribute
HTML_LANG = {"zh_Hans": "zh-Hans", "en": "en"}
#: language → its own name
NAMES = {"zh_Hans": "中文", "en": "English"}

_JS_CALL = re.compile(r"""\bt\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def language() -> str:
    """Return the language of this request: the one switched to, else the browser's, else the setting."""
    if "language" not in g:
        g.language = _choose()
    chosen: str = g.language
    return chosen


def _choose() -> str:
    switched = request.cookies.get(COOKIE)
    if switched in LANGUAGES:
        return switched
    for tag, _ in request.accept_languages:
        wanted = tag.lower()
        for known, ours in _TAGS.items():
            if wanted == known or wanted.startswith(f"{known}-"):
                return ours
    return str(current_app.config["GRIDMAP_LANGUAGE"])


def gettext(text: str, **params: object) -> str:
    """Translate ``text`` into the language of this request and fill its ``{named}`` blanks."""
    return translate(text, language(), **params)


@cache
def script_sentences() -> tuple[str, ...]:
    """Return every sentence that the browser modules ask for with ``t("…")``, in a fixed order."""
    folder = Path(__file__).resolve().parent / "static" / "js"
    found: set[str] = set()
    for path in sorted(folder.rglob("*.js")):
        for double, single in _JS_CALL.findall(path.read_text(encoding="utf-8")):
            found.add(re.sub(r"\\(.)", r"\1", double or single))
    return tuple(sorted(found))


@cache
def script_words(chosen: str) -> dict[str, str]:
    """Return sentence → translation for the browser modules; empty in the source language."""
    if chosen == SOURCE:
        return {}
    return {sentence: translate(sentence, chosen) for sentence in script_sentences()}


def safe_next(target: str | None) -> str | None:
    """Return ``target`` when it is a path on this site, else None.

    Browsers read ``//host``, ``/\\host`` and addresses with control characters as other sites.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(character) < 32 or character == "\\" for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def init_app(app: Flask) -> None:
    """Give templates ``_()``, the language and its names."""
    app.jinja_env.globals["_"] = gettext

    @app.context_processor
    def _language() -> dict[str, object]:
        chosen = language()
        return {"language": chosen, "html_lang": HTML_LANG[chosen], "language_names": NAMES}
