"""A member's own account."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.mail_limits import CHANGES_OF_MEMBER, CHANGES_TO_ADDRESS
from portal.services.begin_by_mail import begin_email_change
from portal.services.change_password import change_password
from portal.services.check_password import check_password
from portal.visitor import house_of, origin_of, session_of, to_cookies
from shared.structs.members import Member
from shared.web import limits
from shared.web.fields import FormError, read_email
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/account")
async def show(request: PageRequest, member: NamedDependency[Member]) -> Response[str]:
    return _page(request, member)


@post("/account/password")
async def replace_password(
    request: PageRequest, member: NamedDependency[Member]
) -> Response[str] | Redirect:
    form, house = await read_form(request), house_of(request)
    old, new = form.get("old_password", ""), form.get("new_password", "")
    try:
        session = await change_password(
            house,
            member,
            old,
            new,
            session=session_of(request),
            network=origin_of(request).network,
        )
    except FormError as error:
        return _page(request, member, wrong=error.wrong)
    answer = go_to("/account?saved=1")
    answer.cookies += to_cookies(request, member.id, session)
    return answer


@post("/account/email")
async def change_email(request: PageRequest, member: NamedDependency[Member]) -> Response[str]:
    form, house = await read_form(request), house_of(request)
    try:
        email = read_email(form)
        proved = await check_password(
            house,
            member,
            form.get("password", ""),
            session=session_of(request),
            network=origin_of(request).network,
        )
    except FormError as error:
        return _page(request, member, email=form.get("email", ""), wrong=error.wrong)
    await limits.count(CHANGES_OF_MEMBER, str(member.id), clock=house.clock)
    await limits.count(CHANGES_TO_ADDRESS, email, clock=house.clock)
    answer = page(request, "mailed.html", email=email)
    answer.background = BackgroundTask(begin_email_change, house, email, member, proved)
    return answer


def _page(
    request: PageRequest,
    member: Member,
    *,
    email: str = "",
    wrong: dict[str, str] | None = None,
) -> Response[str]:
    return page(
        request,
        "account.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        member=member,
        email=email,
        wrong=wrong or {},
        is_saved="saved" in request.query_params and not wrong,
    )
