"""Takes back a queued message, or asks the worker not to send what it was handed."""

from uuid import UUID

from controlplane.services.acting import Caller, Dispatch, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import outbound, tenants
from shared.structs.outbound import OutboundView


async def cancel_message(
    tenant_id: TenantId, message_id: UUID, *, caller: Caller, dispatch: Dispatch, clock: Clock
) -> OutboundView:
    """Raises NotFoundError; ConflictError for a message that is sent or settled."""
    async with transaction():
        await tenants.get(tenant_id)
        message = await outbound.cancel(tenant_id, message_id, now=clock.now())
        if caller.tenant_id is None:
            await leave_trace(
                caller,
                "message.cancel_requested",
                tenant_id=tenant_id,
                message_id=str(message_id),
                state=message.state,
            )
    dispatch(tenant_id)
    return message
