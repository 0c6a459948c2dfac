"""A worker is told what its bot is told as soon as that changes, whoever changed it."""

import asyncio

import asyncpg
import msgspec
import pytest

from controlplane.gateway.config_watch import ConfigWatch, serve_config_watch
from shared.db.engine import transaction
from shared.enums import WhenClosed
from shared.stores import tenants
from shared.tasks import TaskGroup
from shared.wire.frames import Config, Welcome
from tests.integration.gateway.test_listener import _next, _tenant, bench, tenant, tenant_files

__all__ = ["bench", "tenant", "tenant_files"]
SOON = 10


@pytest.fixture
async def watched(bench, database_url):
    async with TaskGroup() as tasks:
        watch = ConfigWatch(bench.gateway.connections)
        tasks.supervise("config watch", serve_config_watch(database_url, watch))
        yield bench


async def change(tenant_id, **changes) -> None:
    async with transaction():
        config = await tenants.lock_config(tenant_id)
        await tenants.set_config(tenant_id, msgspec.structs.replace(config, **changes))


async def told(socket) -> Config:
    async with asyncio.timeout(SOON):
        frame = await _next(socket)
    assert isinstance(frame, Config)
    return frame


async def test_a_change_is_told_to_the_own_worker_alone(watched, tenant):
    other = await _tenant("Salon", "+255754000002")
    async with watched.worker(tenant[1]) as ours, watched.worker(other[1]) as theirs:
        for socket in (ours, theirs):
            assert isinstance(await _next(socket), Welcome)
        await change(tenant[0], when_closed=WhenClosed.TELL)
        seen = (await told(ours)).config
        while seen.when_closed is not WhenClosed.TELL:  # the listener had only just come
            seen = (await told(ours)).config
        await change(other[0], business_name="Salon Mpya")
        seen = (await told(theirs)).config
        while seen.business_name != "Salon Mpya":
            assert seen.when_closed is WhenClosed.MENU
            seen = (await told(theirs)).config


async def test_what_was_missed_while_nobody_listened_is_told_afterwards(
    watched, tenant, database_url
):
    async with watched.worker(tenant[1]) as socket:
        assert isinstance(await _next(socket), Welcome)
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        await connection.close()
        await change(tenant[0], business_name="Duka Jipya")
        while (await told(socket)).config.business_name != "Duka Jipya":
            pass


async def test_what_changed_while_a_worker_was_let_in_is_told_after_its_welcome(
    bench, tenant, monkeypatch
):
    """Without a watch: nobody else would tell it."""
    enter = bench.gateway.connections.enter
    changed = asyncio.Event()

    def enter_late(connection):
        connection.config = msgspec.structs.replace(connection.config, business_name="of before")
        changed.set()
        return enter(connection)

    monkeypatch.setattr(bench.gateway.connections, "enter", enter_late)
    async with bench.worker(tenant[1]) as socket:
        assert isinstance(await _next(socket), Welcome)
        assert (await told(socket)).config == await tenants.get_config(tenant[0])
    assert changed.is_set()
