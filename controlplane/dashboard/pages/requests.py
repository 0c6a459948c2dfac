"""Businesses that ask for a bot, and what was decided."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.bodies import find_problems
from controlplane.api.parameters import DEFAULT_LIMIT, Acting, Timing, Waking
from controlplane.dashboard.problems import Wrong, to_wrong
from controlplane.rights import Right, needs
from controlplane.services import decide_setup_request
from shared.enums import SetupStatus
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.stores import setup_requests
from shared.structs.setup_requests import DecisionInput, SetupRequestView
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

PATH = "/dashboard/requests"
# What the links above the list say; the first is what one comes for.
FILTERS = {
    "waiting": SetupStatus.SUBMITTED,
    "approved": SetupStatus.APPROVED,
    "active": SetupStatus.ACTIVE,
    "rejected": SetupStatus.REJECTED,
    "all": None,
}
UNDECIDED = {SetupStatus.SUBMITTED, SetupStatus.REVIEWING}


@get("/requests", opt=needs(Right.LOOK))
async def show(request: PageRequest) -> Response[str]:
    decided = await _find_decided(request.query_params.get("decided", ""))
    return await _list(request, decided=decided)


@post("/requests/{request_id:uuid}/approve", opt=needs(Right.DECIDE))
async def approve(
    request: PageRequest, request_id: FromPath[UUID], caller: Acting, wake: Waking, clock: Timing
) -> Response[str] | Redirect:
    note, wrong = await _read_note(request)
    if wrong:
        return await _list(request, about=request_id, note=note, wrong=wrong)
    try:
        await decide_setup_request.approve(
            request_id, note=note, caller=caller, wake=wake, clock=clock
        )
    except ConflictError:
        return await _tell_decided(request, request_id)
    return go_to(f"{PATH}?decided={request_id}")


@post("/requests/{request_id:uuid}/reject", opt=needs(Right.DECIDE))
async def reject(
    request: PageRequest, request_id: FromPath[UUID], caller: Acting, clock: Timing
) -> Response[str] | Redirect:
    note, wrong = await _read_note(request)
    if wrong:
        return await _list(request, about=request_id, note=note, wrong=wrong)
    try:
        await decide_setup_request.reject(request_id, note=note, caller=caller, clock=clock)
    except ConflictError:
        return await _tell_decided(request, request_id)
    return go_to(f"{PATH}?decided={request_id}")


async def _tell_decided(request: PageRequest, request_id: UUID) -> Response[str]:
    """Somebody was quicker, and decided the other way."""
    decided = await setup_requests.get(request_id)
    return await _list(request, status=HTTPStatus.CONFLICT, decided=decided, was_late=True)


async def _read_note(request: PageRequest) -> tuple[str, Wrong]:
    # Pasted text may have line ends, which a note has not.
    note = " ".join((await read_form(request)).get("note", "").split())
    return note, to_wrong(find_problems({"note": note}, DecisionInput))


async def _find_decided(text: str) -> SetupRequestView | None:
    """The request that was decided a moment ago, to say so; None for any other word."""
    try:
        found = await setup_requests.get(msgspec.convert(text, UUID))
    except (msgspec.ValidationError, NotFoundError):
        return None
    return None if found.status in UNDECIDED else found


async def _list(
    request: PageRequest,
    *,
    status: int = HTTPStatus.OK,
    wrong: Wrong | None = None,
    **values: Any,
) -> Response[str]:
    chosen = request.query_params.get("status", "")
    shown = chosen if chosen in FILTERS else next(iter(FILTERS))
    cursor = request.query_params.get("cursor") or None
    try:
        found = await setup_requests.list_page(
            limit=DEFAULT_LIMIT, cursor=cursor, status=FILTERS[shown]
        )
    except InvalidInputError as error:
        raise NotFoundError("there is no such part of the list") from error
    return page(
        request,
        "requests.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else status,
        found=found,
        shown=shown,
        filters=list(FILTERS),
        undecided=UNDECIDED,
        wrong=wrong or {},
        **{"decided": None, "was_late": False, "about": None, "note": ""} | values,
    )
