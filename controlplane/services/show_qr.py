"""What a tenant's phone links with: a QR, as text and as a picture, or a pairing code."""

import asyncio

from shared.clock import Clock
from shared.enums import SessionState
from shared.ids import TenantId
from shared.stores import sessions
from shared.structs.sessions import QrView
from shared.web.qr import render_png


async def show_qr(tenant_id: TenantId, *, clock: Clock) -> QrView:
    """Codes only while a phone is awaited: an older one would be scanned or typed in vain."""
    record = await sessions.get_qr(tenant_id, now=clock.now())
    view = QrView(
        state=record.state,
        reason=record.reason,
        who_must_act=record.reason.actor,
        detail=record.detail,
        phone_number=record.phone_number,
        refused_phone=record.refused_phone if record.reason.is_refusal else None,
    )
    if record.state is not SessionState.QR_READY or record.qr is None:
        return view
    return QrView(
        state=view.state,
        reason=view.reason,
        who_must_act=view.who_must_act,
        detail=view.detail,
        phone_number=view.phone_number,
        qr=record.qr,
        # Pure Python, tens of milliseconds: not in the loop that serves everybody.
        png=await asyncio.to_thread(render_png, record.qr),
        expires_at=record.expires_at,
        attempt=record.attempt,
        attempts=record.attempts,
        pairing=record.pairing,
    )
