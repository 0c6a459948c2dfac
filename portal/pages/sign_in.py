"""In with a password, out with a button."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.response import Redirect

from portal.services.sign_in import sign_in, sign_out
from portal.visitor import house_of, to_language_cookie, to_session_cookie, visitor_of
from shared.web import limits
from shared.web.fields import FormError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest, address_of


@get("/sign-in")
async def show(request: PageRequest) -> Response[str]:
    return page(request, "sign_in.html", email="", wrong={})


@post("/sign-in")
async def enter(request: PageRequest) -> Response[str] | Redirect:
    form, house = await read_form(request), house_of(request)
    email = form.get("email", "").strip()
    try:
        member, token = await sign_in(
            house,
            email,
            form.get("password", ""),
            address=limits.network_of(address_of(request)),
            old_session=visitor_of(request).session,
        )
    except FormError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "sign_in.html", status=status, email=email, wrong=error.wrong)
    answer = go_to("/home")
    answer.cookies += [
        to_session_cookie(house, token),
        to_language_cookie(house, member.language),
    ]
    return answer


@post("/sign-out")
async def leave(request: PageRequest) -> Redirect:
    session = visitor_of(request).session
    if session is not None:
        await sign_out(session)
    answer = go_to("/sign-in")
    answer.cookies.append(to_session_cookie(house_of(request), ""))
    return answer
