"""`/admin/tenants/{id}/api-keys`: keys with which a tenant's own programs use `/v1`."""

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from controlplane.api.parameters import Acting, KeyPath, TenantPath, Timing
from controlplane.api.problems import documented
from controlplane.services.issue_tenant_key import MAX_KEYS, issue_tenant_key, revoke_tenant_key
from shared.ids import TenantId
from shared.stores import api_keys, tenants
from shared.structs.keys import ApiKeyView, CreateTenantKeyInput, NewTenantKey
from shared.structs.pages import Page


@post("/", summary="Make a key; it is shown this once", responses=documented(404, 409, 413))
async def issue(
    tenant_id: TenantPath, data: JSONBody[CreateTenantKeyInput], caller: Acting, clock: Timing
) -> NewTenantKey:
    return await issue_tenant_key(TenantId(tenant_id), data, caller=caller, clock=clock)


@get("/", summary="The tenant's live keys, oldest first", responses=documented(404))
async def list_all(tenant_id: TenantPath) -> Page[ApiKeyView]:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)
    return Page(items=await api_keys.list_of_tenant(tenant, limit=MAX_KEYS))


@delete("/{key_id:str}", status_code=200, summary="Revoke a key at once", responses=documented(404))
async def revoke(tenant_id: TenantPath, key_id: KeyPath, caller: Acting) -> ApiKeyView:
    return await revoke_tenant_key(TenantId(tenant_id), key_id, caller=caller)


keys_router = Router(
    "/tenants/{tenant_id:str}/api-keys",
    route_handlers=[issue, list_all, revoke],
    tags=["API keys"],
)
