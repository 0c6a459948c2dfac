"""What befell a tenant's worker, for people to read.

Ends of containers are written by the fleet store, losses of links by the statement that changes
the session's row, and what else befell it here.
"""

from datetime import datetime, timedelta
from typing import Any

from shared.enums import IncidentKind, SessionReason
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable
from shared.structs.incidents import IncidentView
from shared.structs.pages import Page
from shared.tables import WorkerIncident

_LIST = "incidents"
# Of each tenant and each of the two sorts; a crash loop makes 288 a day.
KEPT = 500
_LOSSES = ", ".join(f"'{reason.value}'" for reason in SessionReason if reason.is_loss)


async def list_page(
    tenant_id: TenantId, *, limit: int, cursor: str | None = None
) -> Page[IncidentView]:
    """Newest first."""
    after = parse_cursor(cursor, of=_LIST)
    where, place = "", list[Any]()
    if after is not None:
        seq, place = seq_of(after, "worker_incidents", at="at", tenant_id=tenant_id)
        where = f" AND seq < {seq}"
    rows = await WorkerIncident.raw(
        "SELECT id, kind, detail, exit_code, container_id, finished_at, reason, restored_at, at"
        " FROM worker_incidents WHERE tenant = {}" + where + " ORDER BY seq DESC LIMIT {}",
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


async def note(
    tenant_id: TenantId, kind: IncidentKind, detail: str, *, now: datetime, at_most_every: timedelta
) -> bool:
    """False when one of this kind was noted within `at_most_every`, or the tenant is gone."""
    rows = await WorkerIncident.raw(
        "INSERT INTO worker_incidents (id, tenant, kind, detail, generation, at)"
        " SELECT gen_random_uuid(), w.tenant, {}, {}, w.generation, {} FROM worker_processes w"
        " WHERE w.tenant = {} AND NOT EXISTS (SELECT 1 FROM worker_incidents i"
        " WHERE i.tenant = w.tenant AND i.kind = {} AND i.at > {}) RETURNING id",
        kind.value,
        to_storable(detail),
        now,
        tenant_id,
        kind.value,
        now - at_most_every,
    )
    return bool(rows)


async def trim() -> None:
    """Lets go of all but the newest."""
    await WorkerIncident.raw(
        "DELETE FROM worker_incidents WHERE id IN (SELECT id FROM ("
        " SELECT id, row_number() OVER (PARTITION BY tenant, reason IS NULL"
        " ORDER BY seq DESC) AS place FROM worker_incidents) i WHERE place > {})",
        KEPT,
    )


def follow_links(changed: str) -> str:
    """Two more parts of a WITH, after a part `changed` that returns the session's tenant, state,
    reason, detail and state_changed_at: a link that is down is an incident of its reason, once
    until it is CONNECTED again.
    """
    return f"""
        lost AS (
            INSERT INTO worker_incidents (id, tenant, kind, reason, detail, generation, at)
            SELECT gen_random_uuid(), c.tenant, 'LINK_LOST', c.reason, c.detail, w.generation,
                   c.state_changed_at
              FROM {changed} c JOIN worker_processes w ON w.tenant = c.tenant
             WHERE c.reason IN ({_LOSSES})
            ON CONFLICT DO NOTHING
        ), restored AS (
            UPDATE worker_incidents i SET restored_at = GREATEST(c.state_changed_at, i.at)
              FROM {changed} c
             WHERE i.tenant = c.tenant AND i.reason IS NOT NULL AND i.restored_at IS NULL
               AND c.state = 'CONNECTED'
        )"""


def _to_view(row: dict[str, Any]) -> IncidentView:
    kind = IncidentKind(row["kind"])
    reason = None if row["reason"] is None else SessionReason(row["reason"])
    return IncidentView(
        id=to_uuid(row["id"]),
        kind=kind,
        who_must_act=kind.actor if reason is None else reason.actor,
        detail=row["detail"],
        exit_code=row["exit_code"],
        container_id=row["container_id"],
        finished_at=row["finished_at"],
        reason=reason,
        restored_at=row["restored_at"],
        at=row["at"],
    )
