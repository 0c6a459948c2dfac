"""`/v1/limits`: what a tenant's own programs may use, and what is left of it."""

from litestar import get

from controlplane.api.parameters import Acting, CountingRequests, Timing
from controlplane.api.problems import documented
from controlplane.services.show_limits import show_limits
from shared.structs.limits import LimitsView


@get(
    "/limits",
    summary="What you may use, and what you use",
    responses=documented(),
    tags=["Limits, with a tenant's key"],
)
async def own_limits(caller: Acting, request_rate: CountingRequests, clock: Timing) -> LimitsView:
    assert caller.tenant_id is not None, "the guard lets no other key in"
    return await show_limits(caller.tenant_id, request_rate=request_rate, clock=clock)
