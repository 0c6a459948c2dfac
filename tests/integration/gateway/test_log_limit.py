"""Of a worker's log as many lines are kept as the tenant's limit says, as soon as it says so."""

import asyncio

import msgspec
import pytest

from controlplane.gateway.config_watch import ConfigWatch, serve_config_watch
from controlplane.services.request_rate import RequestRate
from controlplane.services.show_limits import show_limits
from shared.clock import SystemClock
from shared.db.engine import transaction
from shared.stores import limits
from shared.tasks import TaskGroup
from shared.wire.frames import Config, LogLines, encode
from tests.integration.gateway.test_listener import (
    _answered,
    _next,
    _tenant,
    bench,
    tenant,
    tenant_files,
)

__all__ = ["bench", "tenant", "tenant_files"]
SOON = 60


async def set_limit(tenant_id, lines):
    async with transaction():
        await limits.change(tenant_id, {"log_lines_per_minute": lines})


async def say(socket, count):
    await socket.send(encode(LogLines(lines=['{"event": "worker.said"}'] * count)))
    await _answered(socket)


@pytest.fixture
def kept(tenant, tenant_files, tmp_path):
    """How many lines of the worker's are in the tenant's file."""

    async def count(tenant_id=tenant[0]):
        await asyncio.to_thread(tenant_files.close)
        lines = (tmp_path / "logs" / f"{tenant_id}.log").read_bytes().splitlines()
        return sum(msgspec.json.decode(line)["event"] == "worker.said" for line in lines)

    return count


async def used(bench, tenant_id):
    rate = RequestRate(log_lines=bench.gateway.standings.lines_used)
    view = await show_limits(tenant_id, request_rate=rate, clock=SystemClock())
    return view.log_lines_per_minute


async def test_lines_beyond_the_limit_are_dropped_and_those_before_it_shown(bench, tenant, kept):
    await set_limit(tenant[0], 60)
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await say(socket, 500)
        seen = await used(bench, tenant[0])
    assert 60 <= await kept() < 70
    assert seen.allowed == 60
    assert 50 < seen.used <= 60


async def test_a_limit_is_of_its_own_tenant_alone(bench, tenant, kept):
    await set_limit(tenant[0], 60)
    other = await _tenant("Salon", "+255754000002")
    async with bench.worker(other[1]) as socket:
        await _next(socket)
        await say(socket, 500)
    assert await kept(other[0]) == 500


async def test_a_changed_limit_holds_for_a_worker_that_is_connected(
    bench, tenant, kept, database_url
):
    await set_limit(tenant[0], 60)
    async with TaskGroup() as tasks, bench.worker(tenant[1]) as socket:
        await _next(socket)
        # It tells whoever is there as it begins, so not before the worker is.
        watch = ConfigWatch(bench.gateway.connections)
        tasks.supervise("config watch", serve_config_watch(database_url, watch))
        async with asyncio.timeout(SOON):
            while not isinstance(await _next(socket), Config):
                pass  # the listener has come
        await say(socket, 500)
        await set_limit(tenant[0], 1_000)
        async with asyncio.timeout(SOON):
            while not isinstance(await _next(socket), Config):
                pass  # it was told of the change
        await say(socket, 500)
    assert 550 <= await kept() < 570
