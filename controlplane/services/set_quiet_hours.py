"""Sets when a tenant's queued messages wait, and tells the worker at once."""

import asyncio

import msgspec

from controlplane.services.acting import Caller, Configure, leave_trace
from controlplane.services.config_changes import list_changes
from shared.db.engine import transaction
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.tenants import QuietHours, TenantWithRelations
from shared.zones import find_zone


async def set_quiet_hours(
    tenant_id: TenantId, wanted: QuietHours | None, *, caller: Caller, configure: Configure
) -> TenantWithRelations:
    """None: messages go out at any hour. Raises InvalidInputError, NotFoundError."""
    if wanted is not None:
        await check_quiet_hours(wanted)
    async with transaction():
        before = await tenants.lock_config_to_mend(tenant_id)
        await tenants.set_quiet_hours(tenant_id, wanted)
        action = "quiet_hours.removed" if wanted is None else "quiet_hours.set"
        after = None if before is None else msgspec.structs.replace(before, quiet_hours=wanted)
        changes = [] if after is None else list_changes(before, after)
        await leave_trace(caller, action, tenant_id=tenant_id, changes=changes)
    tenant = await tenants.get(tenant_id)
    # A worker that is away is told when it comes back; and none what stands in for what it says.
    if not tenant.unreadable:
        await configure(tenant_id, tenant.config)
    return tenant


async def check_quiet_hours(given: QuietHours, *, place: str = "") -> None:
    """place: the path of `given` in the request, in front of its fields.

    Raises InvalidInputError.
    """
    if given.begins == given.ends:
        raise InvalidInputError(f"{place}ends", "must not be when the quiet hours begin")
    if await asyncio.to_thread(find_zone, given.time_zone) is None:
        raise InvalidInputError(f"{place}time_zone", "is not a time zone that is known here")
