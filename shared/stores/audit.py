"""Who did what through the admin API and the dashboard; kept when the tenant is gone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from shared.enums import CallerKind
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import to_uuid
from shared.stores.secrets import hash_secret
from shared.stores.text import to_storable
from shared.structs.keys import AuditEntry, AuditView
from shared.structs.pages import Page
from shared.tables import AdminAuditLog

_LIST = "audit"
HOURLY_KEPT = timedelta(days=400)


async def record(entry: AuditEntry) -> None:
    """Call it in the transaction of the change: then neither is there without the other."""
    await _record(entry, once_key=None)


async def record_hourly(entry: AuditEntry, *, now: datetime) -> bool:
    """False, and no row, where the same was recorded of the same, wherever they were, within this
    hour of the clock.
    """
    parts = (entry.kind, entry.who, entry.action, entry.tenant_id or "")
    words = "\n".join([f"{now:%Y-%m-%dT%H}", *map(str, parts)])
    return await _record(entry, once_key=hash_secret(words))


async def has_any(who: str, action: str) -> bool:
    rows = await AdminAuditLog.raw(
        "SELECT 1 FROM admin_audit_logs WHERE who = {} AND action = {} LIMIT 1", who, action
    )
    return bool(rows)


async def sweep_hourly(*, now: datetime) -> None:
    """Acts are kept; what was only looked at, or tried in vain, for `HOURLY_KEPT`."""
    await AdminAuditLog.raw(
        "DELETE FROM admin_audit_logs WHERE once_key IS NOT NULL AND at < {}", now - HOURLY_KEPT
    )


async def _record(entry: AuditEntry, *, once_key: str | None) -> bool:
    rows = await AdminAuditLog.raw(
        "INSERT INTO admin_audit_logs"
        " (kind, who, action, tenant_id, detail_json, address, once_key)"
        " VALUES ({}, {}, {}, {}, {}, {}, {})"
        " ON CONFLICT (once_key) WHERE once_key IS NOT NULL DO NOTHING RETURNING id",
        entry.kind.value,
        to_storable(entry.who),
        entry.action,
        entry.tenant_id,
        # \u0000 is valid JSON and still refused by jsonb.
        msgspec.json.encode(entry.detail).decode().replace("\\u0000", "\\ufffd"),
        to_storable(entry.address),
        once_key,
    )
    return bool(rows)


async def list_page(
    *,
    limit: int,
    cursor: str | None = None,
    tenant_id: UUID | None = None,
    action: str | None = None,
    who: str | None = None,
    acts_alone: bool = False,
) -> Page[AuditView]:
    """Newest first; of this tenant, this action and this key or operator alone. acts_alone: not
    what was only read, or tried.
    """
    after = parse_cursor(cursor, of=_LIST)
    seq, place = ("", []) if after is None else seq_of(after, "admin_audit_logs", at="at")
    wanted: list[tuple[str, list[Any]]] = [
        ("a.tenant_id = {}", [tenant_id] if tenant_id else []),
        ("a.action = {}", [to_storable(action)] if action else []),
        ("a.who = {}", [to_storable(who)] if who else []),
        (f"a.seq < {seq}", place),
    ]
    conditions = [condition for condition, values in wanted if values]
    conditions += ["a.once_key IS NULL"] if acts_alone else []
    rows = await AdminAuditLog.raw(
        "SELECT a.id, a.at, a.kind, a.who, a.action, a.tenant_id, a.detail_json, a.address,"
        " t.name AS tenant_name, l.hash FROM admin_audit_logs a"
        " LEFT JOIN audit_links l ON l.entry = a.id"
        " LEFT JOIN tenants t ON t.id = a.tenant_id AND t.removal_requested_at IS NULL"
        + (" WHERE " + " AND ".join(conditions) if conditions else "")
        + " ORDER BY a.seq DESC LIMIT {}",
        *(value for _, values in wanted for value in values),
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["at"], to_uuid(row["id"])),
    )


def _to_view(row: dict[str, Any]) -> AuditView:
    return AuditView(
        id=to_uuid(row["id"]),
        at=row["at"],
        kind=CallerKind(row["kind"]),
        who=row["who"],
        action=row["action"],
        tenant_id=None if row["tenant_id"] is None else to_uuid(row["tenant_id"]),
        tenant_name=row["tenant_name"],
        detail=msgspec.json.decode(row["detail_json"]),
        address=row["address"],
        hash=row["hash"],
    )
