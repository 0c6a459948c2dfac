"""What runs for a tenant whose wish cannot be read is left alone; the others go on."""

import asyncio
from datetime import timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.containers.spec import container_name
from controlplane.reconcile.sampling import sample_for_ever
from shared.clock import SystemClock
from shared.enums import DesiredState, TenantStatus, WorkerStatus
from shared.stores import fleet_samples, tenants, workers
from shared.tasks import TaskGroup
from tests.fakes.fleet import add_tenant, until, until_status
from tests.fakes.unreadable import plant


async def running(fleet_of, count=2):
    made = [await add_tenant() for _ in range(count)]
    for each in made:
        await workers.set_desired(each, DesiredState.RUNNING)
    async with fleet_of.reconciling():
        for each in made:
            await until_status(each, WorkerStatus.RUNNING)
    return made


async def test_a_container_whose_wish_cannot_be_read_runs_on(fake_fleet, database_url):
    ours, theirs = await running(fake_fleet)
    where = f"tenant = '{ours}'"
    await plant(database_url, "worker_processes", "desired_state", "'PERHAPS'", where)
    async with fake_fleet.reconciling(resync=0.05) as reconciler:
        await reconciler.reconcile(None)
        await reconciler.reconcile([ours])
        await workers.set_desired(theirs, DesiredState.STOPPED)
        await until_status(theirs, WorkerStatus.STOPPED)
        assert fake_fleet.engine.containers[container_name(ours)].state is ContainerState.RUNNING
        assert await reconciler._observer.list_stray_volumes() == []
        # An operator says anew what is wanted.
        await workers.set_desired(ours, DesiredState.STOPPED)
        await until_status(ours, WorkerStatus.STOPPED)


async def test_a_status_that_cannot_be_read_is_seen_anew(fake_fleet, database_url):
    ours, _ = await running(fake_fleet)
    await plant(database_url, "worker_processes", "status", "'DREAMING'", f"tenant = '{ours}'")
    assert (await tenants.get(ours)).status is TenantStatus.ERROR
    async with fake_fleet.reconciling(resync=0.05):
        await until_status(ours, WorkerStatus.RUNNING)
    assert fake_fleet.engine.containers[container_name(ours)].state is ContainerState.RUNNING


async def test_an_incident_that_cannot_be_read_keeps_nobody_from_being_started(
    fake_fleet, database_url
):
    ours, _ = await running(fake_fleet)
    fake_fleet.engine.end(container_name(ours), 137)
    async with fake_fleet.reconciling(resync=0.05):
        await until(lambda: restarted(ours))
    await plant(database_url, "worker_incidents", "kind", "'HAUNTED'", "true")
    fake_fleet.engine.end(container_name(ours), 137)
    async with fake_fleet.reconciling(resync=0.05):
        await until(lambda: restarted(ours, times=2))


async def restarted(tenant_id, times=1):
    tenant = await tenants.get(tenant_id)
    return tenant.worker.status is WorkerStatus.RUNNING and tenant.worker.restarts >= times


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("tenant_configs", "language"),
        ("whatsapp_sessions", "state"),
        ("worker_processes", "status"),
    ],
)
async def test_the_fleet_is_counted_all_the_same(database, database_url, table, column):  # noqa: ARG001  the stores are bound
    ours = await add_tenant()
    await plant(database_url, table, column, "'XX'", f"tenant = '{ours}'")
    leading, now = asyncio.Event(), SystemClock().now()
    leading.set()

    async def counted():
        hour = timedelta(hours=1)
        return await fleet_samples.list_samples(since=now - hour, until=now + hour, step=hour)

    async with TaskGroup() as tasks:
        task = tasks.supervise("samples", sample_for_ever(leading=leading, clock=SystemClock()))
        [sample] = await until(counted)
        assert not task.done()
    assert sample.status == {TenantStatus.ERROR: 1}
