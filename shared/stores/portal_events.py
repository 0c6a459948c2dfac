"""What happened in a tenant's portal, for the tenant to read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable
from shared.structs.pages import Page
from shared.tables import PortalEventLog

_LIST = "portal_events"


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


async def record_hourly(tenant_id: TenantId, event_type: str, payload: dict[str, Any]) -> None:
    """Unless there is one of this type and member (`payload["member"]`) from the last hour."""
    await PortalEventLog.raw(
        "INSERT INTO portal_event_logs (tenant, event_type, payload_json)"
        " SELECT t.id, {}::text, {}::jsonb FROM tenants t WHERE t.id = {} AND NOT EXISTS ("
        "  SELECT 1 FROM portal_event_logs e WHERE e.tenant = t.id AND e.event_type = {}"
        "  AND e.payload_json ->> 'member' = {} AND e.created_at > now() - interval '1 hour')",
        to_storable(event_type),
        msgspec.json.encode(payload).decode().replace("\\u0000", "\\ufffd"),
        tenant_id,
        to_storable(event_type),
        to_storable(payload["member"]),
    )


async def tell_in_vain(email: str, *, network: str) -> None:
    """Without a guard, for nothing was proved: to the business of the account of this address,
    once an hour, that somebody tried a password.
    """
    await PortalEventLog.raw(
        "SELECT flowhq_tell_in_vain({}, {})", to_storable(email), to_storable(network)
    )


async def has_any(tenant_id: TenantId, event_types: Iterable[str], member_id: UUID) -> bool:
    """Whether the member did one of these before."""
    rows = await PortalEventLog.raw(
        "SELECT 1 FROM portal_event_logs WHERE tenant = {} AND event_type = ANY({}::text[])"
        " AND payload_json ->> 'member' = {} LIMIT 1",
        tenant_id,
        list(event_types),
        str(member_id),
    )
    return bool(rows)


async def list_page(
    tenant_id: TenantId, *, limit: int, cursor: str | None = None
) -> Page[PortalEvent]:
    """Newest first."""
    after = parse_cursor(cursor, of=_LIST)
    where, place = "", list[Any]()
    if after is not None:
        seq, place = seq_of(after, "portal_event_logs", at="created_at", tenant_id=tenant_id)
        where = f" AND seq < {seq}"
    rows = await PortalEventLog.raw(
        "SELECT id, event_type, payload_json, created_at FROM portal_event_logs WHERE tenant = {}"
        + where
        + " ORDER BY seq DESC LIMIT {}",
        tenant_id,
        *place,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_event,
        cursor=lambda row: Cursor(_LIST, row["created_at"], to_uuid(row["id"])),
    )


def _to_event(row: dict[str, Any]) -> PortalEvent:
    return PortalEvent(
        event_type=row["event_type"],
        payload=msgspec.json.decode(row["payload_json"]),
        created_at=row["created_at"],
    )
