"""What changes by itself on an open page: pushed to it, never asked for."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.response import ServerSentEvent

from portal.services.show_home import show_home
from portal.visitor import ensure_signed_in, house_of
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.structs.members import Member
from shared.web.changes import Changes
from shared.web.live import follow
from shared.web.rendering import render
from shared.web.requests import PageRequest

# Each message of a busy hour changes the count of today.
PACE = timedelta(seconds=1)


@get("/home/stream")
async def stream(request: PageRequest, member: NamedDependency[Member]) -> ServerSentEvent:
    if member.tenant_id is None:
        raise NotFoundError("there is no tenant to tell of")
    tenant_id, house = member.tenant_id, house_of(request)

    async def look() -> str:
        home = await show_home(tenant_id, language=member.language, clock=house.clock)
        return render(request, "live.html", home=home)

    return stream_of(request, tenant_id, look, pace=PACE)


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
