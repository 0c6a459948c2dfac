"""Changes the number that a tenant's phone must have.

Whatever phone is linked is unlinked: the account is released and the session reset in the same
transaction, so a claim of the old number comes before, and is undone, or after, and is refused.
"""

from uuid import uuid4

from controlplane.services.acting import Caller, Instruct, Wake, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.phone import parse_phone
from shared.phone_forms import is_same_phone
from shared.stores import tenants, workers
from shared.structs.tenants import TenantWithRelations
from shared.wire.frames import LOG_OUT, Command


async def set_number(
    tenant_id: TenantId, given: str, *, caller: Caller, wake: Wake, instruct: Instruct
) -> TenantWithRelations:
    """The same number in another form unlinks nothing. Raises InvalidInputError, NotFoundError and
    PhoneNumberTakenError.
    """
    wanted = parse_phone("phone_number", given)
    async with transaction():
        before = await tenants.set_number(tenant_id, wanted)
        is_another = not is_same_phone(before, wanted)
        if before != wanted:
            await leave_trace(
                caller, "number.changed", tenant_id=tenant_id, before=before, after=wanted
            )
        if is_another:
            await workers.reset_session(tenant_id)
        tenant = await tenants.get(tenant_id)
    if is_another:
        await _log_out(tenant_id, instruct=instruct, wake=wake)
    return tenant


async def follow_number(
    tenant_id: TenantId, *, caller: Caller, wake: Wake, instruct: Instruct
) -> None:
    """After an owner changed it in the portal, which may not reset a session. Raises
    NotFoundError.
    """
    async with transaction():
        await workers.reset_session(tenant_id)
        tenant = await tenants.get(tenant_id)
        await leave_trace(caller, "number.changed", tenant_id=tenant_id, after=tenant.phone_number)
    await _log_out(tenant_id, instruct=instruct, wake=wake)


async def _log_out(tenant_id: TenantId, *, instruct: Instruct, wake: Wake) -> None:
    """The old phone's list of devices shall not name us on. A worker that is not there only forgets
    the session, when it starts anew.
    """
    await instruct(tenant_id, Command(id=uuid4().hex, kind=LOG_OUT))
    wake(tenant_id)
