"""API keys: of the platform's operators, and those with which a tenant's programs send messages."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from controlplane.services.acting import Caller, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import ConflictError, InvalidInputError
from shared.ids import TenantId
from shared.instants import to_instant
from shared.stores import api_keys, tenants
from shared.structs.keys import (
    MESSAGES_SCOPE,
    ApiKeyView,
    CreateAdminKeyInput,
    CreateTenantKeyInput,
    NewApiKey,
)

# More are a leak of keys, not a use of them; so the list needs no pages.
MAX_KEYS = 50


async def issue_admin_key(given: CreateAdminKeyInput, *, caller: Caller, clock: Clock) -> NewApiKey:
    """Raises KeyNameTakenError, ConflictError when there are MAX_KEYS already."""
    return await _issue(
        given.name,
        [scope.value for scope in dict.fromkeys(given.scopes)],
        given.expires_at,
        tenant_id=None,
        caller=caller,
        clock=clock,
    )


async def issue_tenant_key(
    tenant_id: TenantId, given: CreateTenantKeyInput, *, caller: Caller, clock: Clock
) -> NewApiKey:
    """Raises KeyNameTakenError, ConflictError when there are MAX_KEYS already."""
    return await _issue(
        given.name,
        [MESSAGES_SCOPE],
        given.expires_at,
        tenant_id=tenant_id,
        caller=caller,
        clock=clock,
    )


async def revoke_admin_key(key_id: UUID, *, caller: Caller) -> ApiKeyView:
    """Refused from the next request on, also where it is the key that asks for it."""
    async with transaction():
        view = await api_keys.revoke_of_operators(key_id)
        await leave_trace(caller, "api_key.revoked", name=view.name)
    return view


async def revoke_tenant_key(tenant_id: TenantId, key_id: UUID, *, caller: Caller) -> ApiKeyView:
    """Refused from the next request on."""
    async with transaction():
        await tenants.get(tenant_id)
        view = await api_keys.revoke_of_tenant(tenant_id, key_id)
        await leave_trace(caller, "api_key.revoked", tenant_id=tenant_id, name=view.name)
    return view


async def _issue(
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    *,
    tenant_id: TenantId | None,
    caller: Caller,
    clock: Clock,
) -> NewApiKey:
    expires_at = to_instant("expires_at", expires_at)
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInputError("expires_at", "must be in the future")
    async with transaction():
        # Of two at once the second counts the first: a key past the end of the list could not be
        # seen, and so not be revoked.
        await api_keys.hold_lock()
        if len(await _list(tenant_id)) == MAX_KEYS:
            raise ConflictError(f"there are {MAX_KEYS} keys: revoke one first")
        view, key = await api_keys.create(
            name, scopes=scopes, expires_at=expires_at, tenant_id=tenant_id
        )
        await leave_trace(
            caller, "api_key.issued", tenant_id=tenant_id, name=view.name, scopes=view.scopes
        )
    return NewApiKey(**msgspec.structs.asdict(view), key=key)


async def _list(tenant_id: TenantId | None) -> list[ApiKeyView]:
    if tenant_id is None:
        return await api_keys.list_of_operators(limit=MAX_KEYS)
    await tenants.get(tenant_id)
    return await api_keys.list_of_tenant(tenant_id, limit=MAX_KEYS)
