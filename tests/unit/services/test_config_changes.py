"""What changed is told by field, shortly."""

from datetime import date

import msgspec
import pytest

from controlplane.services.config_changes import LONGEST, MOST, list_changes
from shared.enums import Language, TemplateType, Topic, Weekday
from shared.structs.tenants import BotTexts, Holiday, OpeningHours, QuietHours, TenantConfig

BEFORE = TenantConfig(
    template_type=TemplateType.SUPPORT,
    business_name="Duka",
    language=Language.SW,
    hours={Weekday.MON: OpeningHours(opens="08:00", closes="17:00")},
)
QUIET = QuietHours(begins="22:00", ends="06:00", time_zone="Africa/Nairobi")


def changed(**values) -> list[tuple]:
    after = msgspec.structs.replace(BEFORE, **values)
    return [(each["field"], each["old"], each["new"]) for each in list_changes(BEFORE, after)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, []),
        ({"language": Language.EN}, [("language", "SW", "EN")]),
        ({"business_name": "Duka Kuu"}, [("business_name", "Duka", "Duka Kuu")]),
        (
            {"hours": {}},
            [("hours.MON.closes", "17:00", None), ("hours.MON.opens", "08:00", None)],
        ),
        (
            {"quiet_hours": QUIET},
            [
                ("quiet_hours.begins", None, "22:00"),
                ("quiet_hours.ends", None, "06:00"),
                ("quiet_hours.time_zone", None, "Africa/Nairobi"),
            ],
        ),
        (
            {"texts": BotTexts(greeting="Karibu", titles={Topic.BOOK: "Weka"})},
            [("texts.greeting", None, "Karibu"), ("texts.titles.BOOK", None, "Weka")],
        ),
    ],
)
def test_each_field_is_told_with_what_it_was_and_is(values, told):
    assert changed(**values) == told


def test_long_texts_are_shortened():
    [(field, old, new)] = changed(texts=BotTexts(greeting="x" * 1000))
    assert (field, old) == ("texts.greeting", None)
    assert len(new) == LONGEST
    day = Holiday(name="Idi", first=date(2026, 12, 1), last=date(2026, 12, 1))
    [(field, _, new)] = changed(holidays=[day] * 60)
    assert field == "holidays"
    assert len(new) == LONGEST


def test_many_changes_have_an_end():
    texts = BotTexts(
        greeting="a",
        closed="b",
        titles=dict.fromkeys(Topic, "t"),
        answers=dict.fromkeys(Topic, "a"),
    )
    hours = {day: OpeningHours(opens="01:00", closes="02:00") for day in Weekday}
    told = changed(texts=texts, hours=hours, quiet_hours=QUIET)
    assert len(told) <= MOST + 1
