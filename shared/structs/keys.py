"""API keys and what was done with them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec

from shared.enums import CallerKind
from shared.ids import TenantId
from shared.structs.text import Name

# What a tenant's key may do.
MESSAGES_SCOPE = "messages"


class AdminScope(StrEnum):
    """What a key of the platform's operators may do; `controlplane/rights.py` says what each is."""

    ADMIN = "admin"
    SUPPORT = "support"
    READ = "read"


class ApiKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret, which is shown once and never stored.

    tenant_id: whose it is; None for a key of the platform's operators.
    """

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    tenant_id: UUID | None = None


class CreateTenantKeyInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key with which a tenant's own programs send messages."""

    name: Name
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class CreateAdminKeyInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key of the platform's operators."""

    name: Name
    scopes: Annotated[list[AdminScope], msgspec.Meta(min_length=1, max_length=2)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class TenantKeyView(ApiKeyView, frozen=True, kw_only=True):
    """A tenant's key among those of all tenants."""

    tenant_name: str


class NewApiKey(ApiKeyView, frozen=True, kw_only=True):
    """key: shown this once; only its hash is kept."""

    key: str


class CredentialOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a worker's token is, and whether it was taken back."""

    tenant_id: TenantId
    generation: int
    revoked: bool


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """who: the name of the key, or the operator's e-mail address. address: where the request
    came from.
    """

    who: str
    action: str
    address: str
    kind: CallerKind = CallerKind.KEY
    tenant_id: UUID | None = None
    detail: dict[str, Any] = {}


class AuditView(AuditEntry, frozen=True, kw_only=True):
    """tenant_name: None where there is no such tenant, or no longer. hash: of this row and all
    before it; None only while it is being written.
    """

    id: UUID
    at: datetime
    tenant_name: str | None
    hash: str | None = None
