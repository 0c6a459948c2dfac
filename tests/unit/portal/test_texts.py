"""Every word in both languages, and no word that nobody says."""

from pathlib import Path

import pytest

import portal
from portal.texts import TEXTS
from shared import web
from tests.fakes.words import Sources, placeholders

SOURCES = Sources(Path(package.__file__).parent for package in (portal, web))


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_both_languages_and_fills_in_the_same(key):
    text = TEXTS[key]
    assert text.en.strip()
    assert text.sw.strip()
    assert placeholders(text.en) == placeholders(text.sw)


def test_every_word_that_a_page_says_is_known():
    assert SOURCES.asked()
    assert SOURCES.asked() - TEXTS.keys() == set()


def test_every_known_word_is_said():
    assert SOURCES.unsaid(TEXTS) == set()
