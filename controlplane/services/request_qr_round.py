"""Asks the worker for new QR codes after a round of them ran out."""

from uuid import uuid4

from controlplane.services.acting import Caller, Instruct, leave_trace
from shared.enums import SessionState
from shared.errors import ConflictError
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.tenants import TenantWithRelations
from shared.wire.frames import NEW_QR_ROUND, Command

_CODES_ARE_COMING = {SessionState.QR_READY, SessionState.CONNECTING}
_OVER = {SessionState.QR_EXPIRED, SessionState.LOGGED_OUT}


async def request_qr_round(
    tenant_id: TenantId, *, caller: Caller, instruct: Instruct
) -> TenantWithRelations:
    """Changes nothing while codes are shown already.

    Raises ConflictError when the link is in no need of a code, or no worker is there to make one.
    """
    tenant = await tenants.get(tenant_id)
    state = tenant.session.state
    if state in _CODES_ARE_COMING:
        return tenant
    if state not in _OVER:
        raise ConflictError(f"a link that is {state} takes no code: reset the session to link anew")
    if not await instruct(tenant_id, Command(id=uuid4().hex, kind=NEW_QR_ROUND)):
        raise ConflictError("the worker is not connected: start it, and a code follows")
    await leave_trace(caller, "qr.round_requested", tenant_id=tenant_id)
    return tenant
