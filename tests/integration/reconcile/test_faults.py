"""The loop when engine or database say no: a fake engine that can be told to, a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.containers.spec import container_name, worker_network_name
from shared.enums import DesiredState, IncidentKind, SessionReason, SessionState, WorkerStatus
from shared.stores import fleet, sessions, tenants, workers
from shared.wire.frames import SessionReport
from tests.fakes.fleet import add_tenant, get_incidents, get_worker, until, until_status
from tests.fakes.programs import CLEAN_EXIT, CRASH

LINKED = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)


async def wanted(reconciler=None):
    tenant_id = await add_tenant()
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    if reconciler is not None:
        reconciler.wake(tenant_id)
    return tenant_id


async def test_many_tenants_are_brought_up_side_by_side(fake_fleet):
    tenant_ids = [await wanted() for _ in range(25)]
    async with fake_fleet.reconciling():
        for tenant_id in tenant_ids:
            await until_status(tenant_id, WorkerStatus.RUNNING)
    assert len(fake_fleet.engine.containers) == 25
    assert sorted(fake_fleet.tokens) == sorted(tenant_ids)


async def test_an_engine_that_is_away_changes_no_row_and_is_tried_again(fake_fleet):
    tenant_id = await wanted()
    async with fake_fleet.reconciling():
        before = await until_status(tenant_id, WorkerStatus.RUNNING)
    fake_fleet.engine.down = True
    async with fake_fleet.reconciling(resync=0.05) as reconciler:
        fake_fleet.engine.end(container_name(tenant_id), 137)
        reconciler.wake(tenant_id)
        with pytest.raises(Exception, match="did not answer"):
            await reconciler.reconcile(None)
        assert await tenants.get(tenant_id) == before
        fake_fleet.engine.down = False
        await until(lambda: get_incidents(tenant_id))
        await until_status(tenant_id, WorkerStatus.RUNNING)


async def test_a_missing_image_is_an_error_that_ends_when_the_image_is_there(fake_fleet):
    fake_fleet.engine.images.clear()
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)
        tenant = await until_status(tenant_id, WorkerStatus.ERROR)
        assert tenant.worker.last_error == "No such image: worker:1"
        assert (await get_incidents(tenant_id))[0].kind is IncidentKind.START_FAILED
        fake_fleet.engine.images["worker:1"] = "sha256:1"
        await until_status(tenant_id, WorkerStatus.RUNNING)
    assert (await tenants.get(tenant_id)).worker.restarts == 0


async def test_a_name_that_somebody_else_took_is_an_error_until_somebody_asks_again(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await add_tenant()
        fake_fleet.engine.foreign.add(container_name(tenant_id))
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        reconciler.wake(tenant_id)
        tenant = await until_status(tenant_id, WorkerStatus.ERROR)
        assert "not ours" in tenant.worker.last_error
        fake_fleet.engine.foreign.clear()
        await reconciler.reconcile([tenant_id])
        assert fake_fleet.engine.containers == {}
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        reconciler.wake(tenant_id)
        await until_status(tenant_id, WorkerStatus.RUNNING)


async def test_a_lost_network_leaves_no_corpse_and_is_made_again(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)
        await until_status(tenant_id, WorkerStatus.RUNNING)
        fake_fleet.engine.networks.clear()
        fake_fleet.engine.end(container_name(tenant_id), 137)
        reconciler.wake(tenant_id)

        async def is_back():
            return fake_fleet.engine.networks == {worker_network_name(tenant_id)}

        await until(is_back)
        await until_status(tenant_id, WorkerStatus.RUNNING)


async def test_each_crash_is_counted(fake_fleet):
    fake_fleet.use(CRASH)
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)

        async def twice():
            return len(await get_incidents(tenant_id)) >= 2

        await until(twice)
    assert (await tenants.get(tenant_id)).worker.restarts >= 2


async def test_a_worker_that_ends_well_is_no_incident(fake_fleet):
    fake_fleet.use(CLEAN_EXIT)
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)

        async def was_seen():
            worker = await get_worker(tenant_id)
            return worker.recorded.status is WorkerStatus.STARTING and worker.recorded.container_id

        await until(was_seen)
    assert await get_incidents(tenant_id) == []


async def test_a_session_is_not_connected_without_a_worker(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)
        await until_status(tenant_id, WorkerStatus.RUNNING)
        await sessions.record_session(tenant_id, LINKED, datetime.now(UTC))  # noqa: TID251
        container = fake_fleet.engine.containers[container_name(tenant_id)]
        container.state = ContainerState.PAUSED
        fake_fleet.engine.networks.clear()
        await workers.set_desired(tenant_id, DesiredState.STOPPED)
        reconciler.wake(tenant_id)
        tenant = await until_status(tenant_id, WorkerStatus.STOPPED)
    assert tenant.session.reason is SessionReason.WORKER_STOPPED


async def test_a_stop_that_fails_is_tried_again(fake_fleet):
    async with fake_fleet.reconciling() as reconciler:
        tenant_id = await wanted(reconciler)
        await until_status(tenant_id, WorkerStatus.RUNNING)
        stop, failures = fake_fleet.driver.stop_container, []

        async def stop_container(container, *, grace):
            if not failures:
                failures.append(container)
                fake_fleet.engine.down = True
                try:
                    await fake_fleet.driver.ping()
                finally:
                    fake_fleet.engine.down = False
            await stop(container, grace=grace)

        fake_fleet.driver.stop_container = stop_container
        await workers.set_desired(tenant_id, DesiredState.STOPPED)
        reconciler.wake(tenant_id)
        await until_status(tenant_id, WorkerStatus.STOPPED)
    assert failures


@pytest.mark.usefixtures("database")
async def test_a_row_that_was_asked_anew_is_not_overwritten_with_the_old_answer():
    tenant_id = await wanted()
    stale = (await get_worker(tenant_id)).generation
    await workers.restart(tenant_id)
    told = await fleet.record_observed(
        tenant_id,
        (await get_worker(tenant_id)).recorded,
        generation=stale,
        now=datetime.now(UTC) + timedelta(seconds=1),  # noqa: TID251
    )
    assert told is False
