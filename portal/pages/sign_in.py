"""In with a password, out with a button."""

import math
from http import HTTPStatus

from litestar import Response, get, post
from litestar.response import Redirect

from portal.services.prove_password import WrongPasswordError
from portal.services.sign_in import sign_in, sign_out
from portal.services.tracing import tell_in_vain
from portal.visitor import (
    house_of,
    origin_of,
    to_cookies,
    to_language_cookie,
    to_session_cookie,
    visitor_of,
)
from shared.web.afterwards import afterwards
from shared.web.forms import read_form
from shared.web.limits import TooManyAttemptsError, to_retry_headers
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/sign-in")
async def show(request: PageRequest) -> Response[str]:
    return page(request, "sign_in.html", email="", wrong={})


@post("/sign-in")
async def enter(request: PageRequest) -> Response[str] | Redirect:
    form, house, origin = await read_form(request), house_of(request), origin_of(request)
    email = form.get("email", "").strip()
    try:
        member, session = await sign_in(
            house,
            email,
            form.get("password", ""),
            origin=origin,
            old_session=visitor_of(request).session,
        )
    except WrongPasswordError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        wrong = page(request, "sign_in.html", status=status, email=email, wrong=error.wrong)
        wrong.background = afterwards(tell_in_vain, error.member, origin.network)
        return wrong
    except TooManyAttemptsError as error:
        return _held_up(request, email, error)
    answer = go_to("/home")
    answer.cookies += [
        *to_cookies(request, member.id, session),
        to_language_cookie(house, member.language),
    ]
    return answer


def _held_up(request: PageRequest, email: str, error: TooManyAttemptsError) -> Response[str]:
    """There is another way in, which nobody can close."""
    headers = to_retry_headers(error, now=house_of(request).clock.now())
    minutes = math.ceil(int(headers["Retry-After"]) / 60)
    return page(
        request,
        "sign_in.html",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        headers=headers,
        email=email,
        wrong={"password": "sign_in.held_up"},
        minutes=minutes,
    )


@post("/sign-out")
async def leave(request: PageRequest) -> Redirect:
    session = visitor_of(request).session
    if session is not None:
        await sign_out(session)
    answer = go_to("/sign-in")
    answer.cookies.append(to_session_cookie(house_of(request), ""))
    return answer
