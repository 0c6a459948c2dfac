"""One truthful sentence about a bot, and what its people can do about it. Pure."""

from datetime import datetime

import msgspec

from shared.enums import (
    SessionReason,
    SessionState,
    SetupStatus,
    TenantStatus,
    WorkerStatus,
)
from shared.structs.tenants import TenantWithRelations

# What is said of a link that is over, or that is being made, where more is known than that.
_REASONS = {
    SessionReason.QR_ROUND_OVER: "standing.round",
    SessionReason.LINKING_FAILED: "standing.failed",
    SessionReason.PASSKEY_REQUIRED: "standing.passkey",
    SessionReason.DEVICE_REMOVED: "standing.removed",
    SessionReason.WRONG_PHONE: "standing.wrong_phone",
    SessionReason.PHONE_TAKEN: "standing.taken",
}
_LINKS = {
    SessionState.BANNED: "standing.banned",
    SessionState.OUTDATED: "standing.outdated",
    SessionState.REPLACED: "standing.replaced",
}
# While a worker is at it itself.
_ON_THE_WAY = {
    SessionReason.LOGGING_IN: "standing.logging_in",
    SessionReason.CHECKING_PHONE: "standing.checking",
    SessionReason.WORKER_SILENT: "standing.silent",
    SessionReason.SERVER_UNREACHABLE: "standing.away",
    SessionReason.CONNECTION_LOST: "standing.away",
    SessionReason.KEEPALIVE_TIMEOUT: "standing.away",
    SessionReason.LOGIN_LOST: "standing.away",
    SessionReason.REFUSED: "standing.away",
}
_STATUSES = {
    TenantStatus.ACTIVE: "standing.active",
    TenantStatus.STARTING: "standing.starting",
    TenantStatus.QR_PENDING: "standing.scan",
    TenantStatus.PAUSED: "standing.paused",
    TenantStatus.ERROR: "standing.error",
}
_GOOD = {"standing.active"}
_BAD = {
    *("standing.banned", "standing.banned_until", "standing.outdated", "standing.replaced"),
    *("standing.error", "standing.removed", "standing.rejected", "standing.failed"),
    *("standing.silent", "standing.wrong_phone", "standing.taken"),
}


# The worker is there, and begins a new round when it is told to.
_OVER = {
    *("standing.round", "standing.failed", "standing.passkey", "standing.removed"),
    *("standing.wrong_phone", "standing.taken"),
}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """key: of the sentence; `{key}_more` says what comes next. tone: good, bad, or neither.

    at: since when, or until when, where the sentence says so. may_ask: whether new codes to scan
    come for the asking.
    """

    key: str
    tone: str
    at: datetime | None = None
    may_ask: bool = False


def judge_standing(tenant: TenantWithRelations, *, setup: SetupStatus | None) -> Standing:
    """setup: of the newest request; None where an operator made the tenant without one."""
    key, session = _choose(tenant, setup), tenant.session
    at = session.changed_at
    if key == "standing.banned" and session.ban_ends_at is not None:
        key, at = "standing.banned_until", session.ban_ends_at
    tone = "good" if key in _GOOD else "bad" if key in _BAD else ""
    may_ask = key in _OVER
    return Standing(key=key, tone=tone, at=at, may_ask=may_ask)


def _choose(tenant: TenantWithRelations, setup: SetupStatus | None) -> str:
    if tenant.status is TenantStatus.NEW:
        return "standing.rejected" if setup is SetupStatus.REJECTED else "standing.submitted"
    status, session = _STATUSES[tenant.status], tenant.session
    if tenant.status in {TenantStatus.QR_PENDING, TenantStatus.ERROR}:
        if session.state is SessionState.QR_READY and session.last_seen_at is not None:
            return "standing.again"
        return _REASONS.get(session.reason) or _LINKS.get(session.state) or status
    # What the row says is of a container that is gone, unless the worker runs.
    if tenant.status is TenantStatus.STARTING and tenant.worker.status is WorkerStatus.RUNNING:
        return _ON_THE_WAY.get(session.reason, status)
    return status
