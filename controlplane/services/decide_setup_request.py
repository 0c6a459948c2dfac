"""An operator's decision on a request; approval starts the worker."""

from uuid import UUID

from controlplane.services.acting import Caller, Wake, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.enums import DesiredState, SetupStatus
from shared.ids import TenantId
from shared.stores import setup_requests, workers
from shared.structs.setup_requests import SetupRequestView


async def approve(
    request_id: UUID, *, note: str, caller: Caller, wake: Wake, clock: Clock
) -> SetupRequestView:
    """The decision and the start are one: neither is there without the other.

    The same decision twice changes nothing. Raises ConflictError when it was rejected.
    """
    async with transaction():
        request = await _decide(
            request_id, SetupStatus.APPROVED, note=note, caller=caller, clock=clock
        )
    wake(TenantId(request.tenant_id))
    return request


async def reject(request_id: UUID, *, note: str, caller: Caller, clock: Clock) -> SetupRequestView:
    """Raises ConflictError when it was approved."""
    async with transaction():
        return await _decide(
            request_id, SetupStatus.REJECTED, note=note, caller=caller, clock=clock
        )


async def _decide(
    request_id: UUID, status: SetupStatus, *, note: str, caller: Caller, clock: Clock
) -> SetupRequestView:
    changed = await setup_requests.decide(request_id, status, note=note, now=clock.now())
    request = await setup_requests.get(request_id)
    tenant_id = TenantId(request.tenant_id)
    # Only the decision itself starts: a repeated call must not undo a later stop.
    if changed and status is SetupStatus.APPROVED:
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await leave_trace(
        caller,
        f"setup_request.{status.lower()}",
        tenant_id=tenant_id,
        request=str(request_id),
        changed=changed,
    )
    return request
