"""What is counted, and what lets one through at a time."""

import asyncio
from datetime import timedelta

import pytest

from shared.stores import attempts
from shared.tables import AttemptCount
from shared.web import limits
from shared.web.guesses import GUESSES_A_DAY, IN_PORTAL
from tests.fakes.businesses import NOW
from tests.fakes.clocks import ManualClock

pytestmark = pytest.mark.usefixtures("database")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WAITS = (timedelta(0), 10 * SECOND, 20 * SECOND)


async def come(at: int, bucket: str = "portal/x"):
    return await attempts.come_through(bucket, waits=WAITS, window=DAY, now=NOW + at * SECOND)


async def test_it_gets_slower_and_never_closes():
    came = [await come(at) for at in (0, 0, 9, 10, 29, 30, 49, 50)]
    assert [each.is_open for each in came] == [
        *(True, True, False, True),
        *(False, True, False, True),
    ]
    assert came[2].open_at == NOW + 10 * SECOND
    assert came[4].open_at == NOW + 30 * SECOND


async def test_who_knocks_at_a_closed_door_does_not_keep_it_closed():
    for _ in range(2):
        await come(0)
    for at in range(1, 10):
        assert not (await come(at)).is_open
    assert (await come(10)).is_open


async def test_of_many_at_once_one_comes_through():
    for _ in range(2):
        await come(0)
    came = await asyncio.gather(*(come(10) for _ in range(8)))
    assert [each.is_open for each in came].count(True) == 1


async def test_a_window_ends():
    for at in (0, 0, 10, 30):
        await come(at)
    assert (await come(86_400)).is_open
    assert (await come(86_400)).is_open


async def test_one_is_given_back_and_no_more_than_there_were():
    bucket = attempts.to_bucket("portal", "x")
    for _ in range(2):
        await attempts.count(bucket, window=DAY, now=NOW)
    for _ in range(3):
        await attempts.give_back(bucket, now=NOW)
    assert (await attempts.count(bucket, window=DAY, now=NOW))[0] == 1
    await attempts.give_back(bucket, now=NOW + 2 * DAY)
    [row] = await AttemptCount.select(AttemptCount.tries)
    assert row == {"tries": 1}


async def test_whoever_guesses_day_and_night_has_so_many_tries():
    """From as many networks as they like: the gate is the account's."""
    clock = ManualClock(NOW)
    for _ in range(3):
        begun, tries = clock.now(), 0
        while clock.now() < begun + DAY:
            try:
                again_at = await limits.come_through(
                    IN_PORTAL.of_strangers, "asha@example.com", clock=clock
                )
                tries += 1
            except limits.TooManyAttemptsError as error:
                again_at = error.again_at
            clock.advance(min(again_at, begun + DAY) - clock.now())
        assert tries <= GUESSES_A_DAY
        assert tries > GUESSES_A_DAY - 5
