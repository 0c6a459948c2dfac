"""A link that goes down is an incident with a reason, until it is back; on a real PostgreSQL."""

from datetime import timedelta

import pytest

from shared.enums import (
    Actor,
    DesiredState,
    IncidentKind,
    SessionReason,
    SessionState,
    WorkerStatus,
)
from shared.stores import fleet, incidents, sessions, tenants, workers
from shared.structs.fleet import HeartbeatRecord, WorkerRecord
from shared.tables import WorkerIncident
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business

pytestmark = pytest.mark.usefixtures("database")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LINKED = (SessionState.CONNECTED, SessionReason.LINKED)
LOST = (SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST)
TRYING = (SessionState.CONNECTING, SessionReason.STARTING)
AWAY = (SessionState.DISCONNECTED, SessionReason.SERVER_UNREACHABLE)
REMOVED = (SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED)


async def tell(tenant_id, *links, detail=""):
    """One report a second."""
    for number, (state, reason) in enumerate(links):
        report = SessionReport(state=state, reason=reason, detail=detail)
        assert await sessions.record_session(tenant_id, report, NOW + number * SECOND)


async def told(tenant_id):
    page = await incidents.list_page(tenant_id, limit=100)
    return [(item.reason, item.at - NOW, item.restored_at) for item in page.items]


async def test_a_lost_link_is_told_with_its_cause_and_who_must_act(tenant_id):
    await tell(tenant_id, LINKED)
    await tell(tenant_id, REMOVED, detail="logged out from the phone")
    [incident] = (await incidents.list_page(tenant_id, limit=10)).items
    assert incident.kind is IncidentKind.LINK_LOST
    assert incident.reason is SessionReason.DEVICE_REMOVED
    assert incident.who_must_act is Actor.TENANT
    assert incident.detail == "logged out from the phone"
    assert (incident.at, incident.restored_at, incident.exit_code) == (NOW, None, None)


async def test_a_link_that_is_back_ends_all_that_was_lost(tenant_id):
    await tell(tenant_id, LINKED, LOST, AWAY, LINKED, LINKED)
    back = NOW + 3 * SECOND
    assert await told(tenant_id) == [(AWAY[1], 2 * SECOND, back), (LOST[1], SECOND, back)]


async def test_tries_that_fail_for_the_same_reason_are_one_incident(tenant_id):
    await tell(tenant_id, LINKED, AWAY, TRYING, AWAY, TRYING, LOST, TRYING, AWAY)
    assert [reason for reason, _, _ in await told(tenant_id)] == [LOST[1], AWAY[1]]


async def test_a_link_lost_again_after_it_was_back_is_a_new_incident(tenant_id):
    await tell(tenant_id, LINKED, LOST, LINKED, LOST)
    assert [at for _, at, _ in await told(tenant_id)] == [3 * SECOND, SECOND]


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(TRYING, id="being made"),
        pytest.param((SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN), id="waiting"),
        pytest.param((SessionState.QR_EXPIRED, SessionReason.QR_ROUND_OVER), id="nobody scanned"),
        pytest.param(LINKED, id="linked"),
    ],
)
async def test_what_is_no_loss_is_no_incident(tenant_id, link):
    await tell(tenant_id, link)
    assert await told(tenant_id) == []


async def test_another_tenants_link_that_comes_back_ends_nothing_here(tenant_id):
    other = (await tenants.create(business(2))).id
    await tell(tenant_id, LINKED, LOST)
    await tell(other, LINKED)
    assert [restored for _, _, restored in await told(tenant_id)] == [None]


async def test_a_worker_that_falls_silent_and_speaks_again_is_told(tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    record = WorkerRecord(status=WorkerStatus.RUNNING, container_id="c", started_at=NOW)
    await fleet.record_observed(tenant_id, record, generation=1, now=NOW)
    epoch = await workers.next_epoch(tenant_id)
    await tell(tenant_id, LINKED)
    swept = await fleet.sweep_sessions(
        now=NOW + 3 * MINUTE, silent_after=2 * MINUTE, stopped_after=SECOND
    )
    assert swept == {tenant_id: SessionReason.WORKER_SILENT}
    assert await told(tenant_id) == [(SessionReason.WORKER_SILENT, 3 * MINUTE, None)]
    back = NOW + 4 * MINUTE
    beat = HeartbeatRecord(
        tenant_id=tenant_id,
        epoch=epoch,
        at=back,
        outbox_depth=0,
        memory_bytes=1,
        session=SessionState.CONNECTED,
    )
    await fleet.record_heartbeats([beat])
    assert await told(tenant_id) == [(SessionReason.WORKER_SILENT, 3 * MINUTE, back)]


async def test_losses_have_no_say_in_when_a_worker_is_started_again(tenant_id):
    await tell(tenant_id, LINKED, LOST)
    assert await fleet.list_incidents([tenant_id], newest=10) == {}


async def test_the_newest_of_each_sort_are_kept(tenant_id, monkeypatch):
    monkeypatch.setattr(incidents, "KEPT", 2)
    await WorkerIncident.insert(WorkerIncident(tenant=tenant_id, kind="OOM", at=NOW))
    await tell(tenant_id, *([LINKED, LOST] * 4))
    await incidents.trim()
    assert [at for _, at, _ in await told(tenant_id)] == [7 * SECOND, 5 * SECOND, 0 * SECOND]
