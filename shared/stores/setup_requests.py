"""Requests of businesses for a bot. At most one undecided request a tenant.

Operators see those of all tenants, so the id of a request comes first where they act.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.enums import Language, SetupStatus, TemplateType
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import read, read_each, to_uuid
from shared.stores.text import to_storable
from shared.structs.pages import Page
from shared.structs.setup_requests import SetupRequestView
from shared.tables import SetupRequest

_LIST = "setup-requests"
_SELECT = """
    SELECT r.id, r.tenant, t.name, t.phone_number, c.template_type, c.language, r.status, r.note,
           r.created_at, r.decided_at
      FROM setup_requests r
      JOIN tenants t ON t.id = r.tenant
      JOIN tenant_configs c ON c.tenant = r.tenant
     WHERE t.removal_requested_at IS NULL
"""


async def create(tenant_id: TenantId, *, note: str = "") -> SetupRequestView:
    """Raises NotFoundError for an unknown tenant, ConflictError while one is undecided."""
    try:
        rows = await SetupRequest.raw(
            "INSERT INTO setup_requests (tenant, note)"
            " SELECT id, {}::text FROM tenants WHERE id = {} AND removal_requested_at IS NULL"
            " RETURNING id",
            to_storable(note) or None,
            tenant_id,
        )
    except asyncpg.UniqueViolationError as error:
        raise ConflictError("the tenant has a request that is not decided yet") from error
    if not rows:
        raise NotFoundError("there is no such tenant")
    return await get(to_uuid(rows[0]["id"]))


async def get(request_id: UUID) -> SetupRequestView:
    """Raises NotFoundError, also when the tenant's removal was requested; UnreadableRowError."""
    rows = await SetupRequest.raw(_SELECT + " AND r.id = {}", request_id)
    if not rows:
        raise NotFoundError("there is no such setup request")
    return read(rows[0], _to_view, of="setup request")


async def find_newest(tenant_id: TenantId) -> SetupRequestView | None:
    rows = await SetupRequest.raw(
        _SELECT + " AND r.tenant = {} ORDER BY r.seq DESC LIMIT 1", tenant_id
    )
    found = read_each(rows, _to_view, of="setup request")
    return found[0] if found else None


async def is_accepted() -> bool:
    """Whether an operator has accepted the business of the guard's tenant, or made it: until then
    it is a stranger's word.
    """
    rows = await SetupRequest.raw("SELECT flowhq_is_accepted() AS accepted")
    return bool(rows[0]["accepted"])


async def list_page(
    *, limit: int, cursor: str | None = None, status: SetupStatus | None = None
) -> Page[SetupRequestView]:
    """Newest first."""
    after = parse_cursor(cursor, of=_LIST)
    where, values = "", list[Any]()
    if status is not None:
        where += " AND r.status = {}"
        values.append(status.value)
    if after is not None:
        seq, place = seq_of(after, "setup_requests", at="created_at")
        where += f" AND r.seq < {seq}"
        values += place
    rows = await SetupRequest.raw(
        _SELECT + where + " ORDER BY r.seq DESC LIMIT {}", *values, limit + 1
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["created_at"], to_uuid(row["id"])),
    )


async def count_undecided() -> int:
    rows = await SetupRequest.raw(
        "SELECT count(*) AS waiting FROM setup_requests r JOIN tenants t ON t.id = r.tenant"
        " WHERE t.removal_requested_at IS NULL AND r.status IN ('SUBMITTED', 'REVIEWING')"
    )
    return int(rows[0]["waiting"])


async def decide(request_id: UUID, status: SetupStatus, *, note: str, now: datetime) -> bool:
    """Settles an undecided request; of two that decide at once, one does.

    False, and no change, when it was decided the same way before (ACTIVE was APPROVED).
    An empty note keeps the one that is there. Raises NotFoundError; ConflictError when it was
    decided the other way.
    """
    rows = await SetupRequest.raw(
        "UPDATE setup_requests r SET status = {}, decided_at = {},"
        " note = COALESCE({}::text, r.note) FROM tenants t"
        " WHERE r.id = {} AND t.id = r.tenant AND t.removal_requested_at IS NULL"
        " AND r.status IN ('SUBMITTED', 'REVIEWING') RETURNING r.id",
        status.value,
        now,
        to_storable(note) or None,
        request_id,
    )
    if rows:
        return True
    settled = (await get(request_id)).status
    if settled is status or (status, settled) == (SetupStatus.APPROVED, SetupStatus.ACTIVE):
        return False
    raise ConflictError(f"the request is {settled} already")


def _to_view(row: dict[str, Any]) -> SetupRequestView:
    return SetupRequestView(
        id=to_uuid(row["id"]),
        tenant_id=to_uuid(row["tenant"]),
        tenant_name=row["name"],
        phone_number=row["phone_number"],
        template_type=TemplateType(row["template_type"]),
        language=Language(row["language"]),
        status=SetupStatus(row["status"]),
        note=row["note"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
    )
