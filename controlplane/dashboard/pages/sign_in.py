"""In with a password, out with a button."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.response import Redirect

from controlplane.api.parameters import Acting
from controlplane.dashboard.desk import desk_of
from controlplane.dashboard.problems import wrong_of
from controlplane.dashboard.visitor import SIGN_IN, session_of
from controlplane.rights import Right, needs
from controlplane.services.sign_in_operator import (
    WrongPasswordError,
    sign_in_operator,
    sign_out_operator,
    tell_in_vain,
)
from shared.stores.browser_sessions import OPERATORS
from shared.web.afterwards import afterwards
from shared.web.devices import LIFE
from shared.web.forms import read_form
from shared.web.origin import origin_of
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest, address_of, local_path

HOME = "/dashboard"


@get("/sign-in")
async def show(request: PageRequest) -> Response[str]:
    wanted = request.query_params.get("next", "")
    return page(request, "sign_in.html", email="", wanted=local_path(wanted, HOME), wrong={})


@post("/sign-in")
async def enter(request: PageRequest) -> Response[str] | Redirect:
    form, desk = await read_form(request), desk_of(request)
    email, wanted = form.get("email", "").strip(), local_path(form.get("next", ""), HOME)
    origin, address = origin_of(request, desk.cookies), address_of(request)
    try:
        entered = await sign_in_operator(
            desk.door,
            email,
            form.get("password", ""),
            origin=origin,
            address=address,
            old_token=session_of(request),
        )
    except WrongPasswordError as error:
        status, wrong = HTTPStatus.UNPROCESSABLE_ENTITY, wrong_of(error)
        again = page(
            request, "sign_in.html", status=status, email=email, wanted=wanted, wrong=wrong
        )
        again.background = afterwards(
            tell_in_vain, error.operator, address=address, clock=desk.clock
        )
        return again
    marked = desk.door.devices.mark(origin.device, entered.operator.id, now=desk.clock.now())
    answer = go_to(wanted)
    answer.cookies += [
        *desk.cookies.drop_former(),
        desk.cookies.hold(entered.session, life=OPERATORS.whole),
        desk.cookies.keep(desk.cookies.device, marked, life=LIFE),
    ]
    return answer


@post("/sign-out", opt=needs(Right.OWN))
async def leave(request: PageRequest, caller: Acting) -> Redirect:
    token = session_of(request)
    assert token is not None, "nobody else comes here"
    await sign_out_operator(token, caller=caller)
    answer = go_to(SIGN_IN)
    answer.cookies.append(desk_of(request).cookies.hold("", life=OPERATORS.whole))
    return answer
