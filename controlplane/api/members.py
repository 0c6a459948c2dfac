"""`/admin/tenants/{id}/members`: who may sign in to the portal for a tenant."""

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from controlplane.api.parameters import Acting, Hashing, MemberPath, TenantPath
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.add_member import add_member, remove_member, to_view
from shared.ids import TenantId
from shared.stores import members, tenants
from shared.structs.members import CreateMemberInput, MemberView
from shared.structs.pages import Page


@post(
    "/",
    summary="Add a member; without a password they choose one by mail",
    responses=documented(404, 409, 413),
    opt=needs(Right.ADMINISTER),
)
async def add(
    tenant_id: TenantPath, data: JSONBody[CreateMemberInput], caller: Acting, passwords: Hashing
) -> MemberView:
    return await add_member(TenantId(tenant_id), data, passwords=passwords, caller=caller)


@get(
    "/",
    summary="The tenant's members, oldest first",
    responses=documented(404),
    opt=needs(Right.LOOK),
)
async def list_all(tenant_id: TenantPath) -> Page[MemberView]:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)
    return Page(items=[to_view(member) for member in await members.list_team(tenant)])


@delete(
    "/{member_id:str}",
    status_code=200,
    summary="Remove a member, who is signed out at once",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def remove(tenant_id: TenantPath, member_id: MemberPath, caller: Acting) -> MemberView:
    return await remove_member(TenantId(tenant_id), member_id, caller=caller)


members_router = Router(
    "/tenants/{tenant_id:str}/members", route_handlers=[add, list_all, remove], tags=["Members"]
)
