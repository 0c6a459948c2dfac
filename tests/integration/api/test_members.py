"""Who may sign in for a tenant: added, listed and removed by operators."""

from uuid import uuid4

import pytest

from shared.stores import browser_sessions, members, tenants
from shared.stores.secrets import hash_secret
from tests.fakes.businesses import NOW, business

GOOD = {
    "email": "asha@example.com",
    "role": "OWNER",
    "language": "EN",
    "password": "three good words",
}


@pytest.fixture
def path(tenant_id) -> str:
    return f"/admin/tenants/{tenant_id}/members"


async def test_a_member_is_added_listed_and_removed_with_every_session(api, tenant_id, path):
    made = (await api.client.post(path, json=GOOD)).json()
    assert made == {
        "id": made["id"],
        "email": "asha@example.com",
        "role": "OWNER",
        "language": "EN",
    }
    assert (await api.client.get(path)).json()["items"] == [made]
    member, kept = await members.find_by_email("asha@example.com")
    assert (member.tenant_id, str(member.id)) == (tenant_id, made["id"])
    assert kept.startswith("$argon2id$")
    token = await browser_sessions.begin(member.id, now=NOW)
    for status in (200, 404):
        assert (await api.client.delete(f"{path}/{made['id']}")).status_code == status
    assert await browser_sessions.find(hash_secret(token), now=NOW) is None


async def test_a_member_without_a_password_has_none_yet(api, path):
    answer = await api.client.post(path, json={"email": "a@example.com", "role": "STAFF"})
    assert answer.status_code == 201
    assert (await members.find_by_email("a@example.com"))[1] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "asha"}, "email"),
        ({"role": "ADMIN"}, "role"),
        ({"role": None}, "role"),
        ({"language": "DE"}, "language"),
        ({"password": "short"}, "password"),
        ({"password": "asha@example.com"}, "password"),
        ({"password": "password12"}, "password"),
        ({"password": "duka-2026-duka"}, "password"),
        ({"tenant_id": "x"}, "tenant_id"),
    ],
)
async def test_what_is_wrong_is_named_and_nobody_is_added(api, path, body, field):
    before = await api.counts()
    answer = await api.client.post(path, json={**GOOD, **body})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await api.counts() == before


async def test_an_address_has_one_account(api, path):
    await api.client.post(path, json=GOOD)
    answer = await api.client.post(path, json={**GOOD, "email": "ASHA@example.com"})
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


async def test_another_tenants_member_is_not_found(api, path):
    other = (await tenants.create(business(2))).id
    made = (await api.client.post(path, json=GOOD)).json()
    assert (await api.client.get(f"/admin/tenants/{other}/members")).json()["items"] == []
    for wrong in (f"/admin/tenants/{other}/members/{made['id']}", f"{path}/{uuid4()}"):
        assert (await api.client.delete(wrong)).status_code == 404
    for method in ("GET", "POST"):
        unknown = f"/admin/tenants/{uuid4()}/members"
        answer = await api.client.request(method, unknown, json=GOOD if method == "POST" else None)
        assert answer.status_code == 404
    assert len((await api.client.get(path)).json()["items"]) == 1
