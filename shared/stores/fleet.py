"""The reconciler's view of all tenants at once: what is wanted, what was seen, what befell.

Services and the portal never come here; they speak of one tenant (`shared.stores.workers`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.enums import DesiredState, IncidentKind, SessionReason, WorkerStatus
from shared.ids import TenantId
from shared.stores.incidents import follow_links
from shared.stores.rows import describe, read_each, say_unreadable, to_uuid
from shared.stores.text import to_storable, to_storable_or_none
from shared.structs.fleet import (
    AilingLink,
    DesiredFleet,
    DesiredWorker,
    HeartbeatRecord,
    Incident,
    WorkerRecord,
)
from shared.structs.limits import LIMIT_NAMES, LimitOverrides
from shared.tables import WorkerIncident, WorkerProcess

__all__ = ["HeartbeatRecord"]

# After these the worker is started again, so they are restarts.
_RESTARTING = {
    IncidentKind.CRASH,
    IncidentKind.OOM,
    IncidentKind.SESSION_LOCKED,
    IncidentKind.CONTAINER_REMOVED,
}

# What a live worker claims. A logged out, banned, replaced or outdated link stays what it is
# without a worker: it says who must act.
_CLAIMED = """(
    s.state IN ('CONNECTED', 'CONNECTING', 'QR_READY', 'QR_EXPIRED')
    OR (s.state = 'DISCONNECTED' AND s.reason IN
        ('SERVER_UNREACHABLE', 'CONNECTION_LOST', 'LOGIN_LOST', 'KEEPALIVE_TIMEOUT',
         'STARTING')))"""
_UNLINK = """state = 'DISCONNECTED', detail = '', last_qr = NULL, qr_expires_at = NULL,
    qr_attempt = NULL, qr_attempts = NULL,
    pairing_code = NULL, pairing_phone = NULL, pairing_expires_at = NULL"""


# A worker's own limits; the columns of usage have the same names.
_OVERRIDES = ", ".join(f"l.{name} AS own_{name}" for name in LIMIT_NAMES)


async def list_desired(tenant_ids: Collection[TenantId] | None = None) -> list[DesiredWorker]:
    """Everything that is wanted, or what is wanted for `tenant_ids`, as far as it can be read."""
    return (await read_desired(tenant_ids)).workers


async def read_desired(tenant_ids: Collection[TenantId] | None = None) -> DesiredFleet:
    """Everything that is wanted, or what is wanted for `tenant_ids`.

    A tenant whose removal was requested is wanted REMOVED, whatever its row says.
    """
    everyone = tenant_ids is None
    rows = await WorkerProcess.raw(
        "SELECT w.tenant, w.desired_state, w.generation, w.kill_below_generation,"
        " w.session_generation, w.status, w.container_name, w.container_id, w.image, w.spec_hash,"
        " w.started_at, w.last_error, w.next_attempt_at, t.removal_requested_at,"
        f" w.disk_bytes, {_OVERRIDES}"
        " FROM worker_processes w JOIN tenants t ON t.id = w.tenant"
        " LEFT JOIN tenant_limits l ON l.tenant = w.tenant"
        " WHERE {} OR w.tenant = ANY({}::uuid[])",
        everyone,
        [] if tenant_ids is None else list(tenant_ids),
    )
    workers = read_each(rows, _to_desired, of="worker")
    if len(workers) == len(rows):
        return DesiredFleet(workers=workers)
    asked = {TenantId(row["tenant"]) for row in rows}
    readable = {worker.tenant_id for worker in workers}
    return DesiredFleet(workers=workers, unreadable=frozenset(asked - readable))


async def list_incidents(
    tenant_ids: Collection[TenantId], *, newest: int
) -> dict[TenantId, list[Incident]]:
    """The `newest` of each tenant's current generation; tenants without any are left out."""
    rows = await WorkerIncident.raw(
        "SELECT w.tenant, i.kind, i.detail, i.generation, i.container_id, i.exit_code,"
        " i.started_at, i.finished_at FROM worker_processes w CROSS JOIN LATERAL ("
        "  SELECT * FROM worker_incidents WHERE tenant = w.tenant AND generation = w.generation"
        "  AND finished_at IS NOT NULL ORDER BY seq DESC LIMIT {}) i"
        " WHERE w.tenant = ANY({}::uuid[])",
        newest,
        list(tenant_ids),
    )
    found: dict[TenantId, list[Incident]] = {}
    for tenant_id, incident in read_each(rows, _to_named_incident, of="incident"):
        found.setdefault(tenant_id, []).append(incident)
    return found


async def record_observed(
    tenant_id: TenantId, record: WorkerRecord, *, generation: int, now: datetime
) -> bool:
    """Makes `record` what is known of the worker, and tells its session what follows from it.

    False, and nothing changed, when somebody has asked for another generation meanwhile: what
    was derived for the old one would overwrite what the new one was told.
    """
    running = record.status is WorkerStatus.RUNNING
    rows = await WorkerProcess.raw(
        f"""
        WITH recorded AS (
            UPDATE worker_processes
               SET status = {{}}, container_name = {{}}, container_id = {{}}, image = {{}},
                   spec_hash = {{}}, started_at = {{}}, last_error = {{}}, next_attempt_at = {{}}
             WHERE tenant = {{}} AND generation = {{}}
            RETURNING tenant
        ), session AS (
            UPDATE whatsapp_sessions s
               SET {_UNLINK}, reason = {{}}, state_changed_at = {{}}
              FROM recorded r
             WHERE s.tenant = r.tenant AND {_begins() if running else _ends()}
        )
        SELECT tenant FROM recorded
        """,
        record.status.value,
        record.container_name,
        record.container_id,
        record.image,
        record.spec_hash,
        record.started_at,
        to_storable_or_none(record.last_error),
        record.next_attempt_at,
        tenant_id,
        generation,
        (SessionReason.STARTING if running else SessionReason.WORKER_STOPPED).value,
        now,
    )
    return bool(rows)


async def record_gone(tenant_id: TenantId, container_id: str, *, now: datetime) -> None:
    """Lets go of a container that is about to be removed on purpose; once it is gone, a row
    that still names it would mean that somebody else removed it.
    """
    await WorkerProcess.raw(
        f"""
        WITH gone AS (
            UPDATE worker_processes
               SET status = CASE WHEN desired_state = 'RUNNING' THEN 'STARTING' ELSE 'STOPPED' END,
                   container_name = NULL, container_id = NULL, started_at = NULL
             WHERE tenant = {{}} AND container_id = {{}}
            RETURNING tenant
        )
        UPDATE whatsapp_sessions s
           SET {_UNLINK}, reason = 'WORKER_STOPPED', state_changed_at = {{}}
          FROM gone g WHERE s.tenant = g.tenant AND {_ends()}
        """,
        tenant_id,
        container_id,
        now,
    )


async def record_incident(tenant_id: TenantId, incident: Incident) -> bool:
    """False when this end of this container is known already, or the tenant is gone."""
    rows = await WorkerIncident.raw(
        """
        WITH incident AS (
            INSERT INTO worker_incidents (id, tenant, kind, detail, exit_code, container_id,
                                          generation, started_at, finished_at)
            SELECT gen_random_uuid(), tenant, {}, {}, {}::integer, {}, {}, {}::timestamptz, {}
              FROM worker_processes WHERE tenant = {}
            ON CONFLICT DO NOTHING
            RETURNING tenant
        )
        UPDATE worker_processes w SET restarts = restarts + {}
          FROM incident i WHERE w.tenant = i.tenant
        RETURNING w.tenant
        """,
        incident.kind.value,
        to_storable(incident.detail),
        incident.exit_code,
        incident.container_id,
        incident.generation,
        incident.started_at,
        incident.finished_at,
        tenant_id,
        int(incident.kind in _RESTARTING),
    )
    return bool(rows)


async def record_heartbeats(heartbeats: Sequence[HeartbeatRecord]) -> None:
    """One statement for all. What comes from a superseded connection is left out.

    A heartbeat that says CONNECTED also renews `last_seen_at`, and takes back that the worker
    was called silent, or starting since before it: a worker reports its session when that changes,
    not because we doubted. A container that somebody paused is such a doubt.
    """
    columns = [
        [getattr(heartbeat, name) for heartbeat in heartbeats]
        for name in HeartbeatRecord.__struct_fields__
    ]
    await WorkerProcess.raw(
        f"""
        WITH beat AS (
            SELECT * FROM unnest({{}}::uuid[], {{}}::bigint[], {{}}::timestamptz[],
                                 {{}}::integer[], {{}}::bigint[], {{}}::timestamptz[],
                                 {{}}::timestamptz[], {{}}::text[], {{}}::text[])
                AS b (tenant, epoch, at, outbox_depth, memory_bytes, keepalive_at,
                      last_inbound_at, session, skipped_json)
        ), alive AS (
            UPDATE worker_processes w
               SET last_heartbeat_at = b.at, outbox_depth = b.outbox_depth,
                   memory_bytes = b.memory_bytes, keepalive_at = b.keepalive_at,
                   last_inbound_at = COALESCE(b.last_inbound_at, w.last_inbound_at),
                   skipped_json = b.skipped_json::jsonb
              FROM beat b WHERE w.tenant = b.tenant AND w.epoch = b.epoch
            RETURNING w.tenant, b.at, b.session
        ), linked AS (
            UPDATE whatsapp_sessions s
               SET state = 'CONNECTED', reason = 'LINKED', last_seen_at = a.at,
                   state_changed_at = CASE WHEN s.state = 'CONNECTED' THEN s.state_changed_at
                                           ELSE a.at END
              FROM alive a
             WHERE s.tenant = a.tenant AND a.session = 'CONNECTED'
               AND (s.state = 'CONNECTED' OR s.reason = 'WORKER_SILENT'
                 OR (s.reason = 'STARTING' AND s.state_changed_at < a.at))
            RETURNING s.tenant, s.state, s.reason, s.detail, s.state_changed_at
        ), {follow_links("linked")}
        SELECT 1
        """,
        *columns,
    )


async def record_disk(measured: Mapping[TenantId, int]) -> None:
    """What each tenant's session volume holds, in bytes."""
    await WorkerProcess.raw(
        "UPDATE worker_processes w SET disk_bytes = m.bytes"
        " FROM unnest({}::uuid[], {}::bigint[]) AS m (tenant, bytes)"
        " WHERE w.tenant = m.tenant AND w.disk_bytes IS DISTINCT FROM m.bytes",
        list(measured.keys()),
        list(measured.values()),
    )


async def raise_disk(said: Mapping[TenantId, int]) -> dict[TenantId, int]:
    """What holds now, by tenant: what was known, or what is said where that is more."""
    if not said:
        return {}
    rows = await WorkerProcess.raw(
        "UPDATE worker_processes w SET disk_bytes = GREATEST(w.disk_bytes, m.bytes)"
        " FROM unnest({}::uuid[], {}::bigint[]) AS m (tenant, bytes)"
        " WHERE w.tenant = m.tenant RETURNING w.tenant, w.disk_bytes",
        list(said.keys()),
        list(said.values()),
    )
    return {TenantId(to_uuid(row["tenant"])): row["disk_bytes"] for row in rows}


async def sweep_sessions(
    *, now: datetime, silent_after: timedelta, stopped_after: timedelta
) -> dict[TenantId, SessionReason]:
    """Sessions that claim a link although their worker is silent or stopped; now they do not.

    stopped_after: how long the last report of a worker that ended may still be on its way.
    """
    rows = await WorkerProcess.raw(
        f"""
        WITH swept AS (
            UPDATE whatsapp_sessions s
               SET {_UNLINK}, state_changed_at = {{}},
                   reason = CASE WHEN w.status = 'RUNNING' THEN 'WORKER_SILENT'
                                 ELSE 'WORKER_STOPPED' END
              FROM worker_processes w
             WHERE w.tenant = s.tenant AND {_CLAIMED}
               AND ((w.status = 'RUNNING' AND GREATEST(w.last_heartbeat_at, w.started_at) < {{}})
                 OR (w.status <> 'RUNNING' AND s.state_changed_at < {{}}))
            RETURNING s.tenant, s.state, s.reason, s.detail, s.state_changed_at
        ), {follow_links("swept")}
        SELECT tenant, reason FROM swept
        """,
        now,
        now - silent_after,
        now - stopped_after,
    )
    return {TenantId(row["tenant"]): SessionReason(row["reason"]) for row in rows}


async def list_ailing_links(reasons: Collection[SessionReason]) -> list[AilingLink]:
    """Links of wanted workers that are as they are for one of `reasons`; the newest 10,000."""
    rows = await WorkerProcess.raw(
        "SELECT s.tenant, s.reason, s.detail, s.state_changed_at, w.image"
        " FROM whatsapp_sessions s"
        " JOIN worker_processes w ON w.tenant = s.tenant"
        " JOIN tenants t ON t.id = s.tenant"
        " WHERE s.reason = ANY({}) AND w.desired_state = 'RUNNING'"
        " AND t.removal_requested_at IS NULL"
        " ORDER BY s.state_changed_at DESC LIMIT 10000",
        [reason.value for reason in reasons],
    )
    return [
        AilingLink(
            tenant_id=TenantId(row["tenant"]),
            reason=SessionReason(row["reason"]),
            detail=row["detail"],
            image=row["image"] or "",
            since=row["state_changed_at"],
        )
        for row in rows
    ]


async def forget_tenant(tenant_id: TenantId) -> None:
    """Deletes the tenant and all its rows, if its removal is still what is asked."""
    await WorkerProcess.raw(
        "DELETE FROM tenants t USING worker_processes w WHERE t.id = {} AND w.tenant = t.id"
        " AND (t.removal_requested_at IS NOT NULL OR w.desired_state = 'REMOVED')",
        tenant_id,
    )


def _begins() -> str:
    return "s.state = 'DISCONNECTED' AND s.reason IN ('NOT_STARTED', 'WORKER_STOPPED')"


def _ends() -> str:
    return f"({_CLAIMED} OR s.reason = 'WORKER_SILENT')"


def _to_desired(row: dict[str, Any]) -> DesiredWorker:
    removed = row["removal_requested_at"] is not None
    return DesiredWorker(
        tenant_id=TenantId(row["tenant"]),
        desired_state=DesiredState.REMOVED if removed else DesiredState(row["desired_state"]),
        generation=row["generation"],
        kill_below_generation=row["kill_below_generation"],
        session_generation=row["session_generation"],
        recorded=WorkerRecord(
            status=_to_status(row),
            container_name=row["container_name"],
            container_id=row["container_id"],
            image=row["image"],
            spec_hash=row["spec_hash"],
            started_at=row["started_at"],
            last_error=row["last_error"],
            next_attempt_at=row["next_attempt_at"],
        ),
        overrides=LimitOverrides(**{name: row[f"own_{name}"] for name in LIMIT_NAMES}),
        disk_bytes=row["disk_bytes"],
    )


def _to_status(row: dict[str, Any]) -> WorkerStatus:
    """It was seen and not asked for: one that cannot be read is seen anew, and written over."""
    try:
        return WorkerStatus(row["status"])
    except ValueError as error:
        say_unreadable(f"status of worker {row['tenant']} cannot be read: {describe(error)}")
        return WorkerStatus.STOPPED


def _to_named_incident(row: dict[str, Any]) -> tuple[TenantId, Incident]:
    return TenantId(row["tenant"]), _to_incident(row)


def _to_incident(row: dict[str, Any]) -> Incident:
    return Incident(
        kind=IncidentKind(row["kind"]),
        detail=row["detail"],
        generation=row["generation"],
        finished_at=row["finished_at"],
        container_id=row["container_id"],
        exit_code=row["exit_code"],
        started_at=row["started_at"],
    )
