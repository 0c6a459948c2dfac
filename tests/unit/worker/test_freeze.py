"""How long queued messages stay frozen, as WhatsApp goes on refusing them."""

from datetime import timedelta

import pytest

from tests.fakes.inbound import NOW
from worker.outbox import freeze

HOUR = timedelta(hours=1)


async def refuse(database, before=None):
    return await database.run(lambda db: freeze.begin(db, before, now=NOW))


async def test_each_refusal_in_a_row_freezes_for_twice_as_long(database):
    frozen, waits = None, []
    for _ in range(4):
        frozen = await refuse(database, frozen)
        waits.append((frozen.until - NOW) / HOUR)
    assert waits == [pytest.approx(hours, rel=0.1) for hours in (1, 2, 4, 8)]
    assert frozen.refusals == 4


async def test_no_freeze_is_longer_than_a_day_and_its_spread(database):
    frozen = await refuse(database, freeze.Freeze(until=NOW, refusals=1000))
    assert (frozen.until - NOW) / HOUR == pytest.approx(24, rel=0.1)
    assert freeze.PAUSE.delay(1000, random=lambda: 0.5) == 24 * HOUR


async def test_a_freeze_is_kept_on_the_volume_until_it_is_forgotten(database):
    frozen = await refuse(database)
    assert await database.run(freeze.find) == frozen
    await database.run(freeze.forget)
    assert await database.run(freeze.find) is None


def test_a_freeze_says_until_when_and_why():
    shown = freeze.Freeze(until=NOW, refusals=1).detail
    assert NOW.isoformat(timespec="minutes") in shown
    assert "WhatsApp limits writing first" in shown
