"""Hears what PostgreSQL is told (NOTIFY): a hint that a tenant's rows changed, never the fact."""

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
    ) -> None:
        self._url = url
        self._channel = channel
        self._changed = changed
        self._missed = missed

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except _FAILURES as error:
                log.warning("listener.lost", error=str(error) or type(error).__name__)
            await asyncio.sleep(RETRY.total_seconds())

    async def _listen(self) -> None:
        timeout = ANSWER_TIMEOUT.total_seconds()
        connection = await asyncpg.connect(self._url, timeout=timeout, command_timeout=timeout)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(self._channel, self._hear)
            self._missed()
            while not await _is_set_within(ended, CHECK):
                await connection.execute("SELECT 1")
            raise ConnectionError("the connection ended")
        finally:
            connection.terminate()

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
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
