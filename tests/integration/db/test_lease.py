"""A lease on a real PostgreSQL: one holder, and another as soon as there is none."""

import asyncio

import asyncpg

from shared.db.lease import LEASE, Lease
from shared.tasks import TaskGroup
from tests.fakes.fleet import until

SOON = 10


async def _held(lease: Lease) -> None:
    async with asyncio.timeout(SOON):
        await lease.held.wait()


async def test_a_second_process_waits_until_the_first_has_ended(database_url):
    first, second = Lease(database_url), Lease(database_url)
    async with TaskGroup() as tasks:
        running = tasks.supervise("first", first.run())
        await _held(first)
        tasks.supervise("second", second.run())
        async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
            await _until_asked(pool)
        assert not second.held.is_set()
        running.cancel()
        await _held(second)
        assert not first.held.is_set()


async def test_a_lost_connection_ends_the_lease_until_it_is_taken_again(database_url):
    lease = Lease(database_url)
    async with TaskGroup() as tasks:
        tasks.supervise("lease", lease.run())
        await _held(lease)
        async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE relation = $1::text::regclass AND mode = 'ExclusiveLock'",
                LEASE,
            )
        await until(_is_lost(lease), seconds=SOON)
        await _held(lease)


def _is_lost(lease: Lease):
    async def look() -> bool:
        return not lease.held.is_set()

    return look


async def _until_asked(pool: asyncpg.Pool) -> None:
    """Returns once a second session has asked for the lock, in vain."""

    async def look() -> bool:
        return await pool.fetchval(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE query = 'ROLLBACK'"
            " AND datname = current_database() AND pid != pg_backend_pid()"
        )

    await until(look, seconds=SOON)
