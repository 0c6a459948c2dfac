"""What the bot says while the business is closed, and in the business's own words."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.enums import Language, MessageKind, TemplateType, Topic, Weekday, WhenClosed
from shared.flows.conversation import Conversation, Step
from shared.flows.engine import TEXTS, decide
from shared.structs.tenants import BotTexts, Holiday, OpeningHours
from tests.unit.shared.test_flows import AT_MENU, NOW, config, said

ZONE = timezone(timedelta(hours=3))
# NOW is a Monday, 11:00 in the zone.
MORNING = {Weekday.MON: OpeningHours("07:00", "10:30"), Weekday.TUE: OpeningHours("08:00", "17:00")}
TELL, TELL_ONLY = WhenClosed.TELL, WhenClosed.TELL_ONLY


def closed(when: WhenClosed = TELL, **values):
    return config(hours=MORNING, when_closed=when, **values)


def talk(settings, *messages, now=NOW, start=None, zone=ZONE):
    chat, replies = start or Conversation(), []
    for message in messages:
        decision = decide(settings, chat, message, now, zone=zone)
        chat = decision.conversation
        replies.append(decision.reply)
    return replies, chat


def test_it_says_so_once_and_goes_on_as_always():
    replies, chat = talk(closed(), said("hi"), said("1"))
    assert replies[0].startswith("We are closed right now and open again tomorrow at 08:00.")
    assert "1. Our services" in replies[0]
    assert replies[1] == TEXTS[Language.EN].answers[Topic.SERVICES]
    assert chat.told_closed


def test_it_says_so_and_nothing_more_until_it_opens():
    replies, chat = talk(closed(TELL_ONLY), said("hi"), said("1"), said("", MessageKind.IMAGE))
    assert replies[0].startswith("We are closed right now")
    assert "1." not in replies[0]
    assert replies[1:] == [None, None]
    opened = NOW + timedelta(hours=21)
    [reply], chat = talk(closed(TELL_ONLY), said("hi"), now=opened, start=chat)
    assert "welcome to Salon Amani" in reply
    assert not chat.told_closed


def test_it_says_so_anew_when_it_is_closed_again():
    _, chat = talk(closed(), said("hi"))
    _, chat = talk(closed(), said("1"), now=NOW - timedelta(hours=1), start=chat)
    [reply], _ = talk(closed(), said("2"), start=chat)
    assert reply.startswith("We are closed right now")


def test_a_form_goes_on_where_it_was():
    start = Conversation(step=Step.DATE, answers={Step.SERVICE: "Braids"}, last_at=NOW)
    [reply], chat = talk(closed(), said("Friday"), start=start)
    assert reply.startswith("We are closed right now")
    assert "Day and time: Friday" in reply
    assert chat.step is Step.MENU


@pytest.mark.parametrize(
    ("settings", "zone"),
    [
        pytest.param(config(hours=MORNING), ZONE, id="nobody wants it said"),
        pytest.param(closed(), None, id="the zone is not known"),
        pytest.param(closed(), UTC, id="it is open there"),
    ],
)
def test_nothing_is_said_of_it(settings, zone):
    [reply], _ = talk(settings, said("hi"), zone=zone)
    assert reply.startswith("Hello and welcome")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("day", [23, 24, 25, 30])
def test_when_it_opens_is_said_in_words(language, day):
    holiday = Holiday(name="Uhuru", first=date(2026, 11, 23), last=date(2026, 11, day))
    settings = config(
        T, language, hours={d: OpeningHours("12:00", "13:00") for d in Weekday},
        holidays=[] if day == 23 else [holiday], when_closed=TELL_ONLY,
    )  # fmt: skip
    [reply], _ = talk(settings, said("hi"))
    words = {
        (23, Language.EN): "again today at 12:00.",
        (24, Language.EN): "on Wednesday at 12:00.",
        (25, Language.EN): "on Thursday at 12:00.",
        (30, Language.EN): "on Tuesday, 1 December at 12:00.",
        (23, Language.SW): "tena leo saa 12:00;",
        (24, Language.SW): "tena Jumatano saa 12:00;",
        (25, Language.SW): "tena Alhamisi saa 12:00;",
        (30, Language.SW): "tena Jumanne, tarehe 1 Desemba saa 12:00;",
    }
    assert words[day, language].rstrip(";") in reply
    assert ("Uhuru" in reply) == (day != 23)


T = TemplateType.BOOKING


def test_its_own_words_are_said():
    texts = BotTexts(
        greeting="Karibu {business}!",
        closed="Back {opens}, {0}.",
        titles={Topic.SERVICES: "Nails & *spa*"},
        answers={Topic.SERVICES: "Manicure {20,000}"},
    )
    replies, _ = talk(closed(texts=texts), said("hi"), said("nails and hair, no: nails & spa"))
    assert replies[0].startswith("Back tomorrow at 08:00, {0}.\n\nKaribu Salon Amani!")
    assert "1. Nails & *spa*\n2. Prices" in replies[0]
    assert replies[1] == "Manicure {20,000}"


def test_holidays_that_are_near_are_told_with_the_hours():
    holidays = [
        Holiday(name="Krismasi", first=date(2026, 12, 9), last=date(2026, 12, 10)),
        Holiday(name="far", first=date(2027, 3, 1), last=date(2027, 3, 1)),
    ]
    settings = config(TemplateType.SUPPORT, hours=MORNING, holidays=holidays)
    [reply], _ = talk(settings, said("4"), start=AT_MENU)
    assert reply.endswith("Sunday: closed\nClosed for Krismasi: 9 December - 10 December")


def test_the_zone_of_the_business_decides_which_day_it_is():
    late = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    holiday = Holiday(name="Uhuru", first=date(2026, 11, 24), last=date(2026, 11, 24))
    settings = config(holidays=[holiday], when_closed=TELL_ONLY)
    [reply], _ = talk(settings, said("hi"), now=late)
    assert reply.startswith("We are closed today (Uhuru) and open again tomorrow.")
