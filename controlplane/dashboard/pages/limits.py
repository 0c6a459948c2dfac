"""What one tenant may use, beside what it uses, and the form that changes it."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.bodies import find_problems
from controlplane.api.parameters import Acting, CountingRequests, Timing, Waking
from controlplane.dashboard.limits_form import read_limits, to_form, to_rows
from controlplane.dashboard.problems import Wrong, to_wrong
from controlplane.rights import Right, needs
from controlplane.services.set_limits import set_limits
from controlplane.services.show_limits import show_limits
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.limits import LimitsInput, LimitsView
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/tenants/{tenant_id:uuid}/limits", opt=needs(Right.LOOK))
async def show(
    request: PageRequest, tenant_id: FromPath[UUID], request_rate: CountingRequests, clock: Timing
) -> Response[str]:
    view = await show_limits(TenantId(tenant_id), request_rate=request_rate, clock=clock)
    return await _page(request, TenantId(tenant_id), view, form=to_form(view), wrong={})


@post("/tenants/{tenant_id:uuid}/limits", opt=needs(Right.ADMINISTER))
async def change(
    *,
    request: PageRequest,
    tenant_id: FromPath[UUID],
    caller: Acting,
    wake: Waking,
    request_rate: CountingRequests,
    clock: Timing,
) -> Response[str] | Redirect:
    form, tenant = await read_form(request), TenantId(tenant_id)
    body = read_limits(form)
    if wrong := to_wrong(find_problems(body, LimitsInput)):
        view = await show_limits(tenant, request_rate=request_rate, clock=clock)
        return await _page(request, tenant, view, form=form, wrong=wrong)
    await set_limits(tenant, msgspec.convert(body, LimitsInput), caller=caller, wake=wake)
    return go_to(f"/dashboard/tenants/{tenant_id}/limits")


async def _page(
    request: PageRequest,
    tenant_id: TenantId,
    view: LimitsView,
    *,
    form: dict[str, str],
    wrong: Wrong,
) -> Response[str]:
    return page(
        request,
        "tenant_limits.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        tenant=await tenants.get(tenant_id),
        rows=to_rows(view),
        form=form,
        wrong=wrong,
    )
