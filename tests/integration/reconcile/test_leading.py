"""Of two control planes on one database and one engine, one acts."""

import asyncio

import pytest

from shared.enums import DesiredState, WorkerStatus
from shared.stores import workers
from tests.fakes.fleet import FakeFleet, add_tenant, until, until_status
from tests.fakes.programs import SLEEP


@pytest.mark.usefixtures("database")
async def test_one_that_does_not_lead_touches_no_container_until_it_does(fake_fleet):
    tenant_id = await add_tenant()
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    async with fake_fleet.reconciling():
        await until_status(tenant_id, WorkerStatus.RUNNING)
        (before,) = await fake_fleet.driver.list_containers()
        fake_fleet.use(SLEEP, image="worker:2")
        fake_fleet.engine.images["worker:2"] = "sha256:2"
        leading = asyncio.Event()
        async with fake_fleet.reconciling(resync=0.05, leading=leading) as second:
            second.wake(tenant_id)
            second.wake_all()
            await _turns()
            assert [c.id for c in await fake_fleet.driver.list_containers()] == [before.id]
    async with fake_fleet.reconciling(leading=leading):
        leading.set()
        await until(lambda: _has_another(fake_fleet, before.id))
        await until_status(tenant_id, WorkerStatus.RUNNING)


async def _has_another(fleet: FakeFleet, container: str) -> bool:
    return any(c.id != container for c in await fleet.driver.list_containers())


async def _turns() -> None:
    """More turns of the loop, and more database calls, than a pass that acts would take."""
    for _ in range(20):
        await workers.set_desired(await add_tenant(), DesiredState.STOPPED)
