"""What changes by itself on an open page: pushed to it, never asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.response import ServerSentEvent, ServerSentEventMessage

from portal.changes import Changes
from portal.services.show_home import show_home
from portal.visitor import ensure_signed_in, house_of
from shared.errors import NotFoundError, TransientError
from shared.ids import TenantId
from shared.structs.members import Member
from shared.web.rendering import render
from shared.web.requests import PageRequest

# A line that says nothing, so that nobody between takes the connection for dead.
QUIET = timedelta(seconds=20)
# Then the browser comes again by itself, and is asked again who it is.
LIFE = timedelta(minutes=10)


@get("/home/stream")
async def stream(request: PageRequest, member: NamedDependency[Member]) -> ServerSentEvent:
    if member.tenant_id is None:
        raise NotFoundError("there is no tenant to tell of")
    tenant_id, house = member.tenant_id, house_of(request)

    async def look() -> str:
        return render(request, "live.html", home=await show_home(tenant_id, clock=house.clock))

    return stream_of(request, tenant_id, look)


def stream_of(
    request: PageRequest,
    tenant_id: TenantId,
    look: Callable[[], Awaitable[str]],
    *,
    pace: timedelta = timedelta(0),
) -> ServerSentEvent:
    """What `look` shows, for as long as the page is open and whoever opened it signed in."""
    changes: Changes = request.app.state.changes

    async def look_if_in() -> str:
        await ensure_signed_in(request)
        return await look()

    if not changes.has_room(tenant_id):
        raise TooManyRequestsException
    # X-Accel-Buffering: a proxy that collects the answer would keep it from the page.
    return ServerSentEvent(
        follow(changes, tenant_id, look_if_in, pace=pace),
        headers={"X-Accel-Buffering": "no"},
        retry_duration=2000,
    )


async def follow(
    changes: Changes,
    tenant_id: TenantId,
    look: Callable[[], Awaitable[str]],
    *,
    quiet: timedelta = QUIET,
    life: timedelta = LIFE,
    pace: timedelta = timedelta(0),
) -> AsyncIterator[ServerSentEventMessage]:
    """What there is to see now, and again whenever that changes.

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
