"""What one tenant may use beside what it uses."""

from controlplane.services.request_rate import RequestRate
from shared.clock import Clock
from shared.ids import TenantId
from shared.stores import limits
from shared.structs.limits import LimitsView


async def show_limits(
    tenant_id: TenantId, *, request_rate: RequestRate, clock: Clock
) -> LimitsView:
    """Raises NotFoundError."""
    allowed = (await limits.get(tenant_id)).api_requests_per_minute
    requests = request_rate.used(tenant_id, allowed=allowed, now=clock.now())
    return await limits.show(
        tenant_id, api_requests=requests, log_lines=request_rate.log_lines(tenant_id)
    )
