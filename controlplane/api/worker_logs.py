"""`/admin/tenants/{id}/worker-log`: the end of what a worker logs, and what it adds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta

from litestar import Router, get
from litestar.response import ServerSentEvent, ServerSentEventMessage

from controlplane.api.parameters import Acting, Lines, LogKeeping, TenantPath, Timing
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.reading import Reading, trace_reading
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.workers import WorkerLogView

DEFAULT_LINES = 200
# Then whoever still looks comes again, and shows the key again.
LIFE = timedelta(minutes=10)


@get(
    "/",
    summary="The last lines that the worker logged",
    responses=documented(404, 503),
    opt=needs(Right.READ),
)
async def tail(
    tenant_id: TenantPath,
    worker_logs: LogKeeping,
    caller: Acting,
    clock: Timing,
    lines: Lines = DEFAULT_LINES,
) -> WorkerLogView:
    tail = await worker_logs.tail(TenantId(tenant_id), lines=lines)
    await trace_reading(Reading.WORKER_LOG, TenantId(tenant_id), caller=caller, clock=clock)
    return tail


@get(
    "/stream",
    summary="The same, and then each line as it is logged (server-sent events)",
    responses=documented(404, 429, 503),
    opt=needs(Right.READ),
)
async def stream(
    tenant_id: TenantPath,
    worker_logs: LogKeeping,
    caller: Acting,
    clock: Timing,
    lines: Lines = DEFAULT_LINES,
) -> ServerSentEvent:
    tenant = await tenants.get(TenantId(tenant_id))
    await trace_reading(Reading.WORKER_LOG, TenantId(tenant.id), caller=caller, clock=clock)
    batches = await worker_logs.begin_to_follow(TenantId(tenant_id), lines=lines)
    return ServerSentEvent(to_events(batches), headers={"X-Accel-Buffering": "no"})


async def to_events(
    batches: AsyncGenerator[list[str], None], *, life: timedelta = LIFE
) -> AsyncIterator[ServerSentEventMessage]:
    """One event a line. Ends with the container, and after `life`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + life.total_seconds()
    async with aclosing(batches):
        async for batch in batches:
            if not batch:
                yield ServerSentEventMessage(data=None, comment="")
            for line in batch:
                yield ServerSentEventMessage(data=line)
            if loop.time() >= deadline:
                return


worker_logs_router = Router(
    "/tenants/{tenant_id:str}/worker-log", route_handlers=[tail, stream], tags=["Workers"]
)
