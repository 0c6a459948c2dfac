"""What befell a tenant's worker, for people to read. Rows are written by the fleet store."""

from typing import Any

from shared.enums import IncidentKind
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, to_page
from shared.stores.rows import to_uuid
from shared.structs.incidents import IncidentView
from shared.structs.pages import Page
from shared.tables import WorkerIncident

_LIST = "incidents"


async def list_page(
    tenant_id: TenantId, *, limit: int, cursor: str | None = None
) -> Page[IncidentView]:
    """Newest first."""
    after = parse_cursor(cursor, of=_LIST)
    where = "" if after is None else " AND (at, id) < ({}, {})"
    place: list[Any] = [] if after is None else [after.at, after.id]
    rows = await WorkerIncident.raw(
        "SELECT id, kind, detail, exit_code, container_id, finished_at, at FROM worker_incidents"
        " WHERE tenant = {}" + where + " ORDER BY at DESC, id DESC LIMIT {}",
        tenant_id,
        *place,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["at"], to_uuid(row["id"])),
    )


def _to_view(row: dict[str, Any]) -> IncidentView:
    return IncidentView(
        id=to_uuid(row["id"]),
        kind=IncidentKind(row["kind"]),
        detail=row["detail"],
        exit_code=row["exit_code"],
        container_id=row["container_id"],
        finished_at=row["finished_at"],
        at=row["at"],
    )
