"""Committed messages are told to open pages: soon, and once for many."""

import asyncio
from datetime import timedelta

import pytest

from controlplane.gateway import announcing
from controlplane.gateway.announcing import Announcer
from shared.db.listening import CHANGED, Listener
from shared.errors import DatabaseUnavailableError
from shared.ids import TenantId, new_tenant_id
from shared.tasks import TaskGroup


@pytest.fixture
async def told(database_url, database):  # noqa: ARG001  the stores are bound
    names: asyncio.Queue[TenantId | None] = asyncio.Queue()
    listener = Listener(
        database_url, CHANGED, changed=names.put_nowait, missed=lambda: names.put_nowait(None)
    )
    async with TaskGroup() as tasks, asyncio.timeout(20):
        tasks.supervise("listener", listener.run())
        assert await names.get() is None
        yield names


async def test_what_comes_together_is_told_once_for_each_tenant(told):
    announcer, ours, theirs = Announcer(), new_tenant_id(), new_tenant_id()
    for _ in range(100):
        announcer.add(ours)
        announcer.add(theirs)
    async with TaskGroup() as tasks:
        tasks.supervise("announcer", announcer.run())
        assert {await told.get(), await told.get()} == {ours, theirs}
        announcer.add(ours)
        assert await told.get() == ours
    assert told.empty()


async def test_what_could_not_be_told_is_told_later(told, monkeypatch):
    announce, failures = announcing.announce, [DatabaseUnavailableError("away")]

    async def fail_first(tenant_ids):
        if failures:
            raise failures.pop()
        await announce(tenant_ids)

    monkeypatch.setattr(announcing, "announce", fail_first)
    monkeypatch.setattr(announcing, "AGAIN", timedelta(0))
    announcer, tenant_id = Announcer(), new_tenant_id()
    announcer.add(tenant_id)
    async with TaskGroup() as tasks:
        tasks.supervise("announcer", announcer.run())
        assert await told.get() == tenant_id
    assert failures == []
