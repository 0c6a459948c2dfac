"""No word of the dashboard that is missing, and none that nobody says."""

import re
from pathlib import Path

import controlplane
from controlplane import dashboard
from controlplane.dashboard.texts import TEXTS
from controlplane.dashboard.texts.audit import ACTIONS
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


def test_every_act_that_leaves_a_trace_has_words():
    services = Path(controlplane.__file__).parent / "services"
    traced = {
        name
        for file in services.glob("*.py")
        if "leave_trace(" in (text := file.read_text(encoding="utf-8"))
        for name in re.findall(r'"([a-z_]+\.[a-z_]+)"', text)
    }
    assert len(traced) > 20
    assert traced - ACTIONS.keys() == set()
