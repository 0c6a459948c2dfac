"""One word for a tenant, derived from the three states each time and never stored."""

from shared.enums import (
    Actor,
    DesiredState,
    SessionReason,
    SessionState,
    TenantStatus,
    WorkerStatus,
)

_LINKS = {
    SessionState.CONNECTED: TenantStatus.ACTIVE,
    SessionState.QR_READY: TenantStatus.QR_PENDING,
    SessionState.QR_EXPIRED: TenantStatus.QR_PENDING,
    SessionState.CONNECTING: TenantStatus.STARTING,
    SessionState.DISCONNECTED: TenantStatus.STARTING,
    SessionState.LOGGED_OUT: TenantStatus.ERROR,
    SessionState.REPLACED: TenantStatus.ERROR,
    SessionState.BANNED: TenantStatus.ERROR,
    SessionState.OUTDATED: TenantStatus.ERROR,
}


def derive_status(
    *, desired: DesiredState, generation: int, worker: WorkerStatus, session: SessionState
) -> TenantStatus:
    """NEW until first started; PAUSED while it is not meant to run; ACTIVE only while linked.

    STARTING covers all that heals by itself: a container on its way, a link being made again.
    """
    if desired is not DesiredState.RUNNING:
        return TenantStatus.NEW if generation == 0 else TenantStatus.PAUSED
    if worker is WorkerStatus.ERROR:
        return TenantStatus.ERROR
    if worker is not WorkerStatus.RUNNING:
        # What the session row says is of a container that is gone.
        return TenantStatus.STARTING
    return _LINKS[session]


def derive_actor(*, desired: DesiredState, worker: WorkerStatus, reason: SessionReason) -> Actor:
    """Who must act for the tenant to be served; NOBODY as well while it is not meant to be."""
    if desired is not DesiredState.RUNNING:
        return Actor.NOBODY
    if worker is WorkerStatus.ERROR:
        # A worker that gave up because the phone let go of it waits for the phone's owner.
        return Actor.TENANT if reason.actor is Actor.TENANT else Actor.OPERATOR
    if worker is not WorkerStatus.RUNNING:
        # What the session row says is of a container that is gone.
        return Actor.WORKER
    return reason.actor
