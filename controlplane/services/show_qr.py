"""The QR that a tenant's phone scans, as text and as a picture."""

import asyncio
from functools import lru_cache

import segno

from shared.enums import SessionState
from shared.ids import TenantId
from shared.stores import sessions
from shared.structs.sessions import QrView

# Eight screen pixels a module: a phone reads it from an arm's length.
SCALE = 8


async def show_qr(tenant_id: TenantId) -> QrView:
    """`qr` and `png` only while a scan is awaited: an older code would be scanned in vain."""
    record = await sessions.get_qr(tenant_id)
    view = QrView(state=record.state, reason=record.reason, who_must_act=record.reason.actor)
    if record.state is not SessionState.QR_READY or record.qr is None:
        return view
    return QrView(
        state=view.state,
        reason=view.reason,
        who_must_act=view.who_must_act,
        qr=record.qr,
        # Pure Python, tens of milliseconds: not in the loop that serves everybody.
        png=await asyncio.to_thread(render_png, record.qr),
        expires_at=record.expires_at,
        attempt=record.attempt,
        attempts=record.attempts,
    )


@lru_cache(maxsize=128)  # a page that polls asks for the same code many times
def render_png(qr: str) -> str:
    """A `data:image/png;base64,…` URI."""
    return segno.make(qr, error="l", micro=False).png_data_uri(scale=SCALE)
