"""Whether an id that a tenant's program asked for is another tenant's."""

from uuid import UUID

from shared.ids import TenantId
from shared.tables import Tenant

# What the programs of a tenant can name.
_TABLES = ("outbound_messages", "message_logs")


async def is_foreign(wanted: UUID, *, tenant_id: TenantId) -> bool:
    """Call it once nothing was found: who asks for the own is no news."""
    each = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE id = {{}} AND tenant <> {{}})" for table in _TABLES
    )
    values = (value for _ in _TABLES for value in (wanted, tenant_id))
    rows = await Tenant.raw(f"SELECT {each} AS is_foreign", *values)
    return bool(rows[0]["is_foreign"])
