"""Asks for a new WhatsApp session: the link is given up and a new QR will follow."""

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import tenants, workers
from shared.structs.tenants import TenantWithRelations


async def reset_session(tenant_id: TenantId, *, caller: Caller, wake: Wake) -> TenantWithRelations:
    async with transaction():
        generation = await workers.reset_session(tenant_id)
        await leave_trace(
            caller, "session.reset_requested", tenant_id=tenant_id, generation=generation
        )
        tenant = await tenants.get(tenant_id)
    wake(tenant_id)
    return tenant
