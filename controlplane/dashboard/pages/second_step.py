"""One's own authenticator: set up, confirmed with a code of it, and removed."""

import asyncio
from http import HTTPStatus

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from controlplane.api.parameters import Acting, Timing
from controlplane.dashboard import confirming
from controlplane.dashboard.desk import desk_of
from controlplane.dashboard.pages.account import account_page
from controlplane.dashboard.problems import Wrong, wrong_of
from controlplane.dashboard.visitor import ENROLS, SIGN_IN, session_of
from controlplane.rights import Right, needs
from controlplane.services.enrol_second_step import (
    Enrolment,
    begin_second_step,
    confirm_second_step,
    find_begun,
)
from controlplane.services.remove_second_step import remove_second_step
from shared.errors import ConflictError, InvalidInputError
from shared.stores.secrets import hash_secret
from shared.structs.operators import Operator
from shared.web.forms import read_form
from shared.web.qr import render_png
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@post("/account/second-step", opt=ENROLS | needs(Right.OWN))
async def begin(request: PageRequest, operator: NamedDependency[Operator]) -> Response[str]:
    form = await read_form(request)
    try:
        await confirming.confirm(request, form)
        begun = await begin_second_step(operator, sealer=desk_of(request).sealer)
    except (InvalidInputError, ConflictError) as error:
        return await account_page(request, operator, about="begin", wrong=wrong_of(error))
    return await _page(request, begun)


@post("/account/second-step/confirm", opt=ENROLS | needs(Right.OWN))
async def confirm(
    request: PageRequest, operator: NamedDependency[Operator], caller: Acting, clock: Timing
) -> Response[str]:
    form, sealer, token = await read_form(request), desk_of(request).sealer, session_of(request)
    assert token is not None, "nobody else comes here"
    try:
        codes = await confirm_second_step(
            operator,
            form.get("code", ""),
            token_hash=hash_secret(token),
            sealer=sealer,
            caller=caller,
            clock=clock,
        )
    except (InvalidInputError, ConflictError) as error:
        begun = await find_begun(operator, sealer=sealer)
        if begun is None:
            return await account_page(request, operator, about="begin", wrong=wrong_of(error))
        return await _page(request, begun, wrong=wrong_of(error))
    return page(request, "recovery_codes.html", codes=codes)


@post("/account/second-step/remove", opt=needs(Right.OWN))
async def remove(
    request: PageRequest, operator: NamedDependency[Operator], caller: Acting
) -> Response[str] | Redirect:
    """Every browser is signed out by it, also this one."""
    form = await read_form(request)
    try:
        await confirming.confirm(request, form)
    except InvalidInputError as error:
        return await account_page(request, operator, about="remove", wrong=wrong_of(error))
    await remove_second_step(operator.id, caller=caller)
    return go_to(SIGN_IN)


async def _page(
    request: PageRequest, begun: Enrolment, *, wrong: Wrong | None = None
) -> Response[str]:
    """The secret is on this answer alone: nobody's history or later look shows it."""
    return page(
        request,
        "second_step.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        png=await asyncio.to_thread(render_png, begun.uri),
        secret=begun.secret,
        wrong=wrong or {},
    )
