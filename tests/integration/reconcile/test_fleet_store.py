"""The rows of the whole fleet, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shared.enums import (
    DesiredState,
    IncidentKind,
    SessionReason,
    SessionState,
    SkipReason,
    WorkerStatus,
)
from shared.errors import NotFoundError
from shared.ids import new_tenant_id
from shared.stores import fleet, sessions, tenants, workers
from shared.structs.fleet import HeartbeatRecord, WorkerRecord
from shared.wire.frames import SessionReport
from tests.fakes.fleet import add_tenant, get_incidents, get_worker
from tests.fakes.observations import incident

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUNNING = WorkerRecord(
    status=WorkerStatus.RUNNING,
    container_name="flowhq-worker-1",
    container_id="c1",
    image="worker:1",
    spec_hash="abc",
    started_at=NOW,
    last_error="was\0 killed",
)


async def add_running(record=RUNNING):
    tenant_id = await add_tenant()
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    assert await fleet.record_observed(tenant_id, record, generation=1, now=NOW)
    return tenant_id


async def link(tenant_id, state=SessionState.CONNECTED, reason=SessionReason.LINKED, at=NOW):
    await sessions.record_session(tenant_id, SessionReport(state=state, reason=reason), at)


async def session_of(tenant_id):
    return (await tenants.get(tenant_id)).session


def heartbeat(tenant_id, epoch, **given):
    fields = {"at": NOW, "outbox_depth": 2, "memory_bytes": 15 << 20} | given
    return HeartbeatRecord(tenant_id=tenant_id, epoch=epoch, **fields)


async def sweep(after):
    return await fleet.sweep_sessions(
        now=NOW + after, silent_after=2 * MINUTE, stopped_after=timedelta(seconds=10)
    )


async def test_what_is_recorded_is_listed():
    tenant_id = await add_running()
    worker = await get_worker(tenant_id)
    assert worker.recorded == msgspec.structs.replace(RUNNING, last_error="was\ufffd killed")
    assert (worker.desired_state, worker.generation) == (DesiredState.RUNNING, 1)
    assert [found.tenant_id for found in await fleet.list_desired()] == [tenant_id]
    assert await fleet.list_desired([new_tenant_id()]) == []
    assert await fleet.list_desired([]) == []


async def test_a_tenant_that_is_to_be_removed_is_wanted_removed_and_then_forgotten():
    tenant_id, other = await add_running(), await add_running()
    await tenants.request_removal(tenant_id, now=NOW)
    assert (await get_worker(tenant_id)).desired_state is DesiredState.REMOVED
    await fleet.forget_tenant(tenant_id)
    await fleet.forget_tenant(other)
    assert [found.tenant_id for found in await fleet.list_desired()] == [other]
    with pytest.raises(NotFoundError):
        await tenants.get(tenant_id)


async def test_an_end_is_recorded_once_however_often_it_is_told():
    tenant_id = await add_running()
    crash = incident()
    assert await fleet.record_incident(tenant_id, crash) is True
    assert await fleet.record_incident(tenant_id, crash) is False
    assert await get_incidents(tenant_id) == [crash]
    assert (await tenants.get(tenant_id)).worker.restarts == 1


async def test_an_incident_after_which_nothing_is_restarted_is_no_restart():
    tenant_id = await add_running()
    await fleet.record_incident(tenant_id, incident(IncidentKind.CONFIGURATION))
    assert (await tenants.get(tenant_id)).worker.restarts == 0


async def test_an_incident_of_a_tenant_that_is_gone_is_dropped():
    assert await fleet.record_incident(new_tenant_id(), incident()) is False


async def test_incidents_are_those_of_the_current_generation_newest_first():
    tenant_id = await add_running()
    for minutes in (3, 2, 1):
        await fleet.record_incident(tenant_id, incident(ago=minutes * MINUTE))
    await fleet.record_incident(tenant_id, incident(ago=9 * MINUTE, generation=0))
    found = (await fleet.list_incidents([tenant_id], newest=2))[tenant_id]
    assert [one.generation for one in found] == [1, 1]
    assert len(found) == 2
    assert await fleet.list_incidents([new_tenant_id()], newest=2) == {}


async def test_a_worker_that_ends_takes_its_link_along():
    tenant_id = await add_running()
    await link(tenant_id)
    await fleet.record_observed(
        tenant_id, WorkerRecord(status=WorkerStatus.STARTING), generation=1, now=NOW + MINUTE
    )
    session = await session_of(tenant_id)
    assert (session.state, session.reason) == (
        SessionState.DISCONNECTED,
        SessionReason.WORKER_STOPPED,
    )
    assert session.last_seen_at == NOW


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED),
        (SessionState.BANNED, SessionReason.TEMPORARY_BAN),
        (SessionState.OUTDATED, SessionReason.CLIENT_OUTDATED),
        (SessionState.REPLACED, SessionReason.STREAM_REPLACED),
    ],
)
async def test_a_link_that_needs_a_person_stays_so_without_its_worker(state, reason):
    tenant_id = await add_running()
    await link(tenant_id, state, reason)
    await fleet.record_observed(tenant_id, WorkerRecord(), generation=1, now=NOW)
    await sweep(5 * MINUTE)
    assert ((await session_of(tenant_id)).state, (await session_of(tenant_id)).reason) == (
        state,
        reason,
    )


async def test_a_worker_that_starts_says_that_nobody_has_to_act():
    tenant_id = await add_tenant()
    assert (await session_of(tenant_id)).reason is SessionReason.NOT_STARTED
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await fleet.record_observed(tenant_id, RUNNING, generation=1, now=NOW)
    assert (await session_of(tenant_id)).reason is SessionReason.STARTING


async def test_a_worker_that_reported_before_we_saw_it_run_is_believed():
    tenant_id = await add_tenant()
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await link(tenant_id)
    await fleet.record_observed(tenant_id, RUNNING, generation=1, now=NOW)
    assert (await session_of(tenant_id)).state is SessionState.CONNECTED


async def test_letting_go_of_a_container_unlinks_once_and_only_of_that_one():
    tenant_id = await add_running()
    await link(tenant_id)
    await fleet.record_gone(tenant_id, "another", now=NOW)
    assert (await session_of(tenant_id)).state is SessionState.CONNECTED
    await fleet.record_gone(tenant_id, "c1", now=NOW)
    recorded = (await get_worker(tenant_id)).recorded
    assert (recorded.container_id, recorded.status) == (None, WorkerStatus.STARTING)
    assert (await session_of(tenant_id)).reason is SessionReason.WORKER_STOPPED


async def test_heartbeats_of_many_are_written_but_not_of_a_superseded_connection():
    first, second = await add_running(), await add_running()
    epoch = await workers.next_epoch(first)
    old = await workers.next_epoch(second)
    await workers.next_epoch(second)
    await fleet.record_heartbeats([heartbeat(first, epoch), heartbeat(second, old)])
    assert (await tenants.get(first)).worker.last_heartbeat_at == NOW
    assert (await tenants.get(second)).worker.last_heartbeat_at is None
    await fleet.record_heartbeats([])


async def test_what_a_worker_skipped_and_what_waits_on_its_volume_is_shown_as_told_last():
    tenant_id = await add_running()
    epoch = await workers.next_epoch(tenant_id)
    for counts in ('{"GROUP":7}', '{"GROUP":9,"STATUS":1}'):
        await fleet.record_heartbeats([heartbeat(tenant_id, epoch, skipped_json=counts)])
    worker = (await tenants.get(tenant_id)).worker
    assert worker.skipped == {SkipReason.GROUP: 9, SkipReason.STATUS: 1}
    assert worker.outbox_depth == 2


async def test_a_connected_heartbeat_renews_when_the_link_was_seen():
    tenant_id = await add_running()
    epoch = await workers.next_epoch(tenant_id)
    await link(tenant_id)
    later = heartbeat(tenant_id, epoch, at=NOW + MINUTE, session=SessionState.CONNECTED)
    await fleet.record_heartbeats([later])
    assert (await session_of(tenant_id)).last_seen_at == NOW + MINUTE


async def test_a_silent_worker_is_not_connected_and_a_heartbeat_takes_that_back():
    tenant_id = await add_running()
    epoch = await workers.next_epoch(tenant_id)
    await link(tenant_id)
    await fleet.record_heartbeats([heartbeat(tenant_id, epoch)])
    assert await sweep(2 * MINUTE) == {}
    assert await sweep(3 * MINUTE) == {tenant_id: SessionReason.WORKER_SILENT}
    assert await sweep(4 * MINUTE) == {}
    assert (await session_of(tenant_id)).state is SessionState.DISCONNECTED
    assert (await tenants.get(tenant_id)).worker.status is WorkerStatus.RUNNING
    assert await get_incidents(tenant_id) == []
    back = heartbeat(tenant_id, epoch, at=NOW + 5 * MINUTE, session=SessionState.CONNECTED)
    await fleet.record_heartbeats([back])
    assert (await session_of(tenant_id)).state is SessionState.CONNECTED


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(2 * MINUTE, SessionState.CONNECTED, id="after we doubted"),
        pytest.param(MINUTE, SessionState.DISCONNECTED, id="from before"),
    ],
)
async def test_a_worker_that_was_paused_and_never_gone_is_connected_as_it_says(at, state):
    tenant_id = await add_running()
    epoch = await workers.next_epoch(tenant_id)
    await link(tenant_id)
    paused = msgspec.structs.replace(RUNNING, status=WorkerStatus.STARTING, started_at=None)
    for record in (paused, RUNNING):
        await fleet.record_observed(tenant_id, record, generation=1, now=NOW + MINUTE)
    assert (await session_of(tenant_id)).reason is SessionReason.STARTING
    beat = heartbeat(tenant_id, epoch, at=NOW + at, session=SessionState.CONNECTED)
    await fleet.record_heartbeats([beat])
    assert (await session_of(tenant_id)).state is state


async def test_a_heartbeat_does_not_revive_a_link_that_was_lost():
    tenant_id = await add_running()
    epoch = await workers.next_epoch(tenant_id)
    await link(tenant_id, SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED)
    await fleet.record_heartbeats([heartbeat(tenant_id, epoch, session=SessionState.CONNECTED)])
    assert (await session_of(tenant_id)).state is SessionState.LOGGED_OUT


@pytest.mark.parametrize(
    "reason",
    [SessionReason.CONNECTION_LOST, SessionReason.LOGIN_LOST, SessionReason.KEEPALIVE_TIMEOUT],
)
async def test_a_silent_worker_is_not_on_its_way_back_either(reason):
    tenant_id = await add_running()
    await link(tenant_id, SessionState.DISCONNECTED, reason)
    assert await sweep(3 * MINUTE) == {tenant_id: SessionReason.WORKER_SILENT}


async def test_a_silent_workers_codes_are_forgotten():
    tenant_id = await add_running()
    report = SessionReport(
        state=SessionState.QR_READY,
        reason=SessionReason.WAITING_FOR_SCAN,
        qr="2@abc",
        pairing_code="ABCD-1234",
        pairing_phone="+255754000111",
        pairing_expires_at=NOW + 60 * MINUTE,
    )
    await sessions.record_session(tenant_id, report, NOW)
    await sweep(3 * MINUTE)
    record = await sessions.get_qr(tenant_id, now=NOW)
    assert (record.qr, record.pairing) == (None, None)


async def test_a_report_that_came_after_its_workers_end_does_not_stay():
    tenant_id = await add_running(WorkerRecord(status=WorkerStatus.ERROR))
    await link(tenant_id)
    assert await sweep(timedelta(seconds=9)) == {}
    assert await sweep(timedelta(seconds=11)) == {tenant_id: SessionReason.WORKER_STOPPED}


async def test_a_worker_that_just_started_is_not_called_silent():
    tenant_id = await add_running()
    await link(tenant_id)
    epoch = await workers.next_epoch(tenant_id)
    await fleet.record_heartbeats([heartbeat(tenant_id, epoch, at=NOW - 60 * MINUTE)])
    assert await sweep(MINUTE) == {}
