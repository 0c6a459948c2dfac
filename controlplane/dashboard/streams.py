"""Open pages that are shown what changes, for as long as who opened them is signed in."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from litestar.exceptions import TooManyRequestsException
from litestar.response import ServerSentEvent

from controlplane.dashboard.desk import desk_of
from controlplane.dashboard.visitor import session_of
from controlplane.services.sign_in_operator import find_operator
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.web import live
from shared.web.changes import Changes
from shared.web.requests import PageRequest

# Heartbeats change what is shown and are told to nobody: it is looked again after each.
QUIET = timedelta(seconds=15)


def stream_of(
    request: PageRequest,
    tenant_id: TenantId | None,
    look: Callable[[], Awaitable[str]],
    *,
    pace: timedelta,
) -> ServerSentEvent:
    """tenant_id, pace: as of `follow`."""
    changes: Changes = request.app.state.changes

    async def look_if_in() -> str:
        if not await is_signed_in(request):
            raise NotFoundError("nobody is signed in any more")
        return await look()

    if not changes.has_room(tenant_id):
        raise TooManyRequestsException
    return ServerSentEvent(
        live.follow(changes, tenant_id, look_if_in, quiet=QUIET, pace=pace),
        headers=live.HEADERS,
        retry_duration=2000,
    )


async def is_signed_in(request: PageRequest) -> bool:
    """Whether the session that the page was opened with goes on."""
    token = session_of(request)
    if token is None:
        return False
    operator = await find_operator(token, clock=desk_of(request).clock, is_use=False)
    return operator is not None
