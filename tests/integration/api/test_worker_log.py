"""What a worker logs, for operators, from the engine."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import uuid4

import pytest

from controlplane.api.worker_logs import to_events
from controlplane.services import worker_logs
from controlplane.services.worker_logs import TooManyFollowersError, WorkerLogs
from tests.fakes.worker_containers import add_container


@pytest.fixture
async def container(api, tenant_id):
    """The name of the tenant's container, which runs."""
    return await add_container(api.engine, api.driver, tenant_id)


async def test_the_end_of_the_log_is_shown(api, tenant_id, container):
    for number in range(5):
        api.engine.say(container, f"line {number}")
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/worker-log?lines=2")
    assert answer.json() == {"lines": ["line 3", "line 4"]}


async def test_a_worker_that_has_no_container_has_said_nothing(api, tenant_id):
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/worker-log")
    assert (answer.status_code, answer.json()) == (200, {"lines": []})


async def test_the_log_is_streamed_line_by_line_until_the_container_ends(api, tenant_id, container):
    api.engine.say(container, "first")
    api.engine.say(container, '{"event": "second"}')
    api.engine.end(container, 0)
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/worker-log/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    data = [line for line in answer.text.splitlines() if line.startswith("data:")]
    assert data == ["data: first", 'data: {"event": "second"}']


async def test_a_follower_hears_what_comes_later_and_signs_of_life(api, tenant_id, container):
    logs = WorkerLogs(api.driver, quiet=timedelta(milliseconds=20))
    events = to_events(await logs.begin_to_follow(tenant_id, lines=5))
    async with asyncio.timeout(10), aclosing(events):
        assert (await anext(events)).data is None
        api.engine.say(container, "later")
        heard = None
        while heard is None:
            heard = (await anext(events)).data
    assert heard == "later"


async def test_who_follows_is_let_go_when_the_control_plane_ends(
    api,
    tenant_id,
    container,  # noqa: ARG001  it runs
):
    logs = WorkerLogs(api.driver, quiet=timedelta(milliseconds=20))
    batches = await logs.begin_to_follow(tenant_id, lines=5)
    async with asyncio.timeout(10):
        following = asyncio.ensure_future(anext(batches, None))
        logs.end()
        assert await following is None


async def test_a_stream_ends_after_a_while_so_that_the_key_is_shown_again(
    api,
    tenant_id,
    container,  # noqa: ARG001  it runs
):
    logs = WorkerLogs(api.driver, quiet=timedelta(milliseconds=1))
    batches = await logs.begin_to_follow(tenant_id, lines=5)
    async with asyncio.timeout(10):
        events = [event async for event in to_events(batches, life=timedelta(0))]
    assert {event.data for event in events} == {None}


async def test_more_than_so_many_followers_are_refused_until_one_leaves(
    api,
    tenant_id,
    container,  # noqa: ARG001  it runs
    monkeypatch,
):
    monkeypatch.setattr(worker_logs, "FOLLOWERS", 1)
    logs = WorkerLogs(api.driver, quiet=timedelta(milliseconds=1))
    first = await logs.begin_to_follow(tenant_id, lines=5)
    await anext(first)
    with pytest.raises(TooManyFollowersError):
        await logs.begin_to_follow(tenant_id, lines=5)
    await first.aclose()
    second = await logs.begin_to_follow(tenant_id, lines=5)
    await second.aclose()


@pytest.mark.parametrize("path", ["worker-log", "worker-log/stream"])
async def test_an_unknown_tenant_has_no_log(api, path):
    answer = await api.client.get(f"/admin/tenants/{uuid4()}/{path}")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["worker-log", "worker-log/stream"])
@pytest.mark.parametrize("lines", [0, 1001, "x"])
async def test_a_number_of_lines_that_is_none_is_refused_by_name(api, tenant_id, path, lines):
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/{path}?lines={lines}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["lines"]


async def test_an_engine_that_is_away_asks_to_come_back(api, tenant_id):
    api.engine.down = True
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/worker-log")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
