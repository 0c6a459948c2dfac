"""Sign-up, a forgotten password and a new address: a form, a mail, and where its link leads.

What follows a form runs after its answer, which is the same for every address.
"""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from portal.mail_limits import count_ask
from portal.services.begin_by_mail import begin_reset, begin_sign_up, is_known_browser
from portal.services.finish_by_mail import (
    LinkOverError,
    finish_email_change,
    finish_reset,
    finish_sign_up,
    look_at,
    look_at_email_change,
)
from portal.visitor import (
    house_of,
    origin_of,
    to_cookies,
    to_language_cookie,
    visitor_of,
)
from shared.enums import ProofPurpose, SecurityKind, SecuritySite
from shared.security import note
from shared.structs.members import Member
from shared.web.fields import FormError, read_email
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@get("/sign-up")
async def sign_up(request: PageRequest) -> Response[str]:
    return page(request, "ask_mail.html", what="sign_up", email="", wrong={})


@post("/sign-up")
async def ask_sign_up(request: PageRequest) -> Response[str]:
    return await _ask(request, "sign_up")


@get("/forgotten")
async def forgotten(request: PageRequest) -> Response[str]:
    return page(request, "ask_mail.html", what="forgotten", email="", wrong={})


@post("/forgotten")
async def ask_reset(request: PageRequest) -> Response[str]:
    return await _ask(request, "forgotten")


@get("/sign-up/{token:str}")
async def show_sign_up(request: PageRequest, token: FromPath[str]) -> Response[str]:
    return await _show_password_form(request, token, ProofPurpose.SIGN_UP)


@post("/sign-up/{token:str}")
async def end_sign_up(request: PageRequest, token: FromPath[str]) -> Response[str] | Redirect:
    return await _take_password(request, token, ProofPurpose.SIGN_UP)


@get("/reset/{token:str}")
async def show_reset(request: PageRequest, token: FromPath[str]) -> Response[str]:
    return await _show_password_form(request, token, ProofPurpose.RESET)


@post("/reset/{token:str}")
async def end_reset(request: PageRequest, token: FromPath[str]) -> Response[str] | Redirect:
    return await _take_password(request, token, ProofPurpose.RESET)


@get("/confirm-email/{token:str}")
async def show_email_change(
    request: PageRequest, token: FromPath[str], member: NamedDependency[Member]
) -> Response[str]:
    try:
        proof = await look_at_email_change(house_of(request), token, member)
    except LinkOverError:
        return _over(request)
    return page(request, "confirm_email.html", email=proof.email)


@post("/confirm-email/{token:str}")
async def end_email_change(
    request: PageRequest, token: FromPath[str], member: NamedDependency[Member]
) -> Response[str] | Redirect:
    try:
        await finish_email_change(house_of(request), token, member)
    except LinkOverError:
        return _over(request)
    return go_to("/account")


async def _ask(request: PageRequest, what: str) -> Response[str]:
    form, house = await read_form(request), house_of(request)
    try:
        email = read_email(form)
    except FormError as error:
        given = form.get("email", "")
        return page(
            request, "ask_mail.html", status=UNUSABLE, what=what, email=given, wrong=error.wrong
        )
    origin = origin_of(request)
    if not await is_known_browser(house, email, origin):
        await count_ask(email, network=origin.network, clock=house.clock)
    begin = begin_sign_up if what == "sign_up" else begin_reset
    answer = page(request, "mailed.html", email=email)
    language = visitor_of(request).language
    answer.background = BackgroundTask(begin, house, email, language, origin=origin)
    return answer


async def _show_password_form(
    request: PageRequest, token: str, purpose: ProofPurpose
) -> Response[str]:
    try:
        proof = await look_at(house_of(request), token, purpose)
    except LinkOverError:
        return _over(request)
    return _password_form(request, proof.email, purpose, wrong={})


async def _take_password(
    request: PageRequest, token: str, purpose: ProofPurpose
) -> Response[str] | Redirect:
    form, house, language = (
        await read_form(request),
        house_of(request),
        visitor_of(request).language,
    )
    password = form.get("password", "")
    try:
        if purpose is ProofPurpose.SIGN_UP:
            entered = await finish_sign_up(house, token, password, language)
        else:
            entered = await finish_reset(house, token, password)
    except FormError as error:
        proof = await look_at(house, token, purpose)
        return _password_form(request, proof.email, purpose, wrong=error.wrong)
    except LinkOverError:
        return _over(request)
    answer = go_to("/home")
    answer.cookies += [
        *to_cookies(request, entered.member_id, entered.session),
        to_language_cookie(house, language),
    ]
    return answer


def _password_form(
    request: PageRequest, email: str, purpose: ProofPurpose, *, wrong: dict[str, str]
) -> Response[str]:
    return page(
        request,
        "new_password.html",
        status=UNUSABLE if wrong else HTTPStatus.OK,
        email=email,
        is_new=purpose is ProofPurpose.SIGN_UP,
        wrong=wrong,
    )


def _over(request: PageRequest) -> Response[str]:
    network = origin_of(request).network
    note(SecuritySite.PORTAL, SecurityKind.MAIL_LINK_REFUSED, source=network)
    return page(request, "link_over.html", status=HTTPStatus.GONE)
