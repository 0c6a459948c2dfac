"""The end of a business: not found from now on; container, volume and rows follow."""

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.tenants import RemovalView


async def remove_tenant(
    tenant_id: TenantId, *, caller: Caller, wake: Wake, clock: Clock
) -> RemovalView:
    now = clock.now()
    async with transaction():
        await tenants.request_removal(tenant_id, now=now)
        await leave_trace(caller, "tenant.removal_requested", tenant_id=tenant_id)
    wake(tenant_id)
    return RemovalView(id=tenant_id, removal_requested_at=now)
