"""What changes by itself on an open page: pushed to it, never asked for."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.response import ServerSentEvent

from portal.services.show_history import show_history
from portal.services.show_home import Home, show_home
from portal.visitor import ensure_signed_in, house_of
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.structs.members import Member
from shared.web.changes import Changes
from shared.web.live import HEADERS, LAST_SEEN, Beside, follow
from shared.web.rendering import render
from shared.web.requests import PageRequest

# Each message of a busy hour changes the count of today.
PACE = timedelta(seconds=1)
# Plots are most of the page's bytes, and show hours.
HISTORY_PACE = timedelta(seconds=30)


@get("/home/stream")
async def stream(request: PageRequest, member: NamedDependency[Member]) -> ServerSentEvent:
    if member.tenant_id is None:
        raise NotFoundError("there is no tenant to tell of")
    tenant_id, language, clock = member.tenant_id, member.language, house_of(request).clock
    changes: Changes = request.app.state.changes
    looks = changes.looks

    async def find() -> Home:
        return await looks.see(
            tenant_id,
            ("home", language),
            lambda: show_home(tenant_id, language=language, clock=clock),
        )

    async def look() -> str:
        return render(request, "live.html", home=await find())

    async def look_back() -> str:
        history = await show_history(tenant_id, language=language, clock=clock)
        return render(request, "history.html", home=await find(), history=history)

    # With nothing of the person who looks.
    async def share() -> str:
        return await looks.see(tenant_id, ("history", language), look_back)

    beside = Beside(
        event="history",
        look=share,
        pace=HISTORY_PACE,
        is_stale=LAST_SEEN in request.headers,
    )
    return stream_of(request, tenant_id, look, pace=PACE, beside=beside)


def stream_of(
    request: PageRequest,
    tenant_id: TenantId,
    look: Callable[[], Awaitable[str]],
    *,
    pace: timedelta = timedelta(0),
    beside: Beside | None = None,
) -> ServerSentEvent:
    """What `look` shows, for as long as the page is open and whoever opened it signed in."""
    changes: Changes = request.app.state.changes

    async def look_if_in() -> str:
        await ensure_signed_in(request)
        return await look()

    if not changes.has_room(tenant_id):
        raise TooManyRequestsException
    return ServerSentEvent(
        follow(changes, tenant_id, look_if_in, pace=pace, beside=beside),
        headers=HEADERS,
        retry_duration=2000,
    )
