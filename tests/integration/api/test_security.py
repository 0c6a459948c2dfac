"""What programs try in vain is counted, told once an hour, and stops nobody with a good key."""

from datetime import timedelta
from uuid import uuid4

import pytest

from controlplane.security import sweep
from shared import security
from shared.enums import CallerKind
from shared.ids import TenantId
from shared.security import write_down
from shared.stores import api_keys, attempts, messages, security_events, tenants
from shared.structs.keys import AuditEntry
from shared.tables import AdminAuditLog, AttemptCount, SecurityEvent
from shared.web.limits import KEYS_FROM_ADDRESS
from tests.fakes.businesses import NOW, business, message
from tests.fakes.traces import list_newest, redate

ADDRESS = "192.0.2.7"


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    security._ledger.take()


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def noted(api) -> list[tuple]:
    """As the API shows it, once it is written down."""

    async def write(counts) -> None:
        await security_events.add(counts, now=api.clock.now())

    await write_down(write)
    answer = await api.client.get("/admin/security/events")
    assert answer.status_code == 200
    return [
        (each["kind"], each["source"], each["times"], each["tenant_id"])
        for each in answer.json()["items"]
    ]


async def test_wrong_keys_are_counted_and_stop_nobody_who_has_a_good_one(api):
    for _ in range(KEYS_FROM_ADDRESS.tries):
        answer = await api.client.get("/admin/tenants", headers=bearer("fhk_wrong"))
        assert answer.status_code == 401
    refused = await api.client.get("/v1/messages", headers=bearer("fhk_wrong"))
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert (await api.client.get("/admin/tenants")).status_code == 200
    tries = KEYS_FROM_ADDRESS.tries
    assert sorted(await noted(api)) == [
        ("KEY_HELD_UP", ADDRESS, 1, None),
        ("KEY_UNKNOWN", ADDRESS, tries + 1, None),
    ]
    api.clock.advance(KEYS_FROM_ADDRESS.window)
    answer = await api.client.get("/admin/tenants", headers=bearer("fhk_wrong"))
    assert answer.status_code == 401


@pytest.mark.parametrize("way", ["revoked", "expired", "of a tenant that goes"])
async def test_a_key_that_is_over_is_told_by_its_name_once_an_hour(api, tenant_id, way):
    view, key = await api_keys.create(
        "old one", scopes=["messages"], tenant_id=tenant_id, expires_at=NOW + timedelta(days=1)
    )
    if way == "revoked":
        await api_keys.revoke_of_tenant(tenant_id, view.id)
    elif way == "expired":
        api.clock.advance(timedelta(days=2))
    else:
        await tenants.request_removal(tenant_id, now=NOW)
    for _ in range(3):
        assert (await api.client.get("/v1/messages", headers=bearer(key))).status_code == 401
    assert await noted(api) == [("KEY_OVER", ADDRESS, 3, str(tenant_id))]
    told = AuditEntry(
        kind=CallerKind.KEY,
        who="old one",
        action="api_key.refused",
        address=ADDRESS,
        tenant_id=tenant_id,
    )
    assert await list_newest(limit=5) == [told]
    api.clock.advance(timedelta(hours=1))
    await api.client.get("/v1/messages", headers=bearer(key))
    assert await list_newest(limit=5) == [told, told]


async def test_a_key_that_asks_for_more_than_it_may_is_told(api, tenant_id):
    _, tenants_key = await api_keys.create("shop", scopes=["messages"], tenant_id=tenant_id)
    _, looking = await api_keys.create("look", scopes=["read"])
    for key, method, path in (
        (tenants_key, "GET", "/admin/tenants"),
        (looking, "DELETE", f"/admin/tenants/{tenant_id}"),
        (api.key, "GET", "/v1/messages"),
    ):
        answer = await api.client.request(method, path, headers=bearer(key))
        assert answer.status_code == 403
    assert sorted(await noted(api), key=str) == [
        ("SCOPE_REFUSED", ADDRESS, 1, str(tenant_id)),
        ("SCOPE_REFUSED", ADDRESS, 2, None),
    ]
    assert {each.who for each in await list_newest(limit=5)} == {"shop", "look", "admin"}


async def test_whoever_asks_for_another_tenants_ids_is_told(api, tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    _, key = await api_keys.create("shop", scopes=["messages"], tenant_id=tenant_id)
    body = {"to": "+255754000001", "text": "Habari"}
    queued = (await api.client.post(f"/admin/tenants/{other}/messages", json=body)).json()["id"]
    await messages.append_messages(other, [message()])
    [logged] = [each.id for each in (await messages.list_page(other, limit=1)).items]
    for path in (f"/v1/messages/{queued}", f"/v1/logs/{logged}/media", f"/v1/messages/{uuid4()}"):
        assert (await api.client.get(path, headers=bearer(key))).status_code == 404
    assert await noted(api) == [("FOREIGN_ID", ADDRESS, 2, str(tenant_id))]
    [told, *_] = await list_newest(limit=1)
    assert (told.action, told.who, told.tenant_id) == ("api_key.foreign_id", "shop", tenant_id)
    # Its own it may ask for, and an operator for any.
    own = (await api.client.post("/v1/messages", json=body, headers=bearer(key))).json()["id"]
    assert (await api.client.get(f"/v1/messages/{own}", headers=bearer(key))).status_code == 200
    assert (
        await api.client.get(f"/admin/tenants/{tenant_id}/messages/{queued}")
    ).status_code == 404
    assert len(await noted(api)) == 1


async def test_events_are_filtered_and_have_totals(api, tenant_id):
    for _ in range(3):
        await api.client.get("/admin/tenants", headers=bearer("fhk_wrong"))
    _, key = await api_keys.create("shop", scopes=["messages"], tenant_id=tenant_id)
    await api.client.get("/admin/tenants", headers=bearer(key))
    await noted(api)

    async def found(query: str) -> list[str]:
        answer = await api.client.get(f"/admin/security/events?{query}")
        return [each["kind"] for each in answer.json()["items"]]

    assert await found("kind=KEY_UNKNOWN") == ["KEY_UNKNOWN"]
    assert await found(f"source={ADDRESS}&limit=1") in (["KEY_UNKNOWN"], ["SCOPE_REFUSED"])
    assert await found(f"tenant_id={tenant_id}") == ["SCOPE_REFUSED"]
    assert await found("site=portal") == []
    assert await found("since=2026-11-23T08:01:00Z") == []
    totals = (await api.client.get("/admin/security/totals")).json()["totals"]
    assert [(each["kind"], each["times"], each["sources"]) for each in totals] == [
        ("KEY_UNKNOWN", 3, 1),
        ("SCOPE_REFUSED", 1, 1),
    ]


@pytest.mark.parametrize("query", ["kind=EVIL", "site=moon", "limit=0", "source=" + "x" * 65])
async def test_a_bad_filter_is_refused_by_name(api, query):
    answer = await api.client.get(f"/admin/security/events?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [query.split("=")[0]]


READ = {
    "": None,
    "/logs": "messages.read",
    "/messages": "messages.read",
    "/contacts": "contacts.read",
    "/qr": None,  # unless there is one
    "/incidents": None,
    "/members": None,
}


@pytest.mark.parametrize(("path", "action"), READ.items())
async def test_what_an_operator_reads_is_told_once_an_hour(api, tenant_id, path, action):
    for _ in range(3):
        await api.client.get(f"/admin/tenants/{tenant_id}{path}")
    told = await list_newest(limit=5)
    assert [each.action for each in told] == ([action] if action else [])
    if action is None:
        return
    assert (told[0].who, told[0].tenant_id, told[0].address) == ("admin", tenant_id, ADDRESS)
    other = TenantId((await tenants.create(business(2))).id)
    await api.client.get(f"/admin/tenants/{other}{path}")
    api.clock.advance(timedelta(hours=1))
    await api.client.get(f"/admin/tenants/{tenant_id}{path}")
    assert len(await list_newest(limit=5)) == 3


async def test_what_a_tenants_own_program_reads_is_told_to_nobody(api, tenant_id):
    _, key = await api_keys.create("shop", scopes=["messages"], tenant_id=tenant_id)
    for path in ("/v1/logs", "/v1/messages"):
        assert (await api.client.get(path, headers=bearer(key))).status_code == 200
    assert await list_newest(limit=5) == []


async def test_the_configurations_change_says_what_it_changed(api, tenant_id):
    body = {
        "template_type": "BOOKING",
        "business_name": "Duka 1",
        "language": "SW",
        "texts": {"greeting": "Karibu sana. " * 50},
    }
    await api.client.put(f"/admin/tenants/{tenant_id}/config", json=body)
    [told] = await list_newest(limit=1)
    [template, greeting] = told.detail["changes"]
    assert template == {"field": "template_type", "old": "SUPPORT", "new": "BOOKING"}
    assert (greeting["field"], greeting["old"]) == ("texts.greeting", None)
    assert greeting["new"].startswith("Karibu sana. ")
    assert len(greeting["new"]) == 80
    quiet = {"begins": "22:00", "ends": "06:00", "time_zone": "Africa/Nairobi"}
    await api.client.put(f"/admin/tenants/{tenant_id}/quiet-hours", json=quiet)
    await api.client.delete(f"/admin/tenants/{tenant_id}/quiet-hours")
    removed, given = await list_newest(limit=2)
    assert {"field": "quiet_hours.begins", "old": None, "new": "22:00"} in given.detail["changes"]
    assert {"field": "quiet_hours.begins", "old": "22:00", "new": None} in removed.detail["changes"]
    page = (await api.client.get("/admin/audit?action=config.set")).json()["items"]
    assert page[0]["detail"] == told.detail


async def test_what_is_old_is_swept_and_acts_stay(api, tenant_id):
    await api.client.get(f"/admin/tenants/{tenant_id}/logs")
    await api.client.post(f"/admin/tenants/{tenant_id}/worker/start")
    await api.client.get("/admin/tenants", headers=bearer("fhk_wrong"))
    await noted(api)
    await attempts.count("operators/x", window=timedelta(hours=1), now=NOW)
    await sweep(api.clock)
    assert (await AdminAuditLog.count(), await SecurityEvent.count()) == (2, 1)
    await redate(NOW)
    api.clock.advance(timedelta(days=401))
    await sweep(api.clock)
    assert [each.action for each in await list_newest(limit=5)] == ["worker.start_requested"]
    assert (await SecurityEvent.count(), await AttemptCount.count()) == (0, 0)
