"""What is asked of a tenant's worker. Each change raises `generation`, by which the reconciler
tells a container of the old wish from one of the new.
"""

from shared.db.engine import transaction
from shared.enums import DesiredState, SessionReason, SessionState, WorkerStatus
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.tables import WorkerProcess

_ALIVE = (
    "tenant = {} AND EXISTS (SELECT 1 FROM tenants t"
    " WHERE t.id = tenant AND t.removal_requested_at IS NULL)"
)


async def set_desired(tenant_id: TenantId, state: DesiredState) -> bool:
    """True when this changed anything; asking for what is asked already changes nothing.

    Except for RUNNING when the worker is in ERROR: that is a person who has mended the cause,
    so the generation is raised and a new container is made. Raises NotFoundError.
    """
    again = state is DesiredState.RUNNING
    rows = await WorkerProcess.raw(
        "UPDATE worker_processes SET desired_state = {}, generation = generation + 1,"
        " next_attempt_at = NULL, last_error = CASE WHEN {} THEN NULL ELSE last_error END,"
        # The ERROR was told of the old generation; a second start must not see it again.
        " status = CASE WHEN {} AND status = 'ERROR' THEN {} ELSE status END"
        f" WHERE {_ALIVE} AND (desired_state <> {{}} OR ({{}} AND status = 'ERROR'))"
        " RETURNING generation",
        state.value,
        again,
        again,
        WorkerStatus.STARTING.value,
        tenant_id,
        state.value,
        again,
    )
    if rows:
        return True
    await _ensure_exists(tenant_id)
    return False


async def restart(tenant_id: TenantId) -> int:
    """Asks for a new container, after the old one has drained; also starts a stopped worker.

    Answers the new generation. Raises NotFoundError.
    """
    return await _raise_generation(tenant_id, "")


async def force_restart(tenant_id: TenantId) -> int:
    """Like `restart`, but what runs now is killed without grace."""
    return await _raise_generation(tenant_id, ", kill_below_generation = generation + 1")


async def reset_session(tenant_id: TenantId) -> int:
    """Asks for a new WhatsApp session: the next container begins with a QR.

    A stopped worker stays stopped; the WhatsApp account may serve another tenant. Answers the new
    generation. Raises NotFoundError.
    """
    async with transaction():
        rows = await WorkerProcess.raw(
            "UPDATE worker_processes SET session_generation = session_generation + 1,"
            " generation = generation + 1, next_attempt_at = NULL, last_error = NULL,"
            " status = CASE WHEN status = 'ERROR' AND desired_state = 'RUNNING'"
            " THEN 'STARTING' ELSE status END"
            f" WHERE {_ALIVE} RETURNING generation, desired_state",
            tenant_id,
        )
        if not rows:
            raise NotFoundError("there is no such tenant")
        running = rows[0]["desired_state"] == DesiredState.RUNNING
        reason = SessionReason.STARTING if running else SessionReason.NOT_STARTED
        await WorkerProcess.raw(
            "UPDATE whatsapp_sessions SET state = {}, reason = {}, detail = '', own_phone = NULL,"
            " refused_phone = NULL, refused_lid = NULL,"
            " last_qr = NULL, qr_expires_at = NULL, qr_attempt = NULL, qr_attempts = NULL,"
            " pairing_code = NULL, pairing_phone = NULL, pairing_expires_at = NULL,"
            " last_seen_at = NULL, state_changed_at = now() WHERE tenant = {}",
            SessionState.DISCONNECTED.value,
            reason.value,
            tenant_id,
        )
        await WorkerProcess.raw("DELETE FROM whatsapp_accounts WHERE tenant = {}", tenant_id)
        return int(rows[0]["generation"])


async def next_epoch(tenant_id: TenantId) -> int:
    """A number above every earlier one of this tenant, whoever asks. Raises NotFoundError."""
    rows = await WorkerProcess.raw(
        f"UPDATE worker_processes SET epoch = epoch + 1 WHERE {_ALIVE} RETURNING epoch", tenant_id
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return int(rows[0]["epoch"])


async def _raise_generation(tenant_id: TenantId, also: str) -> int:
    rows = await WorkerProcess.raw(
        "UPDATE worker_processes SET desired_state = 'RUNNING', generation = generation + 1,"
        " next_attempt_at = NULL, last_error = NULL,"
        " status = CASE WHEN status = 'ERROR' THEN 'STARTING' ELSE status END"
        f"{also} WHERE {_ALIVE} RETURNING generation",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return int(rows[0]["generation"])


async def _ensure_exists(tenant_id: TenantId) -> None:
    if not await WorkerProcess.raw(f"SELECT 1 FROM worker_processes WHERE {_ALIVE}", tenant_id):
        raise NotFoundError("there is no such tenant")
