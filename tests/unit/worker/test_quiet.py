from datetime import timedelta

import pytest

from tests.fakes.clocks import ManualClock
from tests.fakes.inbound import NOW
from worker.outbox.quiet import LONGEST_WAIT, QUIET, QuietTimes, remaining

MS = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("heard_at", "since", "left"),
    [
        pytest.param(None, NOW, timedelta(0), id="never heard"),
        pytest.param(NOW, NOW, QUIET, id="heard now"),
        pytest.param(NOW - 60 * MS, NOW, 40 * MS, id="heard a moment ago"),
        pytest.param(NOW - 100 * MS, NOW, timedelta(0), id="quiet for long enough"),
        pytest.param(NOW, NOW - LONGEST_WAIT, timedelta(0), id="waited long enough"),
    ],
)
def test_how_long_to_wait(heard_at, since, left):
    assert remaining(heard_at, since=since, now=NOW) == left


def test_chats_that_went_quiet_long_ago_are_forgotten():
    clock = ManualClock()
    quiet = QuietTimes(clock)
    for number in range(1000):
        quiet.heard(str(number))
    clock.advance(2 * LONGEST_WAIT)
    quiet.heard("new")
    assert list(quiet._heard_at) == ["new"]
