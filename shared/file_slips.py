"""Slips, by which the portal asks the control plane for the file of one message. Pure.

What is signed names the tenant, so that a slip opens no other tenant's file, and until when.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec

from shared.errors import SettingsError
from shared.ids import TenantId

# The two are on one machine: from signing to asking it is milliseconds.
LIFE = timedelta(minutes=1)
# The header with the token of the browser that asked: a slip alone opens nothing.
SESSION = "FlowHQ-Session"
# Nothing else that is ever signed with a secret begins so.
_PURPOSE = "flowhq file"


class SlipWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Where the control plane takes slips, and what they are signed with."""

    socket: Path
    secret: str


def to_window(socket: str, secret: str) -> SlipWindow | None:
    """From the settings of either side: None where neither is set. Raises SettingsError."""
    if bool(socket) != bool(secret):
        raise SettingsError("FLOWHQ_FILES_SOCKET and FLOWHQ_FILES_SECRET need each other")
    return SlipWindow(socket=Path(socket), secret=secret) if socket else None


def sign_slip(secret: str, tenant_id: TenantId, log_id: UUID, *, now: datetime) -> str:
    until = str(int((now + LIFE).timestamp()))
    return f"{until}.{_seal(secret, tenant_id, log_id, until)}"


def is_good_slip(
    slip: str, secret: str, tenant_id: TenantId, log_id: UUID, *, now: datetime
) -> bool:
    until, _, seal = slip.partition(".")
    # Bytes: of texts beyond ASCII the comparison would rather raise.
    right = _seal(secret, tenant_id, log_id, until).encode()
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), right):
        return False
    return now.timestamp() < int(until)


def _seal(secret: str, tenant_id: TenantId, log_id: UUID, until: str) -> str:
    assert secret, "a slip without a secret is anybody's"
    said = f"{_PURPOSE}\n{tenant_id}\n{log_id}\n{until}"
    return hmac.new(secret.encode(), said.encode("utf-8", "replace"), sha256).hexdigest()
