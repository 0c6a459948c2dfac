"""`/admin/setup-requests`: businesses that ask for a bot."""

from litestar import Router, get, post
from litestar.params import JSONBody

from controlplane.api.parameters import (
    DEFAULT_LIMIT,
    Acting,
    Cursor,
    Limit,
    RequestPath,
    StatusFilter,
    Timing,
    Waking,
)
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services import decide_setup_request
from controlplane.services.file_setup_request import file_setup_request
from shared.stores import setup_requests
from shared.structs.pages import Page
from shared.structs.setup_requests import (
    CreateSetupRequestInput,
    DecisionInput,
    SetupRequestView,
)


@post(
    "/",
    summary="File a request for a tenant",
    responses=documented(404, 409, 413),
    opt=needs(Right.DECIDE),
)
async def create(data: JSONBody[CreateSetupRequestInput], caller: Acting) -> SetupRequestView:
    return await file_setup_request(data, caller=caller)


@get("/", summary="List requests, newest first", responses=documented(), opt=needs(Right.LOOK))
async def list_all(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, status: StatusFilter = None
) -> Page[SetupRequestView]:
    return await setup_requests.list_page(limit=limit, cursor=cursor, status=status)


@get("/{request_id:str}", summary="One request", responses=documented(404), opt=needs(Right.LOOK))
async def show(request_id: RequestPath) -> SetupRequestView:
    return await setup_requests.get(request_id)


@post(
    "/{request_id:str}/approve",
    status_code=200,
    summary="Approve a request and start the worker",
    responses=documented(404, 409),
    opt=needs(Right.DECIDE),
)
async def approve(
    request_id: RequestPath,
    caller: Acting,
    wake: Waking,
    clock: Timing,
    data: JSONBody[DecisionInput | None] = None,
) -> SetupRequestView:
    return await decide_setup_request.approve(
        request_id, note=data.note if data else "", caller=caller, wake=wake, clock=clock
    )


@post(
    "/{request_id:str}/reject",
    status_code=200,
    summary="Reject a request",
    responses=documented(404, 409),
    opt=needs(Right.DECIDE),
)
async def reject(
    request_id: RequestPath,
    caller: Acting,
    clock: Timing,
    data: JSONBody[DecisionInput | None] = None,
) -> SetupRequestView:
    return await decide_setup_request.reject(
        request_id, note=data.note if data else "", caller=caller, clock=clock
    )


setup_requests_router = Router(
    "/setup-requests",
    route_handlers=[create, list_all, show, approve, reject],
    tags=["Setup requests"],
)
