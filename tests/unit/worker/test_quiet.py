from datetime import timedelta

import pytest

from tests.fakes.clocks import ManualClock
from tests.fakes.inbound import NOW
from worker.outbox.quiet import (
    BURST_GAP,
    LONGEST_WAIT,
    MANY,
    QUIET,
    QUIET_IN_BURST,
    Chat,
    QuietTimes,
    remaining,
)

MS = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("chat", "since", "left"),
    [
        pytest.param(None, NOW, timedelta(0), id="never heard"),
        pytest.param(Chat(NOW, 1), NOW, QUIET, id="heard now"),
        pytest.param(Chat(NOW - 60 * MS, 1), NOW, 40 * MS, id="heard a moment ago"),
        pytest.param(Chat(NOW - 100 * MS, 1), NOW, timedelta(0), id="quiet for long enough"),
        pytest.param(Chat(NOW, 2), NOW, QUIET_IN_BURST, id="in the middle of a burst"),
        pytest.param(
            Chat(NOW, 1, BURST_GAP / 2), NOW, QUIET_IN_BURST, id="a burst, answered so far"
        ),
        pytest.param(Chat(NOW, 1, BURST_GAP), NOW, QUIET, id="no burst any more"),
        pytest.param(
            Chat(NOW, 9), NOW - LONGEST_WAIT, timedelta(0), id="a burst that does not end"
        ),
    ],
)
def test_how_long_to_wait(chat, since, left):
    assert remaining(chat, since=since, now=NOW) == left


async def test_a_burst_is_waited_out_though_one_message_of_it_is_left():
    clock = ManualClock()
    quiet = QuietTimes(clock)
    quiet.heard("a")
    quiet.heard("a")
    quiet.done("a")
    clock.advance(QUIET)
    assert remaining(quiet._chats["a"], since=clock.now(), now=clock.now()) > timedelta(0)
    clock.advance(QUIET_IN_BURST)
    await quiet.wait("a")


def test_chats_that_went_quiet_long_ago_are_forgotten():
    clock = ManualClock()
    quiet = QuietTimes(clock)
    for number in range(MANY):
        quiet.heard(str(number))
    clock.advance(2 * LONGEST_WAIT)
    quiet.heard("new")
    assert list(quiet._chats) == ["new"]
