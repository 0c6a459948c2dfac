"""Tenants and their rows on a real PostgreSQL."""

import pytest

from shared.enums import DesiredState, SessionReason, SessionState, TenantStatus, WorkerStatus
from shared.errors import InvalidInputError, NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import audit, messages, sessions, tenant_lists, tenants, workers
from shared.structs.keys import AuditEntry
from shared.structs.tenants import OpeningHours
from shared.tables import ALL_TABLES
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business, message

pytestmark = pytest.mark.usefixtures("database")


async def count(table: str) -> int:
    rows = await ALL_TABLES[0].raw(f"SELECT count(*) AS count FROM {table}")  # noqa: S608  test tables
    return rows[0]["count"]


async def test_a_new_tenant_is_new_and_stopped_and_has_all_its_rows():
    tenant = await tenants.create(business(hours={"MON": OpeningHours("08:00", "17:30")}))
    assert tenant.status is TenantStatus.NEW
    assert (tenant.worker.desired_state, tenant.worker.status) == (
        DesiredState.STOPPED,
        WorkerStatus.STOPPED,
    )
    assert (tenant.session.state, tenant.session.reason) == (
        SessionState.DISCONNECTED,
        SessionReason.NOT_STARTED,
    )
    assert tenant.config.business_name == "Duka 1"
    assert tenant.config.hours == {"MON": OpeningHours("08:00", "17:30")}
    assert await tenants.get(tenant.id) == tenant


async def test_a_session_says_more_than_its_reason_where_there_is_more():
    tenant_id = TenantId((await tenants.create(business())).id)
    assert (await tenants.get(tenant_id)).session.detail == ""
    frozen = SessionReport(
        state=SessionState.CONNECTED, reason=SessionReason.LINKED, detail="messages wait"
    )
    await sessions.record_session(tenant_id, frozen, NOW)
    assert (await tenants.get(tenant_id)).session.detail == "messages wait"


async def test_a_ban_says_when_it_ends_for_as_long_as_it_lasts():
    tenant_id = TenantId((await tenants.create(business())).id)
    banned = SessionReport(
        state=SessionState.BANNED, reason=SessionReason.TEMPORARY_BAN, ban_ends_at=NOW
    )
    await sessions.record_session(tenant_id, banned, NOW)
    assert (await tenants.get(tenant_id)).session.ban_ends_at == NOW
    linked = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)
    await sessions.record_session(tenant_id, linked, NOW)
    assert (await tenants.get(tenant_id)).session.ban_ends_at is None


async def test_a_taken_phone_number_leaves_no_row():
    await tenants.create(business(1))
    with pytest.raises(tenants.PhoneNumberTakenError):
        await tenants.create(business(2, phone_number=business(1).phone_number))
    for table in ("tenants", "tenant_configs", "whatsapp_sessions", "worker_processes"):
        assert await count(table) == 1


async def test_text_that_postgresql_refuses_is_stored_visibly_changed():
    tenant = await tenants.create(business(name="a\0b\ud800"))
    assert tenant.name == "a\ufffdb\ufffd"


async def test_pages_hold_every_tenant_once_oldest_first():
    created = [(await tenants.create(business(number))).id for number in range(5)]
    seen, cursor = [], None
    while True:
        page = await tenant_lists.list_page(limit=2, cursor=cursor)
        seen += [tenant.id for tenant in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == created


async def test_a_last_full_page_has_no_cursor():
    await tenants.create(business())
    assert (await tenant_lists.list_page(limit=1)).next_cursor is None


async def test_a_cursor_of_another_list_is_refused():
    tenant = await tenants.create(business())
    await messages.append_messages(tenant.id, [message("a"), message("b")])
    page = await messages.list_page(tenant.id, limit=1)
    with pytest.raises(InvalidInputError, match="cursor"):
        await tenant_lists.list_page(limit=1, cursor=page.next_cursor)


async def test_a_tenant_whose_removal_is_requested_is_not_found_anywhere():
    tenant_id = TenantId((await tenants.create(business())).id)
    await tenants.request_removal(tenant_id, now=NOW)
    for ask in (
        tenants.get(tenant_id),
        tenants.get_config(tenant_id),
        tenants.request_removal(tenant_id, now=NOW),
        workers.set_desired(tenant_id, DesiredState.RUNNING),
        workers.restart(tenant_id),
        workers.next_epoch(tenant_id),
    ):
        with pytest.raises(NotFoundError):
            await ask
    assert (await tenant_lists.list_page(limit=10)).items == []


async def test_deletion_takes_every_row_but_the_audit_log():
    tenant_id = TenantId((await tenants.create(business())).id)
    await messages.append_messages(tenant_id, [message()])
    await audit.record(AuditEntry(who="a", action="b", address="c", tenant_id=tenant_id))
    assert await tenants.delete(tenant_id)
    assert not await tenants.delete(tenant_id)
    for table in ("tenant_configs", "whatsapp_sessions", "worker_processes", "message_logs"):
        assert await count(table) == 0
    assert await count("admin_audit_logs") == 1


async def test_an_unknown_tenant_has_no_configuration():
    assert await tenants.find_config(new_tenant_id()) is None
