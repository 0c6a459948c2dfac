"""Gives a tenant the WhatsApp account that it was refused because it serves another one."""

from uuid import uuid4

from controlplane.services.acting import Caller, Instruct, Wake, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import accounts, workers
from shared.structs.accounts import AccountView
from shared.wire.frames import LOG_OUT, Command


async def award_account(
    tenant_id: TenantId,
    *,
    caller: Caller,
    wake: Wake,
    instruct: Instruct,
    clock: Clock,
) -> AccountView:
    """Whose worker named it first may have lied. Its session is reset, and a claim that it makes
    again is refused, also before the right phone is linked. Raises NotFoundError; ConflictError
    where nothing was refused.
    """
    async with transaction():
        holders = await accounts.list_rivals(tenant_id)
        for holder in holders:
            await workers.reset_session(holder)
            await leave_trace(caller, "account.taken_back", tenant_id=holder)
        await accounts.hold_awarded(tenant_id, now=clock.now())
        await leave_trace(
            caller, "account.awarded", tenant_id=tenant_id, holders=[str(each) for each in holders]
        )
        view = await accounts.get_view(tenant_id)
    for holder in holders:
        await instruct(holder, Command(id=uuid4().hex, kind=LOG_OUT))
        wake(holder)
    return view
