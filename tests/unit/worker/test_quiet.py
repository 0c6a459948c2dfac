from datetime import timedelta

import pytest

from tests.fakes.clocks import ManualClock
from tests.fakes.inbound import NOW
from worker.outbox.quiet import LONGEST_WAIT, MANY, QUIET, QuietTimes, remaining

MS = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("heard_at", "since", "left"),
    [
        pytest.param(None, NOW, timedelta(0), id="never heard"),
        pytest.param(NOW, NOW, QUIET, id="heard now"),
        pytest.param(NOW - 60 * MS, NOW, 40 * MS, id="heard a moment ago"),
        pytest.param(NOW - QUIET, NOW, timedelta(0), id="quiet for long enough"),
        pytest.param(NOW, NOW - LONGEST_WAIT, timedelta(0), id="one who does not pause"),
    ],
)
def test_how_long_to_wait(heard_at, since, left):
    assert remaining(heard_at, since=since, now=NOW) == left


async def test_a_chat_that_was_heard_long_ago_is_not_waited_for():
    clock = ManualClock()
    quiet = QuietTimes(clock)
    quiet.heard("a")
    clock.advance(QUIET)
    await quiet.wait("a")


def test_chats_that_went_quiet_long_ago_are_forgotten():
    clock = ManualClock()
    quiet = QuietTimes(clock)
    for number in range(MANY):
        quiet.heard(str(number))
    clock.advance(QUIET)
    quiet.heard("new")
    assert list(quiet._heard_at) == ["new"]
