"""`/admin/fleet`: how many tenants are how, now and over time."""

from litestar import Router, get

from controlplane.api.parameters import Hours, Timing
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.show_history import show_history
from shared.stores import tenant_lists
from shared.structs.fleet_counts import FleetCounts, FleetHistory

DEFAULT_HOURS = 24


@get("/", summary="How many tenants are how", responses=documented(), opt=needs(Right.LOOK))
async def count_all(clock: Timing) -> FleetCounts:
    return await tenant_lists.count_tenants(now=clock.now())


@get(
    "/history",
    summary="How many tenants were how, minute by minute",
    responses=documented(),
    opt=needs(Right.LOOK),
)
async def show(clock: Timing, hours: Hours = DEFAULT_HOURS) -> FleetHistory:
    return await show_history(hours=hours, clock=clock)


fleet_router = Router("/fleet", route_handlers=[count_all, show], tags=["Fleet"])
