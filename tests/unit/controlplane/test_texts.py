"""No word of the dashboard that is missing, and none that nobody says."""

from pathlib import Path

from controlplane import dashboard
from controlplane.dashboard.texts import TEXTS
from shared import web
from shared.web.words import WORDS
from tests.fakes.words import Sources

HERE = Path(dashboard.__file__).parent
# Parts of the portal's own are in the house's templates, and are never shown here.
EVERYWHERE = Sources([HERE, Path(web.__file__).parent])


def test_every_word_that_a_page_says_is_known():
    assert Sources([HERE]).asked() - TEXTS.keys() == set()


def test_every_known_word_is_said():
    assert EVERYWHERE.unsaid(TEXTS.keys() - WORDS.keys()) == set()
