"""In with a password, out with a button."""

from http import HTTPStatus
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from controlplane.api.parameters import Acting
from controlplane.dashboard.desk import Desk, desk_of
from controlplane.dashboard.problems import wrong_of
from controlplane.dashboard.visitor import (
    ENROLS,
    SIGN_IN,
    is_password_good_for,
    session_of,
)
from controlplane.rights import Right, needs
from controlplane.services.sign_in_operator import (
    Entered,
    WrongPasswordError,
    find_waiting,
    sign_in_operator,
    sign_out_operator,
    take_second_step,
    tell_in_vain,
)
from shared.errors import InvalidInputError
from shared.stores.browser_sessions import OPERATORS
from shared.stores.operator_sessions import WAITING
from shared.web.afterwards import afterwards
from shared.web.devices import LIFE
from shared.web.forms import read_form
from shared.web.origin import origin_of
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest, SignInNeededError, address_of, local_path

HOME = "/dashboard"
SECOND_STEP = f"{SIGN_IN}/code"


@get("/sign-in")
async def show(request: PageRequest) -> Response[str]:
    wanted = request.query_params.get("next", "")
    return _door_page(request, wanted=local_path(wanted, HOME))


@post("/sign-in")
async def enter(request: PageRequest) -> Response[str] | Redirect:
    form, desk = await read_form(request), desk_of(request)
    email, wanted = form.get("email", "").strip(), local_path(form.get("next", ""), HOME)
    origin, address = origin_of(request, desk.cookies), address_of(request)
    if not is_password_good_for(desk, email):
        wrong = {"password": "Passwords are not for this address: sign in at the provider."}
        return _door_page(request, wanted=wanted, email=email, wrong=wrong)
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
        again = _door_page(request, wanted=wanted, email=email, wrong=wrong_of(error))
        again.background = afterwards(
            tell_in_vain, error.operator, address=address, clock=desk.clock
        )
        return again
    if entered.is_waiting:
        answer = go_to(f"{SECOND_STEP}?next={quote(wanted, safe='')}")
        answer.cookies += [
            *desk.cookies.drop_former(),
            desk.cookies.hold(entered.session, life=WAITING),
        ]
        return answer
    return let_in(desk, entered, device=origin.device, wanted=wanted)


@get("/sign-in/code")
async def ask_code(request: PageRequest) -> Response[str]:
    desk, token = desk_of(request), session_of(request)
    if token is None or await find_waiting(token, clock=desk.clock) is None:
        raise SignInNeededError
    return _code_page(request, wanted=request.query_params.get("next", ""))


@post("/sign-in/code")
async def take_code(request: PageRequest) -> Response[str] | Redirect:
    form, desk, token = await read_form(request), desk_of(request), session_of(request)
    if token is None:
        raise SignInNeededError
    origin = origin_of(request, desk.cookies)
    try:
        entered = await take_second_step(
            desk.door, token, form.get("code", ""), origin=origin, address=address_of(request)
        )
    except InvalidInputError as error:
        return _code_page(request, wanted=form.get("next", ""), wrong=wrong_of(error))
    wanted = local_path(form.get("next", ""), HOME)
    return let_in(desk, entered, device=origin.device, wanted=wanted)


def _door_page(
    request: PageRequest, *, wanted: str, email: str = "", wrong: dict[str, str] | None = None
) -> Response[str]:
    provider = desk_of(request).provider
    return page(
        request,
        "sign_in.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        email=email,
        wanted=wanted,
        wrong=wrong or {},
        provider=provider and provider.settings,
    )


def _code_page(
    request: PageRequest, *, wanted: str, wrong: dict[str, str] | None = None
) -> Response[str]:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    wanted = local_path(wanted, HOME)
    return page(request, "sign_in_code.html", status=status, wanted=wanted, wrong=wrong or {})


def let_in(desk: Desk, entered: Entered, *, device: str, wanted: str) -> Redirect:
    marked = desk.door.devices.mark(device, entered.operator.id, now=desk.clock.now())
    answer = go_to(wanted)
    answer.cookies += [
        *desk.cookies.drop_former(),
        desk.cookies.hold(entered.session, life=OPERATORS.whole),
        desk.cookies.keep(desk.cookies.device, marked, life=LIFE),
    ]
    return answer


@post("/sign-out", opt=ENROLS | needs(Right.OWN))
async def leave(request: PageRequest, caller: Acting) -> Redirect:
    token = session_of(request)
    assert token is not None, "nobody else comes here"
    await sign_out_operator(token, caller=caller)
    answer = go_to(SIGN_IN)
    answer.cookies.append(desk_of(request).cookies.hold("", life=OPERATORS.whole))
    return answer
