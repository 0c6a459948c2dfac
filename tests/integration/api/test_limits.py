"""What a tenant may use: set by operators, shown beside what is used, refused beyond it."""

from datetime import timedelta

import asyncpg
import httpx
import pytest

from shared.ids import TenantId
from shared.stores import api_keys, fleet, limits, tenants
from shared.structs.keys import MESSAGES_SCOPE
from shared.structs.limits import DEFAULTS, LIMIT_NAMES, TenantLimits
from tests.fakes.businesses import business
from tests.fakes.traces import list_newest

CUSTOMER = "+255754000001"


def path(tenant_id, rest=""):
    return f"/admin/tenants/{tenant_id}{rest}"


async def set_limits(api, tenant_id, **given):
    return await api.client.patch(path(tenant_id), json={"limits": given})


async def see(api, tenant_id):
    answer = await api.client.get(path(tenant_id, "/limits"))
    assert answer.status_code == 200
    return answer.json()


async def queue(api, tenant_id, count=1, **more):
    messages = [{"to": CUSTOMER, "text": f"{number}"} for number in range(count)]
    return await api.client.post(
        path(tenant_id, "/messages/batch"), json={"messages": messages}, **more
    )


@pytest.fixture
async def program(api, tenant_id):
    """A client with a key of the tenant's own."""
    _, key = await api_keys.create("shop", scopes=[MESSAGES_SCOPE], tenant_id=tenant_id)
    async with httpx.AsyncClient(
        transport=api.client._transport,
        base_url="http://api.test",
        headers={"authorization": f"Bearer {key}"},
    ) as client:
        yield client


async def test_a_tenant_without_limits_of_its_own_has_the_installations(api, tenant_id):
    await limits.set_defaults(TenantLimits(queued_messages=7))
    seen = await see(api, tenant_id)
    assert seen.keys() == set(LIMIT_NAMES)
    assert seen["queued_messages"] == {
        "allowed": 7, "default": 7, "is_overridden": False, "used": 0,
    }  # fmt: skip
    assert seen["memory_bytes"]["allowed"] == DEFAULTS.memory_bytes


async def test_a_limit_of_ones_own_stands_until_it_is_null(api, tenant_id):
    assert (await set_limits(api, tenant_id, pids=64, cpus=0.25)).status_code == 200
    await set_limits(api, tenant_id, cpus=None)
    seen = await see(api, tenant_id)
    assert (seen["pids"]["allowed"], seen["pids"]["is_overridden"]) == (64, True)
    assert (seen["cpus"]["allowed"], seen["cpus"]["is_overridden"]) == (DEFAULTS.cpus, False)
    assert api.woken == [tenant_id, tenant_id]
    (worker,) = await fleet.list_desired([tenant_id])
    assert (worker.overrides.pids, worker.overrides.cpus) == (64, None)


async def test_the_audit_log_says_from_what_to_what(api, tenant_id):
    await set_limits(api, tenant_id, pids=64)
    await set_limits(api, tenant_id, pids=128, disk_bytes=None)
    newest = (await list_newest(limit=1))[0]
    assert newest.action == "limits.set"
    assert newest.detail == {"limits": {"pids": [64, 128]}}


OUT_OF_BOUNDS = [
    ("memory_bytes", 1 << 20), ("memory_bytes", 1 << 62), ("memory_bytes", "256MB"),
    ("cpus", 0), ("cpus", -1), ("cpus", 17), ("cpus", "all"),
    ("pids", 1), ("pids", 10**6), ("disk_bytes", 0), ("disk_bytes", 2**63),
    ("log_lines_per_minute", 0), ("queued_messages", 0), ("queued_messages", 1.5),
    ("messages_per_day", -1), ("api_requests_per_minute", 2**31), ("stop_grace", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), OUT_OF_BOUNDS)
async def test_a_value_out_of_bounds_is_refused_by_name(api, tenant_id, name, value):
    answer = await set_limits(api, tenant_id, **{name: value})
    assert answer.status_code == 400
    (problem,) = answer.json()["errors"]
    assert name in problem["field"] + problem["message"]
    assert (await limits.get(tenant_id)) == DEFAULTS
    assert api.woken == []


@pytest.mark.parametrize("name", LIMIT_NAMES)
async def test_the_database_has_the_same_bounds(tenant_id, name):
    for wrong in (-1, 2**40 + 1):
        with pytest.raises((asyncpg.CheckViolationError, ValueError, asyncpg.DataError)):
            await limits.change(tenant_id, {name: wrong})
    assert (await limits.get(tenant_id)) == DEFAULTS


async def test_no_limit_of_a_tenant_that_is_not_there(api):
    unknown = "00000000-0000-4000-8000-000000000000"
    assert (await set_limits(api, unknown, pids=64)).status_code == 404
    assert (await api.client.get(path(unknown, "/limits"))).status_code == 404


async def test_more_than_may_wait_is_refused_whole_and_says_which_limit(api, tenant_id):
    await set_limits(api, tenant_id, queued_messages=10)
    assert (await queue(api, tenant_id, 8)).status_code == 202
    answer = await queue(api, tenant_id, 3)
    assert answer.status_code == 429
    assert answer.json()["errors"] == [
        {"field": "queued_messages", "message": "is 10, and used up"}
    ]
    assert int(answer.headers["retry-after"]) >= 1
    seen = await see(api, tenant_id)
    assert seen["queued_messages"]["used"] == 8
    # What was refused was not counted against the day.
    assert seen["messages_per_day"]["used"] == 8
    assert (await queue(api, tenant_id, 2)).status_code == 202


async def test_a_cancelled_message_makes_room(api, tenant_id):
    await set_limits(api, tenant_id, queued_messages=1)
    (queued,) = (await queue(api, tenant_id)).json()["items"]
    assert (await queue(api, tenant_id)).status_code == 429
    await api.client.post(path(tenant_id, f"/messages/{queued['id']}/cancel"))
    assert (await queue(api, tenant_id)).status_code == 202


async def test_a_day_holds_so_many_messages_whatever_became_of_them(api, tenant_id):
    await set_limits(api, tenant_id, messages_per_day=2)
    for queued in (await queue(api, tenant_id, 2)).json()["items"]:
        await api.client.post(path(tenant_id, f"/messages/{queued['id']}/cancel"))
    answer = await queue(api, tenant_id)
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["field"] == "messages_per_day"
    assert 1 <= int(answer.headers["retry-after"]) <= timedelta(days=1).total_seconds()


async def test_a_repeated_request_counts_once_and_is_answered_at_the_limit(api, tenant_id):
    await set_limits(api, tenant_id, messages_per_day=2)
    first = await queue(api, tenant_id, 2, headers={"idempotency-key": "k"})
    again = await queue(api, tenant_id, 2, headers={"idempotency-key": "k"})
    assert (again.status_code, again.json()) == (202, first.json())


async def test_one_tenants_use_is_none_of_anothers(api, tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await limits.set_defaults(TenantLimits(queued_messages=2, messages_per_day=3))
    await queue(api, tenant_id, 2)
    assert (await queue(api, other, 2)).status_code == 202
    assert (await see(api, other))["messages_per_day"]["used"] == 2


async def test_programs_of_a_tenant_ask_so_often_in_a_minute(api, tenant_id, program):
    await set_limits(api, tenant_id, api_requests_per_minute=3)
    answers = [await program.get("/v1/messages") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["errors"][0]["field"] == "api_requests_per_minute"
    assert answers[-1].headers["retry-after"] == "20"
    api.clock.advance(timedelta(seconds=20))
    assert (await program.get("/v1/limits")).json()["api_requests_per_minute"]["used"] == 3
    assert (await program.get("/v1/messages")).status_code == 429
    # Operators look on.
    assert (await see(api, tenant_id))["api_requests_per_minute"]["used"] == 3


async def test_a_program_sees_its_own_limits(api, tenant_id, program):
    await set_limits(api, tenant_id, queued_messages=9)
    assert (await program.get("/v1/limits")).json()["queued_messages"]["allowed"] == 9
