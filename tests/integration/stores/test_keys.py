"""Tokens, API keys, requests and traces on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import SetupStatus
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import (
    api_keys,
    audit,
    credentials,
    incidents,
    portal_events,
    setup_requests,
    tenants,
)
from shared.structs.keys import AuditEntry
from shared.tables import ApiKey, WorkerCredential, WorkerIncident
from tests.fakes.businesses import NOW, business
from tests.fakes.traces import list_newest

pytestmark = pytest.mark.usefixtures("database")


async def test_a_token_names_its_tenant_and_generation(tenant_id):
    owner = await credentials.find_tenant(await credentials.issue(tenant_id, 3))
    assert (owner.tenant_id, owner.generation, owner.revoked) == (tenant_id, 3, False)


async def test_a_new_token_revokes_the_older_one(tenant_id):
    older = await credentials.issue(tenant_id, 1)
    newer = await credentials.issue(tenant_id, 2)
    assert (await credentials.find_tenant(older)).revoked
    assert not (await credentials.find_tenant(newer)).revoked


async def test_of_tokens_issued_at_once_one_is_good(tenant_id):
    tokens = await asyncio.gather(*(credentials.issue(tenant_id, 1) for _ in range(6)))
    owners = [await credentials.find_tenant(token) for token in tokens]
    assert sum(not owner.revoked for owner in owners) == 1


async def test_a_revoked_token_is_known_as_revoked(tenant_id):
    token = await credentials.issue(tenant_id, 1)
    assert await credentials.revoke(tenant_id)
    assert not await credentials.revoke(tenant_id)
    assert (await credentials.find_tenant(token)).revoked


async def test_one_tenants_new_token_leaves_anothers_alone(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    token = await credentials.issue(tenant_id, 1)
    await credentials.issue(other, 1)
    assert not (await credentials.find_tenant(token)).revoked


@pytest.mark.parametrize("token", ["", "fhw_nonsense", "\0", "\ud800", "x" * 100_000])
async def test_an_unknown_token_has_no_owner(token):
    assert await credentials.find_tenant(token) is None


async def test_no_secret_is_stored(tenant_id):
    token = await credentials.issue(tenant_id, 1)
    _, key = await api_keys.create("admin", scopes=["admin"])
    stored = str([await WorkerCredential.select(), await ApiKey.select()])
    assert token not in stored
    assert key not in stored


async def test_a_token_is_not_issued_for_a_tenant_that_is_going(tenant_id):
    await tenants.request_removal(tenant_id, now=NOW)
    with pytest.raises(NotFoundError):
        await credentials.issue(tenant_id, 1)


async def test_a_key_is_good_until_it_expires():
    _, key = await api_keys.create("k", scopes=["admin"], expires_at=NOW + timedelta(hours=1))
    assert (await api_keys.authenticate(key, now=NOW)).scopes == ["admin"]
    assert await api_keys.authenticate(key, now=NOW + timedelta(hours=1)) is None


async def test_a_key_remembers_when_it_was_last_used_to_the_minute():
    _, key = await api_keys.create("k", scopes=[])
    for seconds in (0, 30, 61):
        await api_keys.authenticate(key, now=NOW + timedelta(seconds=seconds))
    view = await api_keys.authenticate(key, now=NOW + timedelta(seconds=62))
    assert view.last_used_at == NOW + timedelta(seconds=61)


async def test_a_name_has_one_live_key():
    _, first = await api_keys.create("k", scopes=[])
    with pytest.raises(ConflictError):
        await api_keys.create("k", scopes=[])
    _, second = await api_keys.replace("k", scopes=[])
    assert await api_keys.authenticate(first, now=NOW) is None
    assert await api_keys.authenticate(second, now=NOW) is not None


async def test_a_tenant_has_one_undecided_request(tenant_id):
    first = await setup_requests.create(tenant_id, note="please")
    with pytest.raises(ConflictError):
        await setup_requests.create(tenant_id)
    await setup_requests.decide(first.id, SetupStatus.REJECTED, note="", now=NOW)
    second = await setup_requests.create(tenant_id)
    page = await setup_requests.list_page(limit=1)
    assert page.items == [second]
    rest = await setup_requests.list_page(limit=5, cursor=page.next_cursor)
    assert [item.id for item in rest.items] == [first.id]


async def test_of_two_that_decide_at_once_one_does(tenant_id):
    request = await setup_requests.create(tenant_id)
    outcomes = await asyncio.gather(
        setup_requests.decide(request.id, SetupStatus.APPROVED, note="", now=NOW),
        setup_requests.decide(request.id, SetupStatus.REJECTED, note="", now=NOW),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError", "bool"]


async def test_a_request_for_an_unknown_tenant_is_not_filed():
    with pytest.raises(NotFoundError):
        await setup_requests.create(new_tenant_id())


async def test_an_audit_entry_comes_back_as_it_was(tenant_id):
    entry = AuditEntry(
        who="admin", action="tenant.created", address="::1", tenant_id=tenant_id, detail={"a": 1}
    )
    await audit.record(entry)
    await audit.record(AuditEntry(who="x", action="y", address="z", detail={"nul": "\0"}))
    assert await list_newest(limit=10, tenant_id=tenant_id) == [entry]


async def test_portal_events_are_the_tenants_own(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await portal_events.record(tenant_id, "signed.in", {"by": "a\0"})
    assert (await portal_events.list_page(other, limit=10)).items == []
    (event,) = (await portal_events.list_page(tenant_id, limit=10)).items
    assert (event.event_type, event.payload) == ("signed.in", {"by": "a\ufffd"})


async def test_incidents_are_paged_newest_first_and_the_tenants_own(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    for number in range(3):
        await WorkerIncident.insert(
            WorkerIncident(
                tenant=tenant_id,
                kind="CRASH",
                detail=f"{number}",
                container_id=f"c{number}",
                at=NOW + timedelta(seconds=number),
            )
        )
    page = await incidents.list_page(tenant_id, limit=2)
    rest = await incidents.list_page(tenant_id, limit=2, cursor=page.next_cursor)
    assert [item.detail for item in page.items + rest.items] == ["2", "1", "0"]
    assert (await incidents.list_page(other, limit=2)).items == []
