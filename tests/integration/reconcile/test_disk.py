"""Volumes that hold too much: measured by the engine, whatever the worker says of itself."""

import asyncio
from datetime import timedelta

from controlplane.disk_reports import DiskReports
from controlplane.reconcile.disk_watch import DiskWatch
from shared.enums import DesiredState, IncidentKind, WorkerStatus
from shared.stores import limits, tenants, workers
from shared.structs.limits import DEFAULTS
from tests.fakes.fleet import add_tenant, get_incidents, until, until_status

LIMIT = DEFAULTS.disk_bytes


def watch(fleet, reconciler, reports=None):
    return DiskWatch(
        fleet.driver,
        template=fleet.template,
        wake=reconciler.wake,
        leading=asyncio.Event(),
        reports=reports,
    )


async def running(reconciler):
    tenant_id = await add_tenant()
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    reconciler.wake(tenant_id)
    await until_status(tenant_id, WorkerStatus.RUNNING)
    return tenant_id


async def test_a_volume_that_grows_beyond_its_limit_stops_its_worker_and_no_other(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        greedy, neighbour = await running(reconciler), await running(reconciler)
        fake_fleet.engine.sizes[greedy] = LIMIT + 1
        await watch(fake_fleet, reconciler).measure()
        tenant = await until_status(greedy, WorkerStatus.ERROR)
        assert "1024 MiB" in tenant.worker.last_error
        assert tenant.who_must_act == "OPERATOR"
        assert [each.kind for each in await get_incidents(greedy)] == [IncidentKind.DISK_FULL]
        assert (await tenants.get(neighbour)).worker.status is WorkerStatus.RUNNING
        assert (await limits.show(greedy, api_requests=None)).disk_bytes.used == LIMIT + 1


async def test_it_runs_again_once_it_may_hold_so_much(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await running(reconciler)
        fake_fleet.engine.sizes[tenant_id] = LIMIT + 1
        await watch(fake_fleet, reconciler).measure()
        await until_status(tenant_id, WorkerStatus.ERROR)
        await limits.change(tenant_id, {"disk_bytes": 2 * LIMIT})
        reconciler.wake(tenant_id)
        await until_status(tenant_id, WorkerStatus.RUNNING)
        # Told once, though it was looked at several times.
        assert len(await get_incidents(tenant_id)) == 1


async def test_other_memory_or_cpu_makes_another_container_on_the_same_volume(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await running(reconciler)
        first = (await tenants.get(tenant_id)).worker.container_id
        await limits.change(tenant_id, {"memory_bytes": 128 << 20, "pids": 64})
        reconciler.wake(tenant_id)

        async def replaced():
            return (await tenants.get(tenant_id)).worker.container_id not in {first, None}

        await until(replaced)
        (container,) = fake_fleet.engine.containers.values()
        assert container.spec.limits.memory_bytes == 128 << 20
        assert container.spec.limits.pids == 64
        assert await get_incidents(tenant_id) == []


async def test_an_engine_that_does_not_answer_changes_nothing(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await running(reconciler)
        leading = asyncio.Event()
        leading.set()
        fake_fleet.engine.down = True
        disk = DiskWatch(
            fake_fleet.driver, template=fake_fleet.template, wake=reconciler.wake, leading=leading
        )
        task = asyncio.ensure_future(disk.run(every=timedelta(milliseconds=10)))
        await asyncio.sleep(0)
        fake_fleet.engine.down = False
        fake_fleet.engine.sizes[tenant_id] = LIMIT + 1
        await until_status(tenant_id, WorkerStatus.ERROR)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def held(tenant_id):
    return (await limits.show(tenant_id, api_requests=None)).disk_bytes.used


async def test_what_a_worker_says_makes_its_volume_neither_smaller_nor_larger_than_measured(
    fake_fleet,
):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id, reports = await running(reconciler), DiskReports()
        fake_fleet.engine.sizes[tenant_id] = 70 << 20
        for said in (0, 10 * LIMIT):
            reports.report(tenant_id, said)
            await watch(fake_fleet, reconciler, reports).measure()
            assert await held(tenant_id) == 70 << 20


async def test_where_the_engine_counts_nothing_the_larger_of_what_is_known_and_said_holds(
    fake_fleet,
):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id, reports = await running(reconciler), DiskReports()
        disk = watch(fake_fleet, reconciler, reports)
        fake_fleet.engine.sizes[tenant_id] = 70 << 20
        await disk.measure()
        fake_fleet.engine.uncounted.add(tenant_id)
        for said, known in ((0, 70 << 20), (90 << 20, 90 << 20), (80 << 20, 90 << 20)):
            reports.report(tenant_id, said)
            await disk.measure()
            assert await held(tenant_id) == known
        reports.report(tenant_id, LIMIT + 1)
        await disk.measure()
        await until_status(tenant_id, WorkerStatus.ERROR)


async def test_a_worker_that_says_it_has_grown_has_the_engine_asked_at_once(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id, reports = await running(reconciler), DiskReports()
        disk = watch(fake_fleet, reconciler, reports)
        await disk.measure()
        reports.report(tenant_id, 60 << 20)
        assert not reports.grown.is_set()
        reports.report(tenant_id, LIMIT)
        assert reports.grown.is_set()
        await disk.measure()
        assert not reports.grown.is_set()
