"""WhatsApp accounts, as operators see them."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import SessionReason


class RefusedAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The account that was logged out again, last. holder: the tenant that it serves now."""

    phone_number: str
    lid: str | None
    reason: SessionReason
    holder: UUID | None


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """phone_number, lid, claimed_at: of the account that serves the tenant, or is to (awarded_at:
    since when an operator wants it so); None where there is none.
    """

    phone_number: str | None = None
    lid: str | None = None
    claimed_at: datetime | None = None
    awarded_at: datetime | None = None
    refused: RefusedAccountView | None = None
