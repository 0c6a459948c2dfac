"""Says that a tenant's rows changed, to whoever listens (`shared.db.listening`)."""

from collections.abc import Collection

from shared.db.listening import CHANGED
from shared.ids import TenantId
from shared.tables import Tenant


async def announce(tenant_ids: Collection[TenantId]) -> None:
    await Tenant.raw(
        "SELECT pg_notify({}, t.id::text) FROM unnest({}::uuid[]) AS t (id)",
        CHANGED,
        list(tenant_ids),
    )
