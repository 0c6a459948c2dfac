"""Instants in the words of one place."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.moments import load_zone, start_of_day, to_clock, to_moment, to_point, to_span
from shared.enums import Language

DAR = load_zone("Africa/Dar_es_Salaam")
# Half past midnight on the 25th in Dar es Salaam.
NOW = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "english", "swahili"),
    [
        pytest.param(datetime(2026, 11, 24, 21, 5, tzinfo=UTC), "00:05", "00:05", id="today"),
        pytest.param(
            datetime(2026, 11, 24, 20, 59, tzinfo=UTC), "Yesterday", "Jana", id="yesterday there"
        ),
        pytest.param(datetime(2026, 10, 3, 8, tzinfo=UTC), "3 Oct", "3 Okt", id="this year"),
        pytest.param(
            datetime(2025, 12, 31, 23, tzinfo=UTC), "1 Jan", "1 Jan", id="a new year there already"
        ),
        pytest.param(
            datetime(2025, 3, 1, 8, tzinfo=UTC), "1 Mar 2025", "1 Mac 2025", id="another year"
        ),
    ],
)
def test_a_list_says_the_time_of_today_and_else_the_day(at, english, swahili):
    for language, said in ((Language.EN, english), (Language.SW, swahili)):
        assert to_moment(at, now=NOW, zone=DAR, language=language) == said


def test_a_zone_that_is_not_known_is_the_usual_one():
    assert to_clock(NOW, load_zone("Africa/Nowhere")) == "00:30"


@pytest.mark.parametrize(
    ("hours", "english", "swahili"),
    [
        (0, "00:30", "00:30"),
        (14, "14:30", "14:30"),
        (-1, "yesterday 23:30", "jana 23:30"),
        (24, "tomorrow 00:30", "kesho 00:30"),
        (-72, "22 Nov, 00:30", "22 Nov, 00:30"),
    ],
)
def test_within_a_sentence_a_moment_is_said_with_its_day(hours, english, swahili):
    at = NOW + timedelta(hours=hours)
    for language, said in ((Language.EN, english), (Language.SW, swahili)):
        assert to_point(at, now=NOW, zone=DAR, language=language) == said


def test_a_day_begins_where_the_business_is():
    assert start_of_day(NOW, DAR) == datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert start_of_day(NOW, DAR, days=-1) == datetime(2026, 11, 23, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "< 1 s"),
        (1.1, "1.1 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59, "59 s"),
        (90, "2 min"),
        (5400, "1.5 h"),
    ],
)
def test_a_span_is_said_as_short_as_may_be(seconds, said):
    assert to_span(timedelta(seconds=seconds)) == said
