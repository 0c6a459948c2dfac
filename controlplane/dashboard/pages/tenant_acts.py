"""What an operator asks of one tenant: the services of the API, and back to the tenant's page."""

from http import HTTPStatus
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.parameters import Acting, Instructing, Timing, Waking
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.pages.tenant import tenant_page
from controlplane.dashboard.problems import Wrong, to_sentence, wrong_of
from controlplane.rights import Right, needs
from controlplane.services.remove_tenant import remove_tenant
from controlplane.services.request_qr_round import request_qr_round
from controlplane.services.reset_session import reset_session
from controlplane.services.restart_worker import restart_worker
from controlplane.services.set_number import set_number
from controlplane.services.set_worker import set_worker
from shared.clock import Clock
from shared.enums import DesiredState
from shared.errors import ConflictError, InvalidInputError
from shared.ids import TenantId
from shared.phone import to_phone
from shared.stores import tenants
from shared.stores.tenants import PhoneNumberTakenError
from shared.web.forms import read_form
from shared.web.rendering import go_to
from shared.web.requests import PageRequest

NOT_THE_NAME = "That is not the name of this tenant."


@post("/tenants/{tenant_id:uuid}/worker/start", opt=needs(Right.RUN))
async def start(tenant_id: FromPath[UUID], caller: Acting, wake: Waking) -> Redirect:
    await set_worker(TenantId(tenant_id), DesiredState.RUNNING, caller=caller, wake=wake)
    return _back(tenant_id, "start")


@post("/tenants/{tenant_id:uuid}/worker/stop", opt=needs(Right.RUN))
async def stop(tenant_id: FromPath[UUID], caller: Acting, wake: Waking) -> Redirect:
    await set_worker(TenantId(tenant_id), DesiredState.STOPPED, caller=caller, wake=wake)
    return _back(tenant_id, "stop")


@post("/tenants/{tenant_id:uuid}/worker/restart", opt=needs(Right.RUN))
async def restart(tenant_id: FromPath[UUID], caller: Acting, wake: Waking) -> Redirect:
    await restart_worker(TenantId(tenant_id), force=False, caller=caller, wake=wake)
    return _back(tenant_id, "restart")


@post("/tenants/{tenant_id:uuid}/worker/force-restart", opt=needs(Right.RUN))
async def force_restart(tenant_id: FromPath[UUID], caller: Acting, wake: Waking) -> Redirect:
    await restart_worker(TenantId(tenant_id), force=True, caller=caller, wake=wake)
    return _back(tenant_id, "force_restart")


@post("/tenants/{tenant_id:uuid}/session/new-qr", opt=needs(Right.LINK))
async def new_qr(
    request: PageRequest,
    tenant_id: FromPath[UUID],
    caller: Acting,
    instruct: Instructing,
    clock: Timing,
) -> Response[str] | Redirect:
    try:
        await request_qr_round(TenantId(tenant_id), caller=caller, instruct=instruct)
    except ConflictError as error:
        return await tenant_page(
            request,
            TenantId(tenant_id),
            clock=clock,
            status=HTTPStatus.CONFLICT,
            refused=to_sentence(str(error)),
        )
    return _back(tenant_id, "new_qr")


@post("/tenants/{tenant_id:uuid}/session/reset", opt=needs(Right.ADMINISTER))
async def reset(
    request: PageRequest, tenant_id: FromPath[UUID], caller: Acting, wake: Waking, clock: Timing
) -> Response[str] | Redirect:
    if wrong := await _find_wrong(request, TenantId(tenant_id)):
        return await _ask_again(request, TenantId(tenant_id), wrong, clock=clock, act="reset")
    await reset_session(TenantId(tenant_id), caller=caller, wake=wake)
    return _back(tenant_id, "reset")


@post("/tenants/{tenant_id:uuid}/number", opt=needs(Right.ADMINISTER))
async def change_number(
    *,
    request: PageRequest,
    tenant_id: FromPath[UUID],
    caller: Acting,
    wake: Waking,
    instruct: Instructing,
    clock: Timing,
) -> Response[str] | Redirect:
    form = await read_form(request)
    number = to_phone(form.get("phone_number", ""))
    try:
        await confirm(request, form)
        await set_number(TenantId(tenant_id), number, caller=caller, wake=wake, instruct=instruct)
    except (InvalidInputError, PhoneNumberTakenError) as error:
        return await tenant_page(
            request,
            TenantId(tenant_id),
            clock=clock,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            wrong={"number": wrong_of(error)},
        )
    return _back(tenant_id, "number")


@post("/tenants/{tenant_id:uuid}/remove", opt=needs(Right.ADMINISTER))
async def remove(
    request: PageRequest, tenant_id: FromPath[UUID], caller: Acting, wake: Waking, clock: Timing
) -> Response[str] | Redirect:
    if wrong := await _find_wrong(request, TenantId(tenant_id)):
        return await _ask_again(request, TenantId(tenant_id), wrong, clock=clock, act="remove")
    await remove_tenant(TenantId(tenant_id), caller=caller, wake=wake, clock=clock)
    return go_to("/dashboard?done=remove")


async def _find_wrong(request: PageRequest, tenant_id: TenantId) -> Wrong:
    """What cannot be undone is not done by a slip, nor by who borrows the browser: the form says
    the tenant's name and the operator's own password.
    """
    tenant, form = await tenants.get(tenant_id), await read_form(request)
    if " ".join(form.get("name", "").split()) != " ".join(tenant.name.split()):
        return {"name": NOT_THE_NAME}
    try:
        await confirm(request, form)
    except InvalidInputError as error:
        return wrong_of(error)
    return {}


async def _ask_again(
    request: PageRequest, tenant_id: TenantId, wrong: Wrong, *, clock: Clock, act: str
) -> Response[str]:
    return await tenant_page(
        request,
        tenant_id,
        clock=clock,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        wrong={act: wrong},
    )


def _back(tenant_id: UUID, done: str) -> Redirect:
    return go_to(f"/dashboard/tenants/{tenant_id}?done={done}")
