"""Asks the worker for a code that is typed on the phone, for who cannot scan."""

from uuid import uuid4

from controlplane.services.acting import Caller, Instruct, leave_trace
from controlplane.services.show_qr import show_qr
from shared.clock import Clock
from shared.enums import SessionState
from shared.errors import ConflictError
from shared.ids import TenantId
from shared.phone import parse_phone
from shared.phone_forms import is_same_phone
from shared.stores import tenants
from shared.structs.sessions import PairingCodeInput, QrView
from shared.wire.frames import PAIRING_CODE, Command

_LINKING = {
    SessionState.CONNECTING,
    SessionState.QR_READY,
    SessionState.QR_EXPIRED,
    SessionState.LOGGED_OUT,
}


async def request_pairing_code(
    tenant_id: TenantId,
    given: PairingCodeInput,
    *,
    caller: Caller,
    instruct: Instruct,
    clock: Clock,
) -> QrView:
    """The code comes a moment later, with `show_qr`. A new request makes an older code worthless.

    Raises InvalidInputError for what is no number, ConflictError for one that is not the tenant's,
    when the link is in no need of a code, or no worker is there to make one.
    """
    tenant = await tenants.get(tenant_id)
    number = given.phone_number
    wanted = tenant.phone_number if number is None else parse_phone("phone_number", number)
    if not is_same_phone(wanted, tenant.phone_number):
        raise ConflictError(
            f"{wanted} is not the tenant's number, {tenant.phone_number}, and would be refused"
        )
    if tenant.session.state not in _LINKING:
        raise ConflictError(
            f"a link that is {tenant.session.state} takes no code: reset the session to link anew"
        )
    command = Command(id=uuid4().hex, kind=PAIRING_CODE, phone_number=wanted)
    if not await instruct(tenant_id, command):
        raise ConflictError("the worker is not connected: start it, and ask again")
    await leave_trace(caller, "pairing_code.requested", tenant_id=tenant_id, phone_number=wanted)
    return await show_qr(tenant_id, clock=clock)
