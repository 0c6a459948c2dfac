"""What happened in a tenant's portal, for the tenant to read."""

from datetime import datetime
from typing import Any

import msgspec

from shared.ids import TenantId
from shared.stores.text import to_storable
from shared.tables import PortalEventLog


class PortalEvent(msgspec.Struct, frozen=True, kw_only=True):
    event_type: str
    payload: dict[str, Any]
    created_at: datetime


async def record(tenant_id: TenantId, event_type: str, payload: dict[str, Any]) -> None:
    """Does nothing when the tenant is gone."""
    await PortalEventLog.raw(
        "INSERT INTO portal_event_logs (tenant, event_type, payload_json)"
        " SELECT id, {}::text, {}::jsonb FROM tenants WHERE id = {}",
        to_storable(event_type),
        msgspec.json.encode(payload).decode().replace("\\u0000", "\\ufffd"),
        tenant_id,
    )


async def list_newest(tenant_id: TenantId, *, limit: int) -> list[PortalEvent]:
    rows = await PortalEventLog.raw(
        "SELECT event_type, payload_json, created_at FROM portal_event_logs WHERE tenant = {}"
        " ORDER BY created_at DESC, id DESC LIMIT {}",
        tenant_id,
        limit,
    )
    return [
        PortalEvent(
            event_type=row["event_type"],
            payload=msgspec.json.decode(row["payload_json"]),
            created_at=row["created_at"],
        )
        for row in rows
    ]
