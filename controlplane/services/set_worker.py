"""Asks for a worker to run, or not to. Asking for what is asked already changes nothing."""

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.db.engine import transaction
from shared.enums import DesiredState
from shared.ids import TenantId
from shared.stores import tenants, workers
from shared.structs.tenants import TenantWithRelations

_ACTIONS = {
    DesiredState.RUNNING: "worker.start_requested",
    DesiredState.STOPPED: "worker.stop_requested",
}


async def set_worker(
    tenant_id: TenantId, state: DesiredState, *, caller: Caller, wake: Wake
) -> TenantWithRelations:
    """`state`: RUNNING or STOPPED; REMOVED is `remove_tenant`'s."""
    async with transaction():
        changed = await workers.set_desired(tenant_id, state)
        await leave_trace(caller, _ACTIONS[state], tenant_id=tenant_id, changed=changed)
        tenant = await tenants.get(tenant_id)
    wake(tenant_id)
    return tenant
