"""Asks for a new container on the same session, drained first or killed at once."""

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import tenants, workers
from shared.structs.tenants import TenantWithRelations


async def restart_worker(
    tenant_id: TenantId, *, force: bool, caller: Caller, wake: Wake
) -> TenantWithRelations:
    bump = workers.force_restart if force else workers.restart
    action = "worker.force_restart_requested" if force else "worker.restart_requested"
    async with transaction():
        generation = await bump(tenant_id)
        await leave_trace(caller, action, tenant_id=tenant_id, generation=generation)
        tenant = await tenants.get(tenant_id)
    wake(tenant_id)
    return tenant
