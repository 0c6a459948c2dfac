"""What is asked of a tenant's worker, what was last seen of it, and what befell it."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.enums import DesiredState, WorkerStatus
from shared.tables.tenants import Tenant


class WorkerProcess(Table, tablename="worker_processes"):
    """generation: edit counter of what is asked; a container of a lower one is replaced.

    kill_below_generation: containers of a lower generation are killed without grace.
    session_generation: raised to begin a new WhatsApp session on the same volume.
    epoch: fencing number of the newest connection.
    skipped_json: how much of what arrived was no message for the bot, by SkipReason.
    disk_bytes: what the session volume holds, as the engine or the worker measured it last.
    """

    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    desired_state = Text(default=DesiredState.STOPPED.value)
    generation = Integer(default=0)
    kill_below_generation = Integer(default=0)
    session_generation = Integer(default=0)
    status = Text(default=WorkerStatus.STOPPED.value)
    container_name = Text(null=True, default=None)
    container_id = Text(null=True, default=None)
    image = Text(null=True, default=None)
    spec_hash = Text(null=True, default=None)
    epoch = BigInt(default=0)
    last_heartbeat_at = Timestamptz(null=True, default=None)
    outbox_depth = Integer(null=True, default=None)
    memory_bytes = BigInt(null=True, default=None)
    disk_bytes = BigInt(null=True, default=None)
    keepalive_at = Timestamptz(null=True, default=None)
    last_inbound_at = Timestamptz(null=True, default=None)
    skipped_json = JSONB(default="{}")
    last_error = Text(null=True, default=None)
    restarts = Integer(default=0)
    started_at = Timestamptz(null=True, default=None)
    next_attempt_at = Timestamptz(null=True, default=None)


class WorkerIncident(Table, tablename="worker_incidents"):
    """One end of one container is one incident, however often it is observed; so is a link that
    was lost, until it was back (index in the migrations).

    generation: of the container that ended. started_at: when the run that ended began.
    reason, restored_at: why the link was lost, and when it was back.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    kind = Text()
    detail = Text()
    exit_code = Integer(null=True, default=None)
    container_id = Text(null=True, default=None)
    generation = Integer(default=0)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    restored_at = Timestamptz(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())

    unique_end = Unique([container_id, finished_at])
