"""What is asked of workers, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shared.enums import (
    DesiredState,
    SessionReason,
    SessionState,
    SetupStatus,
    TenantStatus,
    WorkerStatus,
)
from shared.errors import NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import sessions, setup_requests, tenants, workers
from shared.tables import WhatsAppSession, WorkerProcess
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business

pytestmark = pytest.mark.usefixtures("database")

PHONE = "+255754000111"
QR = SessionReport(
    state=SessionState.QR_READY,
    reason=SessionReason.WAITING_FOR_SCAN,
    qr="2@abc",
    qr_expires_at=NOW,
    qr_attempt=1,
    qr_attempts=6,
)
LINKED = SessionReport(
    state=SessionState.CONNECTED, reason=SessionReason.LINKED, own_phone="+255712300001"
)


async def worker(tenant_id: TenantId) -> dict:
    return await WorkerProcess.select().where(WorkerProcess.tenant == tenant_id).first()


async def set_status(tenant_id: TenantId, status: WorkerStatus) -> None:
    await WorkerProcess.update({WorkerProcess.status: status.value}).where(
        WorkerProcess.tenant == tenant_id
    )


async def test_a_start_raises_the_generation_and_a_second_one_changes_nothing(tenant_id):
    assert await workers.set_desired(tenant_id, DesiredState.RUNNING)
    assert not await workers.set_desired(tenant_id, DesiredState.RUNNING)
    assert (await worker(tenant_id))["generation"] == 1


async def test_a_stop_of_a_stopped_worker_changes_nothing(tenant_id):
    assert not await workers.set_desired(tenant_id, DesiredState.STOPPED)
    assert (await worker(tenant_id))["generation"] == 0


async def test_a_start_in_error_acts_again_once(tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await set_status(tenant_id, WorkerStatus.ERROR)
    changed = [await workers.set_desired(tenant_id, DesiredState.RUNNING) for _ in range(2)]
    assert changed == [True, False]
    row = await worker(tenant_id)
    assert (row["generation"], row["last_error"]) == (2, None)


async def test_many_starts_at_once_are_one(tenant_id):
    changed = await asyncio.gather(
        *(workers.set_desired(tenant_id, DesiredState.RUNNING) for _ in range(8))
    )
    assert sum(changed) == 1
    assert (await worker(tenant_id))["generation"] == 1


async def test_a_forced_restart_kills_what_is_older_than_its_own_generation(tenant_id):
    await workers.restart(tenant_id)
    generation = await workers.force_restart(tenant_id)
    row = await worker(tenant_id)
    assert (row["generation"], row["kill_below_generation"]) == (generation, generation)


async def test_a_session_reset_forgets_the_phone_and_begins_a_new_session(tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await sessions.record_session(tenant_id, LINKED, NOW)
    await workers.reset_session(tenant_id)
    row = await worker(tenant_id)
    assert (row["generation"], row["session_generation"]) == (2, 1)
    record = await sessions.get_qr(tenant_id, now=NOW)
    assert (record.state, record.reason) == (SessionState.DISCONNECTED, SessionReason.STARTING)


async def test_epochs_ascend_whoever_asks(tenant_id):
    epochs = await asyncio.gather(*(workers.next_epoch(tenant_id) for _ in range(10)))
    assert sorted(epochs) == list(range(1, 11))


async def test_one_tenants_worker_is_not_anothers(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await workers.restart(tenant_id)
    await sessions.record_session(tenant_id, QR, NOW)
    assert (await worker(other))["generation"] == 0
    assert (await sessions.get_qr(other, now=NOW)).qr is None


async def test_an_unknown_tenant_is_not_found():
    with pytest.raises(NotFoundError):
        await workers.set_desired(new_tenant_id(), DesiredState.RUNNING)


async def test_a_qr_is_there_until_the_next_report(tenant_id):
    await sessions.record_session(tenant_id, QR, NOW)
    assert (await sessions.get_qr(tenant_id, now=NOW)).qr == "2@abc"
    await sessions.record_session(tenant_id, LINKED, NOW)
    assert (await sessions.get_qr(tenant_id, now=NOW)).qr is None


def with_pairing_code(*, expires_at=NOW + timedelta(seconds=160)):
    return msgspec.structs.replace(
        QR, pairing_code="ABCD-1234", pairing_phone=PHONE, pairing_expires_at=expires_at
    )


async def stored_code(tenant_id):
    row = await WhatsAppSession.select().where(WhatsAppSession.tenant == tenant_id).first()
    return row["pairing_code"]


async def test_a_pairing_code_is_there_while_it_is_good(tenant_id):
    await sessions.record_session(tenant_id, with_pairing_code(), NOW)
    pairing = (await sessions.get_qr(tenant_id, now=NOW)).pairing
    assert (pairing.code, pairing.phone_number) == ("ABCD-1234", PHONE)
    later = pairing.expires_at
    assert (await sessions.get_qr(tenant_id, now=later)).pairing is None
    await sessions.forget_expired_pairing_codes(now=later)
    assert await stored_code(tenant_id) is not None
    await sessions.forget_expired_pairing_codes(now=later + timedelta(seconds=1))
    assert await stored_code(tenant_id) is None


async def forget_by_report(tenant_id):
    await sessions.record_session(tenant_id, LINKED, NOW)


@pytest.mark.parametrize("forget", [forget_by_report, workers.reset_session])
async def test_a_pairing_code_does_not_outlive_what_it_was_for(tenant_id, forget):
    await sessions.record_session(tenant_id, with_pairing_code(), NOW)
    await forget(tenant_id)
    assert await stored_code(tenant_id) is None


async def test_a_report_about_a_tenant_that_is_gone_is_not_an_error():
    assert not await sessions.record_session(new_tenant_id(), QR, NOW)


async def test_a_tenant_is_active_only_while_its_worker_runs_and_is_linked(tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await sessions.record_session(tenant_id, LINKED, NOW)
    assert (await tenants.get(tenant_id)).status is TenantStatus.STARTING
    await set_status(tenant_id, WorkerStatus.RUNNING)
    tenant = await tenants.get(tenant_id)
    assert tenant.status is TenantStatus.ACTIVE
    assert tenant.session.last_seen_at == NOW


async def test_the_first_link_makes_an_approved_request_active(tenant_id):
    request = await setup_requests.create(tenant_id)
    await sessions.record_session(tenant_id, LINKED, NOW)
    assert (await setup_requests.get(request.id)).status is SetupStatus.SUBMITTED
    await setup_requests.decide(request.id, SetupStatus.APPROVED, note="", now=NOW)
    await sessions.record_session(tenant_id, LINKED, NOW)
    assert (await setup_requests.get(request.id)).status is SetupStatus.ACTIVE
