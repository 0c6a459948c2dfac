"""Queued messages are handed over in the order of their chat, whatever becomes of clocks."""

import asyncio
from datetime import timedelta

import pytest

from shared.db.engine import transaction
from shared.stores import outbound, outbound_work, workers
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound
from shared.tables import WorkerProcess
from tests.fakes.businesses import NOW
from tests.fakes.fleet import until
from tests.fakes.unruly_clock import set_clock_back

pytestmark = pytest.mark.usefixtures("database")

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


async def queue(tenant_id, *texts, now=NOW, **changes):
    wanted = [
        NewOutbound(to="+255754000001", content=TextContent(text=text), **changes) for text in texts
    ]
    return await outbound.enqueue(tenant_id, wanted, fingerprint="f", key=None, now=now)


async def claim(tenant_id, epoch, *, now=NOW, limit=32):
    claimed = await outbound_work.claim(tenant_id, epoch=epoch, now=now, limit=limit)
    return [each.content.text for each in claimed]


@pytest.fixture
async def epoch(tenant_id) -> int:
    return await workers.next_epoch(tenant_id)


async def test_requests_are_handed_over_as_they_came_though_the_clock_steps_back(
    tenant_id, epoch, database_url
):
    for number in range(6):
        await queue(tenant_id, f"{number}a", f"{number}b", now=NOW - number * HOUR)
        await set_clock_back(database_url, "outbound_messages", at="created_at")
    expected = [f"{number}{each}" for number in range(6) for each in "ab"]
    claimed = []
    while batch := await claim(tenant_id, epoch, limit=len(claimed) + 5):
        claimed += batch
    assert claimed == expected


async def test_what_is_to_go_at_once_goes_at_once_though_the_clock_was_set_back(tenant_id, epoch):
    await queue(tenant_id, "A")
    assert await outbound_work.list_due([tenant_id], now=NOW - HOUR) == [tenant_id]
    assert await claim(tenant_id, epoch, now=NOW - HOUR) == ["A"]


async def test_messages_with_a_time_take_their_place_by_it(tenant_id, epoch):
    await queue(tenant_id, "at 3", "at 3 too", send_at=NOW + 3 * SECOND)
    await queue(tenant_id, "at 1", send_at=NOW + SECOND)
    await queue(tenant_id, "at 0")
    await queue(tenant_id, "at 2", now=NOW + 2 * SECOND)
    await queue(tenant_id, "at 9", send_at=NOW + 9 * SECOND)
    later = NOW + 4 * SECOND
    assert await claim(tenant_id, epoch, now=later, limit=2) == ["at 0", "at 1"]
    assert await claim(tenant_id, epoch, now=later) == ["at 2", "at 3", "at 3 too"]
    assert await claim(tenant_id, epoch, now=later) == []
    assert await outbound_work.list_due([tenant_id], now=later) == []


async def test_two_between_which_the_clock_was_set_back_stay_on_one_side_of_what_has_a_time(
    tenant_id, epoch
):
    await queue(tenant_id, "first", now=NOW + 5 * SECOND)
    await queue(tenant_id, "timed", send_at=NOW + 2 * SECOND)
    await queue(tenant_id, "second")
    assert await claim(tenant_id, epoch, now=NOW + 9 * SECOND) == ["timed", "first", "second"]


async def test_a_new_connection_is_first_handed_what_the_last_one_had(tenant_id, epoch):
    await queue(tenant_id, "A")
    assert await claim(tenant_id, epoch) == ["A"]  # and the connection breaks
    await queue(tenant_id, "B", now=NOW - HOUR)
    newer = await workers.next_epoch(tenant_id)
    assert await claim(tenant_id, newer, now=NOW - HOUR) == ["A", "B"]


async def test_what_was_asked_back_is_told_once_though_the_clock_was_set_back(tenant_id, epoch):
    [accepted] = await queue(tenant_id, "A")
    await claim(tenant_id, epoch)
    await outbound.cancel(tenant_id, accepted.id, now=NOW + SECOND)
    assert await claim(tenant_id, epoch, now=NOW - HOUR) == ["A"]
    assert await claim(tenant_id, epoch, now=NOW - HOUR) == []


async def test_a_newer_connection_waits_for_the_claim_of_the_one_it_replaces(tenant_id, epoch):
    """Else it would pass over what that one claims, and be handed what comes after it."""
    await queue(tenant_id, "A", "B")
    claimed, let_go = asyncio.Event(), asyncio.Event()

    async def claim_as_older():
        async with transaction():
            assert await claim(tenant_id, epoch, limit=1) == ["A"]
            claimed.set()
            await let_go.wait()

    async def claim_as_newer():
        await claimed.wait()
        return await claim(tenant_id, await workers.next_epoch(tenant_id))

    async with asyncio.TaskGroup() as connections:
        connections.create_task(claim_as_older())
        newer = connections.create_task(claim_as_newer())
        await claimed.wait()
        assert await until(lambda: is_done_or_waiting(newer), seconds=20)
        let_go.set()
    assert newer.result() == ["A", "B"]


async def is_done_or_waiting(task):
    rows = await WorkerProcess.raw(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return task.done() or bool(rows)


async def test_a_connection_that_was_replaced_holds_nothing_up(tenant_id, epoch):
    await queue(tenant_id, "A", "B")
    newer = await workers.next_epoch(tenant_id)
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def claim_as_older():
        async with transaction():
            assert await claim(tenant_id, epoch) == []
            asked.set()
            await let_go.wait()

    async with asyncio.timeout(20), asyncio.TaskGroup() as connections:
        connections.create_task(claim_as_older())
        await asked.wait()
        assert await claim(tenant_id, newer) == ["A", "B"]
        let_go.set()
