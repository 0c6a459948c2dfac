"""What is heard of PostgreSQL when a role says anything, on any channel, at any rate."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.db.listening import CHANGED, Listener
from shared.tasks import TaskGroup
from tests.integration.db.test_portal_role import as_portal

SOON = 20
FLOOD = "SELECT pg_notify($1, gen_random_uuid()::text) FROM generate_series(1, $2)"
GARBAGE = [
    *("", " ", "x" * 7999, "é" * 3000, "null", "{}", "urn:uuid:", "00000000-0000", "🙂"),
    *("'; DROP TABLE tenants; --", "9" * 40, "-1", "0x" + "f" * 32, "\n"),
]


class Ears:
    def __init__(self) -> None:
        self.heard: list[UUID] = []
        self.looked = 0
        self.news = asyncio.Event()

    def changed(self, tenant_id: UUID) -> None:
        self.heard.append(tenant_id)
        self.news.set()

    def missed(self) -> None:
        self.looked += 1
        self.news.set()

    async def until(self, condition) -> None:
        async with asyncio.timeout(SOON):
            while not condition():
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def portal(database_url):
    opened = await asyncpg.connect(as_portal(database_url))
    yield opened
    await opened.close()


async def test_what_is_no_tenants_id_is_passed_over(database_url, portal):
    ears, tenant_id = Ears(), uuid4()
    listener = Listener(database_url, CHANGED, changed=ears.changed, missed=ears.missed)
    async with TaskGroup() as tasks:
        tasks.supervise("listener", listener.run())
        await ears.until(lambda: ears.looked)
        for payload in GARBAGE:
            await portal.execute("SELECT pg_notify($1, $2)", CHANGED, payload)
        await portal.execute(f"NOTIFY {CHANGED}")
        await portal.execute("SELECT pg_notify($1, $2)", CHANGED, str(tenant_id))
        await ears.until(lambda: ears.heard)
    assert ears.heard == [tenant_id]
    assert ears.looked == 1, "the connection was lost"


async def test_a_flood_is_not_listened_to_and_all_is_looked_at_meanwhile(database_url, portal):
    ears, tenant_id, most = Ears(), uuid4(), 500
    listener = Listener(
        database_url,
        CHANGED,
        changed=ears.changed,
        missed=ears.missed,
        most_a_second=most,
        deaf_for=timedelta(milliseconds=300),
    )
    async with TaskGroup() as tasks:
        tasks.supervise("listener", listener.run())
        await ears.until(lambda: ears.looked)
        await portal.execute(FLOOD, CHANGED, 50_000)
        await ears.until(lambda: ears.looked >= 3)  # as it begins, while deaf, as it begins anew
        assert len(ears.heard) <= 2 * most
        while tenant_id not in ears.heard:
            await portal.execute("SELECT pg_notify($1, $2)", CHANGED, str(tenant_id))
            await asyncio.sleep(0.05)


async def test_a_busy_fleet_is_no_flood(database_url, portal):
    ears, many = Ears(), 5000
    listener = Listener(database_url, CHANGED, changed=ears.changed, missed=ears.missed)
    async with TaskGroup() as tasks:
        tasks.supervise("listener", listener.run())
        await ears.until(lambda: ears.looked)
        await portal.execute(FLOOD, CHANGED, many)
        await ears.until(lambda: len(ears.heard) == many)
    assert ears.looked == 1
