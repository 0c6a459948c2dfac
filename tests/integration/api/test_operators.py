"""Accounts of operators: made, listed and removed with the admin key."""

from uuid import uuid4

import pytest

from shared.enums import Language
from shared.stores import members
from tests.fakes.traces import list_newest

GOOD = {"email": "amina@example.com", "password": "three good words"}


async def test_an_operator_is_added_listed_and_removed(api):
    made = await api.client.post("/admin/operators", json=GOOD)
    assert made.status_code == 201
    assert made.json().keys() == {"id", "email", "created_at"}
    assert (await api.client.get("/admin/operators")).json()["items"] == [made.json()]
    path = f"/admin/operators/{made.json()['id']}"
    changed = await api.client.put(f"{path}/password", json={"password": "other good words"})
    assert changed.status_code == 200
    assert (await api.client.delete(path)).status_code == 200
    assert (await api.client.get("/admin/operators")).json()["items"] == []
    entries = await list_newest(limit=9)
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("operator.removed", {"email": GOOD["email"]}),
        ("operator.password_set", {"email": GOOD["email"]}),
        ("operator.added", {"email": GOOD["email"]}),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"email": "amina"}, "email", id="no address"),
        pytest.param({"email": "a" * 250 + "@example.com"}, "email", id="an endless address"),
        pytest.param({"email": 1}, "email", id="an address that is a number"),
        pytest.param({"password": "short"}, "password", id="a short password"),
        pytest.param({"password": "x" * 201}, "password", id="a long password"),
        pytest.param({"password": "password12"}, "password", id="what many take"),
        pytest.param({"password": "x" * 2001}, "password", id="an endless password"),
        pytest.param({"password": "Amina@example.com"}, "password", id="the address as password"),
        pytest.param({"role": "OWNER"}, "role", id="a field that is none"),
    ],
)
async def test_what_is_wrong_is_named_and_nobody_is_added(api, body, field):
    before = await api.counts()
    answer = await api.client.post("/admin/operators", json={**GOOD, **body})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await api.counts() == before


async def test_an_address_has_one_account_whoever_has_it(api):
    await members.create_owner("AMINA@example.com", password_hash="x", language=Language.EN)
    answer = await api.client.post("/admin/operators", json=GOOD)
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


async def test_a_member_of_a_tenant_is_no_operator(api):
    member = await members.create_owner("a@example.com", password_hash="x", language=Language.EN)
    for unknown in (member, uuid4()):
        path = f"/admin/operators/{unknown}"
        assert (await api.client.delete(path)).status_code == 404
        answer = await api.client.put(f"{path}/password", json={"password": GOOD["password"]})
        assert answer.status_code == 404


async def test_no_password_is_told_or_kept(api):
    answers = [
        await api.client.post("/admin/operators", json=GOOD),
        await api.client.get("/admin/operators"),
    ]
    assert GOOD["password"] not in str([answer.text for answer in answers])
    assert GOOD["password"] not in str(await list_newest(limit=9))
