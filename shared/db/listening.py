"""Hears what PostgreSQL is told (NOTIFY): a hint that a tenant's rows changed, never the fact.

Every role may say anything on every channel, as often as it likes. What is no tenant's id is
passed over; who is told too much stops listening for a while, and looks now and then instead.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from shared.ids import TenantId

log = structlog.get_logger(__name__)

CHANGED = "flowhq_tenant"
ASKED = "flowhq_request"
CONFIGURED = "flowhq_config"
RETRY = timedelta(seconds=1)
# A connection that hangs says nothing: it is asked now and then.
CHECK = timedelta(seconds=10)
ANSWER_TIMEOUT = timedelta(seconds=5)
# The gateway names each tenant ten times a second at most: two thousand that all talk at once.
# Of as many, a core is busy for a fifth of the time.
MOST_A_SECOND = 20_000
# For so long nothing is heard after that, and all is looked at this often.
DEAF_FOR = timedelta(seconds=30)
LOOK_EVERY = timedelta(seconds=5)

_FAILURES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Listener:
    """changed: called for each tenant that was named. missed: after a gap, anything may have."""

    def __init__(
        self,
        url: str,
        channel: str,
        *,
        changed: Callable[[TenantId], None],
        missed: Callable[[], None],
        most_a_second: int = MOST_A_SECOND,
        deaf_for: timedelta = DEAF_FOR,
    ) -> None:
        self._url = url
        self._channel = channel
        self._changed = changed
        self._missed = missed
        self._most_a_second = most_a_second
        self._deaf_for = deaf_for
        self._heard = 0
        self._second = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen_until_flooded()
            except _FAILURES as error:
                log.warning("listener.lost", error=str(error) or type(error).__name__)
                await asyncio.sleep(RETRY.total_seconds())
            else:
                log.error("listener.flooded", channel=self._channel, heard=self._heard)
                await self._look_now_and_then()

    async def _listen_until_flooded(self) -> None:
        """Raises one of _FAILURES when the connection ends."""
        timeout = ANSWER_TIMEOUT.total_seconds()
        connection = await asyncpg.connect(self._url, timeout=timeout, command_timeout=timeout)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        self._heard = 0

        def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            if self._is_too_much():
                ended.set()
            else:
                self._hear(payload)

        try:
            await connection.add_listener(self._channel, hear)
            self._missed()
            while not await _is_set_within(ended, CHECK):
                await connection.execute("SELECT 1")
            if self._heard <= self._most_a_second:
                raise ConnectionError("the connection ended")
        finally:
            connection.terminate()

    async def _look_now_and_then(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._deaf_for.total_seconds()
        while loop.time() < until:
            self._missed()
            await asyncio.sleep(min(LOOK_EVERY, self._deaf_for).total_seconds())

    def _is_too_much(self) -> bool:
        """Counts one more, by the full second."""
        second = int(asyncio.get_running_loop().time())
        if second != self._second and self._heard <= self._most_a_second:
            self._second, self._heard = second, 0
        self._heard += 1
        return self._heard > self._most_a_second

    def _hear(self, payload: str) -> None:
        try:
            tenant_id = TenantId(UUID(payload))
        except ValueError:
            return  # somebody else's use of the channel
        self._changed(tenant_id)


async def _is_set_within(event: asyncio.Event, wait: timedelta) -> bool:
    try:
        async with asyncio.timeout(wait.total_seconds()):
            await event.wait()
    except TimeoutError:
        return False
    return True
