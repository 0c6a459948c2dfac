"""Who may sign in to the portal for a tenant."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.bodies import find_problems
from controlplane.api.parameters import Acting, Hashing
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.problems import Wrong, to_wrong, wrong_of
from controlplane.rights import Right, needs
from controlplane.services.add_member import add_member, remove_member
from shared.errors import ConflictError, InvalidInputError
from shared.ids import TenantId
from shared.stores import members, tenants
from shared.structs.members import CreateMemberInput
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

BLANK = {"email": "", "role": "OWNER", "language": "SW"}


@get("/tenants/{tenant_id:uuid}/members", opt=needs(Right.LOOK))
async def show(request: PageRequest, tenant_id: FromPath[UUID]) -> Response[str]:
    return await _page(request, TenantId(tenant_id), form=BLANK, wrong={})


@post("/tenants/{tenant_id:uuid}/members", opt=needs(Right.ADMINISTER))
async def add(
    request: PageRequest, tenant_id: FromPath[UUID], caller: Acting, passwords: Hashing
) -> Response[str] | Redirect:
    """Without a password: nobody but the member is to know it."""
    form, tenant = await read_form(request), TenantId(tenant_id)
    body = {name: form.get(name, "").strip() for name in BLANK}
    try:
        if wrong := to_wrong(find_problems(body, CreateMemberInput)):
            return await _page(request, tenant, form=BLANK | form, wrong=wrong)
        given = msgspec.convert(body, CreateMemberInput)
        await confirm(request, form)
        await add_member(tenant, given, passwords=passwords, caller=caller)
    except (InvalidInputError, ConflictError) as error:
        return await _page(request, tenant, form=BLANK | form, wrong=wrong_of(error))
    return go_to(f"/dashboard/tenants/{tenant_id}/members")


@post("/tenants/{tenant_id:uuid}/members/{member_id:uuid}/remove", opt=needs(Right.ADMINISTER))
async def remove(tenant_id: FromPath[UUID], member_id: FromPath[UUID], caller: Acting) -> Redirect:
    await remove_member(TenantId(tenant_id), member_id, caller=caller)
    return go_to(f"/dashboard/tenants/{tenant_id}/members")


async def _page(
    request: PageRequest, tenant_id: TenantId, *, form: dict[str, str], wrong: Wrong
) -> Response[str]:
    return page(
        request,
        "tenant_members.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        tenant=await tenants.get(tenant_id),
        team=await members.list_team(tenant_id),
        form=form,
        wrong=wrong,
    )
