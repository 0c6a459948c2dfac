"""The link to each tenant's phone, as its worker told last."""

from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from shared.enums import SessionReason, SessionState
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.incidents import follow_links
from shared.stores.rows import read
from shared.stores.text import to_storable, to_storable_or_none
from shared.structs.sessions import PairingView
from shared.tables import WhatsAppSession
from shared.wire.frames import SessionReport


class QrRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`qr` is there only while a scan is awaited, `pairing` only while its code is good."""

    state: SessionState
    reason: SessionReason
    detail: str
    phone_number: str
    refused_phone: str | None
    qr: str | None
    expires_at: datetime | None
    attempt: int | None
    attempts: int | None
    pairing: PairingView | None


# No phone is linked: one would be shown no code, and is not logged out.
_UNLINKED = {SessionState.QR_READY, SessionState.QR_EXPIRED, SessionState.LOGGED_OUT}


async def record_session(
    tenant_id: TenantId, report: SessionReport, now: datetime, *, refused_lid: str | None = None
) -> bool:
    """Makes `report` what is known of the link; False when the tenant is gone.

    The same report twice leaves `state_changed_at` alone. The own phone, once learned, stays
    until the session is reset, or the phone refused. Without a linked phone the tenant holds no
    WhatsApp account. The first CONNECTED makes the tenant's APPROVED setup request
    ACTIVE, and a link that is lost is an incident, in the same statement.
    """
    connected = report.state is SessionState.CONNECTED
    is_refusal = report.reason.is_refusal
    rows = await WhatsAppSession.raw(
        f"""
        WITH activated AS (
            UPDATE setup_requests SET status = 'ACTIVE'
             WHERE tenant = {{}} AND status = 'APPROVED' AND {{}}
        ), released AS (
            DELETE FROM whatsapp_accounts WHERE tenant = {{}} AND {{}} AND awarded_at IS NULL
        ), changed AS (
            UPDATE whatsapp_sessions
               SET state = {{}}, reason = {{}}, detail = {{}},
                   own_phone = CASE WHEN {{}} THEN NULL ELSE COALESCE({{}}::text, own_phone) END,
                   refused_phone = {{}}::text,
                   refused_lid = CASE WHEN {{}} THEN COALESCE({{}}::text, refused_lid) END,
                   last_qr = {{}}, qr_expires_at = {{}}, qr_attempt = {{}}, qr_attempts = {{}},
                   pairing_code = {{}}, pairing_phone = {{}}, pairing_expires_at = {{}},
                   ban_ends_at = {{}},
                   last_seen_at = CASE WHEN {{}} THEN {{}}::timestamptz ELSE last_seen_at END,
                   state_changed_at = CASE WHEN state = {{}} AND reason = {{}} THEN state_changed_at
                                           ELSE {{}} END
             WHERE tenant = {{}}
            RETURNING tenant, state, reason, detail, state_changed_at
        ), {follow_links("changed")}
        SELECT tenant FROM changed
        """,
        tenant_id,
        connected,
        tenant_id,
        report.state in _UNLINKED,
        report.state.value,
        report.reason.value,
        to_storable(report.detail),
        is_refusal,
        to_storable_or_none(report.own_phone),
        to_storable_or_none(report.refused_phone if is_refusal else None),
        is_refusal,
        to_storable_or_none(refused_lid),
        to_storable_or_none(report.qr),
        report.qr_expires_at,
        report.qr_attempt,
        report.qr_attempts,
        to_storable_or_none(report.pairing_code),
        to_storable_or_none(report.pairing_phone),
        report.pairing_expires_at,
        report.ban_ends_at,
        connected,
        now,
        report.state.value,
        report.reason.value,
        now,
        tenant_id,
    )
    return bool(rows)


async def get_qr(tenant_id: TenantId, *, now: datetime) -> QrRecord:
    """Raises NotFoundError, also for a tenant whose removal was requested; UnreadableRowError."""
    rows = await WhatsAppSession.raw(
        "SELECT s.*, t.phone_number FROM whatsapp_sessions s JOIN tenants t ON t.id = s.tenant"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return read(rows[0], partial(_to_record, now=now), of="session")


async def forget_expired_pairing_codes(*, now: datetime) -> None:
    """A worker that is well takes its code back itself; one that is cut off cannot."""
    await WhatsAppSession.raw(
        "UPDATE whatsapp_sessions SET pairing_code = NULL, pairing_phone = NULL,"
        " pairing_expires_at = NULL WHERE pairing_expires_at < {}",
        now,
    )


def _to_record(row: dict[str, Any], *, now: datetime) -> QrRecord:
    return QrRecord(
        state=SessionState(row["state"]),
        reason=SessionReason(row["reason"]),
        detail=row["detail"],
        phone_number=row["phone_number"],
        refused_phone=row["refused_phone"],
        qr=row["last_qr"],
        expires_at=row["qr_expires_at"],
        attempt=row["qr_attempt"],
        attempts=row["qr_attempts"],
        pairing=_find_pairing(row, now),
    )


def _find_pairing(row: dict[str, Any], now: datetime) -> PairingView | None:
    code, phone, expires_at = (
        row["pairing_code"],
        row["pairing_phone"],
        row["pairing_expires_at"],
    )
    # One without the others is no code that anybody could use; rows of before can be so.
    if code is None or phone is None or expires_at is None or expires_at <= now:
        return None
    return PairingView(code=code, phone_number=phone, expires_at=expires_at)
