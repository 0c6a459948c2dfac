"""`/admin/tenants/{id}/worker`, `/session` and `/account`: what is asked of a tenant's worker."""

from litestar import Router, get, post
from litestar.params import JSONBody

from controlplane.api.parameters import (
    Acting,
    Disconnecting,
    Instructing,
    TenantPath,
    Timing,
    Waking,
)
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.award_account import award_account
from controlplane.services.request_pairing_code import request_pairing_code
from controlplane.services.request_qr_round import request_qr_round
from controlplane.services.reset_session import reset_session
from controlplane.services.restart_worker import restart_worker
from controlplane.services.revoke_token import revoke_token
from controlplane.services.set_worker import set_worker
from shared.enums import DesiredState
from shared.ids import TenantId
from shared.stores import accounts
from shared.structs.accounts import AccountView
from shared.structs.sessions import PairingCodeInput, QrView
from shared.structs.tenants import RevocationView, TenantWithRelations


@post(
    "/worker/start",
    status_code=200,
    summary="Ask for the worker to run",
    responses=documented(404),
    opt=needs(Right.RUN),
)
async def start(tenant_id: TenantPath, caller: Acting, wake: Waking) -> TenantWithRelations:
    return await set_worker(TenantId(tenant_id), DesiredState.RUNNING, caller=caller, wake=wake)


@post(
    "/worker/stop",
    status_code=200,
    summary="Ask for the worker to stop",
    responses=documented(404),
    opt=needs(Right.RUN),
)
async def stop(tenant_id: TenantPath, caller: Acting, wake: Waking) -> TenantWithRelations:
    return await set_worker(TenantId(tenant_id), DesiredState.STOPPED, caller=caller, wake=wake)


@post(
    "/worker/restart",
    status_code=200,
    summary="Replace the container after it has drained",
    responses=documented(404),
    opt=needs(Right.RUN),
)
async def restart(tenant_id: TenantPath, caller: Acting, wake: Waking) -> TenantWithRelations:
    return await restart_worker(TenantId(tenant_id), force=False, caller=caller, wake=wake)


@post(
    "/worker/force-restart",
    status_code=200,
    summary="Kill the container and replace it",
    responses=documented(404),
    opt=needs(Right.RUN),
)
async def force_restart(tenant_id: TenantPath, caller: Acting, wake: Waking) -> TenantWithRelations:
    return await restart_worker(TenantId(tenant_id), force=True, caller=caller, wake=wake)


@post(
    "/worker/revoke-token",
    status_code=200,
    summary="Take back the worker's token",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def revoke(
    tenant_id: TenantPath, caller: Acting, disconnect: Disconnecting
) -> RevocationView:
    return await revoke_token(TenantId(tenant_id), caller=caller, disconnect=disconnect)


@post(
    "/session/reset",
    status_code=200,
    summary="Give up the link to the phone and begin with a new QR",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def reset(tenant_id: TenantPath, caller: Acting, wake: Waking) -> TenantWithRelations:
    return await reset_session(TenantId(tenant_id), caller=caller, wake=wake)


@get(
    "/account",
    summary="The WhatsApp account that serves the tenant, and the one it was refused",
    responses=documented(404),
    opt=needs(Right.LOOK),
)
async def show_account(tenant_id: TenantPath) -> AccountView:
    return await accounts.get_view(TenantId(tenant_id))


@post(
    "/account/award",
    status_code=200,
    summary="Give it the account that it was refused, and take that from the tenant it serves",
    responses=documented(404, 409),
    opt=needs(Right.ADMINISTER),
)
async def award(
    tenant_id: TenantPath, caller: Acting, wake: Waking, instruct: Instructing, clock: Timing
) -> AccountView:
    return await award_account(
        TenantId(tenant_id), caller=caller, wake=wake, instruct=instruct, clock=clock
    )


@post(
    "/session/new-qr",
    status_code=200,
    summary="Ask for new QR codes after a round of them ran out",
    responses=documented(404, 409),
    opt=needs(Right.LINK),
)
async def new_qr(
    tenant_id: TenantPath, caller: Acting, instruct: Instructing
) -> TenantWithRelations:
    return await request_qr_round(TenantId(tenant_id), caller=caller, instruct=instruct)


@post(
    "/pairing-code",
    status_code=202,
    summary="Ask for a code to type on the phone; GET …/qr then shows it",
    responses=documented(404, 409),
    opt=needs(Right.LINK),
)
async def pairing_code(
    tenant_id: TenantPath,
    caller: Acting,
    instruct: Instructing,
    clock: Timing,
    data: JSONBody[PairingCodeInput | None] = None,
) -> QrView:
    return await request_pairing_code(
        TenantId(tenant_id),
        data or PairingCodeInput(),
        caller=caller,
        instruct=instruct,
        clock=clock,
    )


workers_router = Router(
    "/tenants/{tenant_id:str}",
    route_handlers=[
        start,
        stop,
        restart,
        force_restart,
        revoke,
        reset,
        show_account,
        award,
        new_qr,
        pairing_code,
    ],
    tags=["Workers"],
)
