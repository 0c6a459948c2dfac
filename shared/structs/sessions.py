"""The link to a tenant's phone, as the API shows it."""

from datetime import datetime

import msgspec

from shared.enums import Actor, SessionReason, SessionState


class QrView(msgspec.Struct, frozen=True, kw_only=True):
    """`qr` and `png` (a `data:image/png;base64,…` URI) are there only while a scan is awaited."""

    state: SessionState
    reason: SessionReason
    who_must_act: Actor
    qr: str | None = None
    png: str | None = None
    expires_at: datetime | None = None
    attempt: int | None = None
    attempts: int | None = None
