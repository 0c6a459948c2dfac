"""What cannot be, though each value has its shape."""

from datetime import date

import pytest

from shared.configuration import Wrong, find_faults
from shared.enums import Topic, Weekday
from shared.flows.engine import TEXTS
from shared.flows.templates import ANSWERED, TEMPLATES
from shared.structs.tenants import BotTexts, Holiday, OpeningHours
from tests.unit.shared.test_flows import config


def holiday(first: date, last: date) -> Holiday:
    return Holiday(name="x", first=first, last=last)


@pytest.mark.parametrize(
    ("changes", "field", "wrong"),
    [
        ({"hours": {Weekday.MON: OpeningHours("08:00", "08:00")}}, "hours.MON.closes",
         Wrong.NEVER_OPEN),
        ({"holidays": [holiday(date(2026, 12, 25), date(2026, 12, 24))]}, "holidays[0].last",
         Wrong.ENDS_EARLY),
        ({"holidays": [holiday(date(2026, 1, 1), date(2027, 1, 3))]}, "holidays[0].last",
         Wrong.TOO_LONG),
        ({"texts": BotTexts(answers={Topic.HOURS: "x"})}, "texts.answers.HOURS",
         Wrong.NOT_OURS_TO_SAY),
    ],
    ids=["never open", "ends early", "too long", "hours are not a text"],
)  # fmt: skip
def test_what_is_wrong_is_named(changes, field, wrong):
    [fault] = find_faults(config(**changes))
    assert (fault.field, fault.wrong) == (field, wrong)


def test_what_can_be_is_let_through():
    settings = config(
        hours={Weekday.FRI: OpeningHours("18:00", "02:00")},
        holidays=[holiday(date(2026, 1, 1), date(2026, 12, 31))],
        texts=BotTexts(answers={Topic.PRICES: "x"}, titles={Topic.BOOK: "y"}),
    )
    assert find_faults(settings) == []


def test_what_may_be_in_own_words_is_what_is_answered_at_once():
    for texts in TEXTS.values():
        assert {topic for topic in texts.answers if isinstance(topic, Topic)} == ANSWERED
    forms = {topic for template in TEMPLATES.values() for topic in template.forms}
    assert not ANSWERED & forms
