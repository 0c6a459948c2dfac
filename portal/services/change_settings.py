"""What the bot is told, changed by an owner; the control plane hears of it by itself."""

import asyncio
from collections.abc import Callable

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.db.guard import member_transaction, tenant_transaction
from shared.stores import tenants
from shared.structs.tenants import TenantConfig
from shared.web.fields import FormError
from shared.zones import find_zone


async def get_settings(insider: Insider) -> TenantConfig:
    async with tenant_transaction(insider.tenant_id):
        return await tenants.get_config(insider.tenant_id)


async def change_settings(owner: Insider, change: Callable[[TenantConfig], TenantConfig]) -> None:
    """change: of what is set at this moment; what it leaves alone stays, whoever else is at it.

    Raises FormError, as `change` does and for an unknown time zone.
    """
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        before = await tenants.lock_config(owner.tenant_id)
        after = change(before)
        if await asyncio.to_thread(find_zone, after.time_zone) is None:
            raise FormError({"time_zone": "bot.zone_wrong"})
        changed = [
            name
            for name in TenantConfig.__struct_fields__
            if getattr(before, name) != getattr(after, name)
        ]
        if changed:
            await tenants.set_config(owner.tenant_id, after)
            await leave_trace(owner, "settings_changed", changed=changed)
