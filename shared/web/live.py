"""What changes by itself on an open page: pushed to it, never asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import msgspec
from litestar.response import ServerSentEventMessage

from shared.errors import NotFoundError, TransientError
from shared.ids import TenantId
from shared.web.changes import Changes

# A line that says nothing, so that nobody between takes the connection for dead.
QUIET = timedelta(seconds=20)
# Then the browser comes again by itself, and is asked again who it is.
LIFE = timedelta(minutes=10)
# X-Accel-Buffering: a proxy that collects the answer would keep it from the page. And what one
# person saw is not shown to the next one at the same screen, no more than a page is.
HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
# What a browser says when it comes again: that it has seen something, not what.
SEEN = "1"
LAST_SEEN = "last-event-id"


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the page that changes with the rest and is too large to be sent each time.

    event: by which the browser tells it from the rest. pace: it is looked at once in each such
    span, which begin at the same moments for all pages, so that those of one business share a
    look. is_stale: whether what the browser has of it may be old already.
    """

    event: str
    look: Callable[[], Awaitable[str]]
    pace: timedelta
    is_stale: bool = False


async def follow(
    changes: Changes,
    tenant_id: TenantId | None,
    look: Callable[[], Awaitable[str]],
    *,
    quiet: timedelta = QUIET,
    life: timedelta = LIFE,
    pace: timedelta = timedelta(0),
    beside: Beside | None = None,
) -> AsyncIterator[ServerSentEventMessage]:
    """Yields what there is to see now, and again whenever that changes.

    tenant_id: whose changes; None for whoever's. quiet: after it everything is looked at anyway.
    life: checked after each look, so the first look is always shown, however late it comes.
    pace: how long nothing more is shown after something was, for who pays by the megabyte.
    beside: what is sent less often than that.
    """
    loop = asyncio.get_running_loop()
    deadline, shown = loop.time() + life.total_seconds(), ""
    slow = _Slow(beside)
    with changes.of(tenant_id) as changed:
        while not changes.has_ended:
            changed.clear()
            try:
                seen = await look()
            except NotFoundError:
                return  # the tenant is gone, or whoever looked
            except TransientError:
                seen = shown  # the page keeps what it has; a change will be told
            if seen != shown:
                yield ServerSentEventMessage(data=seen, id=SEEN if beside else None)
                shown = seen
                await asyncio.sleep(pace.total_seconds())
            if (more := await slow.look(loop.time())) is not None:
                yield more
            if await _is_set(changed, within=quiet):
                slow.is_stale = True
            else:
                yield ServerSentEventMessage(data=None, comment="")
            if loop.time() >= deadline:
                return


async def _is_set(event: asyncio.Event, *, within: timedelta) -> bool:
    try:
        async with asyncio.timeout(within.total_seconds()):
            await event.wait()
    except TimeoutError:
        return False
    return True


class _Slow:
    def __init__(self, part: Beside | None) -> None:
        self.is_stale = part is not None and part.is_stale
        self._part = part
        self._span: float | None = None
        self._shown = ""

    async def look(self, now: float) -> ServerSentEventMessage | None:
        """What to send of it now. Raises nothing: the page keeps what it has."""
        if self._part is None or not self.is_stale:
            return None
        span = now // self._part.pace.total_seconds()
        if span == self._span:
            return None
        try:
            seen = await self._part.look()
        except (NotFoundError, TransientError):
            return None
        self.is_stale, self._span = False, span
        if seen == self._shown:
            return None
        self._shown = seen
        return ServerSentEventMessage(data=seen, event=self._part.event, id=SEEN)
