"""Keys with which a tenant's own programs send messages."""

from uuid import UUID

import msgspec

from controlplane.services.acting import Caller, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import ConflictError, InvalidInputError
from shared.ids import TenantId
from shared.instants import to_instant
from shared.stores import api_keys, tenants
from shared.structs.keys import MESSAGES_SCOPE, ApiKeyView, CreateTenantKeyInput, NewTenantKey

# More are a leak of keys, not a use of them; so the list needs no pages.
MAX_KEYS = 50


async def issue_tenant_key(
    tenant_id: TenantId, given: CreateTenantKeyInput, *, caller: Caller, clock: Clock
) -> NewTenantKey:
    """Raises ConflictError for a name in use, or when there are MAX_KEYS already."""
    expires_at = to_instant("expires_at", given.expires_at)
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInputError("expires_at", "must be in the future")
    async with transaction():
        await tenants.get(tenant_id)
        if len(await api_keys.list_of_tenant(tenant_id, limit=MAX_KEYS)) == MAX_KEYS:
            raise ConflictError(f"the tenant has {MAX_KEYS} keys: revoke one first")
        view, key = await api_keys.create(
            given.name, scopes=[MESSAGES_SCOPE], expires_at=expires_at, tenant_id=tenant_id
        )
        await leave_trace(caller, "api_key.issued", tenant_id=tenant_id, name=view.name)
    return NewTenantKey(**msgspec.structs.asdict(view), key=key)


async def revoke_tenant_key(tenant_id: TenantId, key_id: UUID, *, caller: Caller) -> ApiKeyView:
    """Refused from the next request on."""
    async with transaction():
        await tenants.get(tenant_id)
        view = await api_keys.revoke_of_tenant(tenant_id, key_id)
        await leave_trace(caller, "api_key.revoked", tenant_id=tenant_id, name=view.name)
    return view
