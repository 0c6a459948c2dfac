"""Every word in both languages, and no word that nobody says."""

import re
import string
from pathlib import Path

import pytest

from portal.site import TEMPLATES
from portal.texts import TEXTS
from shared.web import pages

SOURCES = [
    file.read_text(encoding="utf-8")
    for directory in (pages.DIRECTORY, TEMPLATES, Path(TEMPLATES).parent)
    for pattern in ("*.html", "*.py")
    for file in directory.rglob(pattern)
    if "texts" not in file.parts
]
SAID = {key for text in SOURCES for key in re.findall(r'"([a-z]+(?:[._][a-z_]+)*)"', text)}
# Put together from a part that is not known before: "problem." and what happened.
PREFIXES = tuple({key for text in SOURCES for key in re.findall(r't\("([a-z]+\.[a-z_]*)" ~', text)})


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_both_languages_and_fills_in_the_same(key):
    text = TEXTS[key]
    assert text.en.strip()
    assert text.sw.strip()
    assert placeholders(text.en) == placeholders(text.sw)


def test_every_word_that_a_page_says_is_known():
    asked = {
        key for text in SOURCES for key in re.findall(r'(?<![a-z_.])t\("([a-z_.]+)"[,)]', text)
    }
    assert asked
    assert asked - TEXTS.keys() == set()


def test_every_known_word_is_said():
    # Some are named by what they belong to, with this at their end.
    stems = {key: re.sub("(_subject|_more|[.]lead)$", "", key) for key in TEXTS}
    said = {key for key in TEXTS if {key, stems[key]} & SAID or key.startswith(PREFIXES)}
    assert TEXTS.keys() - said == set()
