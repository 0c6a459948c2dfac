"""The end of what a tenant's worker logs, live."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from litestar import Response, get
from litestar.exceptions import TooManyRequestsException
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from controlplane.api.parameters import Acting, LogKeeping, Timing
from controlplane.dashboard.log_rows import read_row
from controlplane.dashboard.streams import is_signed_in
from controlplane.dashboard.visitor import FOLLOWS
from controlplane.rights import Right, needs
from controlplane.services.reading import Reading, trace_reading
from controlplane.services.worker_logs import TooManyFollowersError
from shared.errors import ContainerRuntimeError, TransientError
from shared.ids import TenantId
from shared.stores import tenants
from shared.web.live import HEADERS, LIFE
from shared.web.rendering import page, render
from shared.web.requests import PageRequest

LINES = 150
# A worker that says much is shown this often, not line by line.
PACE = timedelta(seconds=1)


@get("/tenants/{tenant_id:uuid}/log", opt=needs(Right.READ))
async def show(
    request: PageRequest,
    tenant_id: FromPath[UUID],
    worker_logs: LogKeeping,
    caller: Acting,
    clock: Timing,
) -> Response[str]:
    tenant = await tenants.get(TenantId(tenant_id))
    await trace_reading(Reading.WORKER_LOG, TenantId(tenant_id), caller=caller, clock=clock)
    try:
        lines = (await worker_logs.tail(TenantId(tenant_id), lines=LINES)).lines
    except ContainerRuntimeError:
        return page(request, "tenant_log.html", tenant=tenant, rows=[], is_away=True)
    rows = [read_row(line) for line in lines]
    return page(request, "tenant_log.html", tenant=tenant, rows=rows, is_away=False)


@get("/tenants/{tenant_id:uuid}/log/stream", opt=FOLLOWS | needs(Right.READ))
async def stream(
    request: PageRequest, tenant_id: FromPath[UUID], worker_logs: LogKeeping
) -> ServerSentEvent:
    try:
        batches = await worker_logs.begin_to_follow(TenantId(tenant_id), lines=LINES)
    except TooManyFollowersError as error:
        raise TooManyRequestsException from error
    return ServerSentEvent(follow_log(request, batches), headers=HEADERS, retry_duration=3000)


async def follow_log(
    request: PageRequest, batches: AsyncGenerator[list[str], None], *, life: timedelta = LIFE
) -> AsyncIterator[ServerSentEventMessage]:
    """The newest lines whenever there are new ones. Ends with the container; the browser then
    comes again, and finds the next one.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + life.total_seconds()
    shown: deque[str] = deque(maxlen=LINES)
    async with aclosing(batches):
        async for batch in batches:
            if loop.time() >= deadline or not await _may_go_on(request):
                return
            if batch:
                shown.extend(batch)
                rows = [read_row(line) for line in shown]
                yield ServerSentEventMessage(data=render(request, "log_rows.html", rows=rows))
                await asyncio.sleep(PACE.total_seconds())
            else:
                yield ServerSentEventMessage(data=None, comment="")


async def _may_go_on(request: PageRequest) -> bool:
    """Also not while the database cannot say: the browser then asks at the door."""
    try:
        return await is_signed_in(request)
    except TransientError:
        return False
