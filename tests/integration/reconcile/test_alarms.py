"""A version that WhatsApp turns away: one alarm for the fleet, and no worker that is restarted."""

import asyncio

import structlog

from controlplane.reconcile.alarm_watch import AlarmWatch, list_alarms
from controlplane.reconcile.alarms import SEVERAL
from shared.clock import SystemClock
from shared.enums import DesiredState, SessionReason, SessionState, WorkerStatus
from shared.stores import sessions, tenants, workers
from shared.tasks import TaskGroup
from shared.wire.frames import SessionReport
from tests.fakes.fleet import add_tenant, get_incidents, until_status

OUTDATED = SessionReport(state=SessionState.OUTDATED, reason=SessionReason.CLIENT_OUTDATED)
LINKED = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)
FLEET = 6


async def report(tenant_ids, session):
    for tenant_id in tenant_ids:
        assert await sessions.record_session(tenant_id, session, SystemClock().now())


async def test_a_fleet_that_is_outdated_raises_one_alarm_and_restarts_nothing(fake_fleet):
    tenant_ids = [await add_tenant() for _ in range(FLEET)]
    for tenant_id in tenant_ids:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
    async with fake_fleet.reconciling() as reconciler:
        for tenant_id in tenant_ids:
            await until_status(tenant_id, WorkerStatus.RUNNING)
        before = {name: one.id for name, one in fake_fleet.engine.containers.items()}
        await report(tenant_ids, LINKED)
        assert await list_alarms() == []
        await report(tenant_ids[:-1], OUTDATED)
        [alarm] = await list_alarms()
        for _ in range(3):
            await reconciler.reconcile(None)
        assert {name: one.id for name, one in fake_fleet.engine.containers.items()} == before
    assert (alarm.reason, alarm.count) == (SessionReason.CLIENT_OUTDATED, FLEET - 1)
    assert alarm.image == "worker:1"
    assert set(alarm.tenants) == set(tenant_ids[:-1])
    for tenant_id in tenant_ids:
        assert await get_incidents(tenant_id) == []
        assert (await tenants.get(tenant_id)).worker.restarts == 0


async def test_who_was_stopped_or_removed_is_no_part_of_an_alarm(fake_fleet):  # noqa: ARG001  binds
    tenant_ids = [await add_tenant() for _ in range(4)]
    for tenant_id in tenant_ids:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await report(tenant_ids, OUTDATED)
    await workers.set_desired(tenant_ids[0], DesiredState.STOPPED)
    [alarm] = await list_alarms()
    assert alarm.count == 3
    await tenants.request_removal(tenant_ids[1], now=SystemClock().now())
    assert await list_alarms() == []


async def test_each_thing_that_whatsapp_does_to_clients_raises_an_alarm(fake_fleet):  # noqa: ARG001  binds
    tenant_ids = [await add_tenant() for _ in range(SEVERAL)]
    for tenant_id in tenant_ids:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
    raised = set()
    for reason in SessionReason:
        await report(tenant_ids, SessionReport(state=SessionState.DISCONNECTED, reason=reason))
        raised |= {alarm.reason for alarm in await list_alarms()}
    assert raised == {
        SessionReason.CLIENT_OUTDATED,
        SessionReason.REFUSED,
        SessionReason.LOGIN_LOST,
        SessionReason.TEMPORARY_BAN,
    }


async def test_only_the_control_plane_that_acts_speaks(fake_fleet):  # noqa: ARG001  binds
    tenant_ids = [await add_tenant() for _ in range(3)]
    for tenant_id in tenant_ids:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await report(tenant_ids, OUTDATED)
    leading = asyncio.Event()
    said = asyncio.Event()

    def note(_logger, _method, event):
        if event["event"] == "alarm.raised":
            said.set()
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    async with TaskGroup() as tasks:
        tasks.supervise("alarms", AlarmWatch(leading=leading).run())
        await list_alarms()  # as long as a look takes
        assert not said.is_set()
        leading.set()
        async with asyncio.timeout(10):
            await said.wait()
