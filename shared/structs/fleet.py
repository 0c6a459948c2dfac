"""What is wanted of each worker, what was recorded of it, and what befell it."""

from datetime import datetime

import msgspec

from shared.enums import DesiredState, IncidentKind, SessionReason, SessionState, WorkerStatus
from shared.ids import TenantId
from shared.structs.limits import LimitOverrides


class WorkerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the row says was last seen of a worker. No container, no id.

    started_at: when the container's current run began, while it runs.
    next_attempt_at: when a worker that ended is started again; for people, nothing reads it.
    """

    status: WorkerStatus = WorkerStatus.STOPPED
    container_name: str | None = None
    container_id: str | None = None
    image: str | None = None
    spec_hash: str | None = None
    started_at: datetime | None = None
    last_error: str | None = None
    next_attempt_at: datetime | None = None


class DesiredWorker(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's desired state.

    generation: edit counter; a container of another one is replaced.
    kill_below_generation: containers of a lower generation are killed without grace.
    overrides: the tenant's own limits. disk_bytes: what its volume holds, once it was measured.
    """

    tenant_id: TenantId
    desired_state: DesiredState
    generation: int
    kill_below_generation: int = 0
    session_generation: int = 0
    recorded: WorkerRecord = WorkerRecord()
    overrides: LimitOverrides = LimitOverrides()
    disk_bytes: int | None = None


class DesiredFleet(msgspec.Struct, frozen=True, kw_only=True):
    """unreadable: tenants whose rows cannot be read. What is wanted of them nobody knows, so what
    runs for them is left alone.
    """

    workers: list[DesiredWorker]
    unreadable: frozenset[TenantId] = frozenset()


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One end of one container: `container_id` and `finished_at` name it for good.

    A start that failed has no end; there `finished_at` is when it failed.
    """

    kind: IncidentKind
    detail: str
    generation: int
    finished_at: datetime
    container_id: str | None = None
    exit_code: int | None = None
    started_at: datetime | None = None


class HeartbeatRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A heartbeat as it is kept. `session`, where given, heals a session called silent.

    skipped_json: counts by SkipReason, as a JSON object.
    """

    tenant_id: TenantId
    epoch: int
    at: datetime
    outbox_depth: int
    memory_bytes: int
    keepalive_at: datetime | None = None
    last_inbound_at: datetime | None = None
    session: SessionState | None = None
    skipped_json: str = "{}"


class AilingLink(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted worker's link that is not well. image: what the worker runs, empty if unknown."""

    tenant_id: TenantId
    reason: SessionReason
    detail: str
    image: str
    since: datetime
