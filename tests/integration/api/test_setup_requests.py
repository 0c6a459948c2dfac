"""From a request to a worker that is asked to run."""

from uuid import uuid4

import pytest

from shared.stores import tenants


@pytest.fixture
async def request_id(api, tenant_id) -> str:
    answer = await api.client.post(
        "/admin/setup-requests", json={"tenant_id": str(tenant_id), "note": "by phone"}
    )
    assert answer.status_code == 201
    return answer.json()["id"]


async def test_a_filed_request_is_listed_and_shown(api, tenant_id, request_id):
    shown = (await api.client.get(f"/admin/setup-requests/{request_id}")).json()
    assert shown == {
        "id": request_id,
        "tenant_id": str(tenant_id),
        "tenant_name": "Duka 1",
        "phone_number": "+255712300001",
        "template_type": "SUPPORT",
        "language": "SW",
        "status": "SUBMITTED",
        "note": "by phone",
        "created_at": shown["created_at"],
        "decided_at": None,
    }
    assert (await api.client.get("/admin/setup-requests?status=SUBMITTED")).json()["items"] == [
        shown
    ]
    assert (await api.client.get("/admin/setup-requests?status=APPROVED")).json()["items"] == []


async def test_an_approval_starts_the_worker(api, tenant_id, request_id):
    answer = await api.client.post(
        f"/admin/setup-requests/{request_id}/approve", json={"note": "welcome"}
    )
    assert answer.status_code == 200
    decided = answer.json()
    assert (decided["status"], decided["note"]) == ("APPROVED", "welcome")
    assert (await tenants.get(tenant_id)).worker.desired_state == "RUNNING"
    assert api.woken == [tenant_id]


async def test_a_second_approval_does_not_undo_a_later_stop(api, tenant_id, request_id):
    await api.client.post(f"/admin/setup-requests/{request_id}/approve")
    await api.client.post(f"/admin/tenants/{tenant_id}/worker/stop")
    again = await api.client.post(f"/admin/setup-requests/{request_id}/approve")
    assert again.status_code == 200
    assert (await tenants.get(tenant_id)).worker.desired_state == "STOPPED"


async def test_a_rejected_request_cannot_be_approved(api, tenant_id, request_id):
    assert (await api.client.post(f"/admin/setup-requests/{request_id}/reject")).status_code == 200
    before = await api.counts()
    answer = await api.client.post(f"/admin/setup-requests/{request_id}/approve")
    assert answer.status_code == 409
    assert await api.counts() == before
    assert (await tenants.get(tenant_id)).worker.desired_state == "STOPPED"


@pytest.mark.usefixtures("request_id")
async def test_a_second_undecided_request_is_a_conflict(api, tenant_id):
    answer = await api.client.post("/admin/setup-requests", json={"tenant_id": str(tenant_id)})
    assert answer.status_code == 409


async def test_an_unknown_tenant_or_request_is_not_found(api):
    unknown = str(uuid4())
    answers = [
        await api.client.post("/admin/setup-requests", json={"tenant_id": unknown}),
        await api.client.get(f"/admin/setup-requests/{unknown}"),
        await api.client.post(f"/admin/setup-requests/{unknown}/approve"),
        await api.client.post(f"/admin/setup-requests/{unknown}/reject", json={}),
    ]
    assert {answer.status_code for answer in answers} == {404}
