"""Who is looked at next."""

import asyncio
from datetime import timedelta

from controlplane.reconcile.queue import WakeQueue
from shared.ids import new_tenant_id

A, B = new_tenant_id(), new_tenant_id()


async def nothing_to_take(queue):
    waiting = asyncio.ensure_future(queue.take())
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    return not waiting.done()


async def test_what_is_woken_twice_is_taken_once():
    queue = WakeQueue()
    queue.wake(A)
    queue.wake(A)
    queue.wake(B)
    assert await queue.take() == {A, B}
    assert await nothing_to_take(queue)


async def test_everything_takes_the_place_of_the_few():
    queue = WakeQueue()
    queue.wake(A)
    queue.wake_all()
    assert await queue.take() is None
    assert await nothing_to_take(queue)


async def test_a_tenant_at_work_is_taken_when_its_work_has_ended():
    queue = WakeQueue()
    queue.begin(A)
    queue.wake(A)
    assert await nothing_to_take(queue)
    queue.finish(A)
    assert await queue.take() == {A}


async def test_a_tenant_at_work_while_everything_is_looked_at_is_looked_at_afterwards():
    queue = WakeQueue()
    queue.begin(A)
    queue.wake_all()
    assert await queue.take() is None
    queue.finish(A)
    assert await queue.take() == {A}


async def test_a_postponed_tenant_is_left_alone_until_its_time():
    queue = WakeQueue()
    queue.postpone(A, timedelta(hours=1))
    queue.wake(A)
    assert A in queue.busy
    assert await nothing_to_take(queue)
    queue.postpone(A, timedelta(milliseconds=1))
    assert await queue.take() == {A}
    assert A not in queue.busy


async def test_a_later_alarm_takes_the_place_of_an_earlier_one():
    queue = WakeQueue()
    queue.wake_at(A, timedelta(0))
    queue.wake_at(A, timedelta(hours=1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert await nothing_to_take(queue)
    queue.aclose()


async def test_what_a_failed_pass_took_is_put_back():
    queue = WakeQueue()
    queue.put_back({A})
    assert await queue.take() == {A}
    queue.put_back(None)
    assert await queue.take() is None
