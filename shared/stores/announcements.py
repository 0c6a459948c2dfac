"""Says that a tenant's rows changed, to whoever listens (`shared.db.listening`)."""

from collections.abc import Collection

from shared.db.listening import ASKED, CHANGED
from shared.ids import TenantId
from shared.tables import Tenant


async def announce(tenant_ids: Collection[TenantId]) -> None:
    """To open pages."""
    await _notify(CHANGED, tenant_ids)


async def ask(tenant_id: TenantId) -> None:
    """To the control plane: a member wants something of the tenant's worker."""
    await _notify(ASKED, [tenant_id])


async def _notify(channel: str, tenant_ids: Collection[TenantId]) -> None:
    await Tenant.raw(
        "SELECT pg_notify({}, t.id::text) FROM unnest({}::uuid[]) AS t (id)",
        channel,
        list(tenant_ids),
    )
