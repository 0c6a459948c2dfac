"""One process at a time: a lease is held for as long as its own connection to PostgreSQL lives.

A lock on a view that only the owner of the tables may lock: a holder that is killed loses it at
once, and nothing is stored that would have to expire. No advisory lock, which the portal's role
could take, where nobody may forbid it. A view, for it is neither vacuumed nor frozen, which the
lock would keep from being done; and no row, whose lock would keep all tables from it.
"""

import asyncio
from datetime import timedelta

import asyncpg
import structlog

from shared.db.portal_role import ROLE

log = structlog.get_logger(__name__)

LEASE = "flowhq_lease"
# How a control plane of before 2026-12 holds it. Any number will do that nothing else locks.
RECONCILE_LEASE = 0x466C6F78
# By somebody of ours: what the portal's role holds keeps nobody out.
_TAKEN_BEFORE = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND usename <> $2 AND pid <> pg_backend_pid())
"""
RETRY = timedelta(seconds=1)
# A connection that ends is noticed at once; one that hangs, within these two.
CHECK = timedelta(seconds=2)
ANSWER_TIMEOUT = timedelta(seconds=5)

_FAILURES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Lease:
    """`held` is set while this process is the only one that holds it."""

    def __init__(self, url: str, key: int = RECONCILE_LEASE) -> None:
        self._url = url
        self._key = key
        self.held = asyncio.Event()

    async def run(self) -> None:
        """Takes it, keeps it, and takes it again, until cancelled."""
        while True:
            try:
                await self._take_and_keep()
            except _FAILURES as error:
                log.warning("lease.lost", error=str(error) or type(error).__name__)
            await asyncio.sleep(RETRY.total_seconds())

    async def _take_and_keep(self) -> None:
        timeout = ANSWER_TIMEOUT.total_seconds()
        connection = await asyncpg.connect(self._url, timeout=timeout, command_timeout=timeout)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await self._take(connection)
            self.held.set()
            log.info("lease.taken")
            while not await _is_set_within(ended, CHECK):
                await connection.execute("SELECT 1")
            raise ConnectionError("the connection ended")
        finally:
            self.held.clear()
            connection.terminate()

    async def _take(self, connection: asyncpg.Connection) -> None:
        """Leaves a transaction open, which the lock lasts as long as."""
        is_told = False
        while not await self._try(connection):
            if not is_told:
                log.warning("lease.awaited", reason="another process holds it")
                is_told = True
            await asyncio.sleep(RETRY.total_seconds())

    async def _try(self, connection: asyncpg.Connection) -> bool:
        await connection.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            await connection.execute(f"LOCK TABLE {LEASE} IN EXCLUSIVE MODE NOWAIT")
            if await connection.fetchval(_TAKEN_BEFORE, self._key, ROLE):
                return await _give_up(connection)
        except asyncpg.LockNotAvailableError:
            return await _give_up(connection)
        # For a control plane of before, which looks at this lock alone.
        await connection.execute("SELECT pg_try_advisory_lock($1)", self._key)
        return True


async def _give_up(connection: asyncpg.Connection) -> bool:
    await connection.execute("ROLLBACK")
    return False


async def _is_set_within(event: asyncio.Event, wait: timedelta) -> bool:
    try:
        async with asyncio.timeout(wait.total_seconds()):
            await event.wait()
    except TimeoutError:
        return False
    return True
