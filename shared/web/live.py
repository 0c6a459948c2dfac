"""What changes by itself on an open page: pushed to it, never asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from litestar.response import ServerSentEventMessage

from shared.errors import NotFoundError, TransientError
from shared.ids import TenantId
from shared.web.changes import Changes

# A line that says nothing, so that nobody between takes the connection for dead.
QUIET = timedelta(seconds=20)
# Then the browser comes again by itself, and is asked again who it is.
LIFE = timedelta(minutes=10)


async def follow(
    changes: Changes,
    tenant_id: TenantId | None,
    look: Callable[[], Awaitable[str]],
    *,
    quiet: timedelta = QUIET,
    life: timedelta = LIFE,
    pace: timedelta = timedelta(0),
) -> AsyncIterator[ServerSentEventMessage]:
    """What there is to see now, and again whenever that changes.

    tenant_id: whose changes; None for whoever's. quiet: after it everything is looked at anyway.
    pace: how long nothing more is shown after something was, for who pays by the megabyte.
    """
    loop = asyncio.get_running_loop()
    deadline, shown = loop.time() + life.total_seconds(), ""
    with changes.of(tenant_id) as changed:
        while loop.time() < deadline and not changes.has_ended:
            changed.clear()
            try:
                seen = await look()
            except NotFoundError:
                return  # the tenant is gone, or whoever looked
            except TransientError:
                seen = shown  # the page keeps what it has; a change will be told
            if seen != shown:
                yield ServerSentEventMessage(data=seen)
                shown = seen
                await asyncio.sleep(pace.total_seconds())
            try:
                async with asyncio.timeout(quiet.total_seconds()):
                    await changed.wait()
            except TimeoutError:
                yield ServerSentEventMessage(data=None, comment="")
