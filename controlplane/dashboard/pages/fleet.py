"""All tenants: found, ordered and counted, live; and the fleet over time."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.response import ServerSentEvent

from controlplane.api.parameters import Alarming, Timing
from controlplane.dashboard.fleet_query import SPANS, FleetQuery, read_query
from controlplane.dashboard.history_plot import draw_history
from controlplane.dashboard.moments import Sayer
from controlplane.dashboard.streams import stream_of
from controlplane.dashboard.visitor import FOLLOWS
from controlplane.rights import Right, needs
from controlplane.services.acting import ListAlarms
from controlplane.services.show_history import show_history
from shared.clock import Clock
from shared.enums import Actor, DesiredState, SessionState, TenantSort, TenantStatus, WorkerStatus
from shared.errors import InvalidInputError, NotFoundError
from shared.stores import setup_requests, tenant_lists
from shared.web.rendering import page, render
from shared.web.requests import PageRequest

ROWS = 100
# A fleet is never still: it is shown anew this seldom.
PACE = timedelta(seconds=3)
COLUMNS = (
    (TenantSort.NAME, "tenant"),
    (TenantSort.SESSION, "session"),
    (TenantSort.WORKER, "worker"),
    (TenantSort.IMAGE, "image"),
    (TenantSort.STARTED, "started"),
    (TenantSort.MEMORY, "memory_of"),
    (TenantSort.LAST_INBOUND, "last_inbound"),
    (TenantSort.OUTBOX, "outbox"),
    (TenantSort.RESTARTS, "restarts"),
)
KINDS = {
    "status": list(TenantStatus),
    "session": list(SessionState),
    "worker": list(WorkerStatus),
    "desired": [DesiredState.RUNNING, DesiredState.STOPPED],
    "actor": list(Actor),
}


@get("/", opt=needs(Right.LOOK))
async def show(request: PageRequest, clock: Timing, alarms: Alarming) -> Response[str]:
    query = read_query(request.query_params)
    seen = await _look(query, clock=clock, alarms=alarms)
    history = draw_history(await show_history(hours=query.span, clock=clock))
    is_removed = request.query_params.get("done") == "remove"
    return page(
        request,
        "fleet.html",
        history=history,
        kinds=KINDS,
        spans=SPANS,
        is_removed=is_removed,
        **seen,
    )


@get("/stream", opt=FOLLOWS | needs(Right.LOOK))
async def stream(request: PageRequest, clock: Timing, alarms: Alarming) -> ServerSentEvent:
    query = read_query(request.query_params)

    async def look() -> str:
        seen = await _look(query, clock=clock, alarms=alarms)
        return render(request, "fleet_live.html", **seen)

    return stream_of(request, None, look, pace=PACE)


async def _look(query: FleetQuery, *, clock: Clock, alarms: ListAlarms) -> dict[str, Any]:
    now = clock.now()
    try:
        found = await tenant_lists.list_page(
            limit=ROWS,
            cursor=query.cursor,
            chosen=query.chosen,
            sort=query.sort,
            order=query.order,
        )
    except InvalidInputError as error:
        raise NotFoundError("there is no such part of the list") from error
    return {
        "query": query,
        "found": found,
        "counts": await tenant_lists.count_tenants(now=now),
        "alarms": await alarms(),
        "waiting": await setup_requests.count_undecided(),
        "columns": COLUMNS,
        "say": Sayer(now),
    }
