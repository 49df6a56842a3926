"""List the sentences that people see and that a language lacks, or that its catalogue holds in vain.

    tools/words.py            names them; exit 1 when there are any
    tools/words.py --add      also puts the missing ones into locale/<language>/web.po, untranslated

Sentences come from ``_("…")`` in templates, ``gettext("…")`` and ``translate("…")`` in Python, ``t("…")``
in the browser modules, ``Message("…")`` anywhere, the sentences of the named errors, and the words of
levels, roles, permissions and lenses.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gridmap import errors, translations
from gridmap.domain.levels import Level
from gridmap.domain.permissions import Permission, Role
from gridmap.translations import FOLDER, LANGUAGES, SOURCE, catalogue
from gridmap.web.i18n import script_sentences

ROOT = Path(__file__).resolve().parent.parent
_TEMPLATE_CALL = re.compile(r"""_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_CALLS = {"gettext", "_", "translate", "Message", "say"}


def from_templates() -> Iterator[str]:
    """Yield the sentences of all templates."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for double, single in _TEMPLATE_CALL.findall(path.read_text(encoding="utf-8")):
            yield re.sub(r"\\(.)", r"\1", double or single)


def from_python() -> Iterator[str]:
    """Yield the constant first argument of every translating call in the package."""
    for path in sorted((ROOT / "gridmap").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            arguments = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "text")]
            for argument in arguments if called in _CALLS else ():
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def from_cases() -> Iterator[str]:
    """Yield the words of states, moves, lights and so on, and the titles and meanings of the indicators."""
    from gridmap.domain.indicators import COUNTS, INDICATORS
    from gridmap.web import case_words

    for name, table in vars(case_words).items():
        if name.endswith("_NAMES"):
            yield from table.values()
    from gridmap.web.pages import board, whistles

    yield from (title for title, _ in board.GROUPS)
    yield from (title for title, _ in board.PERIODS)
    yield from (title for _, title in whistles.BOARDS)
    yield from (title for _, title in whistles.STEPS)
    from gridmap.web.signin import SECTIONS

    yield from (title for _, title, _ in SECTIONS)
    for indicator in INDICATORS.values():
        yield indicator.title
        yield indicator.meaning
    yield from COUNTS.values()


def from_errors() -> Iterator[str]:
    """Yield the sentence of every named error that says something of its own."""
    family = [errors.GridmapError]
    while family:
        present = family.pop()
        family.extend(present.__subclasses__())
        if present.sentence != "{detail}":
            yield present.sentence


def from_tables() -> Iterator[str]:
    """Yield the words of tables that are translated when they are shown."""
    from gridmap.web import errors as web_errors
    from gridmap.web.contexts import LEVEL_NAMES
    from gridmap.web.signin import ROLE_NAMES

    assert set(LEVEL_NAMES) == set(Level)
    assert set(ROLE_NAMES) == {role.value for role in Role}
    yield from LEVEL_NAMES.values()
    yield from ROLE_NAMES.values()
    yield from from_cases()
    yield from (permission.value for permission in Permission)
    from gridmap.domain.plans import RULES, PlanState
    from gridmap.services.exporting.plans import dossier, workbook

    assert set(dossier.STATES) == {state.value for state in PlanState}
    yield from (*dossier.BANDS.values(), *dossier.STATES.values(), *dossier.ACTS.values())
    yield from (name for name, _, _ in workbook.FIGURES)
    yield from (act.value for act in RULES)
    yield from web_errors.SENTENCES.values()
    yield web_errors.EXPIRED
    yield web_errors.TOO_SLOW


def from_lenses() -> Iterator[str]:
    """Yield title, question, suggested act and reasons of every lens."""
    from gridmap.geometry.lenses import registry

    for lens in registry.LENSES.values():
        yield from (lens.title, lens.question, lens.suggested_act)
        yield from (parameter.reason for parameter in lens.parameters)


def wanted() -> set[str]:
    """Return every sentence that people see."""
    sources = (from_templates(), script_sentences(), from_python(), from_errors(), from_tables(), from_lenses())
    return {
        sentence
        for source in sources
        for sentence in source
        if re.search(r"[A-Za-z]", re.sub(r"\{\w+[^}]*\}", "", sentence))
    }


def main() -> int:
    """Print what is missing or not needed, by language."""
    sentences = wanted()
    trouble = 0
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        known = catalogue(language)
        missing = sorted(sentences - set(known))
        for sentence in missing:
            print(f"{language}: missing: {sentence}")
        for sentence in sorted(known):
            if blanks(sentence) != blanks(known[sentence]):
                print(f"{language}: other blanks: {sentence} → {known[sentence]}")
                trouble += 1
        if missing and "--add" in sys.argv:
            with (FOLDER / language / "web.po").open("a", encoding="utf-8") as file:
                for sentence in missing:
                    file.write(f'\nmsgid {quoted(sentence)}\nmsgstr ""\n')
        trouble += len(missing)
    return 1 if trouble else 0


def blanks(text: str) -> set[str]:
    """Return the names of the ``{named}`` blanks of a sentence."""
    return set(re.findall(r"\{(\w+)", text))


def quoted(text: str) -> str:
    """Return ``text`` as a po file writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    translations.catalogue.cache_clear()
    sys.exit(main())
