"""Instants in the words of one place."""

from datetime import UTC, datetime

import pytest

from portal.moments import load_zone, to_clock, to_moment
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
