"""Changes what one tenant may use."""

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import limits, tenants
from shared.structs.limits import LimitsInput
from shared.structs.tenants import TenantWithRelations


async def set_limits(
    tenant_id: TenantId, given: LimitsInput, *, caller: Caller, wake: Wake
) -> TenantWithRelations:
    """A worker whose container is to be another is drained and replaced. Raises NotFoundError."""
    changes = given.to_changes()
    async with transaction():
        before = await limits.change(tenant_id, changes)
        changed = {
            name: [getattr(before, name), value]
            for name, value in changes.items()
            if getattr(before, name) != value
        }
        if changed:
            await leave_trace(caller, "limits.set", tenant_id=tenant_id, limits=changed)
        tenant = await tenants.get(tenant_id)
    wake(tenant_id)
    return tenant
