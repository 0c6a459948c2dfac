"""API keys and what was done with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.ids import TenantId


class ApiKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret, which is shown once and never stored."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class CredentialOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a worker's token is, and whether it was taken back."""

    tenant_id: TenantId
    generation: int
    revoked: bool


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """who: the name of the key. address: where the request came from."""

    who: str
    action: str
    address: str
    tenant_id: UUID | None = None
    detail: dict[str, Any] = {}
