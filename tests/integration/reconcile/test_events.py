"""The engine's events wake those whose container did something."""

import asyncio
from datetime import timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.containers.events import EventWatch
from controlplane.containers.spec import container_name
from shared.clock import SystemClock
from shared.ids import new_tenant_id
from shared.tasks import TaskGroup
from tests.fakes.observations import worker
from tests.fakes.real_engine import ADDRESS

pytestmark = pytest.mark.docker


class Woken:
    def __init__(self):
        self.tenants = []
        self.everything = 0
        self._changed = asyncio.Event()

    def wake(self, tenant_id):
        self.tenants.append(tenant_id)
        self._changed.set()

    def wake_all(self):
        self.everything += 1
        self._changed.set()

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition():
                await self._changed.wait()
                self._changed.clear()


def watch(instance, woken, *, base_url=ADDRESS, window=timedelta(seconds=60)):
    return EventWatch(
        instance=instance,
        base_url=base_url,
        wake=woken.wake,
        wake_all=woken.wake_all,
        clock=SystemClock(),
        window=window,
    )


async def make(fleet, tenant_id):
    asked = worker(tenant_id=tenant_id)
    spec = fleet.template.spec_for(asked)
    return await fleet.driver.create_container(spec, generation=1, token="t")


async def test_a_container_that_starts_and_dies_wakes_its_tenant(real_fleet, engine):
    woken, tenant_id = Woken(), new_tenant_id()
    async with TaskGroup() as tasks:
        tasks.supervise("events", watch(engine.instance, woken).run())
        container = await make(real_fleet, tenant_id)
        await real_fleet.driver.start_container(container)
        await woken.until(lambda: len(woken.tenants) >= 1)
        await real_fleet.driver.kill_container(container_name(tenant_id))
        await woken.until(lambda: len(woken.tenants) >= 2)
    assert set(woken.tenants) == {tenant_id}


async def test_one_look_after_the_wake_of_a_death_finds_the_container_ended(real_fleet, engine):
    woken, tenant_id = Woken(), new_tenant_id()
    async with TaskGroup() as tasks:
        tasks.supervise("events", watch(engine.instance, woken).run())
        container = await make(real_fleet, tenant_id)
        for deaths in range(1, 4):
            await real_fleet.driver.start_container(container)
            await woken.until(lambda: len(woken.tenants) >= 2 * deaths - 1)  # noqa: B023  now
            killing = tasks.supervise("kill", real_fleet.driver.kill_container(container))
            await woken.until(lambda: len(woken.tenants) >= 2 * deaths)  # noqa: B023  now
            # As the observer looks at whom it was woken for; a listing may still say "running".
            seen = await real_fleet.driver.inspect_container(container_name(tenant_id))
            assert seen.state is ContainerState.EXITED
            await killing


async def test_an_event_between_two_windows_is_not_missed_and_told_once(real_fleet, engine):
    woken, tenant_id = Woken(), new_tenant_id()
    async with TaskGroup() as tasks:
        short = watch(engine.instance, woken, window=timedelta(seconds=1))
        tasks.supervise("events", short.run())
        container = await make(real_fleet, tenant_id)
        for _ in range(3):
            await real_fleet.driver.start_container(container)
            await real_fleet.driver.kill_container(container)
        await woken.until(lambda: len(woken.tenants) >= 6)
        await real_fleet.driver.start_container(container)
        await woken.until(lambda: len(woken.tenants) >= 7)
    assert len(woken.tenants) == 7
    assert woken.everything == 0


async def test_other_instances_wake_nobody(real_fleet, engine):
    woken, seen = Woken(), Woken()
    async with TaskGroup() as tasks:
        tasks.supervise("events of another", watch("another", woken).run())
        tasks.supervise("events", watch(engine.instance, seen).run())
        container = await make(real_fleet, new_tenant_id())
        await real_fleet.driver.start_container(container)
        await seen.until(lambda: seen.tenants)
    assert woken.tenants == []


async def test_an_engine_that_hangs_up_makes_everything_be_looked_at(tmp_path):
    woken, address = Woken(), tmp_path / "engine.sock"

    async def hang_up(_, writer):
        writer.close()

    async with await asyncio.start_unix_server(hang_up, address), TaskGroup() as tasks:
        away = watch("here", woken, base_url=f"unix://{address}")
        tasks.supervise("events", away.run())
        await woken.until(lambda: woken.everything >= 2)
