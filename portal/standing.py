"""One truthful sentence about a bot, and what its people can do about it. Pure."""

import msgspec

from shared.enums import (
    SessionReason,
    SessionState,
    SetupStatus,
    TenantStatus,
)
from shared.structs.tenants import TenantWithRelations

# What is said of a link that is over, or that is being made, where more is known than that.
_REASONS = {
    SessionReason.QR_ROUND_OVER: "standing.round",
    SessionReason.PASSKEY_REQUIRED: "standing.passkey",
    SessionReason.DEVICE_REMOVED: "standing.removed",
}
_LINKS = {
    SessionState.BANNED: "standing.banned",
    SessionState.OUTDATED: "standing.outdated",
    SessionState.REPLACED: "standing.replaced",
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
    *("standing.banned", "standing.outdated", "standing.replaced", "standing.error"),
    *("standing.removed", "standing.rejected"),
}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """key: of the sentence; `{key}_more` says what comes next. tone: good, bad, or neither."""

    key: str
    tone: str


def judge_standing(tenant: TenantWithRelations, *, setup: SetupStatus | None) -> Standing:
    """setup: of the newest request; None where an operator made the tenant without one."""
    key = _choose(tenant, setup)
    return Standing(key=key, tone="good" if key in _GOOD else "bad" if key in _BAD else "")


def _choose(tenant: TenantWithRelations, setup: SetupStatus | None) -> str:
    if tenant.status is TenantStatus.NEW:
        return "standing.rejected" if setup is SetupStatus.REJECTED else "standing.submitted"
    status = _STATUSES[tenant.status]
    if tenant.status in {TenantStatus.QR_PENDING, TenantStatus.ERROR}:
        session = tenant.session
        return _REASONS.get(session.reason) or _LINKS.get(session.state) or status
    return status
