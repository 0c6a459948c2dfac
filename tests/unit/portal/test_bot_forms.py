"""The settings as people type them."""

from datetime import date

import msgspec
import pytest

from portal.bot_forms import (
    bot_to_form,
    hours_of,
    list_answered,
    read_bot,
    read_opening,
    read_texts,
    texts_to_form,
)
from portal.hours_form import MAX_HOLIDAYS, SPARE_ROWS, list_rows
from shared.enums import Language, TemplateType, Topic, Weekday, WhenClosed
from shared.structs.tenants import BotTexts, Holiday, OpeningHours, QuietHours, TenantConfig
from shared.web.fields import FormError

CONFIG = TenantConfig(
    template_type=TemplateType.SUPPORT,
    business_name="Duka la Asha",
    language=Language.SW,
    hours={Weekday.MON: OpeningHours("08:00", "17:30")},
    holidays=[Holiday(name="Krismasi", first=date(2026, 12, 25), last=date(2026, 12, 26))],
    quiet_hours=QuietHours(begins="21:00", ends="07:00", time_zone="Africa/Nairobi"),
    when_closed=WhenClosed.TELL,
    texts=BotTexts(
        greeting="Karibu!",
        closed="Tumefunga.",
        titles={Topic.CONTACT: "Mhudumu"},
        answers={Topic.CONTACT: "Piga simu.", Topic.DELIVERY: "of another template"},
    ),
)


@pytest.mark.parametrize(
    ("to_form", "read"),
    [(bot_to_form, read_bot), (hours_of, read_opening), (texts_to_form, read_texts)],
    ids=["bot", "hours", "texts"],
)
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(to_form, read):
    assert read(to_form(CONFIG), CONFIG) == CONFIG


def opened(**changes: str) -> TenantConfig:
    return read_opening(hours_of(CONFIG) | changes, CONFIG)


def test_holidays_are_kept_in_order_and_an_emptied_row_is_gone():
    settings = opened(
        holiday_0="", first_0="", last_0="",
        holiday_1="Uhuru", first_1="2026-12-09", last_1="",
        holiday_2="Idd", first_2="2026-03-20", last_2="2026-03-21",
    )  # fmt: skip
    assert [(each.name, each.first.day, each.last.day) for each in settings.holidays] == [
        ("Idd", 20, 21),
        ("Uhuru", 9, 9),
    ]


def test_quiet_hours_that_are_changed_are_in_the_business_own_time():
    assert opened(quiet_ends="06:30:00").quiet_hours == QuietHours(
        begins="21:00", ends="06:30", time_zone="Africa/Dar_es_Salaam"
    )
    assert opened(quiet_begins=" ", quiet_ends="").quiet_hours is None


@pytest.mark.parametrize(
    ("zone", "then"),
    [
        pytest.param("Africa/Dar_es_Salaam", "Africa/Lagos", id="those of the business move too"),
        pytest.param("Africa/Nairobi", "Africa/Nairobi", id="those of elsewhere stay"),
    ],
)
def test_quiet_hours_of_a_business_that_moves(zone, then):
    quiet = QuietHours(begins="21:00", ends="07:00", time_zone=zone)
    config = msgspec.structs.replace(CONFIG, quiet_hours=quiet)
    moved = read_bot(bot_to_form(config) | {"time_zone": "Africa/Lagos"}, config)
    assert moved.quiet_hours == msgspec.structs.replace(quiet, time_zone=then)


def test_there_are_always_rows_to_fill_in_but_not_without_end():
    assert len(list_rows({})) == SPARE_ROWS
    assert len(list_rows(hours_of(CONFIG))) == 1 + SPARE_ROWS
    assert len(list_rows({f"holiday_{MAX_HOLIDAYS - 1}": "x"})) == MAX_HOLIDAYS


def test_what_is_emptied_is_said_in_our_words_again():
    form = dict.fromkeys(texts_to_form(CONFIG), " \r\n ")
    texts = read_texts(form, CONFIG).texts
    assert (texts.greeting, texts.titles) == (None, {})
    assert texts.answers == {Topic.DELIVERY: "of another template"}
    assert texts.closed == "Tumefunga."


def test_lines_end_as_they_do_on_a_phone():
    form = texts_to_form(CONFIG) | {"greeting": " a\r\nb\r\n"}
    assert read_texts(form, CONFIG).texts.greeting == "a\nb"


def test_hours_past_midnight_are_hours():
    settings = opened(opens_FRI="18:00", closes_FRI="02:00")
    assert settings.hours[Weekday.FRI] == OpeningHours("18:00", "02:00")


@pytest.mark.parametrize(
    ("read", "changes", "field"),
    [
        (read_bot, {"name": " "}, "name"),
        (read_bot, {"name": "evil.example"}, "name"),
        (read_bot, {"name": "x" * 81}, "name"),
        (read_bot, {"template": "BANK"}, "template"),
        (read_bot, {"language": "FR"}, "language"),
        (read_bot, {"time_zone": "../etc/passwd"}, "time_zone"),
        (read_opening, {"opens_TUE": "08:00", "closes_TUE": "08:00"}, "opens_TUE"),
        (read_opening, {"opens_TUE": "8"}, "opens_TUE"),
        (read_opening, {"holiday_0": ""}, "holiday_0"),
        (read_opening, {"holiday_0": "x" * 61}, "holiday_0"),
        (read_opening, {"first_0": ""}, "holiday_0"),
        (read_opening, {"last_0": "2026-12-24"}, "holiday_0"),
        (read_opening, {"last_0": "2028-12-24"}, "holiday_0"),
        (read_opening, {"last_0": "soon"}, "holiday_0"),
        (read_opening, {"when_closed": "SLEEP"}, "when_closed"),
        (read_opening, {"quiet_begins": ""}, "quiet_begins"),
        (read_opening, {"quiet_begins": "9pm"}, "quiet_begins"),
        (read_opening, {"quiet_ends": "24:00"}, "quiet_ends"),
        (read_opening, {"quiet_ends": "21:00"}, "quiet_ends"),
        (read_opening, {"closed": "x" * 1001}, "closed"),
        (read_texts, {"greeting": "a\0b"}, "greeting"),
        (read_texts, {"title_CONTACT": "a\nb"}, "title_CONTACT"),
        (read_texts, {"answer_CONTACT": "\ud800"}, "answer_CONTACT"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(read, changes, field):
    form = bot_to_form(CONFIG) | hours_of(CONFIG) | texts_to_form(CONFIG) | changes
    with pytest.raises(FormError) as caught:
        read(form, CONFIG)
    assert caught.value.wrong.keys() == {field}


@pytest.mark.parametrize("template", TemplateType)
def test_every_template_has_answers_to_put_into_own_words(template):
    assert list_answered(msgspec.structs.replace(CONFIG, template_type=template))
