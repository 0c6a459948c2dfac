"""`/admin/api-keys`, of the platform's operators; `/admin/tenants/{id}/api-keys`, for `/v1`."""

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from controlplane.api.parameters import (
    DEFAULT_LIMIT,
    Acting,
    Cursor,
    KeyPath,
    Limit,
    TenantPath,
    Timing,
)
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.issue_key import (
    MAX_KEYS,
    issue_admin_key,
    issue_tenant_key,
    revoke_admin_key,
    revoke_tenant_key,
)
from shared.ids import TenantId
from shared.stores import api_keys, tenants
from shared.structs.keys import (
    ApiKeyView,
    CreateAdminKeyInput,
    CreateTenantKeyInput,
    NewApiKey,
    TenantKeyView,
)
from shared.structs.pages import Page


@post(
    "/",
    summary="Make a key; it is shown this once",
    responses=documented(404, 409, 413),
    opt=needs(Right.ADMINISTER),
)
async def issue(
    tenant_id: TenantPath, data: JSONBody[CreateTenantKeyInput], caller: Acting, clock: Timing
) -> NewApiKey:
    return await issue_tenant_key(TenantId(tenant_id), data, caller=caller, clock=clock)


@get(
    "/",
    summary="The tenant's live keys, oldest first",
    responses=documented(404),
    opt=needs(Right.SEE_ACCESS),
)
async def list_all(tenant_id: TenantPath) -> Page[ApiKeyView]:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)
    return Page(items=await api_keys.list_of_tenant(tenant, limit=MAX_KEYS))


@delete(
    "/{key_id:str}",
    status_code=200,
    summary="Revoke a key at once",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def revoke(tenant_id: TenantPath, key_id: KeyPath, caller: Acting) -> ApiKeyView:
    return await revoke_tenant_key(TenantId(tenant_id), key_id, caller=caller)


tenant_keys_router = Router(
    "/tenants/{tenant_id:str}/api-keys",
    route_handlers=[issue, list_all, revoke],
    tags=["API keys"],
)


@post(
    "/",
    summary="Make a key of the platform; it is shown this once",
    responses=documented(409, 413),
    opt=needs(Right.ADMINISTER),
)
async def issue_own(
    data: JSONBody[CreateAdminKeyInput], caller: Acting, clock: Timing
) -> NewApiKey:
    return await issue_admin_key(data, caller=caller, clock=clock)


@get(
    "/",
    summary="The platform's live keys, oldest first",
    responses=documented(),
    opt=needs(Right.SEE_ACCESS),
)
async def list_own() -> Page[ApiKeyView]:
    return Page(items=await api_keys.list_of_operators(limit=MAX_KEYS))


@get(
    "/of-tenants",
    summary="The live keys of all tenants, newest first",
    responses=documented(),
    opt=needs(Right.SEE_ACCESS),
)
async def list_of_tenants(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[TenantKeyView]:
    return await api_keys.list_of_tenants(limit=limit, cursor=cursor)


@delete(
    "/{key_id:str}",
    status_code=200,
    summary="Revoke a key of the platform at once, be it the one that asks",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def revoke_own(key_id: KeyPath, caller: Acting) -> ApiKeyView:
    return await revoke_admin_key(key_id, caller=caller)


keys_router = Router(
    "/api-keys",
    route_handlers=[issue_own, list_own, list_of_tenants, revoke_own],
    tags=["API keys"],
)
