"""A portal of several processes: they serve one address, and end together."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from launcher.paths import ROOT
from launcher.waiting import wait_for
from tests.another_time import same_time
from tests.fakes.plain_http import NO_TLS
from tests.integration.portal.conftest import as_portal
from tests.integration.worker.conftest import free_port

PATIENCE = timedelta(seconds=30)


class Running:
    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    def children(self) -> set[int]:
        pid = self.process.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    async def is_ready(self) -> bool:
        async with httpx.AsyncClient(verify=NO_TLS, trust_env=False) as client:
            try:
                return (await client.get(f"{self.url}/readyz")).is_success
            except httpx.TransportError:
                return False

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not await self.is_ready():
                assert self.process.returncode is None
                await asyncio.sleep(0.05)  # a poll of another process, not a guess

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE.total_seconds())


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    port = free_port()
    environment = {
        "PATH": os.defpath,
        "FLOWHQ_DATABASE_URL": as_portal(database_url),
        "FLOWHQ_SECRET": "of the tests",
        "FLOWHQ_STATE_DIR": str(tmp_path),
        "FLOWHQ_PORT": str(port),
        "FLOWHQ_PROCESSES": "2",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "portal"),
        cwd=ROOT,
        env={**same_time(), **environment, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    made = Running(process, f"http://127.0.0.1:{port}")
    await made.until_ready()
    yield made
    if process.returncode is None:
        process.kill()
        await process.wait()


async def until_gone(pids: set[int]) -> None:
    def are_gone() -> bool | None:
        return None if any(_is_there(pid) for pid in pids) else True

    assert await asyncio.to_thread(wait_for, are_gone, within=PATIENCE)


def _is_there(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


async def test_a_signal_ends_all_in_peace(running):
    children = running.children()
    assert len(children) == 2
    running.process.send_signal(signal.SIGTERM)
    assert await running.ended() == 0
    await until_gone(children)


async def test_one_that_is_killed_ends_the_others_for_a_start_of_all(running):
    children = running.children()
    os.kill(min(children), signal.SIGKILL)
    assert await running.ended() == 128 + signal.SIGKILL
    await until_gone(children)


async def test_none_outlives_the_first(running):
    children = running.children()
    running.process.kill()
    await running.ended()
    await until_gone(children)
