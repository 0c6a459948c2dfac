"""The link to a tenant's phone, as the API shows it."""

from datetime import datetime

import msgspec

from shared.enums import Actor, SessionReason, SessionState
from shared.structs.text import PhoneNumber


class PairingView(msgspec.Struct, frozen=True, kw_only=True):
    """A code to type on the phone with `phone_number`, instead of scanning."""

    code: str
    phone_number: str
    expires_at: datetime


class QrView(msgspec.Struct, frozen=True, kw_only=True):
    """`qr` and `png` (a `data:image/png;base64,…` URI) are there only while a scan is awaited,
    `pairing` only while a code that was asked for is good.

    phone_number: the tenant's own, and of the only phone that is taken. refused_phone: of another
    that was linked and logged out again, until the next code.
    """

    state: SessionState
    reason: SessionReason
    who_must_act: Actor
    detail: str = ""
    phone_number: str | None = None
    refused_phone: str | None = None
    qr: str | None = None
    png: str | None = None
    expires_at: datetime | None = None
    attempt: int | None = None
    attempts: int | None = None
    pairing: PairingView | None = None


class PairingCodeInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`phone_number` is E.164: the tenant's own, in whichever form its WhatsApp account has it."""

    phone_number: PhoneNumber | None = None
