"""Sets what a tenant's bot is told, and tells the worker at once."""

import asyncio

import msgspec

from controlplane.services.acting import Caller, Configure, leave_trace
from controlplane.services.config_changes import list_changes
from controlplane.services.read_name import read_name
from controlplane.services.set_quiet_hours import check_quiet_hours
from shared.configuration import find_faults
from shared.db.engine import transaction
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.tenants import TenantConfig, TenantConfigInput, TenantWithRelations
from shared.zones import find_zone


async def set_config(
    tenant_id: TenantId, given: TenantConfigInput, *, caller: Caller, configure: Configure
) -> TenantWithRelations:
    """Raises InvalidInputError, NotFoundError."""
    name = read_name("business_name", given.business_name)
    wanted = TenantConfig(**(msgspec.structs.asdict(given) | {"business_name": name}))
    await check_config(wanted)
    async with transaction():
        before = await tenants.lock_config_to_mend(tenant_id)
        await tenants.set_config(tenant_id, wanted)
        changes = list_changes(before, wanted)
        await leave_trace(caller, "config.set", tenant_id=tenant_id, changes=changes)
    tenant = await tenants.get(tenant_id)
    # A worker that is away is told when it comes back.
    await configure(tenant_id, tenant.config)
    return tenant


async def check_config(wanted: TenantConfig) -> None:
    """Raises InvalidInputError."""
    for fault in find_faults(wanted):
        raise InvalidInputError(fault.field, fault.wrong.value)
    if await asyncio.to_thread(find_zone, wanted.time_zone) is None:
        raise InvalidInputError("time_zone", "is not a time zone that is known here")
    if wanted.quiet_hours is not None:
        await check_quiet_hours(wanted.quiet_hours, place="quiet_hours.")
