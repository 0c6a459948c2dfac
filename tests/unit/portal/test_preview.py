"""The preview says what the bot would say."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest

from portal.preview import play_hours, play_menu, to_pieces
from portal.zones import ZONES, list_choices
from shared.enums import TemplateType, Topic, WhenClosed
from shared.structs.tenants import DEFAULT_ZONE, BotTexts
from shared.zones import find_zone
from tests.unit.portal.test_bot_forms import CONFIG

# A Monday; 11:00 in the zone.
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ZONE = timezone(timedelta(hours=3))
replace = msgspec.structs.replace


def text_of(said) -> str:
    return "".join(piece for piece, _ in said.pieces)


@pytest.mark.parametrize("template", TemplateType)
def test_the_menu_is_played_entry_by_entry(template):
    scene = play_menu(replace(CONFIG, template_type=template), now=NOW)
    said = [text_of(each) for each in scene.said]
    assert said[:2] == ["Habari", said[1]]
    assert said[1].startswith("Karibu!\n1. ")
    assert said[2::2] == ["1", "2", "3", "4"]
    assert [each.is_ours for each in scene.said] == [False, True] * 5


def test_own_words_are_shown_as_they_would_be_said():
    scene = play_menu(CONFIG, now=NOW)
    assert "3. Mhudumu" in text_of(scene.said[1])
    assert text_of(scene.said[7]) == "Piga simu."


def test_the_closed_answer_is_shown_at_a_time_when_it_would_be_given():
    hours, closed = play_hours(CONFIG, now=NOW, zone=ZONE)
    assert "Jumatatu: 08:00-17:30" in text_of(hours.said[1])
    assert f"{closed.at:%a %H:%M}" == "Mon 17:30"
    assert text_of(closed.said[1]).startswith("Tumefunga.\n\nKaribu!")


def test_a_business_that_always_answers_alike_has_one_scene():
    assert len(play_hours(replace(CONFIG, when_closed=WhenClosed.MENU), now=NOW, zone=ZONE)) == 1


def test_a_business_that_never_closes_but_on_a_holiday_shows_that():
    settings = replace(CONFIG, hours={}, texts=BotTexts())
    _, closed = play_hours(settings, now=NOW, zone=ZONE)
    assert closed.at.date() == date(2026, 12, 25)
    assert "Krismasi" in text_of(closed.said[1])
    assert len(play_hours(replace(settings, holidays=[]), now=NOW, zone=ZONE)) == 1


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("Andika *menu* kurudi", ["menu"]),
        ("*a* na *b*", ["a", "b"]),
        ("2*3*4", []),
        ("* a *", []),
        ("*a\nb*", []),
        ("**", []),
    ],
)
def test_bold_is_what_whatsapp_takes_for_it(text, bold):
    pieces = to_pieces(text)
    assert [piece for piece, is_bold in pieces if is_bold] == bold
    assert "".join(piece for piece, is_bold in pieces if not is_bold).count("*") == (
        text.count("*") - 2 * len(bold)
    )


def test_every_zone_to_choose_is_known_here():
    assert [name for name in ZONES if find_zone(name) is None] == []
    assert DEFAULT_ZONE in ZONES


def test_a_zone_that_is_not_in_the_list_can_be_kept():
    assert list_choices("America/Lima")[0] == ("America/Lima", "Lima")
    assert list_choices(DEFAULT_ZONE)[0][0] == ZONES[0]


def test_the_longest_answers_are_shown_whole():
    texts = BotTexts(answers={Topic.CONTACT: "x" * 1000})
    assert text_of(play_menu(replace(CONFIG, texts=texts), now=NOW).said[7]) == "x" * 1000
