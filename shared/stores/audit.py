"""Who did what through the admin API; kept when the tenant is gone."""

from typing import Any
from uuid import UUID

import msgspec

from shared.enums import CallerKind
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable
from shared.structs.keys import AuditEntry
from shared.tables import AdminAuditLog


async def record(entry: AuditEntry) -> None:
    """Call it in the transaction of the change: then neither is there without the other."""
    await AdminAuditLog.raw(
        "INSERT INTO admin_audit_logs (kind, who, action, tenant_id, detail_json, address)"
        " VALUES ({}, {}, {}, {}, {}, {})",
        entry.kind.value,
        to_storable(entry.who),
        entry.action,
        entry.tenant_id,
        # \u0000 is valid JSON and still refused by jsonb.
        msgspec.json.encode(entry.detail).decode().replace("\\u0000", "\\ufffd"),
        to_storable(entry.address),
    )


async def list_newest(*, limit: int, tenant_id: UUID | None = None) -> list[AuditEntry]:
    where = "" if tenant_id is None else " WHERE tenant_id = {}"
    values: list[Any] = [] if tenant_id is None else [tenant_id]
    rows = await AdminAuditLog.raw(
        "SELECT kind, who, action, tenant_id, detail_json, address FROM admin_audit_logs"
        + where
        + " ORDER BY at DESC, id DESC LIMIT {}",
        *values,
        limit,
    )
    return [
        AuditEntry(
            kind=CallerKind(row["kind"]),
            who=row["who"],
            action=row["action"],
            tenant_id=None if row["tenant_id"] is None else to_uuid(row["tenant_id"]),
            detail=msgspec.json.decode(row["detail_json"]),
            address=row["address"],
        )
        for row in rows
    ]
