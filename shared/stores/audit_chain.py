"""The links of the audit log, and where the chain ends."""

import msgspec

from shared.audit_chain import Link
from shared.tables import AdminAuditLog

_CONTENT = (
    *("a.id::text", "a.seq::text", "a.kind", "a.who", "a.action", "a.tenant_id::text"),
    *("a.detail_json::text", "a.address", "a.once_key", "extract(epoch FROM a.at)::text"),
)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Of the newest row: its position, and its hash, which stands for all rows until there."""

    position: int
    hash: str


class Unlinked(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    action: str
    at: str


async def find_head() -> Head:
    rows = await AdminAuditLog.raw("SELECT position, hash FROM audit_heads")
    return Head(**rows[0]) if rows else Head(position=0, hash="")


async def hold_still() -> None:
    """Within a transaction, first: all that is read in it is of this moment."""
    await AdminAuditLog.raw("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def list_links(*, after: int, limit: int) -> list[Link]:
    """By position, each with its row as it is now."""
    parts = ", ".join(f"{each} AS part{number}" for number, each in enumerate(_CONTENT))
    rows = await AdminAuditLog.raw(
        "SELECT l.position, l.entry::text, extract(epoch FROM l.at)::text AS at, l.is_hourly,"
        f" l.digest, l.hash, {parts} FROM audit_links l LEFT JOIN admin_audit_logs a"
        " ON a.id = l.entry WHERE l.position > {} ORDER BY l.position LIMIT {}",
        after,
        limit,
    )
    return [
        Link(
            position=row["position"],
            entry=row["entry"],
            at=row["at"],
            is_hourly=row["is_hourly"],
            digest=row["digest"],
            hash=row["hash"],
            parts=None
            if row["part0"] is None
            else tuple(row[f"part{number}"] for number in range(len(_CONTENT))),
        )
        for row in rows
    ]


async def find_unlinked() -> Unlinked | None:
    """The first row that is no link: written by who went round the database's triggers."""
    rows = await AdminAuditLog.raw(
        "SELECT a.id::text, a.action, a.at::text FROM admin_audit_logs a"
        " LEFT JOIN audit_links l ON l.entry = a.id WHERE l.entry IS NULL ORDER BY a.seq LIMIT 1"
    )
    return Unlinked(**rows[0]) if rows else None
