"""One process at a time: a lease is held for as long as its own connection to PostgreSQL lives.

An advisory lock of that connection's session: a holder that is killed loses it at once, and
nothing is stored that would have to expire.
"""

import asyncio
from datetime import timedelta

import asyncpg
import structlog

log = structlog.get_logger(__name__)

# Any number will do that nothing else in this database locks.
RECONCILE_LEASE = 0x466C6F78
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
        is_told = False
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._key):
            if not is_told:
                log.warning("lease.awaited", reason="another process holds it")
                is_told = True
            await asyncio.sleep(RETRY.total_seconds())


async def _is_set_within(event: asyncio.Event, wait: timedelta) -> bool:
    try:
        async with asyncio.timeout(wait.total_seconds()):
            await event.wait()
    except TimeoutError:
        return False
    return True
