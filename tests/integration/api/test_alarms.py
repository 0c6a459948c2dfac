"""What operators see of a fleet whose links are down together."""

from shared.enums import DesiredState, SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import sessions, tenants, workers
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business

OUTDATED = SessionReport(state=SessionState.OUTDATED, reason=SessionReason.CLIENT_OUTDATED)


async def outdated_tenants(count):
    made = [TenantId((await tenants.create(business(n))).id) for n in range(10, 10 + count)]
    for tenant_id in made:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        await sessions.record_session(tenant_id, OUTDATED, NOW)
    return made


async def test_without_trouble_there_is_no_alarm(api):
    assert (await api.client.get("/admin/alarms")).json() == {"items": []}


async def test_an_alarm_names_reason_count_and_since_when(api):
    made = await outdated_tenants(3)
    assert (await api.client.get("/admin/alarms")).json()["items"] == [
        {
            "reason": "CLIENT_OUTDATED",
            "who_must_act": "OPERATOR",
            "detail": "",
            "image": "",
            "count": 3,
            "since": "2026-11-23T08:00:00Z",
            "tenants": sorted(str(tenant_id) for tenant_id in made),
        }
    ]


async def test_alarms_are_not_for_tenants_keys(api, tenant_id):
    made = await api.client.post(f"/admin/tenants/{tenant_id}/api-keys", json={"name": "shop"})
    headers = {"authorization": f"Bearer {made.json()['key']}"}
    assert (await api.client.get("/admin/alarms", headers=headers)).status_code == 403
