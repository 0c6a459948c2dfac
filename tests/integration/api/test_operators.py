"""Accounts of operators: made, listed and removed with the admin key."""

import asyncio
from uuid import UUID, uuid4

import pytest

from shared.enums import Language
from shared.stores import members, operator_sessions
from shared.stores.secrets import hash_secret
from tests.fakes.traces import list_newest

GOOD = {"email": "amina@example.com", "password": "three good words"}


async def add(api, **body):
    answer = await api.client.post("/admin/operators", json={**GOOD, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_operator_is_added_listed_and_removed(api):
    first = await add(api, email="zawadi@example.com")
    made = await add(api, role="SUPPORT")
    assert made.keys() == {"id", "email", "role", "second_step", "created_at"}
    assert (first["role"], made["role"]) == ("ADMIN", "SUPPORT")
    assert (await api.client.get("/admin/operators")).json()["items"] == [first, made]
    path = f"/admin/operators/{made['id']}"
    changed = await api.client.put(f"{path}/password", json={"password": "other good words"})
    assert changed.status_code == 200
    assert (await api.client.delete(path)).status_code == 200
    assert (await api.client.get("/admin/operators")).json()["items"] == [first]
    entries = await list_newest(limit=3)
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("operator.removed", {"email": GOOD["email"]}),
        ("operator.password_set", {"email": GOOD["email"]}),
        ("operator.added", {"email": GOOD["email"], "role": "SUPPORT"}),
    ]


async def test_another_role_ends_the_sessions_and_the_same_one_does_not(api):
    await add(api, email="zawadi@example.com")
    made = await add(api)
    path = f"/admin/operators/{made['id']}"
    for role, is_still_in in (("ADMIN", True), ("READ_ONLY", False), ("READ_ONLY", True)):
        token = await operator_sessions.begin(UUID(made["id"]), now=api.clock.now())
        answer = await api.client.patch(path, json={"role": role})
        assert (answer.status_code, answer.json()["role"]) == (200, role)
        found = await operator_sessions.find(hash_secret(token), now=api.clock.now())
        assert (found is not None) is is_still_in
    [entry] = await list_newest(limit=1)
    assert entry.detail == {"email": GOOD["email"], "was": "READ_ONLY", "role": "READ_ONLY"}


async def test_the_last_admin_is_neither_demoted_nor_removed(api):
    admin = await add(api)
    await add(api, email="zawadi@example.com", role="SUPPORT")
    path = f"/admin/operators/{admin['id']}"
    before = await api.counts()
    for answer in (
        await api.client.patch(path, json={"role": "SUPPORT"}),
        await api.client.delete(path),
    ):
        assert answer.status_code == 409
        assert "make another one ADMIN first" in answer.text
    assert await api.counts() == before


async def test_of_two_admins_who_remove_each_other_at_once_one_stays(api):
    paths = [f"/admin/operators/{(await add(api, email=f'{n}@example.com'))['id']}" for n in "ab"]
    demoted = api.client.patch(paths[0], json={"role": "READ_ONLY"})
    answers = await asyncio.gather(demoted, api.client.delete(paths[1]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    "body", [{}, {"role": "OWNER"}, {"role": None}, {"role": "SUPPORT", "x": 1}]
)
async def test_a_role_that_is_none_is_refused(api, body):
    path = f"/admin/operators/{(await add(api))['id']}"
    assert (await api.client.patch(path, json=body)).status_code == 400


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
        assert (await api.client.patch(path, json={"role": "ADMIN"})).status_code == 404


async def test_no_password_is_told_or_kept(api):
    answers = [
        await api.client.post("/admin/operators", json=GOOD),
        await api.client.get("/admin/operators"),
    ]
    assert GOOD["password"] not in str([answer.text for answer in answers])
    assert GOOD["password"] not in str(await list_newest(limit=9))
