"""Supervised tasks: a failure ends the group and is not lost."""

import asyncio

import pytest

from shared.tasks import TaskGroup


class BrokenError(Exception):
    pass


async def _fail() -> None:
    raise BrokenError


async def test_the_first_failure_surfaces_in_join() -> None:
    async with TaskGroup() as tasks:
        tasks.supervise("broken", _fail())
        with pytest.raises(BrokenError):
            await tasks.join()


async def test_leaving_the_group_ends_what_still_runs() -> None:
    ended = asyncio.Event()

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with TaskGroup() as tasks:
        tasks.supervise("endless", run())
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_a_task_that_ends_well_does_not_end_the_group() -> None:
    async with TaskGroup() as tasks:
        await tasks.supervise("short", asyncio.sleep(0))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await tasks.join()


async def test_joining_ends_when_it_is_told_to() -> None:
    stop = asyncio.Event()
    async with TaskGroup() as tasks:
        tasks.supervise("endless", asyncio.Event().wait())
        stop.set()
        await tasks.join(until=stop)


async def test_a_failure_before_the_end_surfaces_all_the_same() -> None:
    async with TaskGroup() as tasks:
        tasks.supervise("broken", _fail())
        with pytest.raises(BrokenError):
            await tasks.join(until=asyncio.Event())


async def test_a_failure_nobody_joined_for_is_no_second_failure() -> None:
    async with TaskGroup() as tasks:
        task = tasks.supervise("broken", _fail())
        await asyncio.wait([task])
