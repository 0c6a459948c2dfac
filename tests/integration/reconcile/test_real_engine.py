"""The loop on a real engine and a real database: what is wanted is what runs."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.containers.spec import container_name, volume_name
from shared.enums import DesiredState, IncidentKind, SessionReason, SessionState, WorkerStatus
from shared.errors import NotFoundError
from shared.stores import fleet, sessions, tenants, workers
from shared.wire.frames import SessionReport
from tests.fakes.fleet import (
    add_tenant,
    get_incidents,
    get_worker,
    until,
    until_status,
)
from tests.fakes.programs import CRASH, REFUSED, SLEEP, STUBBORN

pytestmark = pytest.mark.docker
LINKED = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)


async def running_again(before):
    """The tenant's rows once the container that ended is back, or another one is in its place.

    The incident is written first, what the worker's row says of it after that.
    """

    async def look():
        tenant = await until_status(before.id, WorkerStatus.RUNNING)
        worker = tenant.worker
        is_new = worker.container_id != before.worker.container_id or worker.last_error
        return tenant if is_new else None

    return await until(look)


async def started(reconciler, tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    reconciler.wake(tenant_id)
    return await until_status(tenant_id, WorkerStatus.RUNNING)


async def test_a_started_tenant_has_a_running_container_of_its_own(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        tenant = await started(reconciler, tenant_id)
    (seen,) = await real_fleet.driver.list_containers()
    assert seen.state is ContainerState.RUNNING
    assert tenant.worker.container_id == seen.id
    assert tenant.worker.container_name == container_name(tenant_id)
    assert tenant.worker.image == real_fleet.template.image
    assert (await get_worker(tenant_id)).recorded.started_at is not None
    assert [volume.tenant_id for volume in await real_fleet.driver.list_volumes()] == [tenant_id]


async def test_a_stopped_tenant_has_no_container_and_keeps_its_volume(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        await started(reconciler, tenant_id)
        await sessions.record_session(tenant_id, LINKED, datetime.now(UTC))  # noqa: TID251
        await workers.set_desired(tenant_id, DesiredState.STOPPED)
        reconciler.wake(tenant_id)
        tenant = await until_status(tenant_id, WorkerStatus.STOPPED)
        await until(lambda: _is_gone(real_fleet))
    assert tenant.worker.container_id is None
    assert tenant.session.state is SessionState.DISCONNECTED
    assert tenant.session.reason is SessionReason.WORKER_STOPPED
    assert len(await real_fleet.driver.list_volumes()) == 1
    assert await get_incidents(tenant_id) == []


async def test_a_killed_container_is_started_again_at_once(real_fleet, engine):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
        await sessions.record_session(tenant_id, LINKED, datetime.now(UTC))  # noqa: TID251
        engine.client.kill(before.worker.container_id)
        await until(lambda: get_incidents(tenant_id))
        after = await running_again(before)
    (incident,) = await get_incidents(tenant_id)
    assert (incident.kind, incident.exit_code) == (IncidentKind.CRASH, 137)
    assert after.worker.container_id == before.worker.container_id
    assert after.worker.restarts == 1
    assert after.worker.last_error == "The worker was killed (exit 137)."
    assert after.session.state is SessionState.DISCONNECTED
    assert len(real_fleet.tokens) == 1


async def test_a_removed_container_is_made_anew_on_the_same_volume(real_fleet, engine):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
        engine.client.remove_container(before.worker.container_id, force=True)
        await until(lambda: get_incidents(tenant_id))
        after = await running_again(before)
    kinds = {incident.kind for incident in await get_incidents(tenant_id)}
    assert kinds <= {IncidentKind.CONTAINER_REMOVED, IncidentKind.CRASH}
    assert after.worker.container_id != before.worker.container_id
    assert _mounted(engine, after.worker.container_id) == [volume_name(tenant_id)]


async def test_a_worker_that_was_refused_is_not_started_before_somebody_asks(real_fleet, engine):
    tenant_id = await add_tenant()
    real_fleet.use(REFUSED)
    async with real_fleet.reconciling() as reconciler:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        reconciler.wake(tenant_id)
        tenant = await until_status(tenant_id, WorkerStatus.ERROR)
        assert tenant.worker.last_error == "The token is not good."
        ended = await real_fleet.driver.inspect_container(container_name(tenant_id))
        # Neither a look at everything nor a tidied-away container lifts it.
        engine.client.remove_container(ended.id)
        await reconciler.reconcile(None)
        await reconciler.reconcile([tenant_id])
        assert await real_fleet.driver.list_containers() == []
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        reconciler.wake(tenant_id)
        await until(lambda: real_fleet.driver.inspect_container(container_name(tenant_id)))
        await until(lambda: get_incidents(tenant_id))
    assert len(real_fleet.tokens) == 2
    (incident,) = await get_incidents(tenant_id)
    assert incident.kind is IncidentKind.CONFIGURATION


async def test_a_crashing_worker_waits_before_its_next_attempt(real_fleet):
    tenant_id = await add_tenant()
    real_fleet.use(CRASH)
    async with real_fleet.reconciling() as reconciler:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        reconciler.wake(tenant_id)

        async def twice():
            return len(await get_incidents(tenant_id)) >= 2

        await until(twice)

        async def waits():
            worker = await get_worker(tenant_id)
            return worker.recorded if worker.recorded.next_attempt_at else None

        recorded = await until(waits)
    assert recorded.status is WorkerStatus.STARTING
    assert recorded.last_error == "The worker ended with exit code 1."


async def test_another_control_plane_adopts_what_runs(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
    async with real_fleet.reconciling() as reconciler:
        await reconciler.reconcile(None)
        await reconciler.reconcile([tenant_id])
    after = await tenants.get(tenant_id)
    (seen,) = await real_fleet.driver.list_containers()
    assert seen.id == before.worker.container_id
    assert after == before
    assert len(real_fleet.tokens) == 1


async def test_a_container_that_died_while_nobody_watched_is_started_by_the_next(
    real_fleet, engine
):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
    engine.client.kill(before.worker.container_id)
    async with real_fleet.reconciling():
        await until(lambda: get_incidents(tenant_id))
        await until_status(tenant_id, WorkerStatus.RUNNING)
    assert (await tenants.get(tenant_id)).worker.restarts == 1


async def test_a_new_image_replaces_the_container_and_keeps_the_volume(real_fleet, engine, images):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
    real_fleet.use(image=images[1])
    async with real_fleet.reconciling():

        async def replaced():
            tenant = await tenants.get(tenant_id)
            up = tenant.worker.status is WorkerStatus.RUNNING
            return tenant if up and tenant.worker.image == images[1] else None

        after = await until(replaced)
    assert after.worker.container_id != before.worker.container_id
    assert _mounted(engine, after.worker.container_id) == [volume_name(tenant_id)]
    assert await get_incidents(tenant_id) == []
    assert after.worker.restarts == 0


async def test_a_tag_that_means_another_image_replaces_the_container(real_fleet, engine, images):
    tenant_id = await add_tenant()
    tag = f"{images[0]}-moved"
    repository, name = tag.rsplit(":", 1)
    engine.client.tag(images[0], repository, name)
    real_fleet.use(image=tag)
    try:
        async with real_fleet.reconciling() as reconciler:
            before = await started(reconciler, tenant_id)
            engine.client.tag(images[1], repository, name)
            reconciler.wake_all()

            async def replaced():
                tenant = await tenants.get(tenant_id)
                return tenant.worker.container_id not in {None, before.worker.container_id}

            await until(replaced)
    finally:
        engine.client.remove_image(tag, force=True)


async def test_a_restart_drains_and_makes_a_new_container(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
        await workers.restart(tenant_id)
        reconciler.wake(tenant_id)

        async def replaced():
            worker = (await tenants.get(tenant_id)).worker
            up = worker.status is WorkerStatus.RUNNING
            return up and worker.container_id != before.worker.container_id

        await until(replaced)
    (seen,) = await real_fleet.driver.list_containers()
    assert seen.generation == (await get_worker(tenant_id)).generation
    assert await get_incidents(tenant_id) == []


async def test_a_forced_restart_does_not_wait_for_a_stubborn_worker(real_fleet):
    tenant_id = await add_tenant()
    real_fleet.use(STUBBORN)
    async with real_fleet.reconciling() as reconciler:
        before = await started(reconciler, tenant_id)
        real_fleet.use(SLEEP)
        asked_at = datetime.now(UTC)  # noqa: TID251
        await workers.force_restart(tenant_id)
        reconciler.wake(tenant_id)

        async def replaced():
            return (await tenants.get(tenant_id)).worker.container_id not in {
                None,
                before.worker.container_id,
            }

        await until(replaced)
        took = datetime.now(UTC) - asked_at  # noqa: TID251
    assert took < real_fleet.template.limits.stop_grace - timedelta(seconds=1)


async def test_a_removed_tenant_leaves_nothing(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        await started(reconciler, tenant_id)
        await tenants.request_removal(tenant_id, now=datetime.now(UTC))  # noqa: TID251
        reconciler.wake(tenant_id)

        async def forgotten():
            return not await fleet.list_desired([tenant_id])

        await until(forgotten)
    assert await _is_gone(real_fleet)
    assert await real_fleet.driver.list_volumes() == []
    with pytest.raises(NotFoundError):
        await tenants.get(tenant_id)


async def test_a_container_of_an_unknown_tenant_ends_and_its_volume_stays(real_fleet):
    tenant_id = await add_tenant()
    async with real_fleet.reconciling() as reconciler:
        await started(reconciler, tenant_id)
    await tenants.delete(tenant_id)
    async with real_fleet.reconciling():
        await until(lambda: _is_gone(real_fleet))
    assert [volume.tenant_id for volume in await real_fleet.driver.list_volumes()] == [tenant_id]


async def _is_gone(running):
    return not await running.driver.list_containers()


def _mounted(engine, container):
    mounts = engine.client.inspect_container(container)["Mounts"]
    return [mount["Name"] for mount in mounts if mount["Destination"] == "/data"]
