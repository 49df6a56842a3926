"""Chinese and English by browser and by switch, both complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gridmap.domain.messages import Message
from gridmap.errors import NotFound, ParameterOutOfBounds
from gridmap.translations import FOLDER, explain, say, translate
from gridmap.web.i18n import script_sentences
from tests.web.conftest import token_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("zh-CN,zh;q=0.9", "zh-Hans"), ("zh", "zh-Hans"), ("en-GB", "en"), ("fr,en;q=0.5", "en"), ("", "zh-Hans")],
)
def test_the_browser_chooses(client, accepted, lang):
    page = client.get("/sign-in", headers={"Accept-Language": accepted}).get_data(as_text=True)
    assert f'<html lang="{lang}">' in page


def test_the_switch_outlives_the_browsers_wish_and_goes_back(client):
    chinese = {"Accept-Language": "zh-CN"}
    token = token_in(client.get("/sign-in", headers=chinese).get_data(as_text=True))
    answer = client.post("/language", data={"csrf_token": token, "language": "en", "next": "/sign-in?next=/inspect"})
    assert answer.location == "/sign-in?next=/inspect"
    assert '<html lang="en">' in client.get("/sign-in", headers=chinese).get_data(as_text=True)


def test_an_unknown_language_changes_nothing(client):
    token = token_in(client.get("/sign-in").get_data(as_text=True))
    answer = client.post("/language", data={"csrf_token": token, "language": "../../etc", "next": "//evil.example"})
    assert answer.location == "/inspect"
    assert "gridmap_language" not in str(answer.headers)


def test_every_sentence_has_a_translation():
    done = subprocess.run([sys.executable, "tools/words.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_holds_an_entry_twice_or_empty():
    from babel.messages.pofile import read_po

    seen: dict[str, str] = {}
    for path in sorted((FOLDER / "zh_Hans").glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale="zh_Hans", abort_invalid=True):
                if entry.id:
                    assert entry.string, f"{path.name}: {entry.id}"
                    assert seen.setdefault(entry.id, entry.string) == entry.string, f"{path.name}: {entry.id}"


def test_the_scripts_sentences_are_found():
    assert "Nobody's ground" in script_sentences()
    assert len(script_sentences()) > 60


def test_values_are_filled_in_and_never_interpreted():
    assert (
        translate("Severity: {name}", "zh_Hans", name="{0.__class__} %s {{7*7}}")
        == "严重程度：{0.__class__} %s {{7*7}}"
    )
    inner = Message("{count} households", {"count": 3})
    assert say(Message("Severity: {name}", {"name": inner}), "zh_Hans") == "严重程度：3 户"


def test_named_errors_speak_both_languages():
    error = ParameterOutOfBounds(name="x", low=1, high=2, value=3)
    assert explain(error, "en") == str(error)
    assert explain(NotFound(what="unit", key="1"), "zh_Hans") != str(NotFound(what="unit", key="1"))
