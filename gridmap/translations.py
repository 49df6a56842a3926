"""Chinese and English for every layer that speaks to people: pages, reports, downloads, commands.

The English sentence is the key (``Message.text``, ``GridmapError.sentence``, ``_("…")`` in templates and scripts), with
``{named}`` blanks that are filled after translating. A language is a folder of ``.po`` files in ``gridmap/locale``, one
file per subject (web, lenses, errors, reports); all files of a folder make one catalogue, compiled in memory when
it is first asked for, so there is nothing to build and nothing to go stale.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from gridmap.domain.messages import Message
from gridmap.errors import GridmapError

#: Language tags of the product, the source language last.
LANGUAGES = ("zh_Hans", "en")
SOURCE = "en"
FOLDER = Path(__file__).resolve().parent / "locale"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return all translations of a language: English sentence → sentence. Empty for the source language.

    An entry without translation, or marked fuzzy, is left out: the reader then sees English, never a guess.
    """
    entries: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string and not message.fuzzy:
                    entries[str(message.id)] = str(message.string)
    return entries


def translate(text: str, language: str, **params: object) -> str:
    """Return ``text`` in ``language``, its blanks filled with ``params``.

    A blank filled with a :class:`Message` is translated too; any other value is put in as it is and never
    interpreted, whatever braces it holds. Without params the text is returned unfilled.
    """
    template = catalogue(language).get(text, text)
    if not params:
        return template
    return template.format(**{name: _spoken(value, language) for name, value in params.items()})


def say(message: Message, language: str) -> str:
    """Return a :class:`Message` as a sentence in ``language``."""
    return translate(message.text, language, **message.params) if message.params else translate(message.text, language)


def explain(error: GridmapError, language: str) -> str:
    """Return the sentence of a named error in ``language``; words of ours among its values are translated too."""
    ours = {"what", "detail", "permission", "role"}
    params = {
        name: translate(value, language) if name in ours and isinstance(value, str) else value
        for name, value in error.params.items()
    }
    return translate(error.sentence, language, **params) if params else translate(error.sentence, language)


def _spoken(value: object, language: str) -> object:
    if isinstance(value, Message):
        return say(value, language)
    if isinstance(value, tuple) and value and all(isinstance(part, Message) for part in value):
        return ("、" if language.startswith("zh") else ", ").join(say(part, language) for part in value)
    return value
