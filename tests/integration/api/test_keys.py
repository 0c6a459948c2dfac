"""Keys of the platform's operators, through the API."""

from uuid import uuid4

import pytest

from tests.fakes.traces import list_newest

PATH = "/admin/api-keys"


async def made(api, **body):
    answer = await api.client.post(PATH, json={"name": "k", "scopes": ["read"]} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_key_is_shown_once_listed_without_it_and_revoked(api):
    new = await made(api)
    listed = (await api.client.get(PATH)).json()["items"]
    assert [item["name"] for item in listed] == ["admin", "k"]
    assert new["key"] not in str(listed)
    for status in (200, 404):
        assert (await api.client.delete(f"{PATH}/{new['id']}")).status_code == status
    answer = await api.client.get("/admin/tenants", headers=bearer(new["key"]))
    assert answer.status_code == 401


async def test_a_key_that_may_look_changes_nothing_and_links_nothing(api, tenant_id):
    looking = bearer((await made(api))["key"])
    before = await api.counts()
    tenant = f"/admin/tenants/{tenant_id}"
    for path in ("/admin/tenants", tenant, f"{tenant}/logs", PATH, "/admin/setup-requests"):
        assert (await api.client.get(path, headers=looking)).status_code == 200, path
    refused = [
        await api.client.get(f"{tenant}/qr", headers=looking),
        await api.client.post(f"{tenant}/worker/start", headers=looking),
        await api.client.delete(tenant, headers=looking),
        await api.client.post(PATH, json={"name": "x", "scopes": ["admin"]}, headers=looking),
    ]
    assert {answer.status_code for answer in refused} == {403}
    # But for what is told of it: what it read, and that it tried more.
    told = {"AdminAuditLog": 2}
    after = await api.counts()
    assert after == before | {"AdminAuditLog": before["AdminAuditLog"] + told["AdminAuditLog"]}
    assert [each.action for each in await list_newest(limit=2)] == [
        "api_key.scope_refused",
        "messages.read",
    ]


async def test_a_key_of_both_scopes_may_do_everything(api, tenant_id):
    both = bearer((await made(api, scopes=["read", "admin"]))["key"])
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/worker/start", headers=both)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["messages"]}, "scopes[0]"),
        ({"scopes": ["read"] * 3}, "scopes"),
        ({"expires_at": "2026-11-22T08:00:00Z"}, "expires_at"),
        ({"expires_at": "2027-11-22T08:00:00"}, "expires_at"),
    ],
)
async def test_a_bad_key_is_refused_by_field(api, body, field):
    given = {"scopes": ["read"]} if not body else {"name": "k", "scopes": ["read"]} | body
    answer = await api.client.post(PATH, json=given)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_taken_name_is_a_conflict_at_its_field(api):
    answer = await api.client.post(PATH, json={"name": "admin", "scopes": ["read"]})
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]


async def test_a_tenants_key_is_not_revoked_here_and_is_listed_among_all(api, tenant_id):
    path = f"/admin/tenants/{tenant_id}/api-keys"
    theirs = (await api.client.post(path, json={"name": "shop"})).json()
    for unknown in (theirs["id"], uuid4()):
        assert (await api.client.delete(f"{PATH}/{unknown}")).status_code == 404
    [listed] = (await api.client.get(f"{PATH}/of-tenants")).json()["items"]
    assert (listed["id"], listed["tenant_name"]) == (theirs["id"], "Duka 1")
    assert theirs["key"] not in str(listed)


async def test_there_is_an_end_to_how_many_keys_there_are(api):
    for number in range(49):
        await made(api, name=f"k{number}")
    answer = await api.client.post(PATH, json={"name": "one more", "scopes": ["read"]})
    assert answer.status_code == 409
