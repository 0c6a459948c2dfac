"""Files that were uploaded to be sent: one row for each content of a tenant."""

from collections.abc import Collection
from datetime import datetime, timedelta

import asyncpg

from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.rows import to_uuid
from shared.structs.media import Upload
from shared.tables import MediaUpload

# After this, a file that no message waits to send is one that was sent, or never will be.
KEPT = timedelta(days=7)


async def record(tenant_id: TenantId, upload: Upload, *, now: datetime) -> None:
    """A second upload of the same content counts as a new use of it, under the type it names.

    Raises NotFoundError when the tenant's rows are gone.
    """
    try:
        await MediaUpload.raw(
            "INSERT INTO media_uploads (id, tenant, sha256, mime_type, size, created_at, used_at)"
            " VALUES (gen_random_uuid(), {}, {}, {}, {}, {}, {})"
            " ON CONFLICT (tenant, sha256) DO UPDATE"
            " SET mime_type = excluded.mime_type, used_at = excluded.used_at",
            *(tenant_id, upload.sha256, upload.mime_type, upload.size, now, now),
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("there is no such tenant") from error


async def use(tenant_id: TenantId, names: Collection[str], *, now: datetime) -> dict[str, Upload]:
    """Those of `names` (SHA-256) that the tenant has. In the transaction that queues what sends
    them, so that none is forgotten in between.
    """
    if not names:
        return {}
    rows = await MediaUpload.raw(
        "UPDATE media_uploads SET used_at = {} WHERE tenant = {} AND sha256 = ANY({}::text[])"
        " RETURNING sha256, mime_type, size",
        now,
        tenant_id,
        list(names),
    )
    return {row["sha256"]: Upload(**row) for row in rows}


async def forget_unused(*, now: datetime) -> int:
    """Rows that nothing has used for KEPT and no message waits for; answers how many those were.
    Their files have no row from then on.
    """
    rows = await MediaUpload.raw(
        "WITH unused AS ("
        "DELETE FROM media_uploads u WHERE u.used_at < {} AND NOT EXISTS ("
        "SELECT 1 FROM outbound_messages o WHERE o.tenant = u.tenant"
        " AND o.state IN ('QUEUED', 'SENDING') AND o.content_json ->> 'sha256' = u.sha256)"
        " RETURNING 1) SELECT count(*) AS count FROM unused",
        now - KEPT,
    )
    return int(rows[0]["count"])


async def list_all() -> set[tuple[TenantId, str]]:
    """Of every tenant: whose, and its SHA-256."""
    rows = await MediaUpload.raw("SELECT tenant, sha256 FROM media_uploads")
    return {(TenantId(to_uuid(row["tenant"])), row["sha256"]) for row in rows}
